"""Stolen, guessed, swapped and replayed codes (RFC 9700 §4.5, §4.8; OAuth 2.1 §7.5)."""

from __future__ import annotations

from itertools import product
from typing import Any

import httpx2
import msgspec
import pytest

from licet.ambient import SECOND, Instant
from licet.authorization_server.token.grants.authorization_code import CodeRequest, judge
from licet.events import EventType
from licet.protocol import pkce
from licet.protocol.errors import InvalidGrant
from licet.requirements import (
    CODE_BOUND_TO_CLIENT,
    CODE_BOUND_TO_REDIRECT_URI,
    CODE_REPLAY_ENDS_GRANT,
    CODE_SHORT_LIVED,
    CODE_SINGLE_USE,
    PKCE_VERIFIER_CHECKED,
    SCOPE_WITHIN_GRANT,
)
from licet.storage.records import Code
from tests.attacks.watch import SPA, asked, noted, nothing_given, row, told
from tests.visitor import Answered, Visitor
from tests.world import CALLBACK, CLIENTS, INVOICES, ISSUER, ORDERS, SECRET, World

pytestmark = pytest.mark.anyio


async def code(here: World, **parameters: Any) -> Answered:
    async with here.visitor() as http:
        return await Visitor(http).authorize(**{"scope": "openid offline_access"} | parameters)


async def redeem(here: World, answered: Answered, **change: Any) -> httpx2.Response:
    form = {
        "grant_type": "authorization_code",
        "code": answered.parameters.get("code"),
        "client_id": "shop",
        "client_secret": SECRET,
        "redirect_uri": CALLBACK,
        "code_verifier": answered.code_verifier,
    } | change
    async with here.visitor() as http:
        return await http.post("/token", data={k: v for k, v in form.items() if v is not None})


async def alive(here: World, body: dict[str, Any]) -> tuple[bool, bool]:
    """Whether its access token and its refresh token still are good."""
    async with here.visitor() as http:
        known = await http.get("/userinfo", headers={"Authorization": f"Bearer {body['access_token']}"})
        again = {"grant_type": "refresh_token", "refresh_token": body["refresh_token"]}
        fresh = await http.post("/token", data=again | {"client_id": "shop", "client_secret": SECRET})
    return known.status_code == 200, fresh.status_code == 200


REPLAYS = {
    "as it was": {},
    "with a resource of nobody": {"resource": "https://elsewhere.example.com"},
    "with a resource that the grant does not reach": {"resource": ORDERS},
    "with two resources": {"resource": [ORDERS, INVOICES]},
    "after it expired": {},
}


@pytest.mark.witness(CODE_SINGLE_USE, CODE_REPLAY_ENDS_GRANT)
@pytest.mark.parametrize("how", REPLAYS)
async def test_a_valid_replay_ends_what_the_code_bought(here: World, how: str) -> None:
    """TK-01: whoever was first, thief or owner, keeps nothing; no parameter of the second request may prevent it."""
    answered = await code(here)
    body = (await redeem(here, answered)).json()
    assert await alive(here, body) == (True, True)
    if how == "after it expired":
        here.clock.ahead_s = 3600
    async with nothing_given(here):
        for _ in range(2):
            replayed = await redeem(here, answered, **REPLAYS[how])
            assert replayed.json()["error"] == "invalid_grant"
            assert await noted(here, replayed) == "invalid_grant"
    assert await alive(here, body) == (False, False)
    (event,) = await here.events(EventType.CODE_REPLAYED)
    assert (event.outcome, event.requirement, event.client) == ("refused", CODE_REPLAY_ENDS_GRANT.id, "shop")
    (line,) = await here.store.revocations.since(1, 0, 10)
    assert line.kind == "grant"


GUESSERS: dict[str, dict[str, Any]] = {
    "another verifier": {"code_verifier": "a" * 43},
    "no verifier": {"code_verifier": None},
    "no secret": {"client_secret": None},
    "a wrong secret": {"client_secret": "guess"},
    "another client": {"client_id": "spa", "client_secret": None},
    "another address": {"redirect_uri": CALLBACK + "/"},
}


@pytest.mark.witness(CODE_REPLAY_ENDS_GRANT, CODE_BOUND_TO_CLIENT, CODE_BOUND_TO_REDIRECT_URI)
async def test_who_cannot_prove_possession_ends_nothing(here: World) -> None:
    """TK-02, TK-09: a code in a log or a Referer is no weapon against its owner, before or after it was used."""
    answered = await code(here)
    async with nothing_given(here):
        for name, change in GUESSERS.items():
            refused = await redeem(here, answered, **change)
            assert refused.json()["error"] in {"invalid_grant", "invalid_client"}, name
    body = (await redeem(here, answered, redirect_uri=None)).json()
    for name, change in GUESSERS.items():
        assert (await redeem(here, answered, **change)).status_code in {400, 401}, name
    assert await alive(here, body) == (True, True)
    assert await here.events(EventType.CODE_REPLAYED) == []


@pytest.mark.witness(CODE_SHORT_LIVED)
async def test_a_code_lives_a_minute(here: World) -> None:
    """TK-05: to the second, and the refusal gives nothing."""
    answered = await code(here)
    here.clock.ahead_s = 61
    async with nothing_given(here):
        refused = await redeem(here, answered)
    assert refused.json()["error"] == "invalid_grant"


VERIFIER = "v" * 43
TRUTHS = ("client", "time", "redirect_uri", "verifier")


@pytest.mark.witness(CODE_BOUND_TO_CLIENT, CODE_SHORT_LIVED, PKCE_VERIFIER_CHECKED)
@pytest.mark.parametrize("right", list(product([True, False], repeat=4)), ids=str)
def test_each_condition_alone_refuses(right: tuple[bool, ...]) -> None:
    """TK-06: the whole truth table, so that no ``and`` is an ``or``."""
    shop, spa = CLIENTS[0], CLIENTS[1]
    now = Instant(1_000 * SECOND)
    good = dict(zip(TRUTHS, right, strict=True))
    issued = Code(
        issuer_id=1,
        digest=b"",
        txn_id=None,
        grant_id=1,
        client_id="shop",
        redirect_uri=CALLBACK,
        redirect_uri_sent=True,
        code_challenge=pkce.challenge_of(VERIFIER),
        issued_at=Instant(0),
        expires_at=Instant(now + 1 if good["time"] else now),
        purge_at=now,
    )
    request = CodeRequest(
        code="",
        redirect_uri=CALLBACK if good["redirect_uri"] else CALLBACK + "?",
        code_verifier=VERIFIER if good["verifier"] else "w" * 43,
        resources=(),
    )
    try:
        judge(issued, request, shop if good["client"] else spa, now)
    except InvalidGrant:
        assert not all(right)
    else:
        assert all(right)


@pytest.mark.witness(PKCE_VERIFIER_CHECKED)
async def test_verifiers_that_are_none(here: World) -> None:
    """TK-07: missing, empty, too short, too long, of other letters: refused, and the code is not burnt."""
    answered = await code(here)
    right = answered.code_verifier
    async with nothing_given(here):
        for verifier in (
            None,
            "",
            right[:42],
            "a" * 129,
            right[:-1] + "+",
            right + " ",
            right + "=",
            right.swapcase(),
            "a" * 128,
        ):
            refused = await redeem(here, answered, code_verifier=verifier)
            assert refused.status_code == 400, verifier
            assert refused.json()["error"] in {"invalid_grant", "invalid_request"}, verifier
    assert (await redeem(here, answered)).status_code == 200


async def test_a_verifier_for_a_request_without_a_challenge(here: World) -> None:
    """TK-08: no downgrade: the draft names the error (OAuth 2.1 §3.2.4), so it is invalid_request here."""
    shop = await here.store.clients.find(1, "shop")
    assert shop is not None
    policy = msgspec.structs.replace(shop.client.policy, profile="oidc-core")
    await here.put(msgspec.structs.replace(shop.client, policy=policy), *shop.credentials)
    answered = await code(here, code_challenge=None, code_challenge_method=None)
    async with nothing_given(here):
        refused = await redeem(here, answered)
    assert refused.json()["error"] == "invalid_request"
    assert (await redeem(here, answered, code_verifier=None)).status_code == 200


async def test_a_public_client_has_a_challenge_whatever_is_waived(here: World) -> None:
    """AZ-20: without a secret PKCE is all that ties the code to who asked, so no profile waives it (OAuth 2.1 §7.5.1)."""
    spa = await here.store.clients.find(1, "spa")
    assert spa is not None
    policy = msgspec.structs.replace(spa.client.policy, profile="oidc-core")
    await here.put(msgspec.structs.replace(spa.client, policy=policy), *spa.credentials)
    bare = asked(client_id="spa", redirect_uri=SPA, code_challenge=None, code_challenge_method=None)
    async with here.visitor() as http, nothing_given(here):
        assert told(await http.get("/authorize", params=bare), SPA)["error"] == "invalid_request"


async def test_a_code_is_all_or_nothing(here: World) -> None:
    """TK-10, TK-46: cut, grown, flipped, of another kind, huge: not one of ours."""
    answered = await code(here)
    value = answered.parameters["code"]
    flipped = value[:20] + ("A" if value[20] != "A" else "B") + value[21:]
    spellings = [
        value[:-1],
        value + "0",
        flipped,
        value.swapcase(),
        value.replace("lctac_", "lctat_"),
        value[6:],
        f" {value}",
        value + "\n",
        value * 2,
        "x" * 60_000,
        "lctac_" + "z" * 49,
        value.replace("lctac_", "lctrt_"),
    ]
    async with nothing_given(here):
        for spelling in spellings:
            refused = await redeem(here, answered, code=spelling)
            assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant"), spelling[:80]
            assert value not in refused.text
    assert (await redeem(here, answered)).status_code == 200


@pytest.mark.witness(SCOPE_WITHIN_GRANT)
async def test_a_token_request_reaches_no_api_beyond_those_of_the_authorization_request(here: World) -> None:
    """TK-39: RFC 8707 §2.2: what ``resource`` names later is among what it named first, by code and by refresh."""
    answered = await code(here, scope="openid offline_access orders.read invoices.read", resource=ORDERS)
    async with nothing_given(here):
        for other in (INVOICES, f"{ISSUER}/userinfo", [ORDERS, INVOICES]):
            assert (await redeem(here, answered, resource=other)).json()["error"] == "invalid_target", other
    body = (await redeem(here, answered)).json()
    assert body["scope"] == "orders.read"
    again = {
        "grant_type": "refresh_token",
        "refresh_token": body["refresh_token"],
        "client_id": "shop",
        "client_secret": SECRET,
    }
    async with here.visitor() as http, nothing_given(here):
        for more in ({"resource": INVOICES}, {"resource": INVOICES, "scope": "invoices.read"}):
            assert (await http.post("/token", data=again | more)).json()["error"] == "invalid_target", more
    async with here.visitor() as http:
        assert (await http.post("/token", data=again | {"resource": ORDERS})).json()["scope"] == "orders.read"


async def test_a_code_is_bound_to_its_own_transaction(here: World) -> None:
    """TK-02: the verifier of one request does not open the code of another (code injection, RFC 9700 §4.5)."""
    mine, stolen = await code(here), await code(here)
    async with nothing_given(here):
        for challenge_of, value in ((mine, stolen), (stolen, mine)):
            swapped = Answered("", value.parameters, challenge_of.code_verifier)
            assert (await redeem(here, swapped)).json()["error"] == "invalid_grant"
    assert row(here, "SELECT count(*) FROM codes WHERE consumed_at IS NOT NULL") == (0,)
