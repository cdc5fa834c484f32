"""Names and attributes of our cookies (RFC 6265; ``__Host-`` of its revision).

Cookies ignore ports, and a host may carry several issuers: the issuer's hash in the name keeps them apart.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

from licet.authorization_server.exchange import SetCookie

_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")
_VALUE: Final = re.compile(r"[!#-+\--:<-\[\]-~]*")
"""``cookie-octet`` (RFC 6265 §4.1.1)."""

_TRANSACTION_LETTERS: Final = 8
"""Enough of a transaction's id to tell the tabs of one browser apart."""


class CookieNames:
    """What the cookies of one issuer are called; ``__Host-`` pins them to host, path and TLS where there is TLS."""

    def __init__(self, issuer_id: int | str, issuer_url: str) -> None:
        mark = hashlib.sha256(f"{issuer_id}\0{issuer_url}".encode()).hexdigest()[:8]
        prefix = "__Host-" if issuer_url.startswith("https:") else ""
        self._base = f"{prefix}licet-{mark}"
        self.session = f"{self._base}-session"
        """The browser session of whoever is signed in, and acts."""
        self.others = f"{self._base}-others"
        """The sessions of whoever else is signed in in this browser."""
        self.known = f"{self._base}-known"
        """That somebody signed in here before (rulings V)."""
        self.device = f"{self._base}-device"
        """What binds the form of the device page to this browser."""

    def transaction(self, txn_id: str) -> str:
        """The cookie that binds one authorization request to this browser (rulings L)."""
        return f"{self._base}-t-{txn_id[:_TRANSACTION_LETTERS]}"


def serialise(cookie: SetCookie, *, secure: bool) -> bytes:
    """Write a ``Set-Cookie`` value; an empty value takes the cookie away.

    SameSite=Lax: Strict would lose the session of somebody who arrives from an app. Raises ValueError: a name or
    value that would break out of its place.
    """
    if not _NAME.fullmatch(cookie.name) or not _VALUE.fullmatch(cookie.value):
        raise ValueError(f"cookie {cookie.name!r} cannot be written")
    attributes = "; Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")
    if not cookie.value:
        attributes += "; Max-Age=0"
    elif cookie.max_age_s is not None:
        attributes += f"; Max-Age={cookie.max_age_s}"
    return f"{cookie.name}={cookie.value}{attributes}".encode("ascii")
