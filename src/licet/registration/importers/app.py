"""One foreign client as ``[app.ID]``: what it becomes, what of it comes along, and what somebody must decide."""

from __future__ import annotations

from dataclasses import dataclass

from licet.registration.addresses import unacceptable
from licet.registration.api_section import LONGEST_TOKEN_S, SHORTEST_TOKEN_S
from licet.registration.app_section import NAME_LENGTH
from licet.registration.importers.callbacks import EXAMPLE, Sorted, sort
from licet.registration.importers.foreign import ForeignClient
from licet.registration.importers.kind import grant_types, kind_of
from licet.registration.importers.proof import Proofs
from licet.registration.kinds import BY_NAME, CODE, REFRESH, Kind
from licet.registration.mistakes import shown
from licet.registration.scopes import OWN
from licet.registration.toml_text import Block, Row

_GONE = {
    "implicit": "the implicit grant is no more (OAuth 2.1 §10.1): it uses code with PKCE, which its code must be changed to",
    "password": "the password grant is no more (RFC 9700 §2.4): people sign in at the server, never in the app",
}
_HAS_PLACE = frozenset({"implicit", "password", *(grant for kind in BY_NAME.values() for grant in kind.grant_types)})
_SIGNED = ("RS256", "ES256")


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """What a client became."""

    client_id: str
    where: str
    kind: str
    carried: bool
    notes: tuple[str, ...]
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AppMaker:
    """What all clients of one import have in common."""

    product: str
    proofs: Proofs
    scopes: frozenset[str]
    """Every scope of every API."""
    development: bool

    def make(self, client: ForeignClient) -> App:
        """Make *client* an app."""
        kind = kind_of(client)
        if kind is None:
            return _nothing(client)
        native = kind.application_type == "native"
        callbacks = sort(client.redirect_uris, native=native, development=self.development)
        after = sort(client.post_logout_redirect_uris, native=native, development=self.development)
        proof, notes = self.proofs.of_client(client, kind, f"app.{client.client_id}")
        missing = kind.redirects and not callbacks.good and not kind.callbacks
        unproved = kind.proof == "required" and (not proof or proof[0].off)
        carried = client.enabled and not missing and not unproved
        rows = (
            Row("is", kind.name),
            *_identity(client, self.development),
            *(_callbacks(callbacks) if kind.redirects else []),
            *proof,
            self._may(client, kind),
            *self._policy(client, kind, callbacks),
        )
        notes = [
            *([] if client.enabled else [f"it was disabled in {self.product}, and so is a comment"]),
            *(_GONE[grant] for grant in sorted(client.grants & set(_GONE))),
            *(f"the grant {shown(grant)} is not offered here" for grant in sorted(client.grants - _HAS_PLACE)),
            *(callbacks.notes("callback") if kind.redirects else []),
            *after.notes("after signing out:"),
            *self._left(client, kind, callbacks),
            *notes,
            *client.notes,
        ]
        about = f"{_shown_id(client)} is a {kind.name}: {kind.because}."
        path, off = ("app", client.client_id), not carried
        blocks = [Block(path=path, above=(about, *notes), rows=rows, off=off)]
        if expert := _expert(client, kind, after):
            blocks.append(Block(path=(*path, "expert"), rows=expert, off=off))
        return App(
            client_id=client.client_id,
            where=client.where,
            kind=kind.name,
            carried=carried,
            notes=tuple(notes),
            blocks=tuple(blocks),
        )

    def _may(self, client: ForeignClient, kind: Kind) -> Row:
        """What it may ask for, as far as there is such a scope here."""
        own = [name for name in OWN if name in client.scope] if kind.for_people else []
        if "openid" not in own:
            own = [name for name in own if name == "offline_access"]
        if _never_refreshed(client, kind):
            own = [name for name in own if name != "offline_access"]
        found = own + [name for name in client.scope if name in self.scopes]
        return Row("may", found, "" if found else "<- nothing yet: name scopes of APIs")

    def _policy(self, client: ForeignClient, kind: Kind, callbacks: Sorted) -> list[Row]:
        rows = []
        if _never_refreshed(client, kind):
            rows.append(Row("refresh", "none"))
        if _may_be_trusted(kind, callbacks):
            if client.skips_consent:
                rows.append(Row("consent", "trusted", "people were not asked"))
            elif not client.asked:
                rows.append(
                    Row("consent", "trusted", f"{self.product} did not ask people; for your own apps", off=True)
                )
        if client.access_token_s and _within(client.access_token_s, kind):
            rows.append(Row("token_lifetime", client.access_token_s, "seconds"))
        if client.id_token_alg in _SIGNED and client.id_token_alg != _SIGNED[0]:
            rows.append(Row("id_token_alg", client.id_token_alg))
        if client.owner.strip():
            rows.append(Row("owner", client.owner))
        if client.sector and kind.for_people:
            rows.append(Row("sector", client.sector.lower()))
        if kind.proof == "required" and kind.redirects and client.pkce == "none":
            rows.append(Row("profile", "oidc-core", "only if it cannot do PKCE, and sends a nonce", off=True))
        return rows

    def _left(self, client: ForeignClient, kind: Kind, callbacks: Sorted) -> list[str]:
        notes = []
        unknown = [name for name in client.scope if name not in OWN and name not in self.scopes]
        if unknown:
            notes.append(f"scopes that no API has here: {' '.join(map(shown, unknown))}")
        about_people = [name for name in client.scope if name in OWN]
        if about_people and not kind.for_people:
            notes.append(f"{' '.join(about_people)}: about a person, and nobody signs in to a {kind.name}")
        if client.access_token_s and not _within(client.access_token_s, kind):
            longest = kind.longest_access_token_s or LONGEST_TOKEN_S
            notes.append(f"its access tokens lived {client.access_token_s} s; {SHORTEST_TOKEN_S} to {longest} s here")
        if client.refresh_token_s:
            notes.append(f"its refresh tokens lived {client.refresh_token_s} s; here [lifetimes] says it for all apps")
        if client.id_token_alg and client.id_token_alg not in _SIGNED:
            notes.append(f"its ID tokens were signed with {shown(client.id_token_alg)}; here RS256 or ES256")
        if client.skips_consent and not _may_be_trusted(kind, callbacks):
            notes.append("people were not asked; here they are, because anyone can pretend to be this app")
        if any("*" in origin for origin in client.origins):
            notes.append(
                "its scripts could call from anywhere (*); here from where its callbacks are, and nowhere else"
            )
        return notes


def _nothing(client: ForeignClient) -> App:
    reason = "it had no way to get a token that there is here"
    notes = (f"{reason}: {', '.join(map(shown, sorted(client.grants))) or 'no grant is on'}", *client.notes)
    about = f"{_shown_id(client)} became nothing."
    block = Block(path=("app", client.client_id), above=(about, *notes), rows=(Row("is", "…"),), off=True)
    return App(client_id=client.client_id, where=client.where, kind="", carried=False, notes=notes, blocks=(block,))


def _shown_id(client: ForeignClient) -> str:
    return shown(client.client_id)[1:-1]


def _identity(client: ForeignClient, development: bool) -> list[Row]:  # noqa: FBT001  it is what the reader is told
    rows = []
    name = " ".join("".join(one if one.isprintable() else " " for one in client.name).split())[:NAME_LENGTH]
    if name and name != client.client_id:
        rows.append(Row("name", name))
    if client.url and not unacceptable(client.url, development=development):
        rows.append(Row("url", client.url))
    return rows


def _callbacks(callbacks: Sorted) -> list[Row]:
    """Those that are whole, and as a comment the form of those that are not."""
    good = list(callbacks.good)
    wanted = [uri for uri in callbacks.wanted if uri not in good]
    if good:
        live = Row("callback", good[0] if len(good) == 1 else good)
        return [live, Row("callback", [*good, *wanted], "<- as it should be", off=True)] if wanted else [live]
    wanted = wanted or [EXAMPLE]
    return [
        Row("callback", wanted[0] if len(wanted) == 1 else wanted, "<- write where answers arrive, exactly", off=True)
    ]


def _never_refreshed(client: ForeignClient, kind: Kind) -> bool:
    """It used codes, and had no refresh tokens."""
    return kind.for_people and CODE in client.grants and REFRESH not in client.grants


def _may_be_trusted(kind: Kind, callbacks: Sorted) -> bool:
    """Whether people may go unasked (rulings C): it proves who it is, or is at an https address of its own."""
    if not kind.redirects or kind.consent == "always":
        return False
    return kind.proof == "required" or (
        bool(callbacks.good) and all(uri.startswith("https://") for uri in callbacks.good)
    )


def _within(seconds: int, kind: Kind) -> bool:
    return SHORTEST_TOKEN_S <= seconds <= (kind.longest_access_token_s or LONGEST_TOKEN_S)


def _expert(client: ForeignClient, kind: Kind, after: Sorted) -> tuple[Row, ...]:
    rows = []
    if grants := grant_types(client, kind):
        rows.append(Row("grant_types", grants))
    if after.good:
        rows.append(Row("post_logout_redirect_uris", after.good))
    rows += [Row(name, value) for name, value in client.expert.items()]
    return tuple(rows)
