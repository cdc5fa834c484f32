"""Keys turn while people and services go on: nobody notices, but for who holds something of a revoked key."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from licet.ambient import SECOND, monotonic
from licet.authorization_server.key_rotation import KeyRotation
from licet.authorization_server.keys import PURPOSES, Ring
from licet.events import EventType
from licet.protocol import access_token
from licet.protocol.errors import InvalidToken
from licet.protocol.id_token import hinted_subject
from licet.protocol.jose import UnknownKey, VerifyingKey, header_of, verify
from licet.storage.vault import MasterKeys, Unsealable, Vault
from tests.flows.test_introspection import introspect
from tests.flows.test_refresh import SHOP, tokens
from tests.world import ISSUER, ORDERS, SECRET, World

pytestmark = pytest.mark.anyio
ES256 = ("access_token", "ES256")


def rotation(here: World) -> KeyRotation:
    return here.server.upkeep.rotation


async def reload(here: World) -> Ring:
    """What the running server does four times a second."""
    await here.server.upkeep.ring.refresh(here.store, 1)
    return here.server.upkeep.ring


async def kid_of(here: World, purpose: str, alg: str, state: str = "active") -> str:
    (kid,) = [
        key.kid for key in await here.store.keys.every(1) if (key.purpose, key.alg, key.state) == (purpose, alg, state)
    ]
    return kid


async def jwks(here: World) -> dict[str, VerifyingKey]:
    async with here.visitor() as http:
        answer = await http.get("/jwks")
    assert answer.headers["cache-control"] == "public, max-age=300"
    return {jwk["kid"]: VerifyingKey.from_jwk(jwk) for jwk in answer.json()["keys"]}


async def service(here: World) -> str:
    async with here.visitor() as http:
        form = {"grant_type": "client_credentials", "scope": "orders.read"}
        answer = await http.post("/token", data=form, auth=("billing", SECRET))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


class Api:
    """An API that keeps the keys, and asks again only when it meets one that it does not know."""

    def __init__(self, here: World) -> None:
        self.here = here
        self.keys: Mapping[str, VerifyingKey] = {}
        self.asked = 0

    async def verify(self, token: str) -> None:
        try:
            self._verify(token)
        except UnknownKey:
            self.keys, self.asked = await jwks(self.here), self.asked + 1
            self._verify(token)

    def _verify(self, token: str) -> None:
        verify(token, self.keys, frozenset({"ES256"}), frozenset({"at+jwt"}))


async def test_a_hundred_rotations_under_load(here: World) -> None:
    """Tokens are issued and checked all the while: by introspection, userinfo and an API that keeps keys. Every one is good."""
    done = asyncio.Event()
    checked = 0
    kids: set[str] = set()

    async def load(n: int) -> None:
        nonlocal checked
        api, held = Api(here), [str((await tokens(here, SHOP, "openid orders.read"))["access_token"])]
        while not done.is_set() or checked < 100:
            fresh = await service(here)
            kids.add(str(header_of(fresh).kid))
            for token in (fresh, held[0]):  # the second was signed by a key that is out of use by now
                await api.verify(token)
                assert (await introspect(here, "its API", token))["active"], n
                checked += 1
            async with here.visitor() as http:
                told = await http.get("/userinfo", headers={"Authorization": f"Bearer {held[0]}"})
            assert told.status_code == 200, told.text

    async def rotate() -> None:
        try:
            for _ in range(100):
                assert await rotation(here).rotate([ES256], at_once=True)
                await reload(here)
                await asyncio.sleep(0.01)
        finally:
            done.set()

    await asyncio.gather(rotate(), *(load(n) for n in range(4)))
    states = [key.state for key in await here.store.keys.every(1) if (key.purpose, key.alg) == ES256]
    assert (states.count("active"), states.count("retiring")) == (1, 100)
    assert len(kids) > 20  # it was under load, not before and after


async def test_a_successor_is_published_before_it_signs(here: World) -> None:
    """Pending: in the JWKS, signing nothing, and nothing that it might sign is believed; then it signs, and the old one
    stays published until its last token is over."""
    old = await kid_of(here, *ES256)
    (successor,) = await rotation(here).rotate([ES256], at_once=False)
    ring = await reload(here)
    assert {old, successor.kid} <= set(await jwks(here))
    assert header_of(await service(here)).kid == old
    assert successor.kid not in ring.verifying("access_token")
    here.clock.ahead_s = here.server.upkeep.rotation.lives.publish_ahead_s + 1
    await here.server.upkeep.turn_keys()  # this process has not shown it long enough
    assert header_of(await service(here)).kid == old
    assert await rotation(here).scheduled(frozenset({successor.kid}))
    await reload(here)
    token = await service(here)
    assert header_of(token).kid == successor.kid
    assert {old, successor.kid} <= set(await jwks(here))
    lives = here.server.upkeep.rotation.lives
    here.clock.ahead_s += lives.keep_after_s + 1
    await here.server.upkeep.turn_keys()
    assert old not in await jwks(here)
    assert successor.kid in await jwks(here)


async def test_hints_outlive_their_key(here: World) -> None:
    """An ID token is a good hint when its key is retired and when it is destroyed, until hints end; never once revoked."""
    got = await tokens(here, SHOP, "openid")
    hint, lives = str(got["id_token"]), rotation(here).lives
    kid = str(header_of(hint).kid)

    def subject() -> str | None:
        return hinted_subject(hint, here.server.upkeep.ring.verifying_hints(), issuer=ISSUER, client_id="shop")

    await rotation(here).rotate([("id_token", "RS256")], at_once=True)
    seen = []
    for pause in (0, lives.keep_after_s + 1, lives.destroy_after_s + 1, lives.hints_s - 100, 200):
        here.clock.ahead_s += pause
        while await rotation(here).scheduled(frozenset()):
            pass
        await reload(here)
        key = next(key for key in await here.store.keys.every(1) if key.kid == kid)
        seen.append((key.state, subject() is not None, kid in await jwks(here)))
    assert seen == [
        ("retiring", True, True),
        ("retired", True, False),
        ("destroyed", True, False),
        ("destroyed", True, False),
        ("destroyed", False, False),
    ]


async def test_a_revoked_key_is_believed_nowhere(here: World) -> None:
    """Whatever it signed is refused, another key signs at once, the feed says so, and a second time is no news."""
    got = await tokens(here, SHOP, "openid orders.read")
    assert (await introspect(here, "its API", str(got["access_token"])))["active"]
    access, identity = await kid_of(here, *ES256), await kid_of(here, "id_token", "RS256")
    for kid in (access, identity):
        assert await rotation(here).revoke(kid, "leaked")
        assert not await rotation(here).revoke(kid, "leaked")
        assert await here.store.revocations.ended(1, "key", kid) is not None
    assert not await rotation(here).revoke("nobody", "leaked")
    ring = await reload(here)
    assert await introspect(here, "its API", str(got["access_token"])) == {"active": False}
    async with here.visitor() as http:
        told = await http.get("/userinfo", headers={"Authorization": f"Bearer {got['access_token']}"})
    assert told.status_code == 401
    assert hinted_subject(str(got["id_token"]), ring.verifying_hints(), issuer=ISSUER, client_id="shop") is None
    assert not {access, identity} & set(await jwks(here))
    fresh = await service(here)
    assert (await introspect(here, "its API", fresh))["active"]
    assert all(key.sealed is None for key in await here.store.keys.every(1) if key.kid in (access, identity))
    assert len(await here.events(EventType.KEY_REVOKED)) == 2


async def test_a_revoked_key_leaves_no_hint_behind_it(here: World) -> None:
    """Also when it was retired or destroyed by age already."""
    hint = str((await tokens(here, SHOP, "openid"))["id_token"])
    kid, lives = str(header_of(hint).kid), rotation(here).lives
    await rotation(here).rotate([("id_token", "RS256")], at_once=True)
    here.clock.ahead_s = lives.keep_after_s + lives.destroy_after_s + 1
    while await rotation(here).scheduled(frozenset()):
        pass
    assert kid in (await reload(here)).verifying_hints()
    assert await rotation(here).revoke(kid, "found in an old backup")
    assert kid not in (await reload(here)).verifying_hints()


async def test_two_who_act_on_the_same_do_it_once(here: World) -> None:
    """The schedule, run by two at a time, and two operators."""
    here.clock.ahead_s = rotation(here).lives.rotation_s
    assert sorted(await asyncio.gather(*(rotation(here).scheduled(frozenset()) for _ in range(3)))) == [
        False,
        False,
        True,
    ]
    pending = [key for key in await here.store.keys.every(1) if key.state == "pending"]
    assert sorted((key.purpose, key.alg) for key in pending) == sorted(PURPOSES)
    both = await asyncio.gather(*(rotation(here).rotate([ES256], at_once=True) for _ in range(2)))
    assert sorted(map(len, both)) == [0, 1]


async def test_a_public_key_that_was_planted_is_not_believed(here: World) -> None:
    """Whoever can write rows cannot give a destroyed key another public half."""
    hint = str((await tokens(here, SHOP, "openid"))["id_token"])
    lives, ring = rotation(here).lives, here.server.upkeep.ring
    await rotation(here).rotate([("id_token", "RS256")], at_once=True)
    here.clock.ahead_s = lives.keep_after_s + lives.destroy_after_s + 1
    while await rotation(here).scheduled(frozenset()):
        pass
    mine = await kid_of(here, "id_token", "ES256")
    jwk = next(key.public_jwk for key in await here.store.keys.every(1) if key.kid == mine)
    statement = "UPDATE keys SET public_jwk = ? WHERE kid = ?"
    planted = __import__("json").dumps({**jwk, "kid": header_of(hint).kid})
    writer: Any = here.store
    await writer._writer.submit(lambda tx: tx.run(statement, (planted, header_of(hint).kid)))
    with pytest.raises(Unsealable):
        await ring.load(here.store, 1)


async def test_the_master_key_is_changed(here: World) -> None:
    """A new line first, reseal, and the old one may go: what was sealed under it opens under the new one alone."""
    old, new = (MasterKeys.generate(here.vault._entropy) for _ in range(2))
    before = Vault(MasterKeys.parse(old), here.vault._entropy)
    steps = KeyRotation(
        store=here.store, vault=here.vault, entropy=here.vault._entropy, clock=here.clock, issuer_id=1,
        lives=rotation(here).lives,
    )  # fmt: skip
    assert await steps.reseal() == 0  # all are sealed under the first one
    first = next(iter(here.vault._master))
    both = Vault(MasterKeys([*MasterKeys.parse(new), first]), here.vault._entropy)
    alone = Vault(MasterKeys.parse(new), here.vault._entropy)
    ring = Ring(alone, workers=1)
    try:
        with pytest.raises(Unsealable):
            await ring.load(here.store, 1)
        moved = KeyRotation(
            store=here.store, vault=both, entropy=here.vault._entropy, clock=here.clock, issuer_id=1,
            lives=rotation(here).lives,
        )  # fmt: skip
        assert await moved.reseal() == len(PURPOSES)
        assert await moved.reseal() == 0
        await ring.load(here.store, 1)
        with pytest.raises(Unsealable):
            await Ring(before, workers=1).load(here.store, 1)
        assert len(await here.events(EventType.KEY_RESEALED)) == len(PURPOSES)
    finally:
        ring.close()


async def test_tokens_expire_before_their_key_leaves(here: World) -> None:
    """The last token of a key is dead by the time that the key is retired."""
    token = await service(here)
    claims = access_token.check(
        token, here.server.upkeep.ring.verifying("access_token"), issuer=ISSUER, audience=ORDERS,
        now_s=here.clock.now() // SECOND,
    )  # fmt: skip
    assert claims.exp < here.clock.now() // SECOND + rotation(here).lives.keep_after_s
    began = monotonic()
    assert here.server.upkeep.ring.shown(0) != frozenset()
    assert here.server.upkeep.ring.shown(monotonic() - began + 3600) == frozenset()
    with pytest.raises(InvalidToken):
        access_token.check(token, {}, issuer=ISSUER, audience=ORDERS, now_s=here.clock.now() // SECOND)
