"""Opening a request object: what its client signed takes the place of what the address says (RFC 9101 §6.3)."""

from __future__ import annotations

from dataclasses import dataclass

from licet.ambient import SECOND, Instant
from licet.authorization_server.admission import client_usable, credential_usable
from licet.authorization_server.client_authentication.private_key_jwt import ALGORITHMS
from licet.authorization_server.directory import Directory
from licet.authorization_server.exchange import Incoming
from licet.events import Event, EventType
from licet.protocol import request_object
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

    async def opened(self, sent: Parameters, incoming: Incoming) -> Parameters:
        """The parameters that count: those of the request object where there is one that can be checked, else *sent*.

        Raises InvalidRequestObject, RequestNotSupported. Where the client has no keys, ``checks`` refuses what is left.
        """
        request, client_id = sent.get("request"), sent.get("client_id")
        if request is None or client_id is None or sent.get("request_uri") is not None:
            return sent
        registered = await self.directory.client(client_id)
        if registered is None or not client_usable(registered.client, incoming.at):
            return sent
        keys = _keys(registered, incoming.at)
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


def _keys(registered: Registered, now: Instant) -> list[VerifyingKey]:
    usable = (one for one in registered.credentials if one.kind == "jwk" and credential_usable(one, now))
    return [VerifyingKey.from_jwk(one.jwk) for one in usable if one.jwk]


def _outside(sent: Parameters, checked: request_object.Checked) -> tuple[tuple[str, str], ...]:
    """What OpenID Connect Core §6.1 has stand outside as well, where it stands there alone."""
    inside = {name for name, _ in checked.pairs}
    names = (name for name in ("client_id", "response_type") if name not in inside)
    return tuple((name, value) for name in names if (value := sent.get(name)) is not None)
