"""The directory of a development server: what lies where, and who may read it.

Everything is random per directory. ``dev.json`` is there exactly while a server accepts connections, so a script
may wait for it; what must outlast a restart lies in ``dev.secrets.json``.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from licet.ambient import Entropy
from licet.protocol import secret_token
from licet.storage.sqlite import StoreBusy
from licet.storage.sqlite.connection import FileLock
from licet.storage.vault import MasterKeys

_SYLLABLES = tuple(consonant + vowel for consonant in "bdfghjklmnprstvz" for vowel in "aeio")
"""64 of them: three random bytes are four syllables."""
_GROUPS = 5


class Secrets(msgspec.Struct, frozen=True, kw_only=True):
    """What people and apps of one directory prove themselves with. In clear: a development server alone may."""

    people: dict[str, str]
    """Passwords by login."""
    service: str
    """The service's client secret."""
    api: str
    """What the demo API introspects with."""


class Broken(Exception):  # noqa: N818  a finding about a directory, not a mistake of the caller
    """The directory cannot be used as it is; the message says how to go on."""


class Held(Exception):  # noqa: N818  a condition, not a mistake of the caller
    """Another development server has this directory open."""


@dataclass(frozen=True, slots=True)
class Place:
    """One directory, ``.licet`` unless somebody chose another."""

    directory: Path

    @property
    def store(self) -> Path:
        return self.directory / "licet.db"

    @property
    def dev_json(self) -> Path:
        return self.directory / "dev.json"

    @property
    def _master_key(self) -> Path:
        return self.directory / "master.key"

    @property
    def _secrets(self) -> Path:
        return self.directory / "dev.secrets.json"

    def open(self) -> None:
        """See that the directory is there and nobody else serves from it; raises Broken and Held."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            ignored = self.directory / ".gitignore"
            if not ignored.exists():
                ignored.write_text("*\n", encoding="utf-8")
            FileLock(self.store).release()
        except StoreBusy as busy:
            raise Held(self._holder(busy.pid)) from None
        except OSError as error:
            raise Broken(f"{error.filename} cannot be written: {(error.strerror or 'error').lower()}") from None

    def _holder(self, pid: int | None) -> str:
        where = ""
        with suppress(OSError, msgspec.DecodeError):
            where = f" at {msgspec.json.decode(self.dev_json.read_bytes(), type=_Issuer).issuer}"
        return f"{self.directory} is in use by another licet dev (process {pid or 'unknown'}){where}"

    def master_keys(self, entropy: Entropy) -> MasterKeys:
        """The master key, made if this is a new directory."""
        text = self._read(self._master_key)
        if text is None:
            text = _create(self._master_key, f"{MasterKeys.generate(entropy)}\n".encode())
        try:
            return MasterKeys.parse(text.decode())
        except ValueError as error:
            raise Broken(f"{self._master_key}: {error}. {self._afresh()}") from None

    def secrets(self, logins: tuple[str, ...], entropy: Entropy) -> Secrets:
        """The passwords and secrets, made if this is a new directory."""
        raw = self._read(self._secrets)
        if raw is None:
            made = Secrets(
                people={login: password(entropy) for login in logins},
                service=secret_token.make("cs", entropy.bytes(secret_token.RANDOM_BYTES)),
                api=secret_token.make("cs", entropy.bytes(secret_token.RANDOM_BYTES)),
            )
            raw = _create(self._secrets, _json(made))
        try:
            return msgspec.json.decode(raw, type=Secrets)
        except msgspec.DecodeError as error:
            raise Broken(f"{self._secrets}: {error}. {self._afresh()}") from None

    def publish(self, document: msgspec.Struct) -> bytes:
        """Write ``dev.json``: whole or not at all, for this user only; returns what it holds."""
        content = _json(document)
        _draft(self.dev_json, content).replace(self.dev_json)
        return content

    def withdraw(self, content: bytes | None = None) -> None:
        """Take ``dev.json`` away: nobody is served any more, or not yet. With *content*, only if it still holds that:
        somebody may have removed the directory and begun anew in its place."""
        with suppress(FileNotFoundError):
            if content is None or self.dev_json.read_bytes() == content:
                self.dev_json.unlink()

    def _read(self, path: Path) -> bytes | None:
        """The file, or None in a new directory; a store whose keys are gone is not a new one."""
        try:
            return path.read_bytes()
        except FileNotFoundError:
            if self.store.exists() and self.store.stat().st_size:
                raise Broken(f"{path} is gone, and {self.store} is of no use without it. {self._afresh()}") from None
            return None

    def _afresh(self) -> str:
        return f"Start afresh: rm -r {self.directory}"


class _Issuer(msgspec.Struct):
    issuer: str


def password(entropy: Entropy) -> str:
    """A password to read and type: ``bamo-tiki-…``, 60 bits of chance in five groups."""
    drawn = entropy.bytes(2 * _GROUPS)
    pairs = zip(drawn[::2], drawn[1::2], strict=True)
    return "-".join(_SYLLABLES[a % len(_SYLLABLES)] + _SYLLABLES[b % len(_SYLLABLES)] for a, b in pairs)


def _json(document: msgspec.Struct) -> bytes:
    return msgspec.json.format(msgspec.json.encode(document)) + b"\n"


def _create(path: Path, content: bytes) -> bytes:
    """Make the file, whole or not at all. What it holds: of two that begin at once, both go on with the first one's."""
    draft = _draft(path, content)
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return path.read_bytes()
    except OSError:  # a file system without links: then whoever is later wins
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return content


def _draft(path: Path, content: bytes) -> Path:
    """A file beside *path*, readable by its owner only from its first byte."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with suppress(FileNotFoundError):
        draft.unlink()
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return draft
