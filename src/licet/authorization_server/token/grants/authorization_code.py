"""The authorization code grant at the token endpoint (RFC 6749 §4.1.3; OAuth 2.1 §4.1.3).

Redeems a code minted by ``authorization/response.py``. Sender constraint and minting
are next door, in ``binding.py`` and ``issue.py``: no grant can forget them.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

import msgspec

from licet.ambient import SECOND, Instant
from licet.authorization_server.client_authentication.model import AuthenticatedClient
from licet.authorization_server.directory import Directory
from licet.authorization_server.exchange import Incoming
from licet.authorization_server.settings import Lifetimes
from licet.authorization_server.token.authorization import Authorization
from licet.authorization_server.token.standing import authorization_of, stands
from licet.events import EventType
from licet.protocol import pkce, secret_token
from licet.protocol.errors import InvalidGrant, InvalidRequest
from licet.requirements import (
    CODE_BOUND_TO_CLIENT,
    CODE_BOUND_TO_REDIRECT_URI,
    CODE_REPLAY_ENDS_GRANT,
    CODE_SHORT_LIVED,
    CODE_SINGLE_USE,
    PKCE_NO_DOWNGRADE,
    PKCE_VERIFIER_CHECKED,
)
from licet.storage.ending import ending
from licet.storage.ports import Codes, ConsumeCode, Ending, FoundCode, Grants
from licet.storage.records import Client, Code, Grant
from licet.storage.vault import Vault


class CodeRequest(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What a token request brings for a code."""

    code: str
    redirect_uri: str | None
    code_verifier: str | None
    resources: tuple[str, ...]


def judge(code: Code, request: CodeRequest, client: Client, now: Instant) -> None:
    """Decide whether *request* may redeem *code* (RFC 6749 §4.1.3, RFC 7636 §4.6).

    Pure. Consuming the code is the caller's next step, so a caller who cannot prove possession never burns it.
    A used code passes here even after it expired: who presents it with everything right is told apart from a guesser.

    Raises InvalidGrant: other client, expired, another redirect_uri (OAuth 2.1 §10.2: only if sent), wrong verifier.
    Raises InvalidRequest: a verifier for a request that had no challenge.
    """
    if code.client_id != client.client_id:
        raise InvalidGrant("The code was issued to another client", per=CODE_BOUND_TO_CLIENT)
    if code.expires_at <= now and code.consumed_at is None:
        raise InvalidGrant("The code has expired", per=CODE_SHORT_LIVED)
    _redirect_uri(code, request)
    _verifier(code, request)


def _redirect_uri(code: Code, request: CodeRequest) -> None:
    if request.redirect_uri is not None and request.redirect_uri != code.redirect_uri:
        raise InvalidGrant("redirect_uri is not the one of the authorization request", per=CODE_BOUND_TO_REDIRECT_URI)
    if code.code_challenge is None and code.redirect_uri_sent and request.redirect_uri is None:
        # Without PKCE it is the only thing that ties the code to the request that began it (RFC 6749 §4.1.3).
        raise InvalidGrant("redirect_uri is missing", per=CODE_BOUND_TO_REDIRECT_URI)


def _verifier(code: Code, request: CodeRequest) -> None:
    if code.code_challenge is None:
        if request.code_verifier is not None:
            # OAuth 2.1 §3.2.4 names the error: the request is malformed, whatever the code is worth.
            raise InvalidRequest("code_verifier was sent, but the request had no code_challenge", per=PKCE_NO_DOWNGRADE)
        return
    if request.code_verifier is None:
        raise InvalidGrant("code_verifier is missing", per=PKCE_VERIFIER_CHECKED)
    pkce.check_verifier(request.code_verifier)
    if not pkce.verify(request.code_verifier, code.code_challenge):
        raise InvalidGrant("code_verifier does not match the code_challenge", per=PKCE_VERIFIER_CHECKED)


@dataclass(frozen=True, slots=True)
class AuthorizationCode:
    """Find the code, judge it, and say what it buys."""

    codes: Codes
    grants: Grants
    directory: Directory
    vault: Vault
    lifetimes: Lifetimes
    grant_type: str = "authorization_code"

    async def redeem(self, incoming: Incoming, client: AuthenticatedClient) -> Authorization:
        request = self._read(incoming)
        found = await self._find(request)
        judge(found.code, request, client.client, incoming.at)
        grant = found.standing.grant
        if found.code.consumed_at is not None:
            # Before anything else of the request is looked at: no parameter may spare the grant its end.
            await self.grants.end(_replayed(grant, incoming), grant.grant_id)
            raise InvalidGrant("The code was used before: what it bought has ended", per=CODE_REPLAY_ENDS_GRANT)
        stands(found.standing, found.code.issued_at, client.client, self.directory.issuer, incoming.at)
        return authorization_of(
            found.standing,
            client.client,
            self.directory.issuer,
            resources=request.resources,
            nonce=grant.nonce,
            consumes=self._consumption(found.code, incoming.at),
        )

    @staticmethod
    def _read(incoming: Incoming) -> CodeRequest:
        form = incoming.form
        code = form.get("code")
        if code is None:
            raise InvalidRequest("code is missing", per=CODE_SINGLE_USE)
        return CodeRequest(
            code=code,
            redirect_uri=form.get("redirect_uri"),
            code_verifier=form.get("code_verifier"),
            resources=form.every("resource"),
        )

    async def _find(self, request: CodeRequest) -> FoundCode:
        issuer_id = self.directory.issuer.issuer_id
        if secret_token.well_formed("ac", request.code):
            for digest in self.vault.digests(issuer_id, "code", request.code):
                found = await self.codes.find(issuer_id, digest)
                if found is not None:
                    return found
        raise InvalidGrant("The code is not one of ours", per=CODE_SINGLE_USE)

    def _consumption(self, code: Code, now: Instant) -> ConsumeCode:
        keep_s = max(self.lifetimes.code_tombstone_s, self.lifetimes.access_token_s)
        return ConsumeCode(
            digest=code.digest,
            client_id=code.client_id,
            grant_id=code.grant_id,
            challenge_key=challenge_key(code.client_id, code.code_challenge) if code.code_challenge else None,
            tombstone_until=Instant(now + keep_s * SECOND),
        )


def _replayed(grant: Grant, incoming: Incoming) -> Ending:
    """The end that a replayed code brings (RFC 6749 §4.1.2); the store tells of it once."""
    return ending(
        grant.issuer_id,
        "grant",
        grant.handle,
        at=incoming.at,
        cause="code replayed",
        event=EventType.CODE_REPLAYED,
        actor=f"client:{grant.client_id}",
        subject=grant.subject_id,
        client=grant.client_id,
        grant=grant.grant_id,
        request_id=incoming.request_id,
        outcome="refused",
        requirement=CODE_REPLAY_ENDS_GRANT.id,
    )


def challenge_key(client_id: str, challenge: str) -> bytes:
    """Under which a redeemed code's challenge is remembered (rulings N)."""
    return sha256(client_id.encode() + b"\x00" + challenge.encode()).digest()
