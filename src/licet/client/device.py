"""The device flow as the device plays it: show a code, then ask until somebody has decided (RFC 8628)."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from licet.client.authentication import Credentials
from licet.client.discovery import endpoint
from licet.client.token_request import RefusedError, Tokens, send, tokens
from licet.client.transport import Transport, Unreachable
from licet.protocol.server_metadata import ServerMetadata

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"

_SLOWER_S = 5
"""RFC 8628 §3.5: by so much, for this and all later requests."""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What the device shows and keeps (RFC 8628 §3.2). *device_code* is a secret."""

    device_code: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str | None = None
    expires_in: int
    interval: int = 5


class NobodyDecided(Exception):  # noqa: N818  a condition, not a mistake
    """The code expired before anybody entered it."""


def begin(metadata: ServerMetadata, scope: str, credentials: Credentials, transport: Transport) -> Shown:
    """Ask for a code to show. Raises RefusedError, Unreachable, Untrusted."""
    address = endpoint(metadata, metadata.device_authorization_endpoint, "device_authorization_endpoint")
    body = send(transport, address, (("scope", scope),), credentials)
    try:
        return msgspec.convert(body, Shown)
    except msgspec.ValidationError as error:
        raise Unreachable(f"The device authorization response cannot be read: {error}") from None


def poll(
    shown: Shown,
    metadata: ServerMetadata,
    credentials: Credentials,
    transport: Transport,
    wait: Callable[[float], object],
) -> Tokens:
    """Ask until somebody has decided, at the server's pace; *wait* passes that many seconds.

    Raises RefusedError: the person said no; NobodyDecided; Unreachable.
    """
    address = endpoint(metadata, metadata.token_endpoint, "token_endpoint")
    form = (("grant_type", GRANT_TYPE), ("device_code", shown.device_code))
    interval_s, waited_s = max(1, shown.interval), 0
    while waited_s <= shown.expires_in:
        try:
            return tokens(transport, address, form, credentials)
        except RefusedError as refused:
            if refused.error == "expired_token":
                break
            if refused.error == "slow_down":
                interval_s += _SLOWER_S
            elif refused.error != "authorization_pending":
                raise
        wait(interval_s)
        waited_s += interval_s
    raise NobodyDecided("The code expired before anybody entered it")
