"""One ``sub`` per person and sector, for good (I6); what was asked of them; and what people say of themselves."""

from __future__ import annotations

from asyncio import gather

from msgspec.structs import replace

from licet.events import EventType
from licet.storage.contract import samples as a
from licet.storage.contract.samples import AT, ISSUER, after
from licet.storage.ports import Store
from licet.storage.records import PairwiseSubject


def _subject(sub: str, sector: str = "shop.example", subject_id: str = "anna") -> PairwiseSubject:
    return PairwiseSubject(issuer_id=ISSUER, sector=sector, subject_id=subject_id, sub=sub)


class Subjects:
    """``pairwise_subjects`` and ``accounts.describe``."""

    async def test_a_person_has_one_sub_in_a_sector_however_many_settle_it_at_once(self, store: Store) -> None:
        settled = await gather(*(store.pairwise_subjects.settle(_subject(f"sub-{n}")) for n in range(50)))
        assert len(set(settled)) == 1
        assert await store.pairwise_subjects.find(ISSUER, "shop.example", "anna") == settled[0]
        assert await store.pairwise_subjects.settle(_subject("another")) == settled[0]

    async def test_sectors_people_and_issuers_are_apart(self, store: Store) -> None:
        assert await store.pairwise_subjects.settle(_subject("one")) == "one"
        assert await store.pairwise_subjects.settle(_subject("two", sector="blog.example")) == "two"
        assert await store.pairwise_subjects.settle(_subject("three", subject_id="ben")) == "three"
        assert await store.pairwise_subjects.find(2, "shop.example", "anna") is None
        assert await store.pairwise_subjects.find(ISSUER, "shop.example", "carl") is None

    async def test_a_grant_keeps_what_was_asked_for_by_name_and_how_the_client_knows_the_person(
        self, store: Store
    ) -> None:
        asked = {"id_token": ("email",), "userinfo": ("name", "address")}
        grant, _ = await a.concluded(store, claims_request=asked, sub="pairwise")
        found = await store.grants.find_by_handle(ISSUER, grant.handle)
        assert found is not None
        assert found.grant == grant
        assert (found.grant.claims_request, found.grant.sub) == (asked, "pairwise")

    async def test_a_profile_is_replaced_whole_and_nothing_else_changes(self, store: Store) -> None:
        assert await store.accounts.create(a.account(), ("anna",), a.password(), a.event())
        said = {"name": "Anna", "address": {"locality": "Lisboa"}, "updated_at": 5}
        event = a.event(EventType.ACCOUNT_CHANGED)
        assert await store.accounts.describe(ISSUER, "anna", said, event)
        person = await store.accounts.find(ISSUER, "anna")
        assert person is not None
        assert person.account == replace(a.account(), profile=said)
        assert await a.recorded(store, EventType.ACCOUNT_CHANGED) == 1

    async def test_nobody_and_the_disabled_say_nothing_of_themselves(self, store: Store) -> None:
        event = a.event(EventType.ACCOUNT_CHANGED)
        assert not await store.accounts.describe(ISSUER, "nobody", {"name": "X"}, event)
        assert await store.accounts.create(a.account(), ("anna",), a.password(), a.event())
        assert await store.accounts.end(a.ending("subject", "anna", after(1, AT)), "anna")
        assert not await store.accounts.describe(ISSUER, "anna", {"name": "X"}, event)
        assert await a.recorded(store, EventType.ACCOUNT_CHANGED) == 0
