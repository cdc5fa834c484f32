"""The sheet and the pictures that pages load: read once, served under the digest of all of them.

One digest for the whole folder, because the sheet names its icons relatively. A new release has a new
folder, so a browser may keep what it has for as long as it likes.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

_FOLDER = Path(__file__).with_name("assets")

_MEDIA_TYPES = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


class Asset(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One file."""

    body: bytes
    media_type: str
    immutable: bool = True
    """Whether a browser never has to ask again: its path changes when it does."""


class Assets:
    """Every file under ``assets/``, by the path it is served at (below the issuer)."""

    def __init__(self, folder: Path = _FOLDER) -> None:
        """Read them all. Raises KeyError: a file of a kind that has no media type here."""
        bodies = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        self.prefix = f"/assets/{_digest(bodies)}"
        """``/assets/<digest>``, without a slash at its end."""
        # A table of whole paths: there is no file system left to climb about in.
        self._by_path = {
            f"{self.prefix}/{name}": Asset(body=body, media_type=_MEDIA_TYPES[Path(name).suffix])
            for name, body in bodies.items()
        }

    def find(self, path: str) -> Asset | None:
        """Find what is served at *path*, which begins with a slash and ends where the query would begin."""
        return self._by_path.get(path)

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path that is served."""
        return tuple(self._by_path)


def _digest(bodies: dict[str, bytes]) -> str:
    """Name and length go in with each body, so that no two folders make the same stream."""
    digest = hashlib.sha256()
    for name, body in bodies.items():
        digest.update(f"{name}\0{len(body)}\0".encode())
        digest.update(body)
    return digest.hexdigest()[:16]
