"""How an app proves who it is, from what it is and what it has (OAuth 2.1 §2.1, §2.4)."""

from __future__ import annotations

from licet.registration.kinds import Kind
from licet.registration.table import Table

PINS = {
    "basic": "client_secret_basic",
    "post": "client_secret_post",
    "private_key_jwt": "private_key_jwt",
    "none": "none",
}
"""What ``auth =`` may say, and the IANA name of it."""

EITHER = "client_secret"
"""A secret in the header or in the body, whichever comes, never both (rulings V)."""

_NEEDS = {"basic": "secret", "post": "secret", "private_key_jwt": "key"}


def method(table: Table, kind: Kind | None) -> str:
    """The ``token_endpoint_auth_method`` of an app, after noting what does not go together.

    A key or secret that is there counts even where it could not be read: one mistake, not two.
    """
    pin = table.choice("auth", PINS)
    has = next((word for word in ("key", "secret") if word in table), None)
    if kind is not None:
        if kind.proof == "none":
            _refuse_proof(table, kind, has, pin)
            return "none"
        if kind.proof == "required":
            _demand_proof(table, kind, has, pin)
    if pin == "none" and has:
        table.wrong(
            "auth",
            f'auth = "none", and yet there is a {has}',
            rule="OAuth 2.1 draft-16 §2.4",
            fix=f"leave auth or {has} out",
        )
    if pin in _NEEDS and has and has != _NEEDS[pin]:
        table.wrong(
            "auth",
            f'auth = "{pin}" is proved with a {_NEEDS[pin]}, and there is a {has}',
            rule="RFC 7591 §2 (token_endpoint_auth_method)",
            fix="leave auth out: it follows from the rest",
        )
    if pin in _NEEDS and has is None and (kind is None or kind.proof == "optional"):
        table.wrong(
            "auth",
            f'auth = "{pin}" is proved with a {_NEEDS[pin]}, and there is none',
            rule="RFC 7591 §2 (token_endpoint_auth_method)",
            fix=f'write {_NEEDS[pin]} = {{ file = "…" }}',
        )
    if pin:
        return PINS[pin]
    return {"key": "private_key_jwt", "secret": EITHER, None: "none"}[has]


def _refuse_proof(table: Table, kind: Kind, has: str | None, pin: str | None) -> None:
    if has:
        table.wrong(
            table.place(has, hidden=True),
            f"a {kind.name} cannot keep a {has}: everyone holds a copy of it",
            rule="OAuth 2.1 draft-16 §2.1; RFC 8252 §8.5",
            fix=f"leave {has} out: licet protects it without",
        )
    if pin not in {None, "none"}:
        table.wrong("auth", f"a {kind.name} is a public client", rule="OAuth 2.1 draft-16 §2.1", fix="leave auth out")


def _demand_proof(table: Table, kind: Kind, has: str | None, pin: str | None) -> None:
    if has is None:
        table.missing(
            "key",
            f"a {kind.name} must prove who it is",
            rule="OAuth 2.1 draft-16 §2.1, §2.4",
            fix='write key = { file = "….pub.pem" }, or secret = { env = "…" }',
        )
    if pin == "none":
        table.wrong(
            "auth",
            f"a {kind.name} is no public client",
            rule="OAuth 2.1 draft-16 §2.1",
            fix="leave auth out, or choose another is =",
        )
