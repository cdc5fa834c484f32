"""The decision of a guard: a request with what it needs comes in, *admitted* or *challenged* goes out.

Pure but for the validator. Whatever goes wrong is a refusal: there is no third answer that a caller could take
for a yes (the rule of this room: deny by default).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence

import msgspec

from licet.protocol import challenge
from licet.protocol import scope as scopes
from licet.protocol.access_token import AccessClaims
from licet.protocol.errors import InsufficientScope, InvalidToken, Refusal
from licet.requirements import SCOPE_SUFFICIENT, TOKEN_ACCEPTED_ONLY_VALID
from licet.resource_server import bearer

Validator = Callable[[str, int], AccessClaims]
"""Turns a token and the time in seconds into its claims; raises InvalidToken."""

_LOG = logging.getLogger("licet.guard")
_UNSAFE = re.compile(r"[^ !#-\[\]-~]")
"""What may not stand in ``error_description`` (RFC 6750 §3)."""
_LONGEST = 300


class Admitted(msgspec.Struct, frozen=True, gc=False):
    """The request may go on; *claims* say for whom."""

    claims: AccessClaims


class Challenged(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The request ends here, with this answer."""

    status: int
    www_authenticate: str
    body: dict[str, str]


def admit(
    authorization: Sequence[str] | str | None,
    needs: tuple[str, ...],
    validator: Validator,
    now_s: int,
    realm: str | None = None,
) -> Admitted | Challenged:
    """Decide whether a request with this ``Authorization`` header may do what *needs* all these scopes.

    401 where there is no token or it is not good here, 403 where it does not reach far enough (RFC 6750 §3.1), 400
    where the header cannot be read in one way, 500 where we failed: never a yes.
    """
    try:
        token = bearer.token(authorization)
        if token is None:
            return _no_token(needs, realm)
        claims = validator(token, now_s)
        _judge(claims, needs)
    except Refusal as refusal:
        return _challenged(refusal, needs, realm)
    except Exception:  # noqa: BLE001  whatever it is, it is a no
        _LOG.exception("the guard itself failed; the request was refused")
        body = {"error": "server_error", "error_description": "The guard of this API failed; nothing was done"}
        return Challenged(status=500, www_authenticate=_written(realm), body=body)
    return Admitted(claims)


def _judge(claims: AccessClaims, needs: tuple[str, ...]) -> None:
    if claims.cnf is not None:
        # As a bearer token it would be worth more to a thief than to its owner (RFC 9449 §7.2).
        raise InvalidToken("The token is bound to a key; Bearer does not prove it", per=TOKEN_ACCEPTED_ONLY_VALID)
    missing = tuple(name for name in needs if name not in claims.scope)
    if missing:
        has = scopes.format(claims.scope) or "no scope"
        raise InsufficientScope(f"This needs {scopes.format(missing)}; the token has {has}", per=SCOPE_SUFFICIENT)


def _no_token(needs: tuple[str, ...], realm: str | None) -> Challenged:
    """Who brought nothing is told what to bring, and no error (RFC 6750 §3.1)."""
    body = {"error": "invalid_token", "error_description": "Send an access token as Authorization: Bearer"}
    return Challenged(status=401, www_authenticate=_written(realm, scope=_scope(needs)), body=body)


def _challenged(refusal: Refusal, needs: tuple[str, ...], realm: str | None) -> Challenged:
    description = _UNSAFE.sub("?", refusal.description.replace('"', "'"))[:_LONGEST]
    asks = _scope(needs) if isinstance(refusal, InsufficientScope) else None
    said = {"error": refusal.error, "error_description": description, "scope": asks}
    body = {name: value for name, value in said.items() if value is not None}
    return Challenged(status=refusal.status, www_authenticate=_written(realm, **said), body=body)


def _scope(needs: tuple[str, ...]) -> str | None:
    return scopes.format(needs) or None


def _written(realm: str | None, **said: str | None) -> str:
    return challenge.write(challenge.bearer({"realm": realm, **said}))
