"""Redirect URIs: which may be registered, and which of them a request names (rulings G).

Comparing is comparing strings (RFC 9700 §2.1): no normalising, so no two readings of one address. The port of a
loopback address is the only thing that may differ (RFC 8252 §7.3). What would need normalising cannot be registered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Literal
from urllib.parse import quote, unquote_plus

MAX_LENGTH = 2048

Kind = Literal["https", "loopback", "private-use"]

_LOOPBACK = re.compile(r"http://(?P<host>127\.0\.0\.1|\[::1\]|localhost)(?::(?P<port>[0-9]{1,5}))?(?P<rest>[/?].*)?")
_CHARACTERS = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")
_PARTS = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?://(?P<authority>[^/?#]*))?(?P<path>[^?#\[\]]*)(?:\?(?P<query>[^#\[\]]*))?"
)
_AUTHORITY = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::(?P<port>[1-9][0-9]{0,4}))?")
_LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*")
_NUMERIC = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
_PRIVATE_USE = re.compile(r"[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+")
_PATH_TRICK = re.compile(r";|//|/\.{1,2}(?:/|$)|%(?:2[ef5]|5c|3b|[01][0-9a-f]|7f)", re.IGNORECASE)
"""What two readers of one path may read differently."""
_CONTROL = re.compile(r"%(?:[01][0-9a-f]|7f)", re.IGNORECASE)

DANGEROUS = frozenset({
    "about", "blob", "chrome", "content", "data", "file", "filesystem", "ftp", "intent", "jar", "javascript", "mailto",
    "mhtml", "res", "resource", "sms", "tel", "urn", "vbscript", "view-source", "ws", "wss",
})  # fmt: skip
"""Schemes that a browser runs, reads or hands on by itself: they lead to no app of anyone's."""
_ANSWERS = frozenset({
    "access_token", "code", "error", "error_description", "error_uri", "expires_in", "id_token", "iss", "response",
    "session_state", "state", "token_type",
})  # fmt: skip
"""What the answer itself says; an address that already says it would say it twice (RFC 9700 §4.1)."""
_MAX_PORT = 65535
_DEFAULT_PORTS = {"https": ":443", "http": ":80"}


def matches(registered: str, requested: str, *, native: bool) -> bool:
    """Whether *requested* is the address *registered*: the same string, or for native apps the same but for the port.

    The exception is for ``http`` to the very strings 127.0.0.1, [::1] and localhost; none stands for another.
    """
    if registered == requested:
        return True
    if not native:
        return False
    known, asked = _LOOPBACK.fullmatch(registered), _LOOPBACK.fullmatch(requested)
    return (
        known is not None
        and asked is not None
        and known["host"] == asked["host"]
        and known["rest"] == asked["rest"]
        and _is_port(asked["port"])
    )


def find(registered: Iterable[str], requested: str, *, native: bool) -> str | None:
    """The registered address that *requested* names; None if there is none."""
    return next((uri for uri in registered if matches(uri, requested, native=native)), None)


def acceptable(uri: str, *, native: bool, development: bool = False) -> str | None:
    """Why *uri* may not be registered, in words; None if it may.

    ``https`` for everyone; ``http`` to a loopback address for native apps, and in development for all (RFC 9700
    §2.6); a scheme of one's own, with a dot in it, for native apps (RFC 8252 §7.1).
    """
    trouble = _malformed(uri)
    if trouble is not None:
        return trouble
    parts = _PARTS.fullmatch(uri)
    if parts is None:
        return "is not an absolute URI"
    scheme = parts["scheme"]
    if scheme.lower() in DANGEROUS:
        return f"has the scheme {scheme.lower()}, which leads to no app"
    if scheme != scheme.lower():
        return "has capital letters in its scheme; addresses are compared letter by letter"
    return (
        _scheme_trouble(parts, native=native, development=development)
        or _path_trouble(parts["path"])
        or _query_trouble(parts["query"] or "")
    )


def kind(uri: str) -> Kind:
    """Which of the three kinds of address an acceptable *uri* is (RFC 8252 §7)."""
    if uri.startswith("https://"):
        return "https"
    return "loopback" if uri.startswith("http://") else "private-use"


def with_parameters(uri: str, pairs: Iterable[tuple[str, str]]) -> str:
    """*uri* with *pairs* after whatever its query already says (OAuth 2.1 §3.1.1).

    A space becomes %20 and not a plus sign: every reader of forms understands it, and so do readers of URIs.
    """
    added = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
    if not added:
        return uri
    _, mark, query = uri.partition("?")
    if not mark:
        return f"{uri}?{added}"
    # Only the first question mark begins a query; another one, even the last letter, is part of a value.
    return f"{uri}{added}" if not query or query.endswith("&") else f"{uri}&{added}"


def origin(uri: str) -> str | None:
    """The web origin of *uri* as browsers write it (RFC 6454 §6.2); None for a scheme of one's own."""
    parts = _PARTS.fullmatch(uri)
    if parts is None or parts["scheme"] not in _DEFAULT_PORTS or not parts["authority"]:
        return None
    return f"{parts['scheme']}://{parts['authority'].removesuffix(_DEFAULT_PORTS[parts['scheme']])}"


def https_host(uri: str) -> str | None:
    """The host of an https address, without its port (OpenID Connect Core §8.1); None for any other."""
    parts = _PARTS.fullmatch(uri)
    if parts is None or parts["scheme"] != "https":
        return None
    authority = _AUTHORITY.fullmatch((parts["authority"] or "").lower())
    return authority["host"] if authority else None


def display_host(uri: str) -> str:
    """Where *uri* leads, for a person to read: the host, or the app's own scheme. Never decoded: no lookalikes."""
    web = origin(uri)
    return uri.partition(":")[0] if web is None else web.partition("://")[2]


def _malformed(uri: str) -> str | None:
    if not 0 < len(uri) <= MAX_LENGTH:
        return f"is empty or longer than {MAX_LENGTH} characters"
    if "#" in uri:
        return "has a fragment, which never reaches a server"
    if "*" in uri:
        return "has a wildcard; every address is registered whole"
    if _CHARACTERS.fullmatch(uri) is None:
        return "has white space, a backslash, or another character that must be percent-encoded"
    return None


def _scheme_trouble(parts: re.Match[str], *, native: bool, development: bool) -> str | None:
    authority = parts["authority"]
    if authority is not None and "@" in authority:
        return "names a user before its host"
    if parts["scheme"] == "https":
        return _authority_trouble(authority)
    if parts["scheme"] == "http":
        if _LOOPBACK.fullmatch(parts[0]) is None:
            return "is http; only 127.0.0.1, [::1] and localhost may be"
        if not (native or development):
            return "is http to a loopback address, which only a native app may have"
        return _authority_trouble(authority)
    return _private_use_trouble(parts, native=native)


def _private_use_trouble(parts: re.Match[str], *, native: bool) -> str | None:
    if not native:
        return "has a scheme of its own, which only a native app may have"
    if _PRIVATE_USE.fullmatch(parts["scheme"]) is None:
        return "has a scheme without a dot; begin it with a domain you own, turned round: com.example.app"
    if parts["authority"] is None and not parts["path"].startswith("/"):
        return "has no path; write com.example.app:/callback"
    if set("[]") & set(parts["authority"] or ""):
        return "has brackets in its host; only readers of web addresses know what they mean"
    return None


def _authority_trouble(authority: str | None) -> str | None:
    read = _AUTHORITY.fullmatch(authority or "")
    if read is None:
        return "has no host, capital letters in it, or a port that is none"
    if read["port"] is not None and not _is_port(read["port"]):
        return "has a port that is none"
    return None if is_host(read["host"]) else "has a host that is neither a name nor an address"


def is_host(host: str) -> bool:
    """Whether *host* is a name, an IPv4 address or an IPv6 address in brackets, in the one spelling it has."""
    try:
        if host.startswith("["):
            return f"[{IPv6Address(host[1:-1]).compressed}]" == host
        if _NUMERIC.fullmatch(host):
            # Browsers read 127.1 and 0x7f000001 as addresses too; only one spelling is ours.
            return str(IPv4Address(host)) == host
    except AddressValueError:
        return False
    return _NAME.fullmatch(host) is not None


def _path_trouble(path: str) -> str | None:
    if _PATH_TRICK.search(path):
        return "has a path that can be read in two ways: dot segments, empty segments, parameters or encoded ones"
    return None


def _query_trouble(query: str) -> str | None:
    if _CONTROL.search(query):
        return "has an encoded control character in its query"
    for pair in re.split("[&;]", query):
        name = unquote_plus(pair.partition("=")[0]).strip().lower()
        if name in _ANSWERS:
            return f"already says {name} in its query, which the answer will say"
    return None


def _is_port(port: str | None) -> bool:
    """No port is the scheme's own; a written one is 1 to 65535 without leading zeros."""
    return port is None or (not port.startswith("0") and int(port) <= _MAX_PORT)
