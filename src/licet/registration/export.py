"""The running state as ``licet.toml``: every app, API and scope that a store has, such that a plan of it is empty.

Pure. What the store does not keep (the server's section, lifetimes, waivers, why an app is a legacy one, where a
secret is) is taken over from the file that the store was opened by; secrets themselves are nowhere to be had.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from licet.registration.api_section import RESERVED
from licet.registration.desired import Configuration
from licet.registration.exported_app import Said, app, unsayable
from licet.registration.exported_secrets import Place, Secrets
from licet.registration.scopes import OWN
from licet.registration.settling import off
from licet.registration.toml_text import Block, Row
from licet.storage.ports import Protected, Registered
from licet.storage.records import Scope

_HEAD = "The configuration of licet, as its store has it. Every key: docs/configuration.md"
_SECRETS = (
    "No secret is in here, and none in the store: it keeps only what recognises one. Each reference below\n"
    "names where the secret is expected; put there what the app was given."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What a store does not keep."""

    issuer: str
    tables: Mapping[str, Any] = field(default_factory=dict)
    """``server``, ``lifetimes`` and ``waiver`` as the file has them."""
    because: Mapping[str, str] = field(default_factory=dict)
    """Why an app is a legacy one, by its id."""
    places: Mapping[bytes, Place] = field(default_factory=dict)
    """Where a secret is, by the digest of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A file, and what its reader should know."""

    blocks: tuple[Block, ...]
    secrets: Mapping[str, Place]
    """Every reference to a secret in it, by whose it is: ``app.shop.secret[0]``."""
    left_out: tuple[tuple[str, str], ...]
    """What no file can say, and why: it stays as it is, and is a comment here."""


def whole(stored: Configuration, around: Around, *, everything: bool = False) -> Export:
    """What a file owns of *stored*; as comments *everything* that came in another way, too."""
    making = _Making(around)
    head = Block(above=(_HEAD,), rows=(Row("issuer", around.issuer),))
    taken = _taken_over(around.tables)
    there = sorted(_there(stored), key=_by_id)
    owned = [one for one in there if _is_owned(one)]
    foreign = [one for one in there if not _is_owned(one)] if everything else []
    needed = {scope for one in owned for scope in one.client.metadata.scope}
    apis = [block for api in _sorted(stored.apis) for block in making.api(api, needed, everything=everything)]
    own = making.own_scopes(stored.own_scopes)
    apps = [block for one in (*owned, *foreign) for block in making.app(one, foreign=not _is_owned(one))]
    if making.secrets.named:
        head = Block(above=(_HEAD, "", *_SECRETS.split("\n")), rows=head.rows)
    return making.export((head, *taken, *own, *apis, *apps))


def some(stored: Configuration, names: frozenset[str], around: Around) -> Export:
    """Only what *names* says, as in ``app.shop`` or ``api.orders``: a part, for ``conf.d`` or for another server."""
    making = _Making(around)
    apis = _sorted(one for one in stored.apis if f"api.{one.resource.name}" in names)
    apps = [one for one in _there(stored) if f"app.{one.client.client_id}" in names]
    blocks = [block for api in apis for block in making.written(api)]
    blocks += [block for one in sorted(apps, key=_by_id) for block in making.app(one, foreign=False)]
    if making.secrets.named and blocks:
        blocks.insert(0, Block(above=tuple(_SECRETS.split("\n"))))
    return making.export(tuple(blocks))


def _there(stored: Configuration) -> Iterable[Registered]:
    """Every app but the tombstones of those that were removed."""
    return (one for one in stored.apps if one.client.status != "removed")


def _is_owned(one: Registered) -> bool:
    return one.client.source == "file"


def _sorted(apis: Iterable[Protected]) -> list[Protected]:
    """By name, without the server's own, which no file has."""
    return sorted((api for api in apis if api.resource.name not in RESERVED), key=lambda one: one.resource.name)


def _by_id(one: Registered) -> str:
    return one.client.client_id


def _taken_over(tables: Mapping[str, Any]) -> list[Block]:
    """What the store does not keep, table by table."""
    blocks = []
    for name in ("server", "lifetimes"):
        if name in tables:
            blocks += _section((name,), tables[name])
    for waiver in tables.get("waiver", ()):
        blocks.append(Block(path=("waiver",), rows=_rows(waiver), repeated=True))
    return blocks


def _section(path: tuple[str, ...], table: Mapping[str, Any]) -> list[Block]:
    """A table of the file; what is long in it gets a header of its own, as people write it."""
    long = {"registration", "egress"}
    rows = _rows({name: value for name, value in table.items() if name not in long})
    nested = [Block(path=(*path, name), rows=_rows(table[name])) for name in table if name in long]
    return [Block(path=path, rows=rows), *nested]


def _rows(table: Mapping[str, Any]) -> tuple[Row, ...]:
    return tuple(Row(name, value) for name, value in table.items())


@dataclass(slots=True)
class _Making:
    """One run: names of secrets are each one's alone."""

    around: Around
    left_out: list[tuple[str, str]] = field(default_factory=list)
    secrets: Secrets = field(init=False)

    def __post_init__(self) -> None:
        self.secrets = Secrets(self.around.places)

    def export(self, blocks: tuple[Block, ...]) -> Export:
        return Export(
            blocks=blocks,
            secrets=dict(self.secrets.named),
            left_out=tuple(self.left_out),
        )

    def own_scopes(self, scopes: tuple[Scope, ...]) -> list[Block]:
        said = [scope for name in OWN for scope in scopes if scope.name == name]
        rows = tuple(_scope_row(scope) for scope in said)
        return [Block(path=("scopes",), above=("Words for the issuer's own scopes.",), rows=rows)] if rows else []

    def api(self, api: Protected, needed: set[str], *, everything: bool) -> list[Block]:
        """An API and its scopes: what came in another way only as a comment, unless an app of the file needs it."""
        resource = api.resource
        if resource.source == "file" or needed & {scope.name for scope in api.scopes}:
            return self.written(api)
        if not everything:
            return []
        how = f"It came by {resource.source}, and no file owns it. Without the # it becomes this file's."
        first, *others = off(self.written(api), ("api", resource.name))
        self.secrets.forget(f"api.{resource.name}")
        return [replace(first, above=(how, *first.above)), *others]

    def written(self, api: Protected) -> list[Block]:
        """An API and its scopes; apps may need them, so one that is disabled is written, and said to be."""
        resource, name = api.resource, f"api.{api.resource.name}"
        proof, trouble = self.secrets.proof(name, api.credentials)
        if trouble or resource.min_acr:
            reason = trouble or f"it asks for acr {resource.min_acr}, for which there is no word"
            self.left_out.append((name, reason))
        rows = [Row("audience", resource.identifier)]
        if resource.token_format == "opaque":
            rows.append(Row("token", "opaque"))
        elif resource.alg != "ES256":
            rows.append(Row("alg", resource.alg))
        if resource.lifetime_s is not None:
            rows.append(Row("access_token", resource.lifetime_s, "seconds"))
        rows += proof
        above = [] if resource.status == "active" else ["Disabled by an operator; on a new server it would be active."]
        blocks = [Block(path=("api", resource.name), above=tuple(above), rows=tuple(rows))]
        if api.scopes:
            scopes = tuple(_scope_row(scope) for scope in sorted(api.scopes, key=lambda one: one.name))
            blocks.append(Block(path=("api", resource.name, "scopes"), rows=scopes))
        return blocks

    def app(self, registered: Registered, *, foreign: bool) -> list[Block]:
        """An app; as a comment where it is not this file's, is disabled, or cannot be said."""
        client, name = registered.client, f"app.{registered.client.client_id}"
        proof, trouble = self.secrets.proof(name, registered.credentials)
        said: Said = app(client, tuple(proof), self.around.because.get(client.client_id, ""))
        above = [said.about]
        if foreign:
            above.append(f"It came by {client.source}, and no file owns it. Without the # it becomes this file's.")
        elif client.status != "active":
            above.append("Disabled by an operator, and so a comment: without the # a new server would take it up.")
        elif reason := trouble or unsayable(registered):
            self.left_out.append((name, reason))
            above.append(f"Only nearly so, and so a comment: {reason}.")
        else:
            blocks = [Block(path=("app", client.client_id), above=tuple(above), rows=said.rows)]
            return blocks + _expert(client.client_id, said, off=False)
        self.secrets.forget(name)
        first = Block(path=("app", client.client_id), above=tuple(above), rows=said.rows, off=True)
        return [first, *_expert(client.client_id, said, off=True)]


def _expert(client_id: str, said: Said, *, off: bool) -> list[Block]:
    return [Block(path=("app", client_id, "expert"), rows=said.expert, off=off)] if said.expert else []


def _scope_row(scope: Scope) -> Row:
    said: object = {"says": scope.words, "sensitive": True} if scope.sensitive else scope.words
    return Row(scope.name, said, "" if scope.status == "active" else "disabled by an operator")
