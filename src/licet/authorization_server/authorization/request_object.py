"""Opening a request object: what its client signed takes the place of what the address says (RFC 9101 §6.3)."""

from __future__ import annotations

from dataclasses import dataclass

from licet.ambient import SECOND, Instant
from licet.authorization_server.admission import client_usable, credential_usable
from licet.authorization_server.client_authentication.private_key_jwt import ALGORITHMS
from licet.authorization_server.client_keys import ClientKeys
from licet.authorization_server.directory import Directory
from licet.authorization_server.exchange import Incoming
from licet.events import Event, EventType
from licet.protocol import client_assertion, request_object
from licet.protocol.errors import InvalidRequestObject
from licet.protocol.jose import VerifyingKey
from licet.protocol.parameters import Parameters
from licet.requirements import REQUEST_OBJECT_ONCE
from licet.storage.ports import Registered, Replay
from licet.storage.records import Client

_SKEW_S = 60


@dataclass(frozen=True, slots=True)
class RequestObjects:
    """Request objects by value, of clients that registered keys."""

    directory: Directory
    replay: Replay
    published: ClientKeys

    async def opened(self, sent: Parameters, incoming: Incoming, client_id: str | None = None) -> Parameters:
        """The parameters that count: those of the request object where there is one that can be checked, else *sent*.

        *client_id* is who has proved to be asking, where that is known; else it must stand in *sent*.

        Raises InvalidRequestObject, RequestNotSupported. Where the client has no keys, ``checks`` refuses what is left.
        """
        request, client_id = sent.get("request"), client_id or sent.get("client_id")
        if request is None or client_id is None or sent.get("request_uri") is not None:
            return sent
        registered = await self.directory.named(client_id, incoming.at, introduces=True, peer=incoming.peer)
        if registered is None or not client_usable(registered.client, incoming.at):
            return sent
        keys = await self._keys(registered, request, incoming.at)
        if not keys:
            return sent
        client = registered.client
        pinned = client.metadata.request_object_signing_alg
        checked = request_object.check(
            request,
            keys,
            client_id=client_id,
            issuer=self.directory.issuer.url,
            now_s=incoming.at // SECOND,
            algs=frozenset([pinned] if pinned else ALGORITHMS),
        )
        await self._burn(client, checked, incoming)
        return Parameters((*_outside(sent, checked), *checked.pairs))

    async def _keys(self, registered: Registered, request: str, now: Instant) -> list[VerifyingKey]:
        """The keys that are registered, and those that are published where the registration says."""
        keys: list[VerifyingKey] = []
        for credential in registered.credentials:
            if credential.jwk is None or not credential_usable(credential, now):
                continue
            if credential.kind == "jwks_uri":
                keys += await self.published.find(credential.jwk["jwks_uri"], client_assertion.peek_kid(request), now)
            else:
                keys.append(VerifyingKey.from_jwk(credential.jwk))
        return keys

    async def _burn(self, client: Client, checked: request_object.Checked, incoming: Incoming) -> None:
        if checked.jti_key is None:
            return
        event = Event(
            issuer_id=client.issuer_id,
            type=EventType.REQUEST_OBJECT_USED,
            at=incoming.at,
            actor=f"client:{client.client_id}",
            client=client.client_id,
            request_id=incoming.request_id,
        )
        key = client.client_id.encode() + b"\x00" + checked.jti_key
        until = Instant((checked.expires_at_s + _SKEW_S) * SECOND)
        if not await self.replay.burn(client.issuer_id, "request-object", key, incoming.at, until, event):
            raise InvalidRequestObject("This request object was used before; sign a new one", per=REQUEST_OBJECT_ONCE)


def _outside(sent: Parameters, checked: request_object.Checked) -> tuple[tuple[str, str], ...]:
    """What OpenID Connect Core §6.1 has stand outside as well, where it stands there alone."""
    inside = {name for name, _ in checked.pairs}
    names = (name for name in ("client_id", "response_type") if name not in inside)
    return tuple((name, value) for name in names if (value := sent.get(name)) is not None)
