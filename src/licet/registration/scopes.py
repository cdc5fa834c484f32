"""Scopes and the words people read for them (RFC 6749 §3.3)."""

from __future__ import annotations

from licet.protocol import scope as scopes
from licet.protocol.errors import InvalidScope
from licet.registration.mistakes import shown
from licet.registration.model import DesiredScope
from licet.registration.reserved_scopes import RESERVED
from licet.registration.table import Table, nearest

OWN = ("openid", "profile", "email", "address", "phone", "offline_access")
"""The issuer's own scopes (OpenID Connect Core §5.4, §11)."""

_NAME_LENGTH = 100


def read_api(table: Table) -> tuple[DesiredScope, ...]:
    """Read ``[api.NAME.scopes]``."""
    found = []
    for name in table.names():
        scope = _scope(table, name)
        if not _well_formed(name):
            table.wrong(
                name,
                f"{shown(name)} cannot be a scope",
                rule="RFC 6749 §3.3",
                fix=f"use at most {_NAME_LENGTH} visible ASCII characters, no space, quote or backslash",
            )
        elif name in OWN:
            table.wrong(
                name,
                f"{shown(name)} is the issuer's own, no API's",
                rule="OpenID Connect Core 1.0 §5.4",
                fix="choose another name; your own words for it go to [scopes]",
            )
        elif name.startswith(RESERVED):
            table.wrong(
                name, f"{shown(name)} is kept for administration", rule="licet ruling W", fix="choose another prefix"
            )
        elif scope is not None:
            found.append(scope)
    return tuple(found)


def read_own(table: Table) -> tuple[DesiredScope, ...]:
    """Read ``[scopes]``: other words for the issuer's own scopes."""
    found = []
    for name in table.names():
        scope = _scope(table, name)
        if name not in OWN:
            near = nearest(name, OWN)
            table.wrong(
                table.source.place((*table.path, name), key=True),
                f"{shown(name)} is not a scope of the issuer",
                fix=f"did you mean {near}?" if near else "scopes of an API go to [api.NAME.scopes]",
            )
        elif scope is not None:
            found.append(scope)
    return tuple(found)


def _well_formed(name: str) -> bool:
    try:
        return len(name) <= _NAME_LENGTH and scopes.parse(name) == (name,)
    except InvalidScope:
        return False


def _scope(table: Table, name: str) -> DesiredScope | None:
    if not isinstance(table.take(name), dict):
        says = table.text(name)
        return None if says is None else DesiredScope(name, says)
    words = table.table(name)
    if words is None:
        return None
    says, sensitive = words.text("says"), words.flag("sensitive")
    if "says" not in words:
        words.missing("says", "people need words to decide by", fix=f'write {{ says = "…" }} or {shown(name)} = "…"')
    words.close()
    return None if says is None else DesiredScope(name, says, bool(sensitive))
