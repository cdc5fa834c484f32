"""Judging a JWT access token with the issuer's public keys alone, without asking anybody (RFC 9068 §4).

What ended before its time is not seen here: that is what introspection and the feed of endings are for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from licet.protocol import access_token
from licet.protocol.access_token import AccessClaims
from licet.protocol.errors import InvalidToken
from licet.protocol.jose import InvalidJWT, VerifyingKey, header_of, parse
from licet.requirements import TOKEN_ACCEPTED_ONLY_VALID

Keys = Mapping[str, VerifyingKey] | Callable[[str], VerifyingKey | None]
"""An issuer's public keys by ``kid``, or what looks one up."""


@dataclass(frozen=True, slots=True)
class Local:
    """Validates tokens for one API."""

    audience: str
    """The API's identifier."""
    issuers: Mapping[str, Keys]
    """Whose tokens count, each with its own keys: a key of one never signs for another."""
    leeway_s: int = 0
    algs: frozenset[str] = access_token.ANY_ALGORITHM

    def __call__(self, token: str, now_s: int) -> AccessClaims:
        """What *token* says; raises InvalidToken, in words that name what was expected."""
        issuer = self._issuer(token)
        claims = access_token.check(
            token,
            self._keys(issuer, token),
            issuer=issuer,
            audience=None,
            now_s=now_s,
            leeway_s=self.leeway_s,
            algs=self.algs,
        )
        if self.audience not in claims.aud:
            # Only now: before the signature was good, the token could have said anything.
            raise InvalidToken(
                f"The token is for {_listed(claims.aud)}, this API is {self.audience}", per=TOKEN_ACCEPTED_ONLY_VALID
            )
        return claims

    def _issuer(self, token: str) -> str:
        """Which issuer the token says it is from. Chosen before its keys, so that no key is tried for two."""
        if len(self.issuers) == 1:  # the check compares it: no need to read the token twice
            return next(iter(self.issuers))
        try:
            said = parse(token).payload.get("iss")
        except InvalidJWT as error:
            raise InvalidToken(f"The access token {error.reason}", per=TOKEN_ACCEPTED_ONLY_VALID) from error
        if type(said) is not str or said not in self.issuers:
            raise InvalidToken("The access token is from another issuer", per=TOKEN_ACCEPTED_ONLY_VALID)
        return said

    def _keys(self, issuer: str, token: str) -> Mapping[str, VerifyingKey]:
        keys = self.issuers[issuer]
        if isinstance(keys, Mapping):
            return keys
        try:
            kid = header_of(token).kid
        except InvalidJWT as error:
            raise InvalidToken(f"The access token {error.reason}", per=TOKEN_ACCEPTED_ONLY_VALID) from error
        key = keys(kid) if kid is not None else None
        return {} if kid is None or key is None else {kid: key}


def _listed(audience: tuple[str, ...]) -> str:
    return " and ".join(audience)
