"""What a client says of itself when it registers, judged by the rules of the file (RFC 7591 §2, OIDC Registration §2).

Pure. A member that is not known is passed over; one that is known is taken, or refused with the reason. Grant types,
response types and scopes that are not to be had are left out, and the answer says what is left (RFC 7591 §3.2.1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from licet.protocol import redirect_uri as redirects
from licet.protocol import scope as scopes
from licet.protocol.client_metadata import ClientMetadata
from licet.protocol.errors import InvalidClientMetadata, InvalidRedirectUri, InvalidScope, UnapprovedSoftwareStatement
from licet.registration.addresses import unacceptable
from licet.registration.app_authentication import EITHER
from licet.registration.expert import GRANT_TYPES, LONGEST_AGE_S, SIGNED, SIGNING
from licet.registration.kinds import BY_NAME, CODE, CREDENTIALS, DEVICE, REFRESH, Kind
from licet.registration.public_keys import Unusable, from_jwk
from licet.requirements import REGISTRATION_AS_THE_FILE, REGISTRATION_WELL_FORMED, REGISTRATION_WITHIN_POLICY
from licet.storage.records import ClientPolicy, RegistrationPolicy

METHODS = ("client_secret_basic", "client_secret_post", "private_key_jwt", "none")
NAME_LENGTH = 60
_MOST_ADDRESSES = 20
_MOST_KEYS = 8
_MOST_WORDS = 10
_WORD_LENGTH = 254
_ENCRYPTED = ("id_token_encrypted_response_alg", "userinfo_encrypted_response_alg", "request_object_encryption_alg")

Document = Mapping[str, Any]


def judge(document: Document, policy: RegistrationPolicy, *, development: bool) -> ClientMetadata:
    """The metadata that *document* amounts to under *policy*.

    Raises InvalidRedirectUri, InvalidClientMetadata, UnapprovedSoftwareStatement.
    """
    if document.get("software_statement") is not None:
        raise UnapprovedSoftwareStatement("Software statements are not taken", per=REGISTRATION_WELL_FORMED)
    if asked := [name for name in _ENCRYPTED if document.get(name) is not None]:
        raise _wrong(asked[0], "asks for encryption, which this server does not do")
    grant_types = _grant_types(document, policy)
    method = _method(document, grant_types)
    native = _native(document)
    found: dict[str, Any] = {
        "redirect_uris": _redirect_uris(document, grant_types, native=native, development=development),
        "token_endpoint_auth_method": method,
        "grant_types": grant_types,
        "response_types": _response_types(document, grant_types),
        "application_type": "native" if native else "web",
        "scope": _scope(document, policy),
        "jwks": _jwks(document, method),
    }
    for name, taken in _OTHERS.items():
        if name in ClientMetadata.__struct_fields__ and document.get(name) is not None:
            found[name] = taken(name, document[name], development)
    found["post_logout_redirect_uris"] = _addresses(
        document, "post_logout_redirect_uris", native=native, development=development
    )
    metadata = ClientMetadata(**found)
    _sector(metadata)
    return metadata


def _sector(metadata: ClientMetadata) -> None:
    """Who is called by names of a sector needs one: several hosts name it by a document (OIDC Registration §5)."""
    hosts = {redirects.https_host(uri) for uri in metadata.redirect_uris}
    if metadata.subject_type == "pairwise" and metadata.sector_identifier_uri is None and len(hosts) > 1:
        raise _wrong("subject_type", "pairwise with redirect URIs on several hosts needs a sector_identifier_uri")


def kind_of(metadata: ClientMetadata) -> Kind:
    """What such a client would be in the file: how its refresh tokens behave follows from that."""
    if CODE not in metadata.grant_types:
        return BY_NAME["device" if DEVICE in metadata.grant_types else "service"]
    if metadata.application_type == "native":
        return BY_NAME["desktop-app"]
    return BY_NAME["browser-app" if metadata.public else "web-app"]


def policy_of(metadata: ClientMetadata, policy: RegistrationPolicy, sector: str) -> ClientPolicy:
    """What is decided for it: people are always asked the first time (rulings C)."""
    kind = kind_of(metadata)
    return ClientPolicy(
        rotate=kind.rotates(public=metadata.public),
        refresh=kind.refresh if REFRESH in metadata.grant_types else "none",
        profile=policy.profile,
        sector=sector,
    )


def shown(metadata: ClientMetadata) -> dict[str, Any]:
    """Everything that is registered, defaults included, as it is answered (RFC 7591 §3.2.1)."""
    said = {name: getattr(metadata, name) for name in ClientMetadata.__struct_fields__ if name != "response_modes"}
    said["scope"] = scopes.format(metadata.scope)
    if metadata.token_endpoint_auth_method == EITHER:
        said["token_endpoint_auth_method"] = METHODS[0]
    return {name: value for name, value in said.items() if value is not None and value not in ("", ())}


def _wrong(name: str, reason: str) -> InvalidClientMetadata:
    return InvalidClientMetadata(f"{name} {reason}", per=REGISTRATION_AS_THE_FILE)


def _words(document: Document, name: str, most: int) -> tuple[str, ...] | None:
    """A list of texts, each once; None where it is not there."""
    value = document.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise _wrong(name, "is not a list of texts")
    if len(value) > most:
        raise _wrong(name, f"has more than {most} items")
    return tuple(dict.fromkeys(value))


def _grant_types(document: Document, policy: RegistrationPolicy) -> tuple[str, ...]:
    asked = _words(document, "grant_types", len(GRANT_TYPES) * 4)
    asked = (CODE,) if asked is None else asked
    left = tuple(grant for grant in asked if grant in GRANT_TYPES and grant in policy.grant_types)
    if not set(left) - {REFRESH}:
        raise InvalidClientMetadata("None of these grant_types is to be had", per=REGISTRATION_WITHIN_POLICY)
    return left


def _response_types(document: Document, grant_types: tuple[str, ...]) -> tuple[str, ...]:
    asked = _words(document, "response_types", 20)
    if CODE not in grant_types:
        return ()
    if asked is not None and "code" not in asked:
        raise _wrong("response_types", "must have code, the only one there is")
    return ("code",)


def _method(document: Document, grant_types: tuple[str, ...]) -> str:
    asked = document.get("token_endpoint_auth_method")
    if asked is None:
        return EITHER
    if asked not in METHODS:
        raise _wrong("token_endpoint_auth_method", f"is one of {', '.join(METHODS)}")
    if asked == "none" and CREDENTIALS in grant_types:
        raise _wrong("token_endpoint_auth_method", "none, and yet the client would act for itself")
    return str(asked)


def _native(document: Document) -> bool:
    """As it says; where it does not, by its addresses: programs of people's own seldom know the word."""
    asked = document.get("application_type")
    if asked is None:
        uris = document.get("redirect_uris")
        texts = [uri for uri in uris if isinstance(uri, str)] if isinstance(uris, list) else []
        return bool(texts) and all(redirects.kind(uri) != "https" for uri in texts)
    if asked not in ("web", "native"):
        raise _wrong("application_type", "is web or native")
    return bool(asked == "native")


def _redirect_uris(
    document: Document, grant_types: tuple[str, ...], *, native: bool, development: bool
) -> tuple[str, ...]:
    if CODE not in grant_types:
        return ()
    uris = _addresses(document, "redirect_uris", native=native, development=development)
    if not uris:
        raise InvalidRedirectUri("redirect_uris is missing", per=REGISTRATION_AS_THE_FILE)
    return uris


def _addresses(document: Document, name: str, *, native: bool, development: bool) -> tuple[str, ...]:
    uris = _words(document, name, _MOST_ADDRESSES) or ()
    for number, uri in enumerate(uris, 1):
        if reason := redirects.acceptable(uri, native=native, development=development):
            raise InvalidRedirectUri(f"{name}: number {number} {reason}", per=REGISTRATION_AS_THE_FILE)
    return uris


def _scope(document: Document, policy: RegistrationPolicy) -> tuple[str, ...]:
    """What it asks for, within the policy; all of that where it does not say."""
    asked = document.get("scope")
    if asked is None:
        return policy.scope
    try:
        words = scopes.parse(asked) if isinstance(asked, str) else None
    except InvalidScope as error:
        raise InvalidClientMetadata(error.description, per=error.per) from error
    if words is None:
        raise _wrong("scope", "is not a text")
    left = tuple(word for word in words if word in policy.scope)
    if not left:
        raise InvalidClientMetadata("Nothing of this scope is to be had", per=REGISTRATION_WITHIN_POLICY)
    return left


def _jwks(document: Document, method: str) -> dict[str, Any] | None:
    """Keys by value, whatever of them identifies a key; exactly one of the two ways where a key is the proof."""
    jwks, uri = document.get("jwks"), document.get("jwks_uri")
    if jwks is not None and uri is not None:
        raise _wrong("jwks", "and jwks_uri: say one of the two")
    if method == "private_key_jwt" and jwks is None and uri is None:
        raise _wrong("jwks", "or jwks_uri is needed to prove anything with a key")
    if jwks is None:
        return None
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(keys, list) or not 0 < len(keys) <= _MOST_KEYS:
        raise _wrong("jwks", f"is not a set of one to {_MOST_KEYS} keys")
    try:
        return {"keys": [from_jwk(key) for key in keys if not _for_encryption(key)]}
    except Unusable as reason:
        raise _wrong("jwks", str(reason)) from None


def _for_encryption(key: object) -> bool:
    return isinstance(key, dict) and key.get("use") == "enc"


def _text(name: str, value: object, _development: bool) -> str:  # noqa: FBT001  all have one shape
    if not isinstance(value, str) or not value.strip() or not value.isprintable() or len(value) > NAME_LENGTH:
        raise _wrong(name, f"is not a text of 1 to {NAME_LENGTH} visible characters")
    return value


def _address(name: str, value: object, development: bool) -> str:  # noqa: FBT001
    if not isinstance(value, str) or len(value) > redirects.MAX_LENGTH:
        raise _wrong(name, "is not an address")
    if reason := unacceptable(value, development=development):
        raise _wrong(name, reason)
    return value


def _told_at(name: str, value: object, development: bool) -> str:  # noqa: FBT001
    address = _address(name, value, development)
    if "#" in address:
        raise _wrong(name, "has a fragment")
    return address


def _flag(name: str, value: object, _development: bool) -> bool:  # noqa: FBT001
    if not isinstance(value, bool):
        raise _wrong(name, "is true or false")
    return value


def _contacts(name: str, value: object, _development: bool) -> tuple[str, ...]:  # noqa: FBT001
    words = _words({name: value}, name, _MOST_WORDS) or ()
    if not all(0 < len(word) <= _WORD_LENGTH and word.isprintable() for word in words):
        raise _wrong(name, "has an item that is empty, too long or invisible")
    return words


def _age(name: str, value: object, _development: bool) -> int:  # noqa: FBT001
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LONGEST_AGE_S:
        raise _wrong(name, "is a number of seconds, a year at most")
    return value


def _https(name: str, value: object, _development: bool) -> str:  # noqa: FBT001
    """An https address, in development too (OpenID Connect Core §4)."""
    return _address(name, value, False)


def _levels(name: str, value: object, _development: bool) -> tuple[str, ...]:  # noqa: FBT001
    return _words({name: value}, name, _MOST_WORDS) or ()


def _one_of(*known: str) -> Callable[[str, object, bool], str]:
    def taken(name: str, value: object, _development: bool) -> str:  # noqa: FBT001
        if value not in known:
            raise _wrong(name, f"is one of {', '.join(known)}")
        return str(value)

    return taken


_OTHERS: dict[str, Callable[[str, Any, bool], Any]] = {
    "client_name": _text,
    "client_uri": _address,
    "logo_uri": _address,
    "tos_uri": _address,
    "policy_uri": _address,
    "initiate_login_uri": _https,
    "jwks_uri": _address,
    "backchannel_logout_uri": _told_at,
    "sector_identifier_uri": _address,
    "contacts": _contacts,
    "subject_type": _one_of("public", "pairwise"),
    "id_token_signed_response_alg": _one_of(*SIGNED),
    "userinfo_signed_response_alg": _one_of(*SIGNED),
    "introspection_signed_response_alg": _one_of(*SIGNED),
    "request_object_signing_alg": _one_of(*SIGNING),
    "default_acr_values": _levels,
    "token_endpoint_auth_signing_alg": _one_of(*SIGNING),
    "default_max_age": _age,
    "require_auth_time": _flag,
    "backchannel_logout_session_required": _flag,
    "require_pushed_authorization_requests": _flag,
}
"""Members that are judged by themselves, and how."""
