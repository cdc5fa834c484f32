"""Codes and refresh families under any sequence of what can happen: invariants I1 to I4, I10 and I11.

A model of a few lines says what each step must answer; every backend is held against it, and so against the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from msgspec.structs import replace

from licet.ambient import SECOND, Instant
from licet.storage import open_store
from licet.storage.contract import samples as a
from licet.storage.contract.samples import AT, HOUR_S, ISSUER, after, digest
from licet.storage.ports import AlreadyRedeemed, Outcome, Redeemed, RotateFamily, Store, Unknown
from licet.storage.records import Code, Family, Grant
from tests.vouching import VOUCHING

OWN, THIEF = "app", "thief"


@dataclass
class Allowed:
    """What the model knows of a grant, its code and its family."""

    grant: Grant
    code: Code
    consumed: bool = False
    ended: bool = False
    family: Family | None = None
    family_ended: bool = False
    generation: int = 0
    idle_until: Instant = AT

    def live(self, at: Instant) -> bool:
        return not self.ended and self.grant.expires_at > at

    def end(self) -> int:
        """End it all; how many events that is worth."""
        told = not self.ended
        self.ended = self.family_ended = True
        return int(told)


class Redemption(RuleBasedStateMachine):
    """People agree, clients redeem and refresh, thieves try, time passes, things end, a server starts again."""

    url: ClassVar[Callable[[Path], str]]

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.folder = Path(mkdtemp(prefix="licet-stateful-"))
        self.store: Store = self.run(open_store(self.where(), VOUCHING))
        self.at = AT
        self.count = 0
        self.tokens: dict[bytes, bool] = {}
        """Every token that was asked for, and whether it was given."""
        self.everything: list[Allowed] = []
        assert self.run(self.store.issuers.create(a.issuer(), a.event())) is None
        self.events = 1

    def where(self) -> str:
        return type(self).url(self.folder)

    def run(self, what: Awaitable[Any]) -> Any:
        async def whole() -> Any:
            return await what

        return self.loop.run(whole())

    def teardown(self) -> None:
        assert self.run(self.store.events.verify()) is None
        self.run(self.store.close())
        self.loop.close()
        rmtree(self.folder)

    allowed = Bundle("allowed")

    @rule(target=allowed, life_s=st.sampled_from([30, 2 * HOUR_S, 90 * 24 * HOUR_S]))
    def somebody_agrees(self, life_s: int) -> Allowed:
        self.count += 1
        grant = a.grant(self.store, issued_at=self.at, expires_at=after(life_s, self.at))
        code = a.code(grant, f"code {self.count}", issued_at=self.at, expires_at=after(60, self.at))
        concluded = a.conclusion(grant, code, at=self.at)
        assert self.run(self.store.transactions.conclude(concluded))
        self.events += 1
        made = Allowed(grant, code)
        self.everything.append(made)
        return made

    def issue(self, consumed: Any, one: Allowed, family: Family | None = None) -> Outcome:
        """One try, with a token that is there afterwards if and only if it succeeded (I1)."""
        name = f"token {len(self.tokens)}"
        token = a.access_token(name, one.grant, issued_at=self.at, expires_at=after(600, self.at))
        outcome = self.run(self.store.issue(a.issuance(consumed, at=self.at, token=token, family=family)))
        self.tokens[token.digest] = outcome == Redeemed()
        self.events += outcome == Redeemed()
        return outcome

    @rule(one=allowed, client=st.sampled_from([OWN, OWN, THIEF]))
    def a_code_is_redeemed(self, one: Allowed, client: str) -> None:
        expected: Outcome
        family = None
        if client == THIEF:
            expected = Unknown()
        elif one.consumed:
            expected = AlreadyRedeemed(one.grant.grant_id)
            self.events += one.end()
        elif one.code.expires_at <= self.at or not one.live(self.at):
            expected = Unknown()
        else:
            expected = Redeemed()
            one.idle_until = after(HOUR_S, self.at)
            ends = {"absolute_until": one.grant.expires_at, "purge_at": one.grant.expires_at}
            family = a.family(one.grant, f"family of {one.grant.grant_id}", idle_until=one.idle_until, **ends)
            family = replace(family, current_digest=self.secret(one, 0))
        keys = {"challenge_key": None, "client_id": client}
        assert self.issue(a.consume_code(one.code, **keys), one, family) == expected
        if expected == Redeemed():
            one.consumed, one.family = True, family

    @staticmethod
    def secret(one: Allowed, generation: int) -> bytes:
        return digest(f"{one.grant.grant_id} {generation}")

    @rule(
        one=allowed,
        back=st.sampled_from([0, 0, 0, 1, 2]),
        client=st.sampled_from([OWN, OWN, THIEF]),
        rotates=st.booleans(),
    )
    def a_refresh_token_is_used(self, one: Allowed, back: int, client: str, rotates: bool) -> None:
        """The head, or one that was superseded *back* generations ago; with none that old, a guess."""
        if one.family is None:
            return
        presented = one.generation - back
        known = presented >= 0
        rotation = RotateFamily(
            handle=one.family.handle,
            client_id=client,
            grant_id=one.grant.grant_id,
            generation=max(presented, 0),
            presented=self.secret(one, presented) if known else digest("a guess"),
            successor=self.secret(one, presented + 1) if rotates else None,
            idle_until=min(one.grant.expires_at, after(HOUR_S, self.at)),
            purge_at=one.family.purge_at,
        )
        ends_at = min(one.idle_until, one.grant.expires_at)
        expected: Outcome
        if client == THIEF:
            expected = Unknown()
        elif back:
            expected = AlreadyRedeemed(one.grant.grant_id)
            if not one.family_ended:
                self.events += 1
                one.end()
        elif one.family_ended or ends_at <= self.at or not one.live(self.at):
            expected = Unknown()
        else:
            expected = Redeemed()
            one.idle_until = rotation.idle_until
            one.generation += rotates
        assert self.issue(rotation, one) == expected

    @rule(one=allowed)
    def somebody_takes_it_back(self, one: Allowed) -> None:
        ended = self.run(self.store.grants.end(a.ending("grant", one.grant.handle, self.at), one.grant.grant_id))
        assert ended == (not one.ended)
        self.events += one.end()

    @rule(seconds=st.sampled_from([1, 29, 30, 60, HOUR_S, 3 * HOUR_S]))
    def time_passes(self, seconds: int) -> None:
        self.at = Instant(self.at + seconds * SECOND)

    @precondition(lambda self: "sqlite" in self.where())
    @rule()
    def the_server_starts_again(self) -> None:
        """Nothing that was acknowledged is forgotten (I11)."""
        self.run(self.store.close())
        self.store = self.run(open_store(self.where(), VOUCHING))

    @invariant()
    def tokens_are_there_if_they_were_given(self) -> None:
        for name, given in self.tokens.items():
            assert (self.run(self.store.access_tokens.find(ISSUER, name)) is not None) == given

    @invariant()
    def families_stand_where_the_model_says(self) -> None:
        for one in self.everything:
            found = self.run(self.store.codes.find(ISSUER, one.code.digest))
            assert (found.code.consumed_at is not None) == one.consumed
            assert (found.standing.grant.revoked_at is not None) == one.ended
            if one.family is None:
                continue
            family = self.run(self.store.families.find(ISSUER, one.family.handle)).family
            assert (family.generation, family.current_digest) == (one.generation, self.secret(one, one.generation))
            assert (family.ended_at is not None) == one.family_ended
            assert (family.idle_until, family.successor_salt) == (one.idle_until, None)

    @invariant()
    def each_change_is_told_once(self) -> None:
        assert len(self.run(self.store.events.tail(ISSUER, 10_000))) == self.events


class InMemory(Redemption):
    url = staticmethod(lambda _folder: "memory:")


class InSQLite(Redemption):
    url = staticmethod(lambda folder: f"sqlite:{folder / 'licet.db'}")


@pytest.mark.parametrize(("machine", "examples"), [(InMemory, 60), (InSQLite, 15)], ids=["memory", "sqlite"])
def test_codes_and_families(machine: type[Redemption], examples: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
