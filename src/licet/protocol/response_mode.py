"""Response modes: how the answer of the authorization endpoint travels (OAuth 2.0 Form Post Response Mode).

``fragment`` is for tokens in front of everyone, which are not given out; a code never needs it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from licet.protocol.errors import InvalidRequest
from licet.requirements import RESPONSE_MODE_KNOWN

ResponseMode = Literal["query", "form_post"]

SUPPORTED: tuple[ResponseMode, ...] = ("query", "form_post")
DEFAULT: ResponseMode = "query"
"""For ``response_type=code`` (OAuth 2.0 Multiple Response Types §2.1)."""


def check(asked: str | None, allowed: Collection[str] = SUPPORTED) -> ResponseMode:
    """The mode to answer in; raises InvalidRequest for one that is unknown or not *allowed* to this client."""
    if asked is None:
        return DEFAULT
    if asked not in SUPPORTED:
        raise InvalidRequest("response_mode must be query or form_post", per=RESPONSE_MODE_KNOWN)
    if asked not in allowed:
        raise InvalidRequest("response_mode is not one this client registered", per=RESPONSE_MODE_KNOWN)
    return asked
