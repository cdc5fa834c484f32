"""The authorization code flow as a client plays it: ask, check the answer, redeem (OAuth 2.1 §4.1).

What was asked is kept in a ``Begun``; an answer counts only if it answers that one, from that issuer.
"""

from __future__ import annotations

from hmac import compare_digest

import msgspec

from licet.ambient import Entropy
from licet.client.authentication import Credentials
from licet.client.discovery import Untrusted, endpoint
from licet.client.token_request import RefusedError, Tokens, tokens
from licet.client.transport import Pairs, Transport
from licet.protocol import issuer as issuers
from licet.protocol import pkce, redirect_uri
from licet.protocol.errors import InvalidRequest
from licet.protocol.jose import base64url
from licet.protocol.parameters import Parameters
from licet.protocol.server_metadata import ServerMetadata

_RANDOM_BYTES = 32


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """A request on its way: what its answer is held against. Holds the verifier, a secret."""

    issuer: str
    client_id: str
    redirect_uri: str
    url: str
    """Where the browser goes."""
    state: str
    nonce: str
    verifier: str


class ForeignAnswer(Exception):  # noqa: N818  a finding about an answer, not a mistake of the caller
    """The answer is not one to the request that was sent."""


def begin(
    metadata: ServerMetadata, *, client_id: str, redirect: str, scope: str, entropy: Entropy, extra: Pairs = ()
) -> Begun:
    """A new request, with PKCE, state and nonce of its own.

    Raises Untrusted where the server does not say that it checks PKCE: then it might not (RFC 9700 §2.1.1).
    """
    if pkce.METHOD not in (metadata.code_challenge_methods_supported or ()):
        raise Untrusted(f"{metadata.issuer} does not say that it supports PKCE with S256")
    address = endpoint(metadata, metadata.authorization_endpoint, "authorization_endpoint")
    verifier = pkce.make_verifier(entropy.bytes(_RANDOM_BYTES))
    state, nonce = (base64url.encode(entropy.bytes(_RANDOM_BYTES)).decode() for _ in range(2))
    pairs = (
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", redirect),
        ("scope", scope),
        ("state", state),
        ("nonce", nonce),
        ("code_challenge", pkce.challenge_of(verifier)),
        ("code_challenge_method", pkce.METHOD),
        *extra,
    )
    return Begun(
        issuer=metadata.issuer,
        client_id=client_id,
        redirect_uri=redirect,
        url=redirect_uri.with_parameters(address, pairs),
        state=state,
        nonce=nonce,
        verifier=verifier,
    )


def code_of(begun: Begun, answer: Parameters) -> str:
    """The code in *answer*, if it answers *begun* (OAuth 2.1 §4.1.2, RFC 9207 §2.4).

    Raises ForeignAnswer: another state, another issuer, none of either; RefusedError: the server or the person said no.
    """
    try:
        state, iss, code, error = (answer.get(name) for name in ("state", "iss", "code", "error"))
    except InvalidRequest as repeated:
        raise ForeignAnswer(f"In the answer, {repeated.description}") from None
    if state is None or not compare_digest(state.encode(), begun.state.encode()):
        raise ForeignAnswer("The answer has not the state that was sent: it answers another request")
    if not issuers.matches(begun.issuer, iss):
        raise ForeignAnswer(f"The answer is from {iss or 'nobody'}, the request went to {begun.issuer}")
    if error is not None:
        raise RefusedError(error, answer.get("error_description") or "", 0)
    if code is None:
        raise ForeignAnswer("The answer has neither a code nor an error")
    return code


def redeem(begun: Begun, code: str, metadata: ServerMetadata, credentials: Credentials, transport: Transport) -> Tokens:
    """Tokens for *code*. Raises RefusedError, Unreachable, Untrusted."""
    form = (
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", begun.redirect_uri),
        ("code_verifier", begun.verifier),
    )
    return tokens(transport, endpoint(metadata, metadata.token_endpoint, "token_endpoint"), form, credentials)
