"""The document at a Client Identifier URL, judged as what a client registers itself with (OAuth Client ID Metadata
Document §4).

Pure. The same rules as ``dynamic.py``, and a few more: the document says the very address it was fetched from, holds
no secret and nothing private, and has a name to show.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from licet.protocol import redirect_uri as redirects
from licet.protocol.client_id_url import host_of
from licet.protocol.client_metadata import ClientMetadata
from licet.protocol.errors import InvalidClientMetadata, InvalidRedirectUri
from licet.protocol.jose.jwk import thumbprint
from licet.protocol.jose.model import InvalidJWT
from licet.protocol.jose.strict_json import object_of
from licet.registration import dynamic
from licet.registration.kinds import CREDENTIALS
from licet.requirements import (
    DOCUMENT_NAMES_ITS_ADDRESS,
    DOCUMENT_REDIRECTS_HOME,
    DOCUMENT_WELL_FORMED,
    DOCUMENT_WITHOUT_SECRETS,
)
from licet.storage.records import RegistrationPolicy

METHODS = ("private_key_jwt", "none")
_SECRET = ("client_secret", "client_secret_expires_at")
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
"""Members of a JWK that only its owner may know (RFC 7518 §6)."""
_NOT_HERE = ("software_statement", "sector_identifier_uri")
"""Passed over, and refused: nobody vouches for what a document says; a sector would be one more address to visit."""

Document = Mapping[str, Any]


def judge(
    body: bytes, client_id: str, policy: RegistrationPolicy, hosts: frozenset[str] | None, *, development: bool
) -> ClientMetadata:
    """The metadata that the document *body* of the client *client_id* amounts to under *policy*.

    *hosts* are those whose documents are taken, None where anybody's are: https redirects go to the document's own
    host, or to one of these. Raises InvalidClientMetadata or InvalidRedirectUri.
    """
    try:
        document = object_of(body)
    except InvalidJWT as error:
        raise InvalidClientMetadata(f"The document {error.reason}", per=DOCUMENT_WELL_FORMED) from error
    if document.get("client_id") != client_id:
        raise InvalidClientMetadata(
            "The document's client_id is not the address it was fetched from", per=DOCUMENT_NAMES_ITS_ADDRESS
        )
    _without_secrets(document)
    for name in ("client_name", "redirect_uris"):
        if document.get(name) is None:
            raise InvalidClientMetadata(f"The document has no {name}", per=DOCUMENT_WELL_FORMED)
    if document.get("sector_identifier_uri") is not None:
        raise InvalidClientMetadata("sector_identifier_uri is not taken in a document", per=DOCUMENT_WELL_FORMED)
    plain = {name: value for name, value in document.items() if name not in _NOT_HERE}
    without_service = tuple(grant for grant in policy.grant_types if grant != CREDENTIALS)
    within = msgspec.structs.replace(policy, grant_types=without_service)
    metadata = dynamic.judge(plain | {"token_endpoint_auth_method": _method(document)}, within, development=development)
    _at_home(metadata, client_id, hosts)
    return metadata


def keys_replaced(before: ClientMetadata, now: ClientMetadata) -> bool:
    """Whether nothing that proved a client *before* proves it *now* (§8.4.1): another method, another address of keys,
    or a set that shares no key with the former. Keys that come and go beside one that stays are a rotation."""
    if before.token_endpoint_auth_method != now.token_endpoint_auth_method or before.jwks_uri != now.jwks_uri:
        return True
    old, new = _keys(before), _keys(now)
    return bool(old) and not old & new


def _keys(metadata: ClientMetadata) -> frozenset[str]:
    """The keys themselves, whatever they are called (RFC 7638)."""
    return frozenset(thumbprint(key) for key in (metadata.jwks["keys"] if metadata.jwks else ()))


def _without_secrets(document: Document) -> None:
    """§4.1: there is nobody to share a secret with, and what is published is none."""
    if held := [name for name in _SECRET if name in document]:
        raise InvalidClientMetadata(f"The document has {held[0]}", per=DOCUMENT_WITHOUT_SECRETS)
    jwks = document.get("jwks")
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    for key in keys if isinstance(keys, list) else ():
        if isinstance(key, dict) and (_PRIVATE & key.keys() or key.get("kty") == "oct"):
            raise InvalidClientMetadata("The document publishes a private key", per=DOCUMENT_WITHOUT_SECRETS)


def _method(document: Document) -> str:
    """As it says; where it does not, ``none``: RFC 7591's own default would be a secret, which cannot be."""
    asked = document.get("token_endpoint_auth_method")
    if asked is None:
        if document.get("jwks") is not None or document.get("jwks_uri") is not None:
            raise InvalidClientMetadata(
                "The document has keys and no token_endpoint_auth_method: say private_key_jwt", per=DOCUMENT_WELL_FORMED
            )
        return "none"
    if asked not in METHODS:
        raise InvalidClientMetadata(
            f"The document's token_endpoint_auth_method is not one of {', '.join(METHODS)}",
            per=DOCUMENT_WITHOUT_SECRETS,
        )
    return str(asked)


def _at_home(metadata: ClientMetadata, client_id: str, hosts: frozenset[str] | None) -> None:
    """§8.1: who publishes a document for one host does not send people to another, unless the operator named both."""
    known = (hosts or frozenset()) | {host_of(client_id)}
    for number, uri in enumerate(metadata.redirect_uris, 1):
        host = redirects.https_host(uri)
        if host is not None and host not in known:
            raise InvalidRedirectUri(
                f"redirect_uris: number {number} is on another host than the document", per=DOCUMENT_REDIRECTS_HOME
            )
