"""``[[waiver]]``: a departure from one requirement, for one app, with a reason and an end (rulings R)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from licet.registration.mistakes import Place, shown
from licet.registration.model import DesiredApp, DesiredWaiver
from licet.registration.table import Table, nearest
from licet.requirements import CATALOGUE, PKCE_OR_NONCE, PKCE_REQUIRED
from licet.requirements.profiles import Waiver

WAIVABLE = tuple(sorted(one.id for one in CATALOGUE if one.waivable))
"""What may be waived at all."""

LONGEST = timedelta(days=366)
"""How far ahead a waiver may end: whoever still needs it then says so again."""

_KNOWN = frozenset(one.id for one in CATALOGUE)
_RULE = "licet ruling R"


@dataclass(frozen=True, slots=True)
class Around:
    """What of the rest of the configuration, and of the world, a waiver is judged by."""

    clients: Mapping[str, DesiredApp | None] | None
    """Every app of the file, None where it could not be read; None where not all files could be."""
    today: date


def read(table: Table, around: Around) -> DesiredWaiver | None:
    """Read one waiver; None where something was noted as wrong.

    One that has ended is read: it has no effect, and a server must come up again on the day after.
    """
    requirement, client, reason, until = _requirement(table), _client(table, around), _reason(table), _until(table)
    table.close()
    if until is not None and until > around.today + LONGEST:
        latest = around.today + timedelta(days=365)
        table.wrong("until", f"{until} is more than a year away", rule=_RULE, fix=f"write until = {latest}, or sooner")
    if requirement is None or client is None or reason is None or until is None:
        return None
    _judge_client(table, requirement, client, around)
    return DesiredWaiver(Waiver(requirement, client, reason, until), table.place())


def _requirement(table: Table) -> str | None:
    text = table.text("requirement")
    listed = " | ".join(WAIVABLE)
    if "requirement" not in table:
        table.missing("requirement", "it must say what is waived", rule=_RULE, fix=f"choose one of {listed}")
    if text is None or text in WAIVABLE:
        return text
    if text in _KNOWN:
        table.wrong(
            "requirement", f"{shown(text)} is never waived", rule=_RULE, fix=f"meet it; these may be waived: {listed}"
        )
        return None
    near = nearest(text, WAIVABLE)
    fix = f'write requirement = "{near}"' if near else f"choose one of {listed}"
    table.wrong("requirement", f"{shown(text)} is no requirement", rule=_RULE, fix=fix)
    return None


def _client(table: Table, around: Around) -> str | None:
    text = table.text("client")
    if "client" not in table:
        table.missing("client", "it must say for which app", rule=_RULE, fix='write client = "legacy-crm"')
    if text is None or around.clients is None or text in around.clients:
        return text
    near = nearest(text, around.clients)
    fix = f'write client = "{near}"' if near else "name an app of this configuration, as in [app.NAME]"
    table.wrong("client", f"{shown(text)} is no app here", rule=_RULE, fix=fix)
    return None


def _reason(table: Table) -> str | None:
    text = table.text("reason")
    if "reason" not in table:
        table.missing(
            "reason", "it must say why", rule=_RULE, fix='write reason = "the vendor supports PKCE from spring on"'
        )
    elif text is not None and len(text.split()) == 1:
        table.wrong(
            "reason",
            f"{shown(text)} explains nothing to whoever reads it next",
            rule=_RULE,
            fix='write a sentence: reason = "the vendor supports PKCE from spring on"',
        )
    return text


def _until(table: Table) -> date | None:
    """A date of TOML, or the same in quotes, as JSON has it."""
    value = table.take("until")
    if "until" not in table:
        table.missing("until", "it must end", rule=_RULE, fix="write until = 2027-03-01, its last day")
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    try:
        if isinstance(value, str) and len(value) == len("2027-03-01"):
            return date.fromisoformat(value)
    except ValueError:
        pass
    table.wrong("until", f"{shown(value)} is not a day", rule=_RULE, fix="write until = 2027-03-01, its last day")
    return None


def _judge_client(table: Table, requirement: str, client: str, around: Around) -> None:
    app = (around.clients or {}).get(client)
    if app and app.metadata.public and requirement in {PKCE_REQUIRED.id, PKCE_OR_NONCE.id}:
        table.wrong(
            "requirement",
            f"{client} is a public client, and those are never spared PKCE",
            rule="RFC 9700 §2.1.1; licet ruling R",
            fix="take the waiver out, or give the app a key or a secret",
        )


def twice(table: Table, first: Place) -> None:
    """Refuse a second waiver of the same requirement for the same app."""
    table.wrong(None, f"this waiver is already in {first.file}:{first.line}", fix="keep one of the two")
