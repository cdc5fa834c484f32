"""GET and POST /authorize: address, read, interact, respond (OAuth 2.1 §3.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from licet.ambient import Instant
from licet.authorization_server import scopes
from licet.authorization_server.admission import client_usable
from licet.authorization_server.apps import app_of
from licet.authorization_server.authorization import checks
from licet.authorization_server.authorization import request as frozen
from licet.authorization_server.authorization.addressee import Addressee, addressee, modes, once
from licet.authorization_server.authorization.lodged import URN, Lodged, visited
from licet.authorization_server.authorization.request import AuthorizationRequest
from licet.authorization_server.authorization.request_object import RequestObjects
from licet.authorization_server.authorization.response import Way
from licet.authorization_server.authorization.steps import Steps
from licet.authorization_server.directory import Directory
from licet.authorization_server.exchange import Answer, Incoming
from licet.authorization_server.keys import Ring
from licet.authorization_server.policy import Policy
from licet.authorization_server.token.grants.authorization_code import challenge_key
from licet.authorization_server.views import App
from licet.protocol import redirect_uri as redirects
from licet.protocol.errors import InvalidRequest, Refusal
from licet.protocol.parameters import Parameters
from licet.requirements import (
    CLIENT_KNOWN,
    PKCE_CHALLENGE_FRESH,
    PUSHED_BOUND_TO_CLIENT,
    PUSHED_SINGLE_USE,
    REDIRECT_URI_REGISTERED,
    TRANSACTION_ONCE,
)
from licet.storage.ports import Replay, SignedIn
from licet.storage.records import Transaction


@dataclass(frozen=True, slots=True)
class AuthorizationEndpoint:
    """The Authorization Endpoint."""

    directory: Directory
    policy: Policy
    ring: Ring
    replay: Replay
    steps: Steps
    request_objects: RequestObjects
    lodged: Lodged

    async def __call__(self, incoming: Incoming) -> Answer:
        sent = incoming.form if incoming.method == "POST" else incoming.query
        request_uri = once(sent, "request_uri")
        if request_uri is not None and request_uri.startswith(URN):
            return await self._pushed(sent, request_uri, incoming)
        try:
            parameters = await self.request_objects.opened(sent, incoming)
        except InvalidRequest:  # repeated: what follows says so, to whom it concerns
            parameters = sent
        except Refusal as refusal:
            answer_to = await addressee(sent, self.directory, incoming.at, incoming.peer)
            return self.steps.refused(answer_to, refusal, incoming, None, Way())
        answer_to = await addressee(parameters, self.directory, incoming.at, incoming.peer)
        try:
            request = await self.read(parameters, answer_to, incoming)
        except Refusal as refusal:
            return self.steps.refused(answer_to, refusal, incoming, None, Way())
        return await self._begin(request, answer_to, incoming)

    async def _begin(self, request: AuthorizationRequest, answer_to: Addressee, incoming: Incoming) -> Answer:
        if incoming.method == "POST":
            # Another site's form arrives without our Lax cookies: keep the request and come back by a GET of our own.
            transaction, cookie = await self.steps.keep(request, incoming)
            return self.steps.go("/continue", transaction, (cookie,))
        return await self.steps.advance(request, answer_to, incoming, None, way=Way())

    async def _pushed(self, parameters: Parameters, request_uri: str, incoming: Incoming) -> Answer:
        """A browser comes with what its client pushed: nothing else of its address is read (RFC 9126 §4)."""
        pushed = await self.lodged.find(
            self.directory.issuer.issuer_id, request_uri, parameters.get("client_id"), incoming.at
        )
        if pushed is None:
            raise InvalidRequest("This request_uri is expired, or not this client's", per=PUSHED_BOUND_TO_CLIENT)
        if pushed.state != "open":
            raise InvalidRequest("This request_uri was answered already", per=PUSHED_SINGLE_USE)
        request, answer_to = await self.kept(pushed, incoming.at)
        return await self._begin(visited(request, pushed), answer_to, incoming)

    async def read(
        self,
        parameters: Parameters,
        answer_to: Addressee,
        incoming: Incoming,
        *,
        column: Literal["authorize", "pushed"] = "authorize",
    ) -> AuthorizationRequest:
        """The request, believed; raises the first Refusal."""
        draft = checks.Draft(
            parameters=parameters,
            client=answer_to.client,
            response_modes=modes(answer_to.client, answer_to.redirect_uri),
            catalogue=self.directory.catalogue,
            policy=self.policy,
            ring=self.ring,
            issuer=self.directory.issuer.url,
            now=incoming.at,
            pushed_only=self.lodged.pushing.required,
        )
        fields = checks.run(draft, column=column)
        await self._fresh(fields["code_challenge"], answer_to, incoming)
        return AuthorizationRequest(
            client_id=answer_to.client.client_id,
            redirect_uri=answer_to.redirect_uri,
            redirect_uri_sent=answer_to.sent,
            response_mode=answer_to.response_mode,
            **fields,
        )

    async def _fresh(self, challenge: str | None, answer_to: Addressee, incoming: Incoming) -> None:
        """A challenge that bought tokens once was not made for this request (RFC 9700 §2.1.1; rulings N)."""
        if challenge is None:
            return
        key = challenge_key(answer_to.client.client_id, challenge)
        if await self.replay.seen(self.directory.issuer.issuer_id, "challenge", key, incoming.at):
            raise InvalidRequest(
                "code_challenge was used before; make a new one for each request", per=PKCE_CHALLENGE_FRESH
            )

    async def resume(
        self, transaction: Transaction, incoming: Incoming, signed_in: SignedIn | None, way: Way
    ) -> Answer:
        """Go on with a kept request, after a page or a reload."""
        request, answer_to = await self.kept(transaction, incoming.at)
        return await self.steps.advance(request, answer_to, incoming, transaction, signed_in=signed_in, way=way)

    async def kept(self, transaction: Transaction, now: Instant) -> tuple[AuthorizationRequest, Addressee]:
        """The request as it was believed, as far as it still stands: client, address or scopes may have gone meanwhile.

        Raises InvalidRequest where it does not: whoever is not known any more is not answered either.
        """
        if not transaction.request:  # another press of the button was quicker, and what was asked is forgotten
            raise InvalidRequest("This sign-in was answered already", per=TRANSACTION_ONCE)
        request = frozen.decode(transaction.request)
        registered = self.directory.at_hand(request.client_id)
        if registered is None:
            registered = await self.directory.named(request.client_id, now, introduces=True)
        if registered is None or not client_usable(registered.client, now):
            raise InvalidRequest("The app is not known here any more", per=CLIENT_KNOWN)
        client = registered.client
        native = client.metadata.application_type == "native"
        if redirects.find(client.metadata.redirect_uris, request.redirect_uri, native=native) is None:
            raise InvalidRequest("The app's address is not known here any more", per=REDIRECT_URI_REGISTERED)
        scope = scopes.left(request.scope, client, self.directory.catalogue)
        return msgspec.structs.replace(request, scope=scope), Addressee(
            client=client,
            redirect_uri=request.redirect_uri,
            sent=request.redirect_uri_sent,
            response_mode=request.response_mode,
            state=request.state,
        )

    async def app(self, transaction: Transaction, now: Instant) -> tuple[App, str]:
        """The app to show on the sign-in page, and the name its request hinted at."""
        request, answer_to = await self.kept(transaction, now)
        development = self.directory.issuer.development
        return app_of(answer_to.client, answer_to.redirect_uri, development=development), request.login_hint
