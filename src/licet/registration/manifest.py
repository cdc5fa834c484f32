"""``licet.toml``: one configuration, read whole, with every mistake at once.

``conf.d/*.toml`` beside it adds apps and APIs, for teams that own theirs. The file holds no secret, so
reading needs none: ``desired.py`` fetches them when the records are made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from licet.ambient import SECOND, Clock, SystemClock
from licet.protocol import issuer as issuers
from licet.registration import api_section, app_section, scopes, server_section, waiver_section
from licet.registration.addresses import is_loopback
from licet.registration.documents import MANUAL, PARTS, Documents
from licet.registration.mistakes import ManifestErrors, Mistake, Place, shown
from licet.registration.model import DesiredApi, DesiredApp, DesiredWaiver, Manifest
from licet.registration.table import Source, Table

__all__ = ["NAME", "Manifest", "ManifestErrors", "Mistake", "read"]

NAME = "licet.toml"

_ONLY_MAIN = ("issuer", "server", "lifetimes", "scopes")


def read(path: Path, *, instead: Mapping[Path, bytes] | None = None, clock: Clock | None = None) -> Manifest:
    """Read the configuration at *path* and what ``conf.d`` beside it adds; raises ManifestErrors with all mistakes.

    *instead* holds what some of its files would say that are not written yet. *clock* says which day it is, for what ends;
    the machine's by default.
    """
    mistakes: list[Mistake] = []
    documents = Documents(mistakes, instead)
    main = documents.open(path, path.name)
    unwritten = {part for part in instead or () if part.parent == path.parent / PARTS}
    parts = sorted({*(path.parent / PARTS).glob("*.toml"), *unwritten}) if main else []
    tables = [table for part in parts if (table := documents.open(part, f"{PARTS}/{part.name}"))]
    if main is None:
        raise ManifestErrors(mistakes)
    manifest = _Reading(path, main, tables, documents, _day(clock or SystemClock())).manifest()
    if mistakes:
        raise ManifestErrors(mistakes)
    return manifest


def judged(source: Source, values: dict[str, object], content: bytes, clock: Clock | None = None) -> Manifest:
    """The configuration in *values*, which came as *content* from elsewhere than a file; raises ManifestErrors."""
    mistakes: list[Mistake] = []
    documents = Documents(mistakes)
    documents.content = content
    main = Table(source, (), values, mistakes, MANUAL)
    manifest = _Reading(source.directory / NAME, main, [], documents, _day(clock or SystemClock())).manifest()
    if mistakes:
        raise ManifestErrors(mistakes)
    return manifest


class _Reading:
    """One run over files that could be parsed; what it returns counts only where it noted no mistake."""

    def __init__(self, path: Path, main: Table, parts: list[Table], documents: Documents, today: date) -> None:
        self._path = path
        self._today = today
        self._main = main
        self._parts = parts
        self._documents = documents

    def manifest(self) -> Manifest:
        main = self._main
        issuer = _issuer(main)
        own, lifetimes, words = main.table("server"), main.table("lifetimes"), main.table("scopes")
        server = server_section.server(own) if own else server_section.default(main.source.directory)
        apis = self._apis(issuer)
        apps = self._apps(apis, issuer, administration=server.admin)
        waivers = self._waivers(apps)
        main.close()
        for part in self._parts:
            _close(part)
        return Manifest(
            issuer=issuer,
            server=server,
            lifetimes=server_section.lifetimes(lifetimes) if lifetimes else (),
            apis=apis,
            apps=apps,
            scopes=scopes.read_own(words) if words else (),
            path=self._path.absolute(),
            digest=hashlib.sha256(self._documents.content).digest(),
            waivers=waivers,
        )

    def _apis(self, issuer: str) -> tuple[DesiredApi, ...]:
        """Every API; identifiers and scopes are each one's alone."""
        audiences = {
            issuer: "the issuer itself",
            f"{issuer}/userinfo": "the issuer's own userinfo",
            f"{issuer}/admin": "the server's own administration",
        }
        owners: dict[str, str] = {}
        apis = []
        for name, table in self._named("api"):
            api = api_section.read(table, name)
            apis.append(api)
            who = f"api.{name}"
            if (other := audiences.setdefault(api.audience, who)) != who and api.audience:
                table.wrong(
                    "audience",
                    f"{shown(api.audience)} already belongs to {other}",
                    rule="RFC 8707 §2",
                    fix="give each API an audience of its own",
                )
            for scope in api.scopes:
                if (other := owners.setdefault(scope.name, who)) != who:
                    place = table.source.place((*table.path, "scopes", scope.name), key=True)
                    table.wrong(
                        place,
                        f"{shown(scope.name)} already belongs to {other}",
                        rule="RFC 6749 §3.3; licet ruling B",
                        fix="give each API scopes of its own",
                    )
        return tuple(apis)

    def _apps(self, apis: tuple[DesiredApi, ...], issuer: str, *, administration: bool) -> tuple[DesiredApp, ...]:
        known = frozenset(scope.name for api in apis for scope in api.scopes) if self._documents.complete else None
        around = app_section.Surroundings(scopes=known, development=is_loopback(issuer), administration=administration)
        return tuple(app for name, table in self._named("app") if (app := app_section.read(table, name, around)))

    def _waivers(self, apps: tuple[DesiredApp, ...]) -> tuple[DesiredWaiver, ...]:
        """Every waiver of all files, each requirement once for each app."""
        names = {name: None for top in (self._main, *self._parts) for name in _names(top.take("app"))}
        known = names | {app.client_id: app for app in apps} if self._documents.complete else None
        around = waiver_section.Around(clients=known, today=self._today)
        seen: dict[tuple[str, str], Place] = {}
        found = []
        for table in self._listed("waiver"):
            if (desired := waiver_section.read(table, around)) is None:
                continue
            what = (desired.waiver.requirement, desired.waiver.client)
            if (first := seen.setdefault(what, desired.place)) is not desired.place:
                waiver_section.twice(table, first)
            found.append(desired)
        return tuple(found)

    def _listed(self, key: str) -> Iterator[Table]:
        """The tables under ``[[key]]`` of all files."""
        for top in (self._main, *self._parts):
            value = top.take(key)
            if value is None:
                continue
            if isinstance(value, list) and all(isinstance(item, dict) for item in value):
                yield from top.items(key)
            else:
                top.wrong(key, f"{key} is a list of tables", fix=f"write [[{key}]], once for each")

    def _named(self, key: str) -> Iterator[tuple[str, Table]]:
        """The tables under ``[key.*]`` of all files, each name once."""
        seen: dict[str, Place] = {}
        for top in (self._main, *self._parts):
            group = top.table(key)
            if group is None:
                continue
            for name in group.names():
                table = group.table(name)
                if table is None:
                    continue
                if (first := seen.setdefault(name, table.place())) != table.place():
                    table.wrong(None, f"this {key} is already in {first.file}:{first.line}", fix="keep one of the two")
                else:
                    yield name, table


def _names(group: object) -> tuple[str, ...]:
    return tuple(group) if isinstance(group, dict) else ()


def _day(clock: Clock) -> date:
    return datetime.fromtimestamp(clock.now() // SECOND, UTC).date()


def _issuer(main: Table) -> str:
    url = main.text("issuer")
    if url is None:
        if "issuer" not in main:
            main.missing(
                "issuer",
                "the server's own address is missing",
                rule="RFC 8414 §2",
                fix='write issuer = "https://id.example.com"',
            )
        return ""
    if reason := issuers.acceptable(url, development=is_loopback(url)):
        main.wrong(
            "issuer",
            f"{shown(url)} {reason}",
            rule="RFC 8414 §2; RFC 9207 §2",
            fix='write issuer = "https://id.example.com"',
        )
    return url


def _close(part: Table) -> None:
    """What only the main file may say is known here, and refused with the reason."""
    for key in _ONLY_MAIN:
        if part.take(key) is not None:
            part.wrong(
                part.source.place((key,), key=True),
                f"{key} is not for {PARTS}: it is the whole server's",
                fix=f"move it to {NAME}",
            )
    part.close()
