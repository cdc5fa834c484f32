"""Whom of several people a request means, and when they are asked: pure judgement (OpenID Connect Core §3.1.2.1)."""

from __future__ import annotations

from typing import Any

import pytest

from licet.ambient import Instant
from licet.authorization_server.authorization.interaction import (
    Candidate,
    ChoiceNeeded,
    SignInNeeded,
    meant,
    must_choose,
    next_step,
)
from licet.authorization_server.authorization.request import AuthorizationRequest
from licet.protocol.claims_request import ClaimsRequest
from licet.protocol.errors import AccountSelectionRequired
from licet.requirements import ACCOUNT_CHOSEN
from licet.storage.ports import SignedIn
from licet.storage.records import Account, Session, Transaction

AT = Instant(1_800_000_000_000_000)


def here(login: str) -> SignedIn:
    session = Session(
        issuer_id=1,
        session_id=f"s-{login}",
        digest=b"",
        subject_id=login,
        created_at=AT,
        idle_until=AT,
        absolute_until=AT,
        auth_time=AT,
    )
    return SignedIn(session=session, account=Account(issuer_id=1, subject_id=login, login=login.title()))


PEOPLE = tuple(Candidate(here(login), f"sub-{login}") for login in ("anna", "berta", "carla"))


def request(**more: Any) -> AuthorizationRequest:
    return AuthorizationRequest(
        client_id="app",
        redirect_uri="https://app.example/cb",
        redirect_uri_sent=True,
        response_mode="query",
        scope=("openid",),
        **more,
    )


def transaction(**more: Any) -> Transaction:
    return Transaction(
        issuer_id=1,
        txn_id="t",
        browser_digest=None,
        client_id="app",
        request=b"{}",
        source="query",
        created_at=AT,
        expires_at=AT,
        **more,
    )


CHOSEN = transaction(session_id="s-carla", select_at=AT)
NAMED = ClaimsRequest(sub="sub-berta")


@pytest.mark.parametrize(
    ("asked", "noted", "found"),
    [
        ({}, None, None),
        ({"hinted_sub": "sub-berta"}, None, "berta"),
        ({"claims": NAMED}, None, "berta"),
        ({"hinted_sub": "sub-anna", "claims": NAMED}, None, "anna"),
        ({"hinted_sub": "sub-nobody", "login_hint": "berta"}, None, None),
        ({"login_hint": " BERTA "}, None, "berta"),
        ({"login_hint": "nobody"}, None, None),
        ({"login_hint": "\x00"}, None, None),
        ({}, CHOSEN, "carla"),
        ({"hinted_sub": "sub-berta", "login_hint": "anna"}, CHOSEN, "carla"),
        ({"login_hint": "anna"}, transaction(session_id="s-berta", login_at=AT), "berta"),
        ({"login_hint": "anna"}, transaction(session_id="s-gone", login_at=AT), "anna"),
        ({"login_hint": "anna"}, transaction(session_id="s-berta"), "anna"),
    ],
)
@pytest.mark.witness(ACCOUNT_CHOSEN)
def test_whom_a_request_means(asked: dict[str, Any], noted: Transaction | None, found: str | None) -> None:
    """Who signed in or was chosen for it, else whom it names, else whom it hints at."""
    person = meant(request(**asked), noted, PEOPLE)
    assert (person.account.subject_id if person else None) == found


SELECT = ("select_account",)


@pytest.mark.parametrize(
    ("prompt", "acting", "others", "noted", "asks"),
    [
        ((), True, False, None, False),
        ((), True, True, None, False),
        ((), False, True, None, True),
        ((), False, False, None, False),
        (SELECT, True, False, None, True),
        (SELECT, True, False, transaction(), True),
        (SELECT, False, False, None, False),
        (SELECT, True, False, CHOSEN, False),
        (SELECT, True, True, transaction(login_at=AT), False),
    ],
)
@pytest.mark.witness(ACCOUNT_CHOSEN)
def test_when_somebody_is_asked(
    prompt: tuple[str, ...], *, acting: bool, others: bool, noted: Transaction | None, asks: bool
) -> None:
    who = here("anna") if acting else None
    assert must_choose(request(prompt=prompt), who, noted, others=others) is asks


@pytest.mark.witness(ACCOUNT_CHOSEN)
def test_a_choice_comes_first_and_never_silently() -> None:
    assert next_step(request(), choose=True, sign_in=True, ask=None) == ChoiceNeeded()
    assert next_step(request(), choose=False, sign_in=True, ask=None) == SignInNeeded()
    with pytest.raises(AccountSelectionRequired) as refused:
        next_step(request(prompt=("none",)), choose=True, sign_in=True, ask=None)
    assert refused.value.per == ACCOUNT_CHOSEN
