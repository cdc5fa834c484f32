"""Who is asking? Exactly one way per request, and only one the client registered for (OAuth 2.1 §2.4).

A stranger learns nothing from the answer: an unknown client, a disabled one, a wrong secret and an assertion that
nobody's key signed read the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from licet.ambient import SECOND, Instant
from licet.authorization_server.admission import client_usable
from licet.authorization_server.client_authentication.model import AuthenticatedClient, Candidate, Method, Presented
from licet.authorization_server.client_authentication.none import NoAuthentication
from licet.authorization_server.directory import Directory
from licet.authorization_server.exchange import Incoming
from licet.authorization_server.settings import Throttles as Limits
from licet.protocol.errors import InvalidClient, InvalidRequest, TooManyAttempts
from licet.requirements import (
    CLIENT_AUTHENTICATED,
    CLIENT_KNOWN,
    ONE_METHOD_PER_REQUEST,
    SECRET_GUESSING_THROTTLED,
)
from licet.storage.ports import Registered, Throttles

FAILED = "Client authentication failed: unknown client, wrong credential, or another method than registered"
SECRET_METHODS = frozenset({"client_secret_basic", "client_secret_post"})
API_PREFIX = "api."
"""APIs authenticate as ``api.NAME``; no client's id begins so."""
_NONE = NoAuthentication()


@dataclass(frozen=True, slots=True)
class ClientAuthentication:
    """Finds the one method a request uses and lets it judge."""

    directory: Directory
    methods: tuple[Method, ...]
    throttles: Throttles
    limits: Limits

    async def client(self, incoming: Incoming, *, introduces: bool = False) -> AuthenticatedClient:
        """The client that sent *incoming*; raises InvalidClient, InvalidRequest or TooManyAttempts.

        *introduces*: one that is only named by its document may come for the first time.
        """
        candidate, method = await self._authenticated(incoming, introduces=introduces)
        if candidate.client is None:
            raise InvalidClient(FAILED, per=CLIENT_KNOWN, detail="an API's credential at a client's endpoint")
        return AuthenticatedClient(client=candidate.client, method=method)

    async def principal(self, incoming: Incoming) -> Candidate:
        """The client or API that sent *incoming*, for introspection (RFC 7662 §2.1)."""
        return (await self._authenticated(incoming))[0]

    async def _authenticated(self, incoming: Incoming, *, introduces: bool = False) -> tuple[Candidate, str]:
        presented, method = self._exactly_one(incoming)
        candidate = await self._candidate(presented.client_id, incoming, introduces=introduces)
        if method.name not in candidate.methods:
            await self._refuse(presented, candidate, incoming, "method not registered")
        wrong = await method.authenticate(presented, candidate, incoming)
        if wrong:
            await self._refuse(presented, candidate, incoming, wrong)
        return candidate, method.name

    def _exactly_one(self, incoming: Incoming) -> tuple[Presented, Method]:
        found = [(p, m) for m in self.methods if (p := m.presented(incoming)) is not None]
        if len(found) > 1:
            raise InvalidRequest(
                "More than one client authentication method in one request", per=ONE_METHOD_PER_REQUEST
            )
        if not found:
            if incoming.authorization is not None:
                raise InvalidClient(
                    "The Authorization header is not a well-formed Basic credential", per=CLIENT_AUTHENTICATED
                )
            named = _NONE.presented(incoming)
            if named is None:
                raise InvalidClient("Client authentication is missing", per=CLIENT_AUTHENTICATED)
            return named, _NONE
        presented, method = found[0]
        named_in_body = incoming.form.get("client_id")
        if named_in_body is not None and named_in_body != presented.client_id:
            raise InvalidRequest("client_id is not the client that authenticates", per=ONE_METHOD_PER_REQUEST)
        return presented, method

    async def _candidate(self, client_id: str, incoming: Incoming, *, introduces: bool) -> Candidate:
        issuer_id = self.directory.issuer.issuer_id
        if client_id.startswith(API_PREFIX):
            api = self.directory.catalogue.by_name.get(client_id.removeprefix(API_PREFIX))
            if api is not None:
                return Candidate(
                    issuer_id=issuer_id,
                    id=client_id,
                    methods=SECRET_METHODS | {"private_key_jwt"},
                    credentials=api.credentials,
                    api=api.resource.identifier,
                )
        registered = self.directory.at_hand(client_id) or await self._named(client_id, incoming, introduces=introduces)
        if registered is None or not client_usable(registered.client, incoming.at):
            return Candidate(issuer_id=issuer_id, id=client_id, methods=SECRET_METHODS, credentials=())
        metadata = registered.client.metadata
        method = metadata.token_endpoint_auth_method
        return Candidate(
            issuer_id=issuer_id,
            id=client_id,
            methods=SECRET_METHODS if method == "client_secret" else frozenset([method]),
            credentials=registered.credentials,
            signing_alg=metadata.token_endpoint_auth_signing_alg,
            client=registered.client,
        )

    async def _named(self, client_id: str, incoming: Incoming, *, introduces: bool) -> Registered | None:
        """Who is introduced hears what is wrong with its document; of any other a stranger learns nothing."""
        try:
            return await self.directory.named(client_id, incoming.at, introduces=introduces, peer=incoming.peer)
        except InvalidRequest:
            if introduces:
                raise
            return None

    async def _refuse(self, presented: Presented, candidate: Candidate, incoming: Incoming, detail: str) -> None:
        """Say no, and count it: only failures fill the bucket, the right secret always passes (rulings V)."""
        if candidate.client is not None or candidate.api is not None:
            await self.directory.client_of_nobody()
        retry = await self._count(presented.client_id, incoming.at) if presented.proof else None
        if retry is not None:
            refusal = TooManyAttempts(
                "Too many wrong credentials for this client; the right one still passes", per=SECRET_GUESSING_THROTTLED
            )
            refusal.retry_after_s = max(1, -(-(retry - incoming.at) // SECOND))
            raise refusal
        raise InvalidClient(FAILED, per=CLIENT_AUTHENTICATED, detail=detail)

    async def _count(self, client_id: str, now: Instant) -> Instant | None:
        limit = self.limits.secret_per_client
        cost = self.limits.secret_refill_s * SECOND
        key = b"client-secret\x00" + client_id.encode()[:256]
        return await self.throttles.spend(self.directory.issuer.issuer_id, key, now, cost, cost * limit)
