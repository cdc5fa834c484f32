"""An authorization request, read and frozen: data only. What judges it are the rows of ``checks.py``."""

from __future__ import annotations

from typing import Literal

import msgspec

from licet.protocol.claims_request import ClaimsRequest

ResponseMode = Literal["query", "form_post"]


class AuthorizationRequest(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What a client asks for (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1)."""

    client_id: str
    redirect_uri: str
    redirect_uri_sent: bool
    response_mode: ResponseMode
    state: str | None = None
    scope: tuple[str, ...]
    resources: tuple[str, ...] = ()
    code_challenge: str | None = None
    nonce: str | None = None
    prompt: tuple[str, ...] = ()
    max_age: int | None = None
    """Seconds since the person last proved themselves, at most."""
    login_hint: str = ""
    hinted_sub: str | None = None
    """The subject that ``id_token_hint`` names."""
    claims: ClaimsRequest | None = None
    acr_values: tuple[str, ...] = ()
    """Levels of authentication that would be welcome, in order; never demanded (OpenID Connect Core §3.1.2.1)."""

    @property
    def acr(self) -> tuple[str, ...]:
        """Every level that was named: what the ``claims`` parameter names comes first."""
        return (*(self.claims.acr if self.claims else ()), *self.acr_values)

    @property
    def essential_acr(self) -> tuple[str, ...]:
        """The levels of which one must be reached (OpenID Connect Core §5.5.1.1)."""
        return self.claims.acr if self.claims and self.claims.acr_essential else ()

    pushed: str | None = None
    """The transaction of the pushed request that this is a browser's run of; answered together (RFC 9126)."""


encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(AuthorizationRequest).decode
