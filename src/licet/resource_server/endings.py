"""What an API has heard of endings, so that a JWT is not believed to its last second (rulings J).

An API asks ``POST /endings`` with its own credential, again and again; what it hears is kept here and asked for each
token. Where nothing was heard for a while the API cannot know, and no token is believed.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

import msgspec

from licet.protocol.access_token import AccessClaims
from licet.protocol.errors import InvalidToken, TemporarilyUnavailable
from licet.protocol.jose import header_of
from licet.requirements import TOKEN_ACCEPTED_ONLY_VALID
from licet.resource_server.admit import Validator

SILENT_S = 30
"""Longer without an answer, and no token is believed."""
ALL = "*"
KEPT_S = 24 * 3600
"""Longer than any access token lives."""


class Told(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One line of the feed."""

    kind: str
    """``jti``, ``grant``, ``client``, ``key`` or ``all``."""
    key: str
    issued_until: int | None = None
    """Seconds: only what was issued until then is over. None: for good."""


class Heard(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One answer of the feed."""

    endings: tuple[Told, ...]
    next: int
    """Where to go on."""
    more: bool = False
    """Whether more is waiting."""
    again: bool = False
    """Whether it was told from the beginning."""


read = msgspec.json.Decoder(Heard).decode


@dataclass(slots=True)
class Endings:
    """Everything that one issuer said has ended, as far as this API heard."""

    since: int = 0
    """What the next question names."""
    _heard_s: int | None = None
    _over: OrderedDict[tuple[str, str], tuple[int | None, int]] = field(default_factory=OrderedDict)
    """What ended → until when it was issued, and when that was heard."""

    def hear(self, heard: Heard, now_s: int) -> None:
        """Take in an answer that came at *now_s*; what no token can carry any more is forgotten."""
        for told in heard.endings:
            place = told.kind, ALL if told.kind == "all" else told.key
            before = self._over.pop(place, (0, now_s))[0]
            until = None if told.issued_until is None or before is None else max(before, told.issued_until)
            self._over[place] = until, now_s
        while self._over and next(iter(self._over.values()))[1] <= now_s - KEPT_S:
            self._over.popitem(last=False)
        self.since = heard.next
        if not heard.more:
            self._heard_s = now_s

    def silent(self, now_s: int) -> bool:
        """Whether too long nothing was heard: then this knows nothing."""
        return self._heard_s is None or now_s - self._heard_s > SILENT_S

    def over(self, claims: AccessClaims, kid: str | None) -> bool:
        """Whether a token with these claims, signed with *kid*, has ended."""
        places = (
            ("jti", claims.jti),
            ("grant", claims.grant_id),
            ("client", claims.client_id),
            ("key", kid),
            ("all", ALL),
        )
        return any(self._ended(kind, key, claims.iat) for kind, key in places if key is not None)

    def _ended(self, kind: str, key: str, iat: int) -> bool:
        found = self._over.get((kind, key))
        return found is not None and (found[0] is None or iat <= found[0])


@dataclass(frozen=True, slots=True)
class Followed:
    """A validator that also asks what ended."""

    validator: Validator
    endings: Endings

    def __call__(self, token: str, now_s: int) -> AccessClaims:
        """What *token* says; raises InvalidToken, and TemporarilyUnavailable where the feed is silent."""
        claims = self.validator(token, now_s)
        if self.endings.silent(now_s):
            raise TemporarilyUnavailable(
                "Whether tokens still hold is not known just now", per=TOKEN_ACCEPTED_ONLY_VALID
            )
        if self.endings.over(claims, header_of(token).kid):
            raise InvalidToken("What the token came from has ended", per=TOKEN_ACCEPTED_ONLY_VALID)
        return claims
