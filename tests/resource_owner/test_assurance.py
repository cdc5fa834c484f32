"""Levels of authentication: never more is claimed than was done, in a house with two of them (rulings O)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from licet.ambient import Instant
from licet.authorization_server.authorization.interaction import must_sign_in, unmet
from licet.authorization_server.authorization.request import AuthorizationRequest
from licet.protocol.claims_request import ClaimsRequest
from licet.resource_owner import assurance
from licet.storage.ports import SignedIn
from licet.storage.records import Account, Session, Transaction

WEAK, STRONG = ("pwd",), ("pwd", "otp")
AT = Instant(1_800_000_000_000_000)
LATER = Instant(AT + 3_600_000_000)


@pytest.fixture(autouse=True)
def two_levels(monkeypatch: pytest.MonkeyPatch) -> None:
    levels = (("1", frozenset({"pwd"})), ("2", frozenset({"pwd", "otp"})))
    monkeypatch.setattr(assurance, "LEVELS", levels)


@pytest.mark.parametrize(
    ("amr", "wanted", "claimed"),
    [
        ((), (), ""),
        ((), ("1",), ""),
        (WEAK, (), "1"),
        (WEAK, ("2", "1"), "1"),
        (WEAK, ("2",), "1"),
        (STRONG, (), "2"),
        (STRONG, ("1", "2"), "1"),
        (STRONG, ("phr", "2"), "2"),
        (("otp",), (), ""),
    ],
)
def test_what_may_be_claimed(amr: tuple[str, ...], wanted: tuple[str, ...], claimed: str) -> None:
    assert assurance.acr_of(amr, wanted) == claimed


def _request(**more: Any) -> AuthorizationRequest:
    return AuthorizationRequest(
        client_id="app",
        redirect_uri="https://app.example/cb",
        redirect_uri_sent=True,
        response_mode="query",
        scope=("openid",),
        **more,
    )


def _here(amr: tuple[str, ...]) -> SignedIn:
    session = Session(
        issuer_id=1,
        session_id="s1",
        digest=b"d",
        subject_id="anna",
        created_at=AT,
        idle_until=LATER,
        absolute_until=LATER,
        auth_time=AT,
        amr=amr,
    )
    return SignedIn(session=session, account=Account(issuer_id=1, subject_id="anna", login="anna"))


ESSENTIAL = _request(claims=ClaimsRequest(acr=("2",), acr_essential=True))
WISHED = _request(acr_values=("2",))


@pytest.mark.parametrize(
    ("request_", "amr", "again"),
    [
        (_request(), WEAK, False),
        (ESSENTIAL, WEAK, True),
        (ESSENTIAL, STRONG, False),
        (WISHED, WEAK, True),
        (WISHED, STRONG, False),
        (msgspec.structs.replace(WISHED, prompt=("none",)), WEAK, False),
        (msgspec.structs.replace(ESSENTIAL, prompt=("none",)), WEAK, True),
        (_request(acr_values=("phr",)), WEAK, False),
    ],
)
def test_who_signs_in_again_for_a_level(request_: AuthorizationRequest, amr: tuple[str, ...], again: bool) -> None:
    """Where it can be reached and was named; a wish stops no silent request."""
    assert must_sign_in(request_, _here(amr), "anna", None, AT) is again


@pytest.mark.parametrize(("amr", "failed"), [(WEAK, True), (STRONG, False)])
def test_a_sign_in_that_was_not_enough_is_asked_for_once(amr: tuple[str, ...], failed: bool) -> None:
    """Then it is a failed authentication, not a form without end (OpenID Connect Core §5.5.1.1)."""
    here = _here(amr)
    noted = Transaction(
        issuer_id=1,
        txn_id="t1",
        browser_digest=None,
        client_id="app",
        request=b"{}",
        source="query",
        session_id=here.session.session_id,
        login_at=AT,
        created_at=AT,
        expires_at=LATER,
    )
    assert must_sign_in(ESSENTIAL, here, "anna", noted, AT) is False
    assert unmet(ESSENTIAL, here) is failed
    assert unmet(WISHED, here) is False
