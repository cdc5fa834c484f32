"""The shop takes the one answer that was asked for, from this machine."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest

from licet.client.authorization_code import ForeignAnswer
from licet.client.token_request import RefusedError
from licet.development.shop import Shop
from licet.protocol.parameters import Parameters


def judge(answer: Parameters) -> str:
    if answer.get("state") != "mine":
        raise ForeignAnswer("not ours")
    if "error" in answer:
        raise RefusedError(answer["error"], "no", 0)
    return answer["code"]


@pytest.fixture
def shop() -> Iterator[Shop]:
    opened = Shop()
    opened.open_for("http://127.0.0.1:1/authorize?x=y", judge)
    yield opened
    opened.close()


@pytest.fixture
def http(shop: Shop) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=shop.address, trust_env=False) as client:
        yield client


def test_the_shop_sends_people_to_sign_in(http: httpx2.Client) -> None:
    assert "Sign in" in http.get("/").text
    sent = http.get("/sign-in")
    assert (sent.status_code, sent.headers["location"]) == (303, "http://127.0.0.1:1/authorize?x=y")


def test_the_code_does_not_stay_in_the_address(shop: Shop, http: httpx2.Client) -> None:
    answer = http.get("/callback?code=c1&state=mine")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert shop.wait(1) == "c1"
    shop.show("Hello <alice>")
    assert "Hello &lt;alice&gt;" in http.get("/").text


def test_stray_answers_are_passed_over(shop: Shop, http: httpx2.Client) -> None:
    assert http.get("/callback?code=evil&state=other").status_code == 400
    assert http.get("/callback").status_code == 400
    assert http.get("/favicon.ico").status_code == 404
    http.get("/callback?code=c1&state=mine")
    assert shop.wait(1) == "c1"


def test_only_one_answer_is_taken(http: httpx2.Client) -> None:
    assert http.get("/callback?code=c1&state=mine").status_code == 303
    assert http.get("/callback?code=c2&state=mine").status_code == 400


def test_a_refusal_is_an_answer(shop: Shop, http: httpx2.Client) -> None:
    http.get("/callback?error=access_denied&state=mine")
    with pytest.raises(RefusedError, match="access_denied"):
        shop.wait(1)


def test_a_name_that_points_here_gets_nothing(http: httpx2.Client) -> None:
    """DNS rebinding."""
    assert http.get("/callback?code=c1&state=mine", headers={"Host": "evil.example"}).status_code == 421


def test_nobody_waits_for_ever(shop: Shop) -> None:
    with pytest.raises(TimeoutError):
        shop.wait(0.01)
