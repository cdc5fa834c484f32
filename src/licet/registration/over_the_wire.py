"""What a program sends instead of a file: the same words, judged by the same rules.

Nothing here may read a file or a variable of the server's machine: a key comes as a JWK or from where it is published,
and a secret is never among the words. Mistakes are told by their keys, for there are no lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from licet.registration import api_section, app_section
from licet.registration.app_section import Surroundings
from licet.registration.documents import MANUAL
from licet.registration.mistakes import ManifestErrors, Mistake, Place, dotted
from licet.registration.model import DesiredApi, DesiredApp
from licet.registration.table import Source, Table
from licet.registration.toml_lines import KeyPath

T = TypeVar("T")

NOWHERE = Path("/nonexistent")


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
