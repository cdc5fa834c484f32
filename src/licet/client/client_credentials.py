"""A client asks for itself (OAuth 2.1 §4.2): nobody signs in, and nothing is refreshed."""

from __future__ import annotations

from licet.client.authentication import Credentials
from licet.client.discovery import endpoint
from licet.client.token_request import Tokens, tokens
from licet.client.transport import Pairs, Transport
from licet.protocol.server_metadata import ServerMetadata


def ask(
    metadata: ServerMetadata,
    scope: str | None,
    credentials: Credentials,
    transport: Transport,
    resource: str | None = None,
) -> Tokens:
    """An access token with *scope*, or with the client's default, for *resource* (RFC 8707 §2.2).

    Raises RefusedError, Unreachable, Untrusted.
    """
    form: Pairs = (("grant_type", "client_credentials"),)
    if scope is not None:
        form = (*form, ("scope", scope))
    if resource is not None:
        form = (*form, ("resource", resource))
    return tokens(transport, endpoint(metadata, metadata.token_endpoint, "token_endpoint"), form, credentials)
