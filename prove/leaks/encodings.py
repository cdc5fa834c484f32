"""Every form in which a secret may lie about, and a search for any twelve bytes of one of them.

A secret is looked for as it is, percent-encoded, in hexadecimal, in base64 at each of the three places where it may
begin within a longer text, as the bytes that its letters stand for, and as its bare SHA-256: a digest without a key is
as good as the secret where the secret can be guessed, and tells which row belongs to whom where it cannot.
"""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import quote, quote_plus

from licet.protocol import secret_token

WINDOW = 12
"""Bytes in a row that nobody finds by chance; what is shorter is looked for whole."""
_HANDLE_BYTES = 12
"""The beginning of a refresh token's payload names its family and is no secret."""


@dataclass(frozen=True)
class Secret:
    """Something that must not be found."""

    name: str
    value: str
    derived: bool = True
    """Whether its bare SHA-256 counts, too: a code_verifier's is its code_challenge, which is public."""

    @property
    def part(self) -> str:
        """What of it nobody else knows: without the prefix, and of a JWT the signature."""
        if self.value.startswith("lct"):
            return self.value.partition("_")[2]
        return self.value.rpartition(".")[2] if self.value.count(".") == 2 else self.value

    def payloads(self) -> Iterator[bytes]:
        """The bytes that its letters stand for."""
        kind = self.value.partition("_")[0].removeprefix("lct")
        payload = secret_token.payload(kind, self.value)
        if payload is not None:
            yield payload[_HANDLE_BYTES:] if kind == "rt" else payload
        elif len(self.part) >= 2 * WINDOW:
            padded = self.part + "=" * (-len(self.part) % 4)
            try:
                decoded = urlsafe_b64decode(padded)
            except ValueError:
                return
            if urlsafe_b64encode(decoded).decode().rstrip("=") == self.part:
                yield decoded

    def forms(self) -> dict[str, bytes]:
        """Name of a form → its bytes."""
        raw = self.part.encode()
        found = {"clear": raw, "percent": quote(self.part, safe="").encode(), "form": quote_plus(self.part).encode()}
        found |= _written("clear", raw)
        for payload in self.payloads():
            found["bytes"] = payload
            found |= _written("bytes", payload)
        if self.derived:
            for what, hashed in {"sha256": self.value.encode(), "sha256 of the secret part": raw}.items():
                digest = sha256(hashed).digest()
                found[what] = digest
                found |= _written(what, digest)
        return found


def _written(name: str, raw: bytes) -> dict[str, bytes]:
    found = {f"{name}, hex": raw.hex().encode(), f"{name}, HEX": raw.hex().upper().encode()}
    for skipped, cut in enumerate((0, 2, 3)):
        for alphabet, encode in {"base64": b64encode, "base64url": urlsafe_b64encode}.items():
            whole = len(raw) - (len(raw) + skipped) % 3  # the last letters depend on what follows
            text = encode(bytes(skipped) + raw[:whole])[cut:]
            if len(text) >= min(WINDOW, len(raw)):
                found[f"{name}, {alphabet} at {skipped}"] = text
    return found


class Search:
    """Looks for many secrets at once."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        self._windows: dict[int, dict[bytes, tuple[str, str]]] = {}
        for secret in secrets:
            for form, needle in secret.forms().items():
                size = min(WINDOW, len(needle))
                table = self._windows.setdefault(size, {})
                for start in range(len(needle) - size + 1):
                    table.setdefault(needle[start : start + size], (secret.name, form))

    def __call__(self, text: bytes | str) -> set[tuple[str, str]]:
        """(name, form) of every secret of which a part is in *text*."""
        raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        found: set[tuple[str, str]] = set()
        for size, table in self._windows.items():
            windows = (raw[start : start + size] for start in range(len(raw) - size + 1))
            found |= {table[window] for window in windows if window in table}
        return found
