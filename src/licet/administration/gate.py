"""Who may administer: a token of an app's own, for this API alone, or the token that whoever starts the server set.

Tokens are looked up as introspection looks them up, and so every ending reaches them. Wrong ones are counted; the right
one always passes (rulings V).
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import msgspec

from licet.ambient import SECOND
from licet.authorization_server import reserved
from licet.authorization_server.exchange import Incoming
from licet.authorization_server.presented import Lookup
from licet.protocol.errors import InsufficientScope, InvalidToken, Refusal, TooManyRequests
from licet.registration.reserved_scopes import ADMINISTRATION
from licet.requirements import (
    ADMINISTRATION_AUTHORIZED,
    ADMINISTRATION_GUESSING_THROTTLED,
    ADMINISTRATION_NOT_BEYOND_ITSELF,
    ADMINISTRATION_SCOPED,
)
from licet.resource_owner.guesses import Bucket, Guesses, network_of
from licet.resource_server import bearer

OPERATOR: Final = "token"
"""The actor of whoever came with ``LICET_ADMIN_TOKEN``."""
_STRANGERS: Final = frozenset({"dcr", "cimd"})
"""Whence clients come that no operator looked at: whatever they may otherwise, they do not administer."""
_OPEN_TO: Final = {"licet:plan": {"licet:plan", "licet:apply"}}
"""Whoever may do a thing may see first what it would do."""
_AT_ONCE, _EVERYWHERE, _REFILL_US = 50, 5000, 10 * SECOND


class Caller(msgspec.Struct, frozen=True, gc=False):
    """Somebody who may do something here."""

    actor: str
    """As events name it: ``client:ID`` or ``token``."""
    scopes: frozenset[str]

    def reach(self, may: tuple[str, ...]) -> None:
        """Refuse to touch an app that *may* more of the administration than the caller."""
        beyond = sorted(name for name in may if name in ADMINISTRATION and name not in self.scopes)
        if beyond:
            refusal = InsufficientScope(
                "This is an app of the administration, and it may more than you", per=ADMINISTRATION_NOT_BEYOND_ITSELF
            )
            refusal.scope = " ".join(beyond)
            raise refusal


@dataclass(frozen=True, slots=True)
class Gate:
    """The admin API's one way in."""

    lookup: Lookup
    guesses: Guesses
    token: bytes | None = None
    """SHA-256 of ``LICET_ADMIN_TOKEN``; None where there is none."""

    async def admit(self, incoming: Incoming, scope: str) -> Caller:
        """Whoever sent *incoming*, if they may *scope*. Raises InvalidToken, InsufficientScope, TooManyRequests."""
        value = bearer.token(incoming.authorization)
        if value is None:
            raise InvalidToken("An access token is needed", per=ADMINISTRATION_AUTHORIZED)
        caller = self._operator(value) or await self._app(value, incoming)
        if caller is None:
            raise await self._wrong(incoming)
        if not caller.scopes & _OPEN_TO.get(scope, {scope}):
            refusal = InsufficientScope(f"This takes the scope {scope}", per=ADMINISTRATION_SCOPED)
            refusal.scope = scope
            raise refusal
        return caller

    def _operator(self, value: str) -> Caller | None:
        if self.token is None or not hmac.compare_digest(sha256(value.encode()).digest(), self.token):
            return None
        return Caller(OPERATOR, frozenset(ADMINISTRATION))

    async def _app(self, value: str, incoming: Incoming) -> Caller | None:
        """An app for itself: what a person allowed it never reaches so far, whatever the token says."""
        found = await self.lookup.access_token(value, incoming.at)
        here = (reserved.audience(self.lookup.directory.issuer.url),)
        if found is None or found.dead is not None or found.aud != here or found.cnf is not None:
            return None
        registered = await self.lookup.directory.client(found.client_id)
        if found.standing is not None or registered is None or registered.client.source in _STRANGERS:
            return None
        return Caller(f"client:{found.client_id}", frozenset(found.scope))

    async def _wrong(self, incoming: Incoming) -> Refusal:
        buckets = (
            Bucket(b"administration\x00" + network_of(incoming.peer).encode(), _AT_ONCE, _REFILL_US),
            Bucket(b"administration", _EVERYWHERE, _REFILL_US * _AT_ONCE // _EVERYWHERE),
        )
        until = await self.guesses.take(self.lookup.directory.issuer.issuer_id, buckets, incoming.at)
        if until is None:
            return InvalidToken("The access token is not good here", per=ADMINISTRATION_AUTHORIZED)
        refusal = TooManyRequests("Too many wrong tokens from here", per=ADMINISTRATION_GUESSING_THROTTLED)
        refusal.retry_after_s = max(1, -(-(until - incoming.at) // SECOND))
        return refusal
