"""What a program sends instead of a file: the same words, judged by the same rules.

Nothing here may read a file or a variable of the server's machine: a key comes as a JWK or from where it is published,
and a secret is never among the words. Mistakes are told by their keys, for there are no lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from licet.registration import api_section, app_section, manifest
from licet.registration.app_section import Surroundings
from licet.registration.documents import MANUAL
from licet.registration.mistakes import ManifestErrors, Mistake, Place, dotted
from licet.registration.model import Credentials, DesiredApi, DesiredApp, Manifest
from licet.registration.table import Source, Table
from licet.registration.toml_lines import KeyPath

T = TypeVar("T")

NOWHERE = Path("/nonexistent")
canonical = msgspec.json.Encoder(order="deterministic").encode


class Wire(Source):
    """Where keys stand that came as JSON: they have names and no lines."""

    def __init__(self) -> None:
        super().__init__("request", NOWHERE, "")

    def place(self, path: KeyPath, *, key: bool = False, hidden: bool = False) -> Place:
        return Place(file=self.name, path=dotted(path))


def app(client_id: str, words: Mapping[str, Any], around: Surroundings) -> DesiredApp:
    """One app by the words of ``[app.ID]``. Raises ManifestErrors."""

    def read(table: Table) -> DesiredApp | None:
        return app_section.read(table, client_id, around)

    return _judged(("app", client_id), words, read)


def api(name: str, words: Mapping[str, Any]) -> DesiredApi:
    """One API by the words of ``[api.NAME]``. Raises ManifestErrors."""

    def read(table: Table) -> DesiredApi:
        return api_section.read(table, name)

    return _judged(("api", name), words, read)


def read(document: Mapping[str, Any]) -> Manifest:
    """A whole configuration, as ``sent`` writes it. Raises ManifestErrors."""
    mistakes = [
        mistake
        for group in ("app", "api")
        for name, words in _tables(document.get(group))
        for mistake in _files((group, name), words)
    ]
    if mistakes:
        raise ManifestErrors(mistakes)
    values: dict[str, object] = {**document, "server": {"admin": True}}  # the one that is asked
    return manifest.judged(Wire(), values, canonical(document))


def sent(read_from: Manifest, tables: Mapping[str, Any]) -> dict[str, Any]:
    """*tables*, as they stand in the files of *read_from*, as another machine can read them: keys by value, and files of
    secrets by their whole path, which is only said back."""
    keys = {("app", app.client_id): app.credentials for app in read_from.apps}
    keys |= {("api", api.name): api.credentials for api in read_from.apis}
    document: dict[str, Any] = {name: tables[name] for name in ("issuer", "scopes") if name in tables}
    for group in ("api", "app"):
        document[group] = {
            name: dict(words) | _resolved(words, keys[group, name]) for name, words in _tables(tables.get(group))
        }
    return document


def _resolved(words: Mapping[str, Any], proofs: Credentials) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if "key" in words:
        said["key"] = [
            {"jwks_url": key.jwk["jwks_uri"]} if "jwks_uri" in key.jwk else {"jwk": key.jwk} for key in proofs.keys
        ]
    if "secret" in words:
        said["secret"] = [{one.kind: one.name} for one in proofs.secrets]
    return {name: found[0] if len(found) == 1 else found for name, found in said.items()}


def _tables(group: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(group, Mapping):
        yield from ((name, words) for name, words in group.items() if isinstance(words, Mapping))


def _judged(path: KeyPath, words: Mapping[str, Any], read: Callable[[Table], T | None]) -> T:
    mistakes = list(_files(path, words))
    if mistakes:
        raise ManifestErrors(mistakes)
    found = read(Table(Wire(), path, dict(words), mistakes, MANUAL))
    if mistakes or found is None:
        raise ManifestErrors(mistakes)
    return found


def _files(path: KeyPath, words: Mapping[str, Any]) -> Iterator[Mistake]:
    """A key in a file is on another machine than the one that would read it."""
    keys = words.get("key")
    for index, key in enumerate(keys) if isinstance(keys, list) else ((None, keys),):
        if isinstance(key, dict) and "file" in key:
            where = (*path, "key") if index is None else (*path, "key", index)
            yield Mistake(
                Place(file="request", path=dotted(where)),
                "a file is read where it lies, and not by the server",
                MANUAL,
                "send the public key itself: { jwk = { … } }",
            )
