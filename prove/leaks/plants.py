"""Rows as somebody would plant them who can write the store: everything as it should be, but for what needs the key."""

from __future__ import annotations

import sqlite3
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from hmac import digest as hmac
from itertools import count
from secrets import token_bytes
from typing import Any
from urllib.parse import urlencode

import httpx2

from licet.protocol import secret_token
from licet.storage.sqlite.authorization import CODES
from licet.storage.sqlite.devices import PENDING
from licet.storage.sqlite.people import AUTHENTICATORS
from licet.storage.sqlite.registration import CREDENTIALS
from licet.storage.sqlite.standing import GRANTS, SESSIONS
from licet.storage.sqlite.tokens import ACCESS_TOKENS, FAMILIES
from prove.leaks.test_derived import frame
from prove.single_use.served import Served
from tests.visitor import verifier
from tests.world import CALLBACK, DEVICE_CODE

Row = dict[str, Any]
VERIFIER, CHALLENGE = verifier()
_HANDLE = 12
_COUNTED = count(1)
"""Grants are numbered by time: a number before a real one is a free one that does not move the server's clock."""


@dataclass(frozen=True)
class Plant:
    """A kind of credential: its table and column, what is digested, and how it is used."""

    prefix: str
    kind: str
    table: str
    column: str
    changes: tuple[tuple[str, Any], ...] = ()
    """What makes a spent template good again."""

    def value(self, payload: bytes) -> str:
        return secret_token.make(self.prefix, payload)

    def row(self, template: Row, payload: bytes, digest: bytes) -> Row:
        """A row like *template*, on a grant of its own: one that is taken for a replay must not end the others."""
        row = template | dict(self.changes) | {self.column: digest}
        if self.table == "families":
            row["handle"] = payload[:_HANDLE]
        if self.table == "sessions":
            row["session_id"] = token_bytes(16).hex()
        if self.table == "credentials":
            row["credential_id"] = f"planted {token_bytes(8).hex()}"
        if "grant" in row:
            row["grant"] = row["grant"] | {
                "grant_id": row["grant"]["grant_id"] - next(_COUNTED),
                "handle": token_bytes(9).hex(),
            }
            row["grant_id"] = row["grant"]["grant_id"]
        if self.table == "pending":
            row["user_code_digest"] = token_bytes(36)
        return row

    def taken(self, served: Served, value: str, cookie: str) -> bool:
        match self.table:
            case "sessions":
                return silent(served, value, cookie)
            case "access_tokens":
                asked = served.mine("api.invoices") | {"token": value}
                return bool(served.ask("/introspect", asked).json().get("active"))
            case "families":
                form = served.mine("spa") | {"grant_type": "refresh_token", "refresh_token": value}
            case "codes":
                form = served.mine("shop") | {"grant_type": "authorization_code", "code": value}
                form |= {"redirect_uri": CALLBACK, "code_verifier": VERIFIER}
            case "pending":
                form = served.mine("tv") | {"grant_type": DEVICE_CODE, "device_code": value}
            case _:
                form = {"grant_type": "client_credentials", "client_id": "billing", "client_secret": value}
                form["scope"] = "orders:read"
        return served.ask("/token", form).status_code == 200


PLANTS = {
    "session": Plant("se", "session", "sessions", "digest"),
    "access token": Plant("at", "access-token", "access_tokens", "digest"),
    "refresh token": Plant("rt", "refresh-token", "families", "current_digest"),
    "code": Plant("ac", "code", "codes", "digest", (("consumed_at", None), ("code_challenge", CHALLENGE))),
    "device code": Plant(
        "dc", "device-code", "pending", "device_digest", (("consumed_at", None), ("state", "approved"))
    ),
    "client secret": Plant("cs", "client-secret", "credentials", "digest"),
}


def silent(served: Served, session: str, cookie: str) -> bool:
    """Whether a browser with this session gets a code without anybody being asked anything."""
    asked = {
        "response_type": "code", "client_id": "shop", "redirect_uri": CALLBACK, "scope": "openid", "prompt": "none",
        "code_challenge": verifier()[1], "code_challenge_method": "S256",
    }  # fmt: skip
    answer = served.http.get(f"{served.issuer}/authorize?{urlencode(asked)}", headers={"Cookie": f"{cookie}={session}"})
    return "code=" in answer.headers.get("location", "")


def templates(served: Served) -> dict[str, Row]:
    """A live row of each table, whose neighbours the planted one will be."""
    wanted = {
        "sessions": "status = 'active'",
        "access_tokens": "grant_id IS NOT NULL AND revoked_at IS NULL",
        "families": "client_id = 'spa' AND ended_at IS NULL",
        "codes": "client_id = 'shop'",
        "pending": "grant_id IS NOT NULL",
        "credentials": "owner = 'billing'",
    }
    found = {}
    with closing(sqlite3.connect(served.store, timeout=30)) as connection:
        connection.row_factory = sqlite3.Row
        for table, where in wanted.items():
            found[table] = dict(connection.execute(f"SELECT * FROM {table} WHERE {where} LIMIT 1").fetchone())
            if grant_id := found[table].get("grant_id"):
                grant = connection.execute("SELECT * FROM grants WHERE grant_id = ?", (grant_id,)).fetchone()
                found[table]["grant"] = dict(grant)
    return found


VOUCHED = {
    one.table: one for one in (SESSIONS, ACCESS_TOKENS, FAMILIES, CODES, PENDING, CREDENTIALS, GRANTS, AUTHENTICATORS)
}


def vouched(served: Served, table: str, row: Row) -> Row:
    """*row* as the server would vouch for it: what stops it then is something else."""
    said = tuple(row[name] for name in VOUCHED[table].said)
    return row | {"vouch": served.vault.vouching().vouch(table, said)}


def insert(served: Served, table: str, rows: list[Row]) -> None:
    """Put *rows* there, each vouched for."""
    with closing(sqlite3.connect(served.store, timeout=30)) as connection, connection:
        for row in rows:
            grant = row.pop("grant", {})
            for name, values in ((table, row), ("grants", grant)):
                if values:
                    values = vouched(served, name, values)  # noqa: PLW2901
                    columns, marks = ", ".join(values), ", ".join("?" * len(values))
                    into = f"INSERT OR REPLACE INTO {name} ({columns}) VALUES ({marks})"
                    connection.execute(into, tuple(values.values()))
        connection.execute("UPDATE issuers SET generation = generation + 1")  # so that configuration is read anew


def guesses(served: Served, key_id: bytes) -> Iterator[Any]:
    """Ways to make a digest without the key: (kind, value) → bytes."""
    found = served.rows("SELECT sealed FROM keys UNION SELECT hash FROM events UNION SELECT digest FROM credentials")
    columns = [bytes(value) for (value,) in found if value][:40]
    for key in (
        b"",
        bytes(32),
        key_id,
        key_id * 8,
        b"licet",
        served.issuer.encode(),
        *columns,
        *(c[4:36] for c in columns),
    ):
        yield lambda kind, value, key=key: key_id + hmac(key, frame(b"1", kind.encode()) + value.encode(), "sha256")
        yield lambda kind, value, key=key: key_id + hmac(key, value.encode(), "sha256")
    yield lambda kind, value: key_id + sha256(value.encode()).digest()
    yield lambda kind, value: sha256(value.encode()).digest()
    yield lambda kind, value: value.encode()
    yield lambda kind, value: key_id + value.encode()
    yield lambda kind, value: b64encode(value.encode())
    yield lambda kind, value: bytes(4) + sha256(value.encode()).digest()


def bearer(served: Served, token: str) -> httpx2.Response:
    return served.http.get(served.issuer + "/userinfo", headers={"Authorization": f"Bearer {token}"})
