"""Which requirements bind whom: a profile, minus what an operator waived in writing and for a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from licet.ambient import SECOND, Instant
from licet.requirements import Requirement
from licet.requirements.profiles import OAUTH_2_1, PROFILES, Profile, Waiver
from licet.storage.records import Client

_BY_NAME = {profile.name: profile for profile in PROFILES}


@dataclass(frozen=True, slots=True)
class Policy:
    """What is demanded of a deployment and of each client."""

    profile: Profile = OAUTH_2_1
    waivers: tuple[Waiver, ...] = ()

    def demands(self, requirement: Requirement, client: Client, now: Instant) -> bool:
        """Whether *requirement* binds *client* today."""
        profile = _BY_NAME.get(client.policy.profile, self.profile)
        if requirement.id not in profile.demands:
            return False
        return not any(self._waives(waiver, requirement, client, _day(now)) for waiver in self.waivers)

    @staticmethod
    def _waives(waiver: Waiver, requirement: Requirement, client: Client, today: date) -> bool:
        return (
            requirement.waivable
            and waiver.requirement == requirement.id
            and waiver.client == client.client_id
            and today <= waiver.until
        )


def _day(now: Instant) -> date:
    return datetime.fromtimestamp(now // SECOND, UTC).date()
