"""From a foreign realm to the blocks of a ``licet.toml``: APIs with their scopes, then apps, each with what to know."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Literal

from licet.protocol import resource
from licet.protocol.errors import InvalidTarget
from licet.registration.addresses import is_loopback
from licet.registration.api_section import RESERVED as RESERVED_APIS
from licet.registration.importers.app import AppMaker
from licet.registration.importers.foreign import ForeignApi, ForeignClient, Realm
from licet.registration.importers.proof import Proofs, Secret
from licet.registration.mistakes import shown
from licet.registration.reserved_scopes import RESERVED
from licet.registration.scopes import OWN
from licet.registration.server_section import LIFETIMES
from licet.registration.toml_text import Block, Row

CHANGE = "<- change"
_FOR_THE_MAIN_FILE = "In seconds, for licet.toml: a part does not say them."
_NAMES = re.compile(r"[^A-Za-z0-9_-]+")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,100}")
_STEM_LENGTH = 50
_WORDS_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Became:
    """What one thing of the export is now."""

    what: Literal["app", "api"]
    name: str
    where: str
    kind: str
    """What ``is =`` says; empty for APIs and for what nothing came of."""
    carried: bool
    """False: it is a comment, for somebody to fill in."""
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A file to be, and what to know about it."""

    blocks: tuple[Block, ...]
    became: tuple[Became, ...]
    secrets: tuple[Secret, ...]
    notes: tuple[str, ...]


def become(realm: Realm, issuer: str, *, guessed: bool, part: bool = False) -> Imported:
    """Make the file; *part* leaves out what only the main file may say."""
    making = _Making(realm, issuer)
    apis = making.apis()
    maker = AppMaker(
        product=realm.product,
        proofs=making.proofs,
        scopes=frozenset(making.homes),
        development=is_loopback(issuer),
    )
    apps = [maker.make(client) for client in _each_once(realm.clients)]
    became = [*making.became, *(Became("app", a.client_id, a.where, a.kind, a.carried, a.notes) for a in apps)]
    head = [] if part else [_head(realm, issuer, guessed=guessed), *_lifetimes(realm)]
    if part:
        lives = [replace(one, above=(_FOR_THE_MAIN_FILE,), off=True) for one in _lifetimes(realm)]
        head = [Block(above=(f"From {realm.product}: {realm.name}.", *realm.notes)), *lives]
    return Imported(
        blocks=(*head, *apis, *(block for app in apps for block in app.blocks)),
        became=tuple(became),
        secrets=tuple(making.proofs.secrets),
        notes=realm.notes,
    )


def _each_once(clients: tuple[ForeignClient, ...]) -> list[ForeignClient]:
    """The first of each id: an export that names one twice was made by hand."""
    return list({client.client_id: client for client in reversed(clients)}.values())[::-1]


def _head(realm: Realm, issuer: str, *, guessed: bool) -> Block:
    above = (f"From {realm.product}: {realm.name}. Every key: docs/configuration.md", *realm.notes)
    remark = f"{CHANGE}: tokens name it, so APIs and apps must be told" if guessed else ""
    return Block(above=above, rows=(Row("issuer", issuer, remark),))


def _lifetimes(realm: Realm) -> list[Block]:
    """How long things lived, as far as they may live so long here; where that is the default it goes without saying."""
    rows, effective = [], {row.name: row.default for row in LIFETIMES}
    for row in LIFETIMES:
        seconds, theirs = realm.lifetimes.get(row.name, (row.default, ""))
        if seconds == row.default:
            continue
        within = row.least <= seconds <= row.most
        longest = {"refresh_idle_s": "refresh_absolute_s", "session_idle_s": "session_absolute_s"}.get(row.name)
        ends = realm.lifetimes.get(longest or "", (effective.get(longest or "", seconds), ""))[0]
        if within and seconds <= ends:
            rows.append(Row(row.name, seconds, theirs))
        else:
            rows.append(Row(row.name, seconds, f"{theirs}: {row.least} to {row.most} here", off=True))
    return [Block(path=("lifetimes",), above=("In seconds.",), rows=tuple(rows))] if rows else []


@dataclass(slots=True)
class _Making:
    """One import: names and audiences are each one's alone."""

    realm: Realm
    issuer: str
    proofs: Proofs = field(default_factory=Proofs)
    homes: dict[str, str] = field(default_factory=dict)
    """Of each scope, the API."""
    became: list[Became] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    """Names of APIs."""

    def apis(self) -> list[Block]:
        """Every API with its scopes, and one more where scopes belong to none."""
        named = {api.name: self._name(api.name) for api in self.realm.apis}
        home = next(iter(named.values())) if len(named) == 1 else ""
        loose = not home and any(scope.api not in named for scope in self.realm.scopes)
        home = self._name(self.realm.name) if loose else home
        words: dict[str, dict[str, str]] = {}
        for scope in self.realm.scopes:
            if _is_scope(scope.name) and scope.name not in self.homes:
                self.homes[scope.name] = named.get(scope.api, home)
                words.setdefault(self.homes[scope.name], {})[scope.name] = scope.says
        blocks, audiences = [], {self.issuer, f"{self.issuer}/userinfo"}
        for api in {api.name: api for api in self.realm.apis}.values():
            blocks += self._api(api, named[api.name], words.get(named[api.name], {}), audiences)
        if loose and home in words:
            blocks += self._home(home, words[home], audiences)
        return blocks

    def _name(self, name: str) -> str:
        """A name that an API may have and none has yet: with a number where it must be."""
        stem = _NAMES.sub("-", name).strip("-_")[:_STEM_LENGTH] or "api"
        found, count = stem, 1
        while found in self.taken or found in RESERVED_APIS:
            count += 1
            found = f"{stem}-{count}"
        self.taken.add(found)
        return found

    def _api(self, api: ForeignApi, name: str, words: dict[str, str], audiences: set[str]) -> list[Block]:
        proof, notes = self.proofs.of_api(api, f"api.{name}")
        audience, notes = api.audience, [*api.notes, *notes]
        if not _is_audience(audience) or audience in audiences:
            audience = f"urn:api:{name.lower()}"
        audiences.add(audience)
        if audience != api.was:
            notes.append(f"tokens for it said aud {shown(api.was)}; here an audience is its address")
        remark = CHANGE if audience.startswith("urn:") and audience != api.was else ""
        self.became.append(Became("api", name, api.where, "", True, tuple(notes)))
        rows = (Row("audience", audience, remark), *proof)
        blocks = [Block(path=("api", name), above=tuple(notes), rows=rows)]
        return blocks + _scopes(name, words)

    def _home(self, name: str, words: dict[str, str], audiences: set[str]) -> list[Block]:
        """Where scopes go that belonged to no API."""
        note = f"{self.realm.product} does not say which API these scopes are of; a scope belongs to one here"
        audience = f"urn:api:{name.lower()}"
        while audience in audiences:
            audience += "-scopes"
        self.became.append(Became("api", name, "", "", True, (note,)))
        block = Block(path=("api", name), above=(note,), rows=(Row("audience", audience, f"{CHANGE}: its address"),))
        return [block, *_scopes(name, words)]


def _scopes(name: str, words: dict[str, str]) -> list[Block]:
    rows = []
    for scope, says in words.items():
        told = visible(says, _WORDS_LENGTH)
        rows.append(Row(scope, told or scope, "" if told else f"{CHANGE}: the words that people read"))
    return [Block(path=("api", name, "scopes"), rows=tuple(rows))] if rows else []


def visible(text: str, most: int) -> str:
    """*text* in one line of visible characters; a text that names a translation is none."""
    line = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return "" if "${" in line else line[:most]


def _is_scope(name: str) -> bool:
    return _SCOPE.fullmatch(name) is not None and name not in OWN and not name.startswith(RESERVED)


def _is_audience(text: str) -> bool:
    try:
        resource.check(text)
    except InvalidTarget:
        return False
    return True
