"""Promises of what reads an operator's file: where each key stands, and the configuration as a whole."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from licet.registration.manifest import read
from licet.registration.mistakes import ManifestErrors
from licet.registration.toml_lines import KeyPath, whereabouts
from prove.fuzz.targets.model import Target


def places(raw: bytes) -> None:
    """Of any text some places or none, each within the text; of TOML, only of keys that are there."""
    said = raw.decode("utf-8", "replace")
    found = whereabouts(said)
    lines = said.split("\n")
    for where in found.values():
        for span in (where.key, where.value):
            assert 0 <= span.start <= span.end <= len(lines[span.line - 1])
    try:
        document = tomllib.loads(said)
    except (tomllib.TOMLDecodeError, RecursionError):
        return
    for path in found:
        _there(document, path)


def _there(document: Any, path: KeyPath) -> None:
    for step in path:
        document = document[step]


@cache
def _folder() -> Path:
    return Path(mkdtemp(prefix="licet-fuzz-"))


def manifest(raw: bytes) -> None:
    """A configuration, or its mistakes; every mistake can be shown."""
    path = _folder() / "licet.toml"
    path.write_bytes(raw)
    try:
        read(path)
    except ManifestErrors as errors:
        assert str(errors)
        assert errors.mistakes


_WHOLE = b"""issuer = "https://id.example.com"
[server]
listen = "[::1]:9000"
proxies = ["10.0.0.0/8", "::1"]
[lifetimes]
access_token_s = 300
[scopes]
profile = "See your name"
[api.orders]
audience = "https://orders.example.com"
token = "opaque"
access_token = "5m"
[api.orders.scopes]
"orders:read" = "See your orders"
"orders:write" = { says = "Change your orders", sensitive = true }
[app.shop]
is = "web-app"
url = "https://shop.example.com/start"
callback = ["/cb", "https://other.example.com/cb"]
secret = [{ env = "OLD" }]
may = ["orders:read", "openid"]
"""

TARGETS = {
    "toml_lines": Target(
        places,
        (
            _WHOLE,
            b'a.b . c = 1\n"q k" = \'x\'\nlist = [ 1, # one\n { x = 3, "y.z" = [4] },\n]\n[[w]]\nid = """\nk = 1 \\""""\n[w.sub]\n',
        ),
    ),
    "manifest": Target(manifest, (_WHOLE, b'issuer = "x"\n[app.a]\nis = "service"\n[app.b]\nis = 3\n')),
}
