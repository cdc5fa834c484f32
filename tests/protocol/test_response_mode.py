"""Response modes."""

from __future__ import annotations

import pytest

from licet.protocol import response_mode
from licet.protocol.errors import InvalidRequest
from licet.requirements import RESPONSE_MODE_KNOWN


def test_a_code_travels_in_the_query_unless_asked_otherwise() -> None:
    assert response_mode.check(None) == "query"
    assert response_mode.check("query") == "query"
    assert response_mode.check("form_post") == "form_post"


@pytest.mark.parametrize("asked", ["", "fragment", "web_message", "query.jwt", "QUERY", "form_post "])
def test_other_modes_are_refused(asked: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        response_mode.check(asked)
    assert caught.value.per is RESPONSE_MODE_KNOWN


def test_a_client_may_have_fewer_but_not_more() -> None:
    with pytest.raises(InvalidRequest, match="registered"):
        response_mode.check("form_post", ("query",))
    with pytest.raises(InvalidRequest):
        response_mode.check("fragment", ("query", "fragment"))
