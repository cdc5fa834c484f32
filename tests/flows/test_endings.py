"""What ends, on every road at once, and what an API that follows the feed hears of it (rulings D and J)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import jwt
import msgspec
import pytest

from licet.ambient import SECOND
from licet.events import EventType
from licet.protocol import jose
from licet.requirements import ENDINGS_BY_AUDIENCE, GRANT_ALIVE, INTROSPECTION_SIGNED, TOKEN_ACCEPTED_ONLY_VALID
from licet.resource_server.admit import Admitted, admit
from licet.resource_server.endings import Endings, Followed, Heard, Told, read
from licet.resource_server.local import Local
from licet.storage.ending import Ended, ending
from licet.storage.ports import Ending
from tests.flows.test_introspection import CALLERS, introspect
from tests.flows.test_refresh import SHOP, alive, refresh
from tests.visitor import Answered, Visitor
from tests.world import CALLBACK, INVOICES, ISSUER, ORDERS, SECRET, World

pytestmark = pytest.mark.anyio
API = ("api.orders", SECRET)


def told(here: World, kind: Ended, key: str, event: EventType, **more: Any) -> Ending:
    names = {"subject": here.subjects["alice"], "client": "shop", "about": key} | more
    return ending(
        1, kind, key, at=here.clock.now(), cause="test", event=event, actor="operator", request_id="r", **names
    )


# What ends, and how.


async def _grant(here: World, claims: dict[str, Any]) -> tuple[int, str | None]:
    found = await here.store.grants.find_by_handle(1, claims["grant_id"])
    assert found is not None
    return found.grant.grant_id, found.grant.session_id


async def person(here: World, _: dict[str, Any]) -> None:
    subject = here.subjects["alice"]
    await here.store.accounts.end(told(here, "subject", subject, EventType.ACCOUNT_DISABLED), subject)


async def everywhere(here: World, _: dict[str, Any]) -> None:
    subject = here.subjects["alice"]
    await here.store.accounts.end_everything(told(here, "subject", subject, EventType.ACCOUNT_SIGNED_OUT), subject)


async def app(here: World, _: dict[str, Any]) -> None:
    await here.store.clients.end(told(here, "client", "shop", EventType.CLIENT_DISABLED), "shop")


async def session(here: World, claims: dict[str, Any]) -> None:
    _, session_id = await _grant(here, claims)
    assert session_id is not None
    await here.store.sessions.end(told(here, "session", session_id, EventType.SESSION_ENDED), session_id)


async def consent(here: World, _: dict[str, Any]) -> None:
    subject = here.subjects["alice"]
    ends = told(here, "grant", "", EventType.CONSENT_WITHDRAWN)
    await here.store.consents.withdraw(ends, subject, "shop")


async def grant(here: World, claims: dict[str, Any]) -> None:
    for handle in claims["grants"]:
        number, _ = await _grant(here, {"grant_id": handle})
        await here.store.grants.end(told(here, "grant", handle, EventType.GRANT_ENDED, grant=number), number)


async def scope(here: World, _: dict[str, Any]) -> None:
    shop = await here.store.clients.find(1, "shop")
    assert shop is not None
    left = tuple(name for name in shop.client.metadata.scope if name != "orders.read")
    metadata = msgspec.structs.replace(shop.client.metadata, scope=left)
    await here.put(msgspec.structs.replace(shop.client, metadata=metadata), *shop.credentials)


async def key(here: World, claims: dict[str, Any]) -> None:
    assert await here.server.upkeep.rotation.revoke(claims["kid"], "leaked")
    await here.server.upkeep._reload_keys()


async def everything(here: World, _: dict[str, Any]) -> None:
    await here.store.issuers.end_everything(told(here, "all", ISSUER, EventType.ISSUER_ENDED))


# The roads on which a token is accepted.


async def by_refresh(here: World, held: Held) -> bool:
    return bool((await refresh(here, SHOP, held.tokens["refresh_token"])).status_code == 200)


async def by_code(here: World, held: Held) -> bool:
    form = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "code_verifier": held.answered.code_verifier}
    async with here.visitor() as http:
        answer = await http.post("/token", data=SHOP | form | {"code": held.answered.parameters["code"]})
    return bool(answer.status_code == 200)


async def at_introspection(here: World, held: Held) -> bool:
    return bool((await introspect(here, "its API", held.tokens["access_token"]))["active"])


async def at_userinfo(here: World, held: Held) -> bool:
    return await alive(here, held.tokens["access_token"])


async def at_a_following_api(here: World, held: Held) -> bool:
    await held.follow(here)
    return isinstance(held.admitted(here), Admitted)


class Held(msgspec.Struct, kw_only=True):
    """What the shop holds, and an API that follows."""

    tokens: dict[str, Any]
    answered: Answered
    claims: dict[str, Any]
    endings: Endings

    async def follow(self, here: World, **more: str) -> Heard:
        heard = await asks(here, self.endings.since, **more)
        self.endings.hear(heard, here.clock.now() // SECOND)
        return heard

    def admitted(self, here: World) -> Any:
        keys = {k["kid"]: jose.VerifyingKey.from_jwk(k) for k in msgspec.json.decode(self.claims["jwks"])["keys"]}
        validator = Followed(Local(audience=ORDERS, issuers={ISSUER: keys}), self.endings)
        return admit(f"Bearer {self.tokens['access_token']}", ("orders.read",), validator, here.clock.now() // SECOND)


async def asks(here: World, since: int = 0, api: tuple[str, str] = API, **more: str) -> Heard:
    async with here.visitor() as http:
        answer = await http.post("/endings", data={"since": str(since)} | more, auth=api)
    assert answer.status_code == 200, answer.text
    return read(answer.content)


async def held(here: World, access: str) -> Held:
    """Alice allows the shop twice: one code is redeemed, one waits."""
    shop = await here.store.clients.find(1, "shop")
    assert shop is not None
    policy = msgspec.structs.replace(shop.client.policy, refresh="online" if access == "online" else "offline")
    await here.put(msgspec.structs.replace(shop.client, policy=policy), *shop.credentials)
    words = "openid orders.read" + (" offline_access" if access == "offline" else "")
    async with here.visitor() as http:
        first = await Visitor(http).authorize(scope=words)
        second = await Visitor(http).authorize(scope=words)
        form = {"grant_type": "authorization_code", "code": first.parameters["code"], "redirect_uri": CALLBACK}
        answer = await http.post("/token", data=SHOP | form | {"code_verifier": first.code_verifier})
        jwks = (await http.get("/jwks")).text
    assert answer.status_code == 200, answer.text
    tokens = answer.json()
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    claims |= {"kid": jwt.get_unverified_header(tokens["access_token"])["kid"], "jwks": jwks}
    subject = here.subjects["alice"]
    rows = here.store.families._read.rows("SELECT handle FROM grants WHERE subject_id = ?", (subject,))  # type: ignore[attr-defined]
    endings = Endings()
    endings.hear(await asks(here), here.clock.now() // SECOND)
    return Held(tokens=tokens, answered=second, claims=claims | {"grants": [row[0] for row in rows]}, endings=endings)


Ends = Callable[[World, dict[str, Any]], Awaitable[None]]
ENDS: tuple[Ends, ...] = (person, everywhere, app, session, consent, grant, scope, key, everything)
ROADS = (by_refresh, by_code, at_introspection, at_userinfo, at_a_following_api)
GOES_ON = {
    # Nothing that was given for longer than a visit ends with the visit.
    **{(session, "offline", road): True for road in ROADS},
    # A scope that is taken away narrows; an API that judges by itself sees the old scope until the token expires.
    **{(scope, access, road): True for access in ("online", "offline") for road in (by_refresh, by_code, at_userinfo)},
    **{(scope, access, at_a_following_api): True for access in ("online", "offline")},
    # A key that leaked takes along what it signed, and nothing else.
    **{(key, access, road): True for access in ("online", "offline") for road in (by_refresh, by_code)},
}
"""Where something is still accepted afterwards; everywhere else it is not."""


@pytest.mark.witness(GRANT_ALIVE)
@pytest.mark.witness(TOKEN_ACCEPTED_ONLY_VALID)
@pytest.mark.parametrize("access", ["online", "offline"])
@pytest.mark.parametrize("ends", ENDS, ids=lambda ends: ends.__name__)
async def test_no_road_accepts_what_has_ended(here: World, ends: Ends, access: str) -> None:
    """TK-40, rulings D and J: {what ends} × {road} × {online, offline}."""
    mine = await held(here, access)
    assert await at_introspection(here, mine)
    assert await at_userinfo(here, mine)
    assert await at_a_following_api(here, mine)
    here.clock.ahead_s += 2
    await ends(here, mine.claims)
    await here.server.upkeep.directory.refresh()
    found = {road.__name__: await road(here, mine) for road in reversed(ROADS)}
    assert found == {road.__name__: GOES_ON.get((ends, access, road), False) for road in ROADS}
    await here.server.upkeep.directory.refresh()


# The feed.


@pytest.mark.witness(ENDINGS_BY_AUDIENCE)
async def test_an_api_hears_of_its_own_tokens_and_of_nobody_elses(here: World) -> None:
    mine = await held(here, "offline")
    await grant(here, mine.claims)
    assert {line.key for line in (await asks(here)).endings} == set(mine.claims["grants"])
    assert (await asks(here, api=("api.invoices", SECRET))).endings == ()
    assert (await asks(here, api=("api.invoices", SECRET))).next == (await asks(here)).next
    async with here.visitor() as http:
        await http.post("/revoke", data=SHOP | {"token": (await held(here, "offline")).tokens["access_token"]})
    assert [line.kind for line in (await asks(here)).endings][-1] == "jti"
    assert (await asks(here, api=("api.invoices", SECRET))).endings == ()


@pytest.mark.witness(ENDINGS_BY_AUDIENCE)
@pytest.mark.parametrize(
    ("auth", "form", "error"),
    [
        (None, {}, "invalid_client"),
        (("api.orders", "guess"), {}, "invalid_client"),
        (CALLERS["its client"], {}, "invalid_client"),
        (API, {"since": "-1"}, "invalid_request"),
        (API, {"since": "1" * 19}, "invalid_request"),
        (API, {"wait": "soon"}, "invalid_request"),
    ],
)
async def test_who_is_told_nothing(here: World, auth: tuple[str, str] | None, form: dict[str, str], error: str) -> None:
    async with here.visitor() as http:
        answer = await http.post("/endings", data=form, auth=auth)
    assert answer.json()["error"] == error


async def test_a_store_that_was_put_back_is_heard_from_the_beginning(here: World) -> None:
    mine = await held(here, "offline")
    await grant(here, mine.claims)
    heard = await asks(here, since=10_000)
    assert heard.again
    assert {line.key for line in heard.endings} == set(mine.claims["grants"])


@pytest.mark.witness(ENDINGS_BY_AUDIENCE)
async def test_an_api_that_waits_is_told_at_once(here: World) -> None:
    """IR-08: within 5 s at the 99th percentile: here every one of thirty, ended by whoever."""
    here.server.upkeep.start()
    took = []
    try:
        for _ in range(30):
            mine = await held(here, "offline")
            waiting = asyncio.create_task(mine.follow(here, wait="5"))
            await asyncio.sleep(0.02)
            assert not waiting.done()
            began = time.monotonic()
            await grant(here, mine.claims)
            while isinstance(mine.admitted(here), Admitted):
                await waiting
                waiting = asyncio.create_task(mine.follow(here, wait="5"))
            took.append(time.monotonic() - began)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
    finally:
        await here.server.upkeep.stop()
    assert max(took) < 5, took


@pytest.mark.witness(TOKEN_ACCEPTED_ONLY_VALID)
async def test_an_api_that_hears_nothing_believes_nothing(here: World) -> None:
    """Closed within 30 s when the feed is cut, and open again with the next answer."""
    mine = await held(here, "offline")
    here.clock.ahead_s += 30
    assert isinstance(mine.admitted(here), Admitted)
    here.clock.ahead_s += 2
    refused = mine.admitted(here)
    assert (refused.status, refused.body["error"]) == (503, "temporarily_unavailable")
    await mine.follow(here)
    assert isinstance(mine.admitted(here), Admitted)


async def test_an_api_that_never_heard_anything_believes_nothing(here: World) -> None:
    mine = await held(here, "offline")
    mine.endings = Endings()
    assert mine.admitted(here).status == 503


def test_what_is_kept_is_bounded_by_the_longest_life() -> None:
    endings = Endings()
    grants = partial(Told, kind="grant")
    endings.hear(Heard(endings=(grants(key="old"),), next=1), 1_000)
    endings.hear(Heard(endings=(grants(key="new"),), next=2), 1_000 + 24 * 3600)
    assert list(endings._over) == [("grant", "new")]


# Introspection, signed.


@pytest.mark.witness(INTROSPECTION_SIGNED)
@pytest.mark.parametrize(("caller", "alg", "aud"), [("its API", "ES256", ORDERS), ("its client", "RS256", "shop")])
async def test_a_signed_answer_is_for_the_one_who_asked(here: World, caller: str, alg: str, aud: str) -> None:
    """RFC 9701 §4, §5: its own type, no ``sub`` or ``exp`` beside what is told, the same content as unsigned."""
    mine = await held(here, "offline")
    accept = {"Accept": "application/token-introspection+jwt"}
    async with here.visitor() as http:
        form = {"token": mine.tokens["access_token"]}
        answer = await http.post("/introspect", data=form, auth=CALLERS[caller], headers=accept)
        dead = await http.post("/introspect", data={"token": "nothing"}, auth=CALLERS[caller], headers=accept)
        jwks = (await http.get("/jwks")).json()
        metadata = (await http.get("/.well-known/oauth-authorization-server")).json()
    assert answer.headers["content-type"].startswith("application/token-introspection+jwt")
    header = jwt.get_unverified_header(answer.text)
    assert (header["typ"], header["alg"]) == ("token-introspection+jwt", alg)
    assert alg in metadata["introspection_signing_alg_values_supported"]
    public = next(one for one in jwks["keys"] if one["kid"] == header["kid"])
    claims = jwt.decode(answer.text, jwt.PyJWK(public), algorithms=[alg], audience=aud, issuer=ISSUER)
    assert set(claims) == {"iss", "aud", "iat", "token_introspection"}
    assert claims["token_introspection"] == await introspect(here, caller, mine.tokens["access_token"])
    assert jwt.decode(dead.text, options={"verify_signature": False})["token_introspection"] == {"active": False}
    assert INVOICES not in answer.text
    assert not await alive(here, answer.text)
