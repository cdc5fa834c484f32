"""Who may be answered, and where: client and redirect_uri (OAuth 2.1 §4.1.2.1).

What fails here is shown to the person and never redirected. An ``Addressee`` exists only after both were checked,
so no code that redirects can be reached before.
"""

from __future__ import annotations

from difflib import get_close_matches

import msgspec

from licet.ambient import Instant
from licet.authorization_server.admission import client_usable
from licet.authorization_server.authorization.request import ResponseMode
from licet.authorization_server.directory import Directory
from licet.protocol import redirect_uri as redirects
from licet.protocol.errors import InvalidRequest
from licet.protocol.parameters import Parameters
from licet.requirements import CLIENT_KNOWN, REDIRECT_URI_EXACT, REDIRECT_URI_REGISTERED
from licet.storage.records import Client

_COMPARED = 200
"""Characters that the nearest registered address is looked for by: comparing costs their square."""


class Addressee(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A client and the address of its own that answers go to."""

    client: Client
    redirect_uri: str
    sent: bool
    """Whether the request named it."""
    response_mode: ResponseMode
    state: str | None


async def addressee(parameters: Parameters, directory: Directory, now: Instant, peer: str) -> Addressee:
    """The one to answer; raises InvalidRequest where it cannot be known (shown on our own page). *peer* is who asks."""
    client_id = parameters.get("client_id")
    if client_id is None:
        raise InvalidRequest("client_id is missing", per=CLIENT_KNOWN)
    registered = directory.at_hand(client_id) or await directory.named(client_id, now, introduces=True, peer=peer)
    if registered is None or not client_usable(registered.client, now):
        raise InvalidRequest("client_id is not known here", per=CLIENT_KNOWN)
    return addressee_of(registered.client, parameters)


def addressee_of(client: Client, parameters: Parameters) -> Addressee:
    """Where *client*'s request may be answered; raises InvalidRequest for an address that is not its own."""
    sent = parameters.get("redirect_uri")
    redirect_uri = _redirect_uri(client, sent)
    return Addressee(
        client=client,
        redirect_uri=redirect_uri,
        sent=sent is not None,
        response_mode=_response_mode(parameters, client, redirect_uri),
        state=once(parameters, "state"),
    )


def _redirect_uri(client: Client, sent: str | None) -> str:
    registered = client.metadata.redirect_uris
    if sent is None:
        if len(registered) != 1:
            raise InvalidRequest(
                "redirect_uri is missing, and the client has not exactly one registered", per=REDIRECT_URI_REGISTERED
            )
        return registered[0]
    if redirects.find(registered, sent, native=client.metadata.application_type == "native") is None:
        refusal = InvalidRequest(
            "redirect_uri is not registered for this client",
            per=REDIRECT_URI_EXACT,
            detail=f"client {client.client_id}",
        )
        refusal.compared = (sent, next(iter(get_close_matches(sent[:_COMPARED], registered, 1, 0)), ""))
        raise refusal
    return sent


def _response_mode(parameters: Parameters, client: Client, redirect_uri: str) -> ResponseMode:
    """How to answer, errors included; an unknown mode is refused later, by way of the default one."""
    wanted = once(parameters, "response_mode") == "form_post"
    return "form_post" if wanted and "form_post" in modes(client, redirect_uri) else "query"


def modes(client: Client, redirect_uri: str) -> tuple[str, ...]:
    """How an answer may travel to *redirect_uri*: a scheme of an app's own is opened with an address, never posted to."""
    registered = client.metadata.response_modes
    return ("query",) if redirects.kind(redirect_uri) == "private-use" else registered


def once(parameters: Parameters, name: str) -> str | None:
    """The parameter, or None where it is repeated: ``checks`` refuses that, to this addressee."""
    try:
        return parameters.get(name)
    except InvalidRequest:
        return None
