"""``[server.registration]``: whether clients may register themselves, and how far they may go (RFC 7591)."""

from __future__ import annotations

from dataclasses import dataclass

from licet.protocol import scope as scopes
from licet.protocol.errors import InvalidScope
from licet.registration.mistakes import shown
from licet.registration.table import Table

_MOST_CLIENTS = 1_000_000
_DAY = 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationSection:
    """Registration is on."""

    anybody: bool
    """Whether it takes no initial token."""
    may: tuple[str, ...]
    """What a client that came without a token may ask for, at most."""
    clients: int
    unused_s: int


def read(table: Table) -> RegistrationSection:
    """Read ``[server.registration]``; being there, it switches registration on."""
    anybody = table.choice("who", ("token", "anybody")) == "anybody"
    section = RegistrationSection(
        anybody=anybody,
        may=_may(table),
        clients=table.integer("clients", 1, _MOST_CLIENTS) or 10_000,
        unused_s=table.seconds("unused", 3600, 365 * _DAY, rule="RFC 7591 §3") or 7 * _DAY,
    )
    if "may" in table and not anybody:
        table.wrong(
            "may",
            "who comes with a token may what the token says",
            rule="RFC 7591 §3",
            fix='say it when you make the token: licet registration add --may "openid"',
        )
    table.close()
    return section


def _may(table: Table) -> tuple[str, ...]:
    items = table.texts("may")
    for item in items:
        try:
            whole = scopes.parse(item.text) == (item.text,)
        except InvalidScope:
            whole = False
        if not whole:
            table.wrong(
                item.place, f"{shown(item.text)} is no scope", rule="RFC 6749 §3.3", fix='write may = ["openid"]'
            )
    return tuple(item.text for item in items) or ("openid",)
