"""POST /par: a client lodges its authorization request before the browser comes (RFC 9126).

It is believed by the same checks as one that a browser brings, and kept as a transaction without a browser. Each
browser that comes with its ``request_uri`` gets a transaction of its own; the first that is answered completes the
pushed one with it, so reloading works and a second answer does not (rulings A).
"""

from __future__ import annotations

from dataclasses import dataclass

from licet.ambient import SECOND, Entropy
from licet.authorization_server.authorization import request as frozen
from licet.authorization_server.authorization.addressee import addressee_of
from licet.authorization_server.authorization.endpoint import AuthorizationEndpoint
from licet.authorization_server.authorization.lodged import KIND, URN, Lodged
from licet.authorization_server.client_authentication import ClientAuthentication
from licet.authorization_server.exchange import Incoming, Json
from licet.protocol import secret_token
from licet.protocol.errors import InvalidRequest, TooManyRequests
from licet.requirements import PUSHED_NO_REQUEST_URI, PUSHING_THROTTLED
from licet.resource_owner.guesses import Bucket, Guesses, network_of
from licet.storage.records import Client

CREATED = 201


@dataclass(frozen=True, slots=True)
class PushedRequests:
    """The Pushed Authorization Request Endpoint."""

    authentication: ClientAuthentication
    authorization: AuthorizationEndpoint
    lodged: Lodged
    entropy: Entropy
    guesses: Guesses

    async def __call__(self, incoming: Incoming) -> Json:
        if incoming.form.get("request_uri") is not None:
            raise InvalidRequest("request_uri is not for a pushed request", per=PUSHED_NO_REQUEST_URI)
        incoming.form.refuse_repeated()
        client = (await self.authentication.client(incoming, introduces=True)).client
        await self._room(client, incoming)
        parameters = await self.authorization.request_objects.opened(incoming.form, incoming, client.client_id)
        answer_to = addressee_of(client, parameters)
        request = await self.authorization.read(parameters, answer_to, incoming, column="pushed")
        handle = secret_token.make(KIND, self.entropy.bytes(secret_token.RANDOM_BYTES))
        await self.lodged.put(client, frozen.encode(request), handle, incoming.at)
        return Json(body={"request_uri": URN + handle, "expires_in": self.lodged.pushing.request_s}, status=CREATED)

    async def _room(self, client: Client, incoming: Incoming) -> None:
        """One more from this client; what anybody may push in a public client's name is counted by network, too."""
        pushing, issuer_id = self.lodged.pushing, client.issuer_id
        per = SECOND // pushing.per_second
        whose = f"{client.client_id}\x00{network_of(incoming.peer) if client.metadata.public else ''}"
        buckets = [Bucket(b"pushed\x00" + whose.encode(), pushing.at_once, per)]
        if client.metadata.public:
            buckets.append(Bucket(b"pushed-by-anybody", pushing.at_once * 10, per // 10))
        until = await self.guesses.take(issuer_id, buckets, incoming.at)
        if until is not None:
            refusal = TooManyRequests("Too many pushed requests; push when somebody signs in", per=PUSHING_THROTTLED)
            refusal.retry_after_s = max(1, -(-(until - incoming.at) // SECOND))
            raise refusal
