"""RS-01 to RS-04, RS-14: admitted or challenged, and nothing between."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licet.protocol import challenge
from licet.protocol.access_token import AccessClaims
from licet.requirements import SCOPE_SUFFICIENT
from licet.resource_server.admit import Admitted, Challenged, admit
from tests.resource_server.tokens import API, LOCAL, NOW_S, token

READ = ("orders:read",)


def asked(authorization: str | None, *needs: str) -> Admitted | Challenged:
    return admit(authorization, needs or READ, LOCAL, NOW_S)


def parameters(challenged: Challenged) -> dict[str, str]:
    (one,) = challenge.read(challenged.www_authenticate)
    assert one.is_for("Bearer")
    return one.parameters


def test_a_token_that_reaches_far_enough_is_admitted() -> None:
    admitted = asked(f"Bearer {token(scope=('orders:read', 'orders:write'))}", "orders:read", "orders:write")
    assert isinstance(admitted, Admitted)
    assert admitted.claims.sub == "alice"


def test_no_token_is_challenged_without_an_error() -> None:
    """RFC 6750 §3.1."""
    challenged = asked(None)
    assert isinstance(challenged, Challenged)
    assert challenged.status == 401
    assert parameters(challenged) == {"scope": "orders:read"}


def test_another_scheme_is_no_token() -> None:
    challenged = asked("Basic YTpi")
    assert isinstance(challenged, Challenged)
    assert (challenged.status, "error" in parameters(challenged)) == (401, False)


def test_a_header_that_cannot_be_read_is_400() -> None:
    challenged = asked("Bearer abc, Bearer def")
    assert isinstance(challenged, Challenged)
    assert (challenged.status, parameters(challenged)["error"]) == (400, "invalid_request")


def test_two_headers_are_400() -> None:
    challenged = admit([f"Bearer {token()}"] * 2, READ, LOCAL, NOW_S)
    assert isinstance(challenged, Challenged)
    assert challenged.status == 400


def test_a_token_for_another_api_is_refused_in_words() -> None:
    challenged = asked(f"Bearer {token(audience=('https://invoices.example.com',))}")
    assert isinstance(challenged, Challenged)
    assert challenged.status == 401
    assert parameters(challenged)["error"] == "invalid_token"
    assert parameters(challenged)["error_description"] == (
        f"The token is for https://invoices.example.com, this API is {API}"
    )
    assert challenged.body["error_description"] == parameters(challenged)["error_description"]


@pytest.mark.witness(SCOPE_SUFFICIENT)
@pytest.mark.parametrize("has", [(), ("orders",), ("orders:rea",), ("orders:read:all",), ("Orders:Read",)])
def test_a_scope_is_a_whole_word(has: tuple[str, ...]) -> None:
    """RS-04."""
    challenged = asked(f"Bearer {token(scope=has)}")
    assert isinstance(challenged, Challenged)
    assert challenged.status == 403
    said = parameters(challenged)
    assert (said["error"], said["scope"]) == ("insufficient_scope", "orders:read")
    assert "This needs orders:read" in said["error_description"]


def test_every_scope_is_needed_and_named() -> None:
    challenged = asked(f"Bearer {token()}", "orders:read", "orders:write")
    assert isinstance(challenged, Challenged)
    assert parameters(challenged)["scope"] == "orders:read orders:write"
    assert "This needs orders:write; the token has orders:read" in parameters(challenged)["error_description"]


def test_a_token_that_is_bound_to_a_key_is_no_bearer_token() -> None:
    challenged = asked(f"Bearer {token(cnf={'jkt': 'x' * 43})}")
    assert isinstance(challenged, Challenged)
    assert (challenged.status, parameters(challenged)["error"]) == (401, "invalid_token")


def test_a_guard_that_fails_refuses() -> None:
    """RS-14: no decision is no yes."""

    def broken(_token: str, _now_s: int) -> AccessClaims:
        raise RuntimeError("the disk is on fire")

    challenged = admit("Bearer abc", READ, broken, NOW_S)
    assert isinstance(challenged, Challenged)
    assert challenged.status == 500
    assert "fire" not in str(challenged.body)


def test_what_a_token_says_cannot_break_out_of_the_header() -> None:
    evil = 'https://evil.example/"\r\nSet-Cookie: x=1, \u00e4'
    challenged = asked(f"Bearer {token(audience=(evil,))}")
    assert isinstance(challenged, Challenged)
    assert "\n" not in challenged.www_authenticate
    assert challenged.www_authenticate.isascii()
    assert parameters(challenged).keys() == {"error", "error_description"}


@given(st.one_of(st.none(), st.text(), st.text().map("Bearer {}".format), st.lists(st.text(), max_size=3)))
def test_nothing_but_a_verified_token_is_admitted(authorization: str | list[str] | None) -> None:
    """RS-14."""
    assert isinstance(admit(authorization, READ, LOCAL, NOW_S), Challenged)


@given(st.data())
def test_a_token_that_was_changed_is_not_admitted(data: st.DataObject) -> None:
    """RS-14."""
    good = token()
    place = data.draw(
        st.integers(0, len(good) - 2)
    )  # the very last letter holds bits that are no part of the signature
    letter = data.draw(st.sampled_from("ABCDEFGHIJabcdefghij0123456789-_."))
    changed = good[:place] + letter + good[place + 1 :]
    verdict = asked(f"Bearer {changed}")
    assert isinstance(verdict, Challenged) or changed == good
