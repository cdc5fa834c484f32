"""Guessing passwords, and learning who has an account (ASVS 6.3; NIST SP 800-63B-4 §3.2.2; rulings V)."""

from __future__ import annotations

import time
import unicodedata
from typing import Any

import httpx2
import msgspec
import pytest
from hypothesis import given as every
from hypothesis import strategies as st

from licet.ambient import SystemEntropy
from licet.authorization_server.web.cookies import CookieNames
from licet.authorization_server.web.limits import Proxies
from licet.authorization_server.web.peers import Peers
from licet.events import EventType
from licet.requirements import PASSWORD_GUESSING_THROTTLED, SECRET_GUESSING_THROTTLED
from licet.resource_owner.accounts import canonical
from licet.resource_owner.guesses import network_of
from licet.resource_owner.passwords import Cost, Passwords
from tests.attacks.test_sessions import sign_in_page
from tests.attacks.watch import disable, noted, row
from tests.visitor import Form, Visitor
from tests.world import CHEAP, ISSUER, PASSWORD, SECRET, World

pytestmark = pytest.mark.anyio


async def guess(http: httpx2.AsyncClient, login: str, password: str, page: Form | None = None) -> bool:
    """Whether somebody is signed in by it."""
    page = page or await sign_in_page(http, prompt="login")
    answer = await Visitor(http).press(page, "login-submit", login=login, password=password)
    assert answer.status_code in {200, 303}
    return 'id="login-submit"' not in answer.text


@pytest.mark.witness(PASSWORD_GUESSING_THROTTLED)
async def test_brute_force_and_spraying(here: World) -> None:
    """SE-03 SE-04: ten at one account from one network however it is spelt, fifty at all accounts from one network; what
    a visitor says of its own address is not read; success gives back only what it cost."""
    spelt = ("alice", "ALICE", " Alice ", "ａｌｉｃｅ", "Alice", "alice\u3000")
    async with here.visitor() as http:
        page = await sign_in_page(http, prompt="login")
        for number in range(10):
            http.headers["X-Forwarded-For"] = f"198.51.100.{number}"
            assert not await guess(http, spelt[number % len(spelt)], f"wrong {number}", page)
        assert not await guess(http, "alice", PASSWORD, page), "not even the right one"
        assert await guess(http, "bob", PASSWORD, await sign_in_page(http, prompt="login"))
        assert not await guess(http, "alice", PASSWORD, await sign_in_page(http, prompt="login")), (
            "bob's success is bob's"
        )
    async with here.visitor("192.0.2.99") as neighbour:
        assert not await guess(neighbour, "alice", PASSWORD)
        page = await sign_in_page(neighbour, prompt="login")
        for number in range(40):
            assert not await guess(neighbour, f"person {number}", "Winter2026!", page)
        assert not await guess(neighbour, "bob", PASSWORD), "spraying closes the network"
    async with here.visitor("203.0.113.5") as elsewhere:
        assert await guess(elsewhere, "alice", PASSWORD), "the owner elsewhere is not locked out"


async def test_what_is_throttled_is_remembered_and_does_not_fill_the_record(here: World) -> None:
    """SE-03: each guess that was looked at is an event; a throttled one costs nothing and leaves a refusal that is capped."""
    async with here.visitor() as http:
        page = await sign_in_page(http, prompt="login")
        for _ in range(30):
            answer = await Visitor(http).press(page, "login-submit", login="alice", password="wrong")
        assert await noted(here, answer) == "throttled"
    events = await here.events(EventType.SIGN_IN_FAILED)
    assert len(events) == 10
    assert {event.reason for event in events} == {"wrong password"}
    assert "wrong" not in str([event.data for event in events])


@pytest.mark.witness(PASSWORD_GUESSING_THROTTLED)
async def test_a_browser_that_was_here_before_is_no_way_round(here: World) -> None:
    """SE-03: strangers do not lock it out; but whoever once knew the password and made a hundred such browsers has, after
    the password was changed, a hundred guesses in all and not ten in each."""
    async with here.visitor() as owner:
        await Visitor(owner).authorize()
        known = []
        async with here.visitor("203.0.113.5") as thief:
            for _ in range(25):
                assert await guess(thief, "alice", PASSWORD)
                known.append(
                    httpx2.Cookies({c.name: str(c.value) for c in thief.cookies.jar if c.name.endswith("-known")})
                )
                thief.cookies.clear()
        await disable(here, "password")
        tried = 0
        for jar in known:
            async with here.visitor("203.0.113.5") as thief:
                thief.cookies = httpx2.Cookies()
                for name, value in jar.items():
                    thief.cookies.set(name, value, domain="id.example.com", path="/")
                page = await sign_in_page(thief)
                for _ in range(11):
                    await guess(thief, "alice", "wrong", page)
        tried = len(await here.events(EventType.SIGN_IN_FAILED))
        assert 100 <= tried <= 110, "some are given back while it tries"


@pytest.mark.witness(PASSWORD_GUESSING_THROTTLED)
async def test_strangers_do_not_lock_the_owner_out(here: World) -> None:
    """SE-03: a browser that signed in before keeps buckets that nobody else can empty."""
    async with here.visitor() as owner:
        await Visitor(owner).authorize()
        for number in range(105):
            async with here.visitor(f"198.51.{number}.1") as http:
                await guess(http, "alice", "wrong")
        async with here.visitor("203.0.113.1") as http:
            assert not await guess(http, "alice", PASSWORD)
        assert await guess(owner, "alice", PASSWORD)
        owner.cookies.set("__Host-licet-known", f"{here.subjects['alice']}.x.y")
        assert await guess(owner, "alice", PASSWORD)


@pytest.mark.witness(PASSWORD_GUESSING_THROTTLED)
async def test_nobody_says_of_themselves_that_they_were_here_before(here: World) -> None:
    """SE-03: the cookie of a known browser is ours to make; one that somebody made up opens no bucket of its own."""
    name = CookieNames(1, ISSUER).known
    async with here.visitor() as http:
        page = await sign_in_page(http)
        for number in range(11):
            http.cookies.set(name, f"{here.subjects['alice']}.{number}.{'00' * 32}", domain="id.example.com", path="/")
            assert not await guess(http, "alice", "wrong", page)
        assert not await guess(http, "alice", PASSWORD, page)


@pytest.mark.parametrize(("one", "other", "same"), [
    ("192.0.2.1", "192.0.2.254", True), ("192.0.2.1", "192.0.3.1", False),
    ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", True), ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
    ("::ffff:192.0.2.1", "192.0.2.7", True), ("::ffff:192.0.2.1", "::ffff:198.51.100.1", False),
    ("fe80::1%eth0", "fe80::2%eth1", True), ("2001:DB8::1", "2001:db8:0:0::2", True), ("", "192.0.2.1", False),
    ("unix", "unix", True),
])  # fmt: skip
def test_networks(one: str, other: str, same: bool) -> None:
    """SE-04: one network however its addresses are written; IPv4 over a socket for both families is IPv4."""
    assert (network_of(one) == network_of(other)) is same


def test_addresses_have_one_spelling() -> None:
    """SE-04, DV-05: what is counted, logged and shown is IPv4 where it came as IPv4."""
    found = Peers(Proxies())
    for host, expected in (
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1"),
    ):
        assert found.address(host, (), trusted=False) == expected


@pytest.mark.parametrize("address", ["::ffff:192.0.2.1", "fe80::1%eth0", "2001:db8::1", ""])
async def test_anybody_may_sign_in_from_anywhere(here: World, address: str) -> None:
    """SE-04: no way of writing an address is an error of ours."""
    async with here.visitor(address) as http:
        assert not await guess(http, "alice", "wrong")
        assert await guess(http, "alice", PASSWORD)
        assert (await http.get("/device", params={"user_code": "BBBBBBBB"})).status_code == 200


@every(st.text(max_size=40))
def test_no_spelling_opens_a_bucket_of_its_own(login: str) -> None:
    """SE-04: what is counted is what is looked up, and it is its own canonical form."""
    identifier = canonical(login)
    if identifier is not None:
        for spelling in (identifier, login.casefold(), f" {login} ", unicodedata.normalize("NFKD", login)):
            assert canonical(spelling) == identifier


async def answers(here: World, login: str, password: str) -> tuple[int, str, tuple[str, ...]]:
    """All that an attacker sees of a failed attempt, but for what differs each time."""
    async with here.visitor("203.0.113.9") as http:
        page = await sign_in_page(http)
        fields = page.with_button("login-submit")["fields"]
        answer = await Visitor(http).press(page, "login-submit", login=login, password=password)
        text = answer.text.replace(fields["csrf"], "").replace(fields["transaction"], "").replace(login, "")
        return answer.status_code, text, tuple(sorted(set(answer.headers) - {"x-request-id"}))


@pytest.mark.witness(PASSWORD_GUESSING_THROTTLED)
async def test_nobody_learns_who_has_an_account(here: World) -> None:
    """SE-05: unknown, known with a wrong password, disabled with the right one, impossible, throttled: one answer."""
    await disable(here, "person")
    tries = [
        ("bob", "wrong"),
        ("nobody", "wrong"),
        ("alice", PASSWORD),
        ("alice", "wrong"),
        ("\u202ex", "wrong"),
        ("", "wrong"),
        ("x" * 300, "wrong"),
    ]
    seen = {(await answers(here, login, password))[::2] for login, password in tries}
    assert len(seen) == 1
    pages = {(await answers(here, login, "wrong"))[1] for login in ("bob", "nobody", "alice")}
    assert len(pages) == 1
    for _ in range(12):
        await answers(here, "bob", "wrong")
    assert {(await answers(here, login, "wrong"))[1] for login in ("bob", "carol")} == pages


async def test_nobody_has_a_password_that_takes_as_long() -> None:
    """SE-05: the work for an unknown account is that for a known one, within what two such measurements differ by."""
    passwords = Passwords(Cost(memory_kib=4096, iterations=2), SystemEntropy(), workers=1)
    phc = await passwords.hash("right")

    async def took(stored: str | None) -> float:
        begun = time.perf_counter()
        assert not await passwords.verify(stored, "wrong")
        return time.perf_counter() - begun

    pairs = [(await took(phc), await took(None)) for _ in range(40)]
    known, unknown = (min(times) for times in zip(*pairs, strict=True))
    passwords.close()
    assert 0.7 < known / unknown < 1.4


async def test_a_password_counts_to_its_last_letter(here: World) -> None:
    """SE-03: nothing is cut off (ASVS 6.2.8), and any Unicode spelling of one password is that password."""
    passwords = Passwords(CHEAP, SystemEntropy(), workers=1)
    long = "correct horse battery staple " * 100
    for stored, typed, same in (
        (long + "x", long + "y", False),
        (long, long, True),
        ("pässword", "pa\u0308ssword", True),
        ("Password", "password", False),
    ):
        assert await passwords.verify(await passwords.hash(stored), typed) is same
    passwords.close()


async def test_an_outdated_hash_is_renewed_at_sign_in(here: World) -> None:
    """SE-05: a hash at yesterday's cost is replaced by one at today's, so that it neither stays weak nor tells, by how
    long it takes, that there is an account; sessions and grants go on."""
    person = await here.store.accounts.find(1, here.subjects["alice"])
    assert person is not None
    older = Passwords(Cost(memory_kib=32, iterations=1), SystemEntropy(), workers=1)
    (proof,) = person.authenticators
    await here.store.accounts.rehash(msgspec.structs.replace(proof, secret=await older.hash(PASSWORD)))
    older.close()
    async with here.visitor() as http:
        await Visitor(http).authorize()
        person = await here.store.accounts.find(1, here.subjects["alice"])
        assert person is not None
        assert f"$m={CHEAP.memory_kib},t={CHEAP.iterations}" in person.authenticators[0].secret
        assert person.authenticators[0].authenticator_id == proof.authenticator_id
        assert (await Visitor(http).authorize(prompt="none")).parameters.get("code")
        assert await guess(http, "alice", PASSWORD)


@pytest.mark.witness(SECRET_GUESSING_THROTTLED)
async def test_client_secrets(here: World) -> None:
    """TK-15: failures of one client are counted, for unknown clients alike; the right secret always passes, and another
    client is not touched."""

    async def status(client_id: str, secret: str) -> int:
        form: dict[str, Any] = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": secret,
            "scope": "orders.read",
        }
        async with here.visitor() as http:
            return (await http.post("/token", data=form)).status_code

    for client_id in ("billing", "nobody"):
        codes = [await status(client_id, f"guess {number}") for number in range(103)]
        assert codes[:100] == [401] * 100
        assert codes[-1] == 429
    assert await status("billing", SECRET) == 200
    assert await status("shop", "guess") == 401
    counted = here.vault.mac("throttle", 1, b"client-secret\x00shop")
    assert row(here, "SELECT count(*) FROM throttles WHERE key = ?", counted) == (1,)
