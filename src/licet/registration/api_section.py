"""``[api.NAME]``: something that is protected (RFC 6749 §1.1 resource server)."""

from __future__ import annotations

import re

from licet.protocol import resource
from licet.protocol.errors import InvalidTarget
from licet.registration.mistakes import shown
from licet.registration.model import DesiredApi
from licet.registration.references import credentials
from licet.registration.scopes import read_api
from licet.registration.table import Table

SHORTEST_TOKEN_S, LONGEST_TOKEN_S = 60, 3600
RESERVED = ("licet-admin",)
"""The server's own API (rulings W)."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")


def read(table: Table, name: str) -> DesiredApi:
    """Read one API. Where something was noted as wrong, what is returned is not to be used."""
    if not _NAME.fullmatch(name) or name in RESERVED:
        table.wrong(
            None,
            f"{shown(name)} cannot be an API's name" + (": it is reserved" if name in RESERVED else ""),
            fix="use letters, digits, - and _, 63 at most",
        )
    opaque = table.choice("token", ("jwt", "opaque")) == "opaque"
    alg = table.choice("alg", ("ES256", "RS256"))
    if opaque and alg is not None:
        table.wrong("alg", "an opaque token is not signed", rule="RFC 9068 §2", fix='drop alg, or write token = "jwt"')
    words = table.table("scopes")
    api = DesiredApi(
        name=name,
        audience=_audience(table),
        token="opaque" if opaque else "jwt",
        alg=alg or "ES256",
        access_token_s=table.seconds("access_token", SHORTEST_TOKEN_S, LONGEST_TOKEN_S, rule="RFC 9700 §2.2.1"),
        credentials=credentials(table),
        scopes=read_api(words) if words else (),
        place=table.place(),
    )
    table.close()
    return api


def _audience(table: Table) -> str:
    text = table.text("audience")
    if text is not None:
        try:
            resource.check(text)
        except InvalidTarget as refusal:
            table.wrong(
                "audience",
                f"{shown(text)} is no audience: {refusal.description}",
                rule="RFC 8707 §2",
                fix='write the API\'s address: audience = "https://orders.example.com"',
            )
        return text
    if "audience" not in table:
        table.missing(
            "audience",
            "tokens must say which API they are for",
            rule="RFC 8707 §2; RFC 9700 §2.3",
            fix='write audience = "https://orders.example.com"',
        )
    return ""
