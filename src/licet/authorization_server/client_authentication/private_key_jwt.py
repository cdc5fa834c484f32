"""``private_key_jwt``: an assertion signed with the client's own key (RFC 7523 §2.2, RFC 10070; rulings K)."""

from __future__ import annotations

from dataclasses import dataclass

from licet.ambient import SECOND, Instant
from licet.authorization_server.admission import credential_usable
from licet.authorization_server.client_authentication.model import Candidate, Presented
from licet.authorization_server.client_keys import ClientKeys
from licet.authorization_server.directory import Directory
from licet.authorization_server.exchange import Incoming
from licet.authorization_server.policy import Policy
from licet.events import Event, EventType
from licet.protocol import client_assertion
from licet.protocol.errors import InvalidClient, InvalidRequest
from licet.protocol.jose import VerifyingKey
from licet.requirements import (
    ASSERTION_AUDIENCE_IS_ISSUER,
    ASSERTION_SIGNED,
    ASSERTION_SINGLE_USE,
    ASSERTION_WELL_FORMED,
)
from licet.storage.ports import Replay

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")
"""What a client's key may sign with (rulings H)."""
_SKEW_S = 60
_UNPROVEN = (ASSERTION_WELL_FORMED, ASSERTION_SIGNED)
"""What may be wrong before a key has signed for anything: said to anybody, it would tell which clients there are."""


@dataclass(frozen=True, slots=True)
class PrivateKeyJwt:
    """An assertion in the body, good once."""

    directory: Directory
    policy: Policy
    replay: Replay
    published: ClientKeys
    name: str = "private_key_jwt"

    def presented(self, incoming: Incoming) -> Presented | None:
        form = incoming.form
        assertion, kind = form.get("client_assertion"), form.get("client_assertion_type")
        if assertion is None and kind is None:
            return None
        if assertion is None or kind != JWT_BEARER:
            raise InvalidRequest(
                f"client_assertion needs client_assertion_type={JWT_BEARER}", per=ASSERTION_WELL_FORMED
            )
        client_id = form.get("client_id") or client_assertion.peek_client_id(assertion) or ""
        return Presented(method=self.name, client_id=client_id, proof=assertion)

    async def authenticate(self, presented: Presented, candidate: Candidate, incoming: Incoming) -> str:
        keys = await self._keys(presented, candidate, incoming.at)
        if not keys:
            return "no live key"
        try:
            checked = self._check(presented, candidate, keys, incoming.at)
        except InvalidClient as refusal:
            if refusal.per in _UNPROVEN:
                return refusal.description
            raise
        await self._burn(candidate, checked, incoming)
        return ""

    async def _keys(self, presented: Presented, candidate: Candidate, now: Instant) -> list[VerifyingKey]:
        """The keys that are registered, and those that are published where the registration says."""
        keys: list[VerifyingKey] = []
        for credential in candidate.credentials:
            if credential.jwk and credential_usable(credential, now):
                if credential.kind == "jwks_uri":
                    kid = client_assertion.peek_kid(presented.proof)
                    keys += await self.published.find(credential.jwk["jwks_uri"], kid, now)
                else:
                    keys.append(VerifyingKey.from_jwk(credential.jwk))
        return keys

    def _check(
        self, presented: Presented, candidate: Candidate, keys: list[VerifyingKey], now: Instant
    ) -> client_assertion.Checked:
        return client_assertion.check(
            presented.proof,
            keys,
            client_id=candidate.id,
            issuer=self.directory.issuer.url,
            now_s=now // SECOND,
            accepted_audiences=self._audiences(candidate, now),
            algs=frozenset([candidate.signing_alg] if candidate.signing_alg else ALGORITHMS),
        )

    def _audiences(self, candidate: Candidate, now: Instant) -> frozenset[str]:
        issuer = self.directory.issuer.url
        if candidate.client is None or self.policy.demands(ASSERTION_AUDIENCE_IS_ISSUER, candidate.client, now):
            return frozenset([issuer])
        return frozenset([issuer, f"{issuer}/token", f"{issuer}/par", f"{issuer}/introspect", f"{issuer}/revoke"])

    async def _burn(self, candidate: Candidate, checked: client_assertion.Checked, incoming: Incoming) -> None:
        """Spend the assertion now: it is spent even where the grant is then refused (rulings A)."""
        key = candidate.id.encode() + b"\x00" + checked.jti_key
        event = Event(
            issuer_id=candidate.issuer_id,
            type=EventType.ASSERTION_USED,
            at=incoming.at,
            actor=f"client:{candidate.id}",
            client=candidate.id,
            request_id=incoming.request_id,
        )
        expires_at = Instant((checked.expires_at_s + _SKEW_S) * SECOND)
        if not await self.replay.burn(candidate.issuer_id, "assertion", key, incoming.at, expires_at, event):
            raise InvalidClient(
                "This assertion was used before; sign a new one for each request", per=ASSERTION_SINGLE_USE
            )
