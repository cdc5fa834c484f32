"""Web addresses that an app names: where it lives, its terms, its pictures."""

from __future__ import annotations

from urllib.parse import urlsplit

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def unacceptable(url: str, *, development: bool) -> str | None:
    """Why people must not be led to *url*, if they must not: it is not https (in *development*, loopback will do)."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port  # reading it is what checks it
    except ValueError:
        return "is not a URL"
    if not url.isascii() or not url.isprintable() or set(url) & set(' "<>\\^`{|}'):
        return "holds characters that no URL has"
    if parts.scheme not in {"https", "http"} or not host:
        return "is not an absolute https address"
    if parts.scheme == "http" and not (development and host in _LOOPBACK):
        return "is http: anyone on the way can change what it shows"
    return "names a user" if "@" in parts.netloc else None


def is_loopback(url: str) -> bool:
    """Whether *url* is plain http on this same machine: then nothing of it is for production."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "http" and parts.hostname in _LOOPBACK
