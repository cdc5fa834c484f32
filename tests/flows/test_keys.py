"""Keys turn while people and services go on: nobody notices, but for who holds something of a revoked key."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from base64 import urlsafe_b64decode as b64decode
from collections.abc import Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from licet import app
from licet.ambient import SECOND, monotonic
from licet.authorization_server.key_rotation import KeyRotation, Outpaced
from licet.authorization_server.key_schedule import KeyLives
from licet.authorization_server.keys import PURPOSES, Ring
from licet.authorization_server.metadata import JWKS_S
from licet.events import EventType
from licet.protocol import access_token
from licet.protocol.errors import InvalidToken
from licet.protocol.id_token import hinted_subject
from licet.protocol.jose import UnknownKey, VerifyingKey, header_of, verify
from licet.requirements import ID_TOKEN_HINT_OURS
from licet.storage.key_turns import KeyStep, KeyTurn
from licet.storage.vault import MasterKeys, Unsealable, Vault
from tests.flows.test_authorization_code import redeem
from tests.flows.test_introspection import introspect
from tests.flows.test_refresh import SHOP, tokens
from tests.visitor import Visitor
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


async def write(here: World, statement: str, *values: Any) -> None:
    """What whoever can write to the database may do."""
    store: Any = here.store
    await store._writer.submit(lambda tx: tx.run(statement, values))


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


@pytest.mark.witness(ID_TOKEN_HINT_OURS)
async def test_hints_on_the_wire(here: World) -> None:
    """At the authorization endpoint and at sign-out: good while their key is out of use, good for nothing once it is revoked."""
    async with here.visitor() as http:
        hint = str((await redeem(here, await Visitor(http).authorize())).json()["id_token"])
        await rotation(here).rotate([("id_token", "RS256")], at_once=True)

        async def silently() -> dict[str, str]:
            await reload(here)
            return (await Visitor(http).authorize(prompt="none", id_token_hint=hint)).parameters

        assert "code" in await silently()
        await rotation(here).revoke(str(header_of(hint).kid), "leaked")
        assert (await silently())["error"] == "login_required"
        asked = await http.get("/logout", params={"id_token_hint": hint})
        assert (asked.status_code, "logout-yes" in asked.text) == (200, True)
        fresh = str((await redeem(here, await Visitor(http).authorize())).json()["id_token"])
        assert header_of(fresh).kid != header_of(hint).kid
        left = await http.get("/logout", params={"id_token_hint": fresh})
        assert (left.status_code, "logout-yes" in left.text) == (200, False)


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
    acts = (rotation(here).rotate([ES256], at_once=True) for _ in range(2))
    done = await asyncio.gather(*acts, return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["Outpaced", "tuple"]


async def test_a_revocation_is_not_outpaced(here: World) -> None:
    """Who rotates at the same moment does not keep a leaked key alive."""
    for _ in range(5):
        leaked = await kid_of(here, *ES256)
        rotated, revoked = await asyncio.gather(
            rotation(here).rotate([ES256], at_once=True),
            rotation(here).revoke(leaked, "leaked"),
            return_exceptions=True,
        )
        assert revoked is True
        assert isinstance(rotated, (tuple, Outpaced))
        (key,) = [key for key in await here.store.keys.every(1) if key.kid == leaked]
        assert (key.state, key.sealed) == ("destroyed", None)
        assert await kid_of(here, *ES256) != leaked


async def test_who_read_a_key_before_it_was_revoked_does_not_bring_it_back(here: World) -> None:
    """A key that was destroyed by age keeps its state when it is revoked: what was read is compared whole."""
    await rotation(here).rotate([("id_token", "RS256")], at_once=True)
    here.clock.ahead_s = rotation(here).lives.keep_after_s + rotation(here).lives.destroy_after_s + 1
    while await rotation(here).scheduled(frozenset()):
        pass
    (read,) = [key for key in await here.store.keys.every(1) if key.state == "destroyed"]
    assert await rotation(here).revoke(read.kid, "found in an old backup")
    late = KeyTurn(issuer_id=1, steps=(KeyStep(before=read, after=replace(read, sealed=b"anew")),), events=())
    assert not await here.store.keys.turn(late)
    assert read.kid not in (await reload(here)).verifying_hints()


async def test_a_revocation_does_not_wait_for_a_row_that_does_not_open(here: World) -> None:
    """Nothing new is read then; but what was revoked is believed no more, and leaves the JWKS."""
    token, leaked = await service(here), await kid_of(here, *ES256)
    assert (await introspect(here, "its API", token))["active"]
    assert await rotation(here).revoke(leaked, "leaked")
    other = await kid_of(here, "id_token", "RS256")
    await write(here, "UPDATE keys SET sealed = x'00' WHERE kid = ?", other)
    with pytest.raises(Unsealable):
        await here.server.upkeep.ring.load(here.store, 1)
    assert await introspect(here, "its API", token) == {"active": False}
    assert leaked not in await jwks(here)
    assert other in await jwks(here)  # it was opened before


async def test_a_purpose_that_is_new_signs_from_the_start(here: World) -> None:
    """A store from before a purpose was there: its keys are made while the server starts, not at the next look."""
    await write(here, "DELETE FROM keys WHERE purpose = ?", "id_token")
    server = await app.build(here.store, here.server.upkeep.directory.issuer, here.vault, here.clock)
    try:
        assert {server.upkeep.ring.signing("id_token", alg).alg for alg in ("RS256", "ES256")} == {"RS256", "ES256"}
    finally:
        server.close()


async def test_a_retired_key_verifies_nothing(here: World) -> None:
    """JW-24: whoever kept its private half signs a fresh token with it in vain."""
    real = await service(here)
    old = here.server.upkeep.ring.signing("access_token", "ES256")
    await rotation(here).rotate([ES256], at_once=True)
    here.clock.ahead_s = rotation(here).lives.keep_after_s + 1
    while await rotation(here).scheduled(frozenset()):
        pass
    await reload(here)
    claims = json.loads(b64decode(real.split(".")[1] + "=="))
    now_s = here.clock.now() // SECOND
    forged = old.sign_jwt("at+jwt", {**claims, "iat": now_s, "exp": now_s + 300})
    verify(forged, {old.kid: old.verifying()}, frozenset({"ES256"}), frozenset({"at+jwt"}))  # it is signed well
    assert await introspect(here, "its API", forged) == {"active": False}


async def test_an_api_that_keeps_to_the_cache_header_sees_a_hundred_rotations(here: World) -> None:
    """As the schedule turns them, no API needs to ask before its five minutes are over: who does not know a key, refuses."""
    lives = KeyLives(rotation_s=1200, publish_ahead_s=600, cached_s=0, keep_after_s=900, destroy_after_s=60)
    turning = dataclasses.replace(rotation(here), lives=lives, wanted=(ES256,))
    keys, asked_s, kids = await jwks(here), 0.0, []
    while len(kids) < 100:
        here.clock.ahead_s += 150
        ring = await reload(here)
        await turning.scheduled(ring.shown(0))
        await reload(here)
        token = await service(here)
        if here.clock.ahead_s - asked_s > JWKS_S:
            keys, asked_s = await jwks(here), here.clock.ahead_s
        kid = str(verify(token, keys, frozenset({"ES256"}), frozenset({"at+jwt"})) and header_of(token).kid)
        if kid not in kids:
            kids.append(kid)


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
    planted = json.dumps({**jwk, "kid": header_of(hint).kid})
    await write(here, statement, planted, header_of(hint).kid)
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
