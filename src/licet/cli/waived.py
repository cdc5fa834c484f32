"""What a configuration departs from, told at every start and by ``licet doctor``: nobody should forget a waiver."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from licet.ambient import SECOND, Instant
from licet.cli.preflight import Trouble
from licet.registration.model import DesiredWaiver, Manifest

SOON = timedelta(days=30)
"""How long before its end a waiver is warned about."""


def day(now: Instant) -> date:
    """The day that *now* is in, by UTC: so waivers end."""
    return datetime.fromtimestamp(now // SECOND, UTC).date()


def notices(manifest: Manifest, today: date) -> Iterator[Trouble]:
    """One for each waiver, those that ended among them."""
    for desired in manifest.waivers:
        waiver, place = desired.waiver, desired.place
        at = f"{place.file}:{place.line}"
        what = f"waiver: {waiver.client} {_standing(desired, today)} {waiver.requirement}"
        fix = f"take it out of {at}" + ("" if waiver.until < today else f" once {waiver.client} can do without")
        yield Trouble("notice", what, waiver.reason, fix)


def holding(manifest: Manifest, today: date) -> tuple[str, ...]:
    """What holds today, one line each, for the record."""
    return tuple(
        f"{one.waiver.client} {one.waiver.requirement} until {one.waiver.until}"
        for one in manifest.waivers
        if today <= one.waiver.until
    )


def _standing(desired: DesiredWaiver, today: date) -> str:
    until = desired.waiver.until
    if until < today:
        return f"was spared until {until}, and is held again to"
    left = (until - today).days
    soon = f", which is in {left} day{'' if left == 1 else 's'}," if until <= today + SOON else ""
    return f"is spared until {until}{soon}"
