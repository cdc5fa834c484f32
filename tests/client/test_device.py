"""A device asks at the server's pace, slower when told to, and stops when it is over (RFC 8628 §3.5)."""

from __future__ import annotations

from typing import Any

import pytest

from licet.client import authentication, client_credentials
from licet.client.device import NobodyDecided, Shown, begin, poll
from licet.client.token_request import RefusedError
from licet.client.transport import Answer, Unreachable
from tests.client.answers import ISSUER, METADATA, Prepared, said

ME = authentication.none("tv")
SHOWN = Shown(device_code="dc", user_code="WDJB-MJHT", verification_uri=f"{ISSUER}/device", expires_in=60)
TOKENS = said({"access_token": "at", "token_type": "Bearer"})


def no(error: str) -> Answer:
    return said({"error": error}, 400)


def polled(*answers: Answer, shown: Shown = SHOWN) -> tuple[list[float], Any]:
    waited: list[float] = []
    return waited, lambda: poll(shown, METADATA, ME, Prepared(*answers), waited.append)


def test_a_code_is_asked_for() -> None:
    body = {"device_code": "dc", "user_code": "A", "verification_uri": "u", "expires_in": 60, "interval": 7}
    server = Prepared(said(body))
    assert begin(METADATA, "openid", ME, server).interval == 7
    assert server.asked[0][1] == {"scope": "openid", "client_id": "tv"}
    with pytest.raises(Unreachable):
        begin(METADATA, "openid", ME, Prepared(said({"user_code": "A"})))


def test_it_waits_between_two_polls() -> None:
    waited, ask = polled(no("authorization_pending"), no("authorization_pending"), TOKENS)
    assert ask().access_token == "at"
    assert waited == [5, 5]


def test_told_to_slow_down_it_stays_slow() -> None:
    waited, ask = polled(no("slow_down"), no("authorization_pending"), no("slow_down"), TOKENS)
    ask()
    assert waited == [10, 10, 15]


@pytest.mark.parametrize("error", ["access_denied", "invalid_grant", "invalid_client"])
def test_a_refusal_ends_it(error: str) -> None:
    waited, ask = polled(no(error))
    with pytest.raises(RefusedError, match=error):
        ask()
    assert waited == []


def test_an_expired_code_ends_it() -> None:
    with pytest.raises(NobodyDecided):
        polled(no("expired_token"))[1]()


def test_it_does_not_ask_for_ever() -> None:
    waited, ask = polled(*[no("authorization_pending")] * 100)
    with pytest.raises(NobodyDecided):
        ask()
    assert sum(waited) == 65


def test_a_client_asks_for_itself() -> None:
    server = Prepared(TOKENS, TOKENS)
    me = authentication.client_secret_basic("job", "s:1")
    client_credentials.ask(METADATA, "api.read", me, server)
    client_credentials.ask(METADATA, None, me, server)
    assert server.asked[0][1:] == (
        {"grant_type": "client_credentials", "scope": "api.read"},
        {"Authorization": "Basic am9iOnMlM0Ex", "Content-Type": "application/x-www-form-urlencoded"},
    )
    assert "scope" not in server.asked[1][1]
