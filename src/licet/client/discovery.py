"""Where a server's endpoints and keys are, by its own word (RFC 8414 §3, OpenID Connect Discovery §4)."""

from __future__ import annotations

import msgspec

from licet.client.transport import Transport, Unreachable
from licet.protocol import issuer as issuers
from licet.protocol.jose import InvalidJWT, VerifyingKey, key_set
from licet.protocol.server_metadata import ServerMetadata

_OK = 200


class Untrusted(Exception):  # noqa: N818  a finding about a server, not a mistake of the caller
    """The server's word about itself does not hold."""


def discover(issuer: str, transport: Transport) -> ServerMetadata:
    """The metadata of *issuer*, used only if it names that very issuer (RFC 8414 §3.3).

    Raises Unreachable and Untrusted.
    """
    where = issuers.well_known_paths(issuer)[0]
    path = issuer.partition("://")[2].partition("/")[2]
    root = issuer.removesuffix(f"/{path}") if path else issuer
    answer = transport.get(f"{root}{where}")
    if answer.status != _OK:
        raise Unreachable(f"{root}{where} answers {answer.status}")
    try:
        metadata = msgspec.json.decode(answer.body, type=ServerMetadata)
    except msgspec.DecodeError as error:
        raise Untrusted(f"The metadata of {issuer} cannot be read: {error}") from None
    if not issuers.matches(issuer, metadata.issuer):
        raise Untrusted(f"The metadata found for {issuer} is that of {metadata.issuer}")
    return metadata


def endpoint(metadata: ServerMetadata, url: str | None, name: str) -> str:
    """*url*, which the metadata gives for *name*; raises Untrusted where it gives none."""
    if url is None:
        raise Untrusted(f"{metadata.issuer} has no {name}")
    return url


def keys(metadata: ServerMetadata, transport: Transport) -> tuple[VerifyingKey, ...]:
    """The server's public keys. Raises Unreachable and Untrusted."""
    answer = transport.get(endpoint(metadata, metadata.jwks_uri, "jwks_uri"))
    if answer.status != _OK:
        raise Unreachable(f"{metadata.jwks_uri} answers {answer.status}")
    try:
        return key_set(answer.body)
    except InvalidJWT as error:
        raise Untrusted(f"The key set of {metadata.issuer} {error.reason}") from None
