"""``licet add``: one more app or API in a configuration, every other byte as it was.

The new piece goes behind the last app or API of its file, so nothing that stands there is parsed and written
again. What the file would then say is judged by the real reader before anything is written.
"""

from __future__ import annotations

import os
import tempfile
import tomllib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from licet.registration.manifest import read
from licet.registration.toml_lines import whereabouts

_GROUPS = ("app", "api")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What one file was and would be."""

    path: Path
    before: str
    """Empty where the file is not there yet."""
    after: str


def added(text: str, piece: str, group: str) -> str:
    """*text* with *piece* behind the last table of its *group*; line ends as the file has them.

    Raises ValueError where the file says that group in a way that nothing can be added to, as an inline table.
    """
    meant = _merged(tomllib.loads(text), tomllib.loads(piece))
    for at in (_behind_last(text, group), len(text)):
        after = _inserted(text, at, piece)
        with suppress(tomllib.TOMLDecodeError):
            if tomllib.loads(after) == meant:
                return after
    message = f"{group} is written there as one value, to which nothing can be added"
    raise ValueError(message)


def edited(main: Path, target: Path, piece: str, group: str) -> Edit:
    """What *target* would be, judged by reading the configuration at *main* as it would be then.

    Raises ManifestErrors: something is wrong already, or would be. Raises ValueError as ``added`` does.
    """
    before = target.read_bytes().decode() if target.exists() else ""
    edit = Edit(path=target, before=before, after=added(before, piece, group))
    read(main, instead={target: edit.after.encode()})
    return edit


def write(edit: Edit) -> None:
    """Put the file in place at once, with the mode it had; raises OSError, and then nothing has changed.

    Raises FileExistsError where somebody changed the file meanwhile.
    """
    real = edit.path.resolve()
    real.parent.mkdir(parents=True, exist_ok=True)
    now = real.read_bytes().decode() if real.exists() else ""
    if now != edit.before:
        raise FileExistsError(0, "changed meanwhile", str(edit.path))
    handle, name = tempfile.mkstemp(prefix=f".{real.name}.", dir=real.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(edit.after.encode())
            file.flush()
            os.fsync(file.fileno())
        if real.exists():
            _like(Path(name), real)
        else:
            Path(name).chmod(0o644)
        Path(name).replace(real)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
    _sync(real.parent)


def _inserted(text: str, at: int, piece: str) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    before, after = text[:at], text[at:]
    if before and not before.endswith("\n"):
        before += newline
    gap = newline if before.strip() and not before.endswith(("\n\n", "\n\r\n")) else ""
    tail = newline if after and not after.startswith(("\n", "\r\n")) else ""
    return before + gap + piece.replace("\n", newline) + tail + after


def _merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Both documents' tables in one, at every depth."""
    return one | {
        name: _merged(one[name], value) if isinstance(value, dict) and isinstance(one.get(name), dict) else value
        for name, value in other.items()
    }


def _behind_last(text: str, group: str) -> int:
    """Where the last table of *group*, or of the other group, ends; the end of the text where there is none."""
    places = whereabouts(text.replace("\r\n", "\n"))
    lines = [(path, span.key.line) for path, span in places.items()]
    for wanted in (group, *_GROUPS):
        if last := max((line for path, line in lines if path[0] == wanted), default=0):
            return _end(text, last, {line for _, line in lines})
    return len(text)


def _end(text: str, last: int, keyed: set[int]) -> int:
    """Where the table that holds line *last* ends: before the next header, and the comments that introduce it."""
    rows = text.split("\n")
    header = next((n for n in sorted(keyed) if n > last and rows[n - 1].lstrip().startswith("[")), len(rows) + 1)
    if header > len(rows):
        return len(text)
    while header - 1 > last and rows[header - 2].lstrip().startswith("#"):
        header -= 1
    return sum(len(row) + 1 for row in rows[: header - 1])


def _like(path: Path, other: Path) -> None:
    """Mode and, where it may be set, owner as *other* has them."""
    stat = other.stat()
    with suppress(PermissionError):
        os.chown(path, stat.st_uid, stat.st_gid)
    path.chmod(stat.st_mode & 0o7777)


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
