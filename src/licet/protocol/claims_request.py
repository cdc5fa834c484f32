"""The ``claims`` parameter: claims asked for one by one (OpenID Connect Core §5.5).

What is not understood is ignored, as §5.5 and §5.5.1 say; what is not of the form they give is refused.
"""

from __future__ import annotations

from typing import Any

import msgspec

from licet.protocol.jose import InvalidJWT
from licet.protocol.jose.strict_json import object_of

LONGEST = 8192
"""Characters of the parameter that are read."""
_PLACES = ("userinfo", "id_token")


class ClaimsRequest(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What was asked for, and where it is to be told."""

    userinfo: tuple[str, ...] = ()
    id_token: tuple[str, ...] = ()
    sub: str | None = None
    """The one person the answer may be about (§5.5.1)."""
    acr: tuple[str, ...] = ()
    """Values of ``acr`` that were named, the wanted ones first."""
    acr_essential: bool = False
    """Whether one of *acr* must be reached (§5.5.1.1)."""


def read(text: str) -> ClaimsRequest:
    """*text* as it was meant; raises ValueError, saying what is wrong with it."""
    if len(text) > LONGEST:
        raise ValueError(f"claims is longer than {LONGEST} characters")
    try:
        members = object_of(text.encode())
    except InvalidJWT as error:
        raise ValueError(f"claims {error.reason}") from error
    asked = {place: _asked(members.get(place), place) for place in _PLACES}
    acr = asked["id_token"].get("acr") or {}
    named = _values(acr)
    return ClaimsRequest(
        userinfo=tuple(asked["userinfo"]),
        id_token=tuple(asked["id_token"]),
        sub=_subject(asked.values()),
        acr=named,
        acr_essential=bool(named) and acr.get("essential") is True,
    )


def _asked(requests: Any, place: str) -> dict[str, dict[str, Any] | None]:
    if requests is None:
        return {}
    if type(requests) is not dict:
        raise ValueError(f"claims must have an object as {place}")
    for name, request in requests.items():
        _judge(name, request)
    return requests


def _judge(name: str, request: Any) -> None:
    """Null, or an object whose known members have the types of §5.5.1."""
    if request is None:
        return
    if type(request) is not dict:
        raise ValueError(f"claims must ask for {_shown(name)} with null or an object")
    if type(request.get("essential", False)) is not bool:
        raise ValueError("essential in claims is true or false")
    if type(request.get("values", [])) is not list:
        raise ValueError("values in claims is an array")


def _values(request: dict[str, Any]) -> tuple[str, ...]:
    named = [request["value"]] if "value" in request else request.get("values", [])
    if not all(type(value) is str for value in named):
        raise ValueError("sub and acr in claims are texts")
    return tuple(named)


def _subject(places: Any) -> str | None:
    """The ``sub`` that is asked for by its value, in either place; two different ones can never be met."""
    named = {value for place in places for value in _values(place.get("sub") or {})}
    if len(named) > 1:
        raise ValueError("claims asks for more than one sub")
    return named.pop() if named else None


def _shown(name: str) -> str:
    return name if name.isascii() and name.isidentifier() and len(name) <= 40 else "a claim"  # noqa: PLR2004
