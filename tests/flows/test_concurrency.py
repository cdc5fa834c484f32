"""Many at once: of a crowd that presents one artefact, one is served, and nobody sees an error of ours."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from licet.events import EventType
from licet.requirements import (
    CODE_REPLAY_ENDS_GRANT,
    CODE_SINGLE_USE,
    DEVICE_CODE_SINGLE_USE,
    PKCE_VERIFIER_CHECKED,
    REFRESH_REUSE_DETECTED,
    TRANSACTION_ONCE,
)
from tests.flows.test_device import ask, decide
from tests.visitor import Answered, Form, Visitor
from tests.world import CALLBACK, DEVICE_CODE, ISSUER, SECRET, World

pytestmark = pytest.mark.anyio

CROWD = 200


async def crowd(here: World, forms: list[dict[str, Any]]) -> list[Any]:
    """All of *forms* at the token endpoint, at once."""
    async with here.visitor() as http:
        return await asyncio.gather(*(http.post("/token", data=form) for form in forms))


def redemption(answered: Answered, **change: str) -> dict[str, Any]:
    return {
        "grant_type": "authorization_code",
        "code": answered.parameters["code"],
        "client_id": "shop",
        "client_secret": SECRET,
        "redirect_uri": CALLBACK,
        "code_verifier": answered.code_verifier,
    } | change


def refused(answers: list[Any]) -> Counter[tuple[int, str]]:
    return Counter((answer.status_code, answer.json()["error"]) for answer in answers if answer.status_code != 200)


async def userinfo(here: World, access_token: str) -> int:
    async with here.visitor() as http:
        answer = await http.get("/userinfo", headers={"Authorization": f"Bearer {access_token}"})
        return answer.status_code


@pytest.mark.witness(CODE_SINGLE_USE, CODE_REPLAY_ENDS_GRANT)
async def test_one_code_and_a_crowd_that_holds_all_it_takes(here: World) -> None:
    """One is served; the others were valid replays, so that what it got is dead afterwards (RFC 6749 §4.1.2)."""
    async with here.visitor() as http:
        answered = await Visitor(http).authorize(scope="openid offline_access")
    answers = await crowd(here, [redemption(answered)] * CROWD)
    (won,) = [answer.json() for answer in answers if answer.status_code == 200]
    assert refused(answers) == {(400, "invalid_grant"): CROWD - 1}
    assert await userinfo(here, won["access_token"]) == 401
    dead = await crowd(
        here,
        [
            {
                "grant_type": "refresh_token",
                "refresh_token": won["refresh_token"],
                "client_id": "shop",
                "client_secret": SECRET,
            }
        ],
    )
    assert refused(dead) == {(400, "invalid_grant"): 1}
    assert len(await here.events(EventType.CODE_REPLAYED)) == 1


@pytest.mark.witness(CODE_SINGLE_USE, PKCE_VERIFIER_CHECKED)
async def test_one_code_and_a_crowd_that_guesses(here: World) -> None:
    """Wrong verifiers burn nothing and end nothing: the one who holds the right one is served and keeps it."""
    async with here.visitor() as http:
        answered = await Visitor(http).authorize()
    forms = [redemption(answered, code_verifier=f"{guess:043}") for guess in range(CROWD)]
    forms[CROWD // 2] = redemption(answered)
    answers = await crowd(here, forms)
    assert refused(answers) == {(400, "invalid_grant"): CROWD - 1}
    won = answers[CROWD // 2]
    assert won.status_code == 200, won.text
    assert await userinfo(here, won.json()["access_token"]) == 200
    assert await here.events(EventType.CODE_REPLAYED) == []


@pytest.mark.witness(DEVICE_CODE_SINGLE_USE)
async def test_one_device_code_and_a_crowd(here: World) -> None:
    """One is served; a second redemption is refused and ends nothing (rulings A)."""
    asked = (await ask(here)).json()
    async with here.visitor() as http:
        await decide(Visitor(http), asked["user_code"])
    form = {"grant_type": DEVICE_CODE, "device_code": asked["device_code"], "client_id": "tv"}
    answers = await crowd(here, [form] * CROWD)
    (won,) = [answer.json() for answer in answers if answer.status_code == 200]
    assert {status for status, _ in refused(answers)} == {400}
    assert {error for _, error in refused(answers)} <= {"invalid_grant", "slow_down"}
    assert await userinfo(here, won["access_token"]) == 200


@pytest.mark.witness(REFRESH_REUSE_DETECTED)
async def test_one_refresh_token_and_a_crowd(here: World) -> None:
    """The family moves on once; all who are served inside the window hold the same successor (rulings F)."""
    async with here.visitor() as http:
        answered = await Visitor(http).authorize(
            client_id="spa", redirect_uri="https://spa.example.com/", scope="openid offline_access"
        )
    first = await crowd(
        here, [redemption(answered, client_id="spa", client_secret="", redirect_uri="https://spa.example.com/")]
    )
    token = first[0].json()["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": "spa"}
    answers = await crowd(here, [form] * CROWD)
    served = [answer.json()["refresh_token"] for answer in answers if answer.status_code == 200]
    assert len(set(served)) == 1
    assert set(served) != {token}
    assert set(refused(answers)) <= {(400, "invalid_grant")}


@pytest.mark.witness(TRANSACTION_ONCE)
async def test_one_question_and_an_impatient_person(here: World) -> None:
    """However often the button is pressed, one code is made."""
    async with here.visitor() as http:
        visitor = Visitor(http)
        address = f"/authorize?response_type=code&client_id=shop&redirect_uri={CALLBACK}&scope=openid&prompt=consent"
        challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        response = await http.get(f"{address}&code_challenge={challenge}&code_challenge_method=S256")
        response = await http.get(response.headers["location"])
        response = await visitor.fill(Form(response.text), response)
        page = Form((await http.get(response.headers["location"])).text)
        answers = await asyncio.gather(*(visitor.press(page, "consent-allow") for _ in range(20)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 400: 19}
    assert len(await here.events(EventType.CODE_ISSUED)) == 1


async def test_many_people_at_once(here: World) -> None:
    """Nobody gets anybody else's answer."""

    async def story(number: int) -> tuple[str, str]:
        login = ("alice", "bob")[number % 2]
        async with here.visitor(f"198.51.100.{number}") as http:
            answered = await Visitor(http, login=login).authorize(scope="openid profile", state=f"state {number}")
            assert answered.parameters["state"] == f"state {number}"
            tokens = (await http.post("/token", data=redemption(answered))).json()
            told = await http.get(f"{ISSUER}/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"})
            return login, told.json()["name"]

    found = await asyncio.gather(*(story(number) for number in range(20)))
    assert all(name == login.title() for login, name in found)
