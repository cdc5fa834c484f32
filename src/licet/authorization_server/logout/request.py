"""What an app asks for when it sends a browser here to sign out (OpenID Connect RP-Initiated Logout 1.0 §2, §4).

A wrong hint or address is not refused: whoever wants to sign out must not be held up by an app's mistake. What did
not validate is not used (§4), and with nothing left the person is asked as if they had come by themselves.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping

import msgspec

from licet.ambient import SECOND, Instant
from licet.authorization_server.admission import client_usable
from licet.authorization_server.directory import Directory
from licet.protocol import id_token
from licet.protocol.errors import InvalidRequest
from licet.protocol.jose import VerifyingKey
from licet.protocol.parameters import Parameters
from licet.requirements import REQUEST_SIZE_BOUNDED
from licet.storage.records import Client
from licet.storage.vault import Unsealable, Vault

PARAMETERS = frozenset({"id_token_hint", "logout_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales"})
STATE_MOST = 2048
"""Characters of ``state``: it must fit into the address of our own page."""
KEPT_S = 1800
"""How long somebody may take to press the button."""
_PURPOSE = "logout-request"


class LogoutRequest(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The part of a request that was found to be true; empty where nothing was."""

    client_id: str = ""
    redirect_uri: str = ""
    """One of the client's registered ``post_logout_redirect_uris``."""
    state: str = ""
    sid: str = ""
    """The session, as this client knows it, that a valid hint was signed for."""
    at: Instant = Instant(0)


NOTHING = LogoutRequest()


async def read(
    parameters: Parameters, directory: Directory, keys: Mapping[str, VerifyingKey], at: Instant
) -> LogoutRequest:
    """Read and judge a request; raises InvalidRequest for a repeated parameter or a ``state`` that is too long."""
    parameters.refuse_repeated()
    state = parameters.get("state", "")
    if len(state) > STATE_MOST:
        raise InvalidRequest(f"state has more than {STATE_MOST} characters", per=REQUEST_SIZE_BOUNDED)
    hint, client_id = parameters.get("id_token_hint"), parameters.get("client_id", "")
    said = id_token.hinted(hint, keys, issuer=directory.issuer.url) if hint else None
    if hint:
        if said is None or client_id not in ("", said.aud[0]):
            return NOTHING
        client_id = said.aud[0]
    client = await usable(directory, client_id, at)
    if client is None:
        return NOTHING
    wanted = parameters.get("post_logout_redirect_uri", "")
    if wanted and not may_return(client, wanted):
        # What an app meant to do next will not happen: the person decides whether they want to sign out at all.
        return LogoutRequest(client_id=client_id, at=at)
    return LogoutRequest(
        client_id=client_id, redirect_uri=wanted, state=state, sid=(said.sid or "") if said else "", at=at
    )


async def usable(directory: Directory, client_id: str, at: Instant) -> Client | None:
    """The client of this id, if it may ask for anything at all."""
    found = await directory.client(client_id) if client_id else None
    return found.client if found is not None and client_usable(found.client, at) else None


def may_return(client: Client, address: str) -> bool:
    """Whether *address* is one that *client* registered, letter by letter (RP-Initiated Logout §3)."""
    return address in client.metadata.post_logout_redirect_uris


def keep(request: LogoutRequest, vault: Vault, issuer_id: int) -> str:
    """*request* for an address or a form of ours: nobody else can read it, or make one."""
    if request == NOTHING:
        return ""
    sealed = vault.seal(_PURPOSE, msgspec.json.encode(request), str(issuer_id).encode())
    return urlsafe_b64encode(sealed).decode()


def kept(value: str | None, vault: Vault, issuer_id: int, at: Instant) -> LogoutRequest:
    """The request in *value*; nothing where it is not ours or too old."""
    try:
        sealed = urlsafe_b64decode(value or "")
        opened = vault.open(_PURPOSE, sealed, str(issuer_id).encode())
    except (ValueError, Unsealable):
        return NOTHING
    request = msgspec.json.decode(opened, type=LogoutRequest)
    return request if at < request.at + KEPT_S * SECOND else NOTHING
