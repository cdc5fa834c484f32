"""``[app.x.expert]``: client metadata by its IANA names, for what no word of ours says (RFC 7591 §2)."""

from __future__ import annotations

from typing import Any

from licet.protocol import redirect_uri
from licet.registration.addresses import unacceptable
from licet.registration.kinds import CODE, CREDENTIALS, DEVICE, REFRESH, Kind
from licet.registration.mistakes import shown
from licet.registration.table import Table

SAID_ELSEWHERE = {
    "redirect_uris": "callback",
    "token_endpoint_auth_method": "auth",
    "client_name": "name",
    "client_uri": "url",
    "scope": "may",
    "jwks": "key",
    "jwks_uri": "key",
    "id_token_signed_response_alg": "id_token_alg",
    "response_types": "is",
}
"""What has a word of its own: said twice, the two would sooner or later differ."""

SIGNED = ("RS256", "ES256")
"""What the server signs with what it says to a client of a person (rulings H)."""
GRANT_TYPES = (CODE, REFRESH, DEVICE, CREDENTIALS)
SIGNING = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")
_ADDRESSES = ("logo_uri", "tos_uri", "policy_uri")
LONGEST_AGE_S = 365 * 24 * 3600


def read(table: Table, kind: Kind | None, *, public: bool, development: bool) -> dict[str, Any]:
    """Read the overrides, each under its name in ``ClientMetadata``."""
    for name, word in SAID_ELSEWHERE.items():
        if table.take(name) is not None:
            table.wrong(
                table.source.place((*table.path, name), key=True),
                f"{name} has a word of its own",
                fix=f"say it with {word} = …, one level up",
            )
    found: dict[str, Any] = {
        "grant_types": _grant_types(table, public=public) or None,
        "response_modes": _each_of(table, "response_modes", ("query", "form_post")) or None,
        "application_type": table.choice("application_type", ("web", "native")),
        "subject_type": table.choice("subject_type", ("public", "pairwise")),
        "contacts": tuple(item.text for item in table.texts("contacts")) or None,
        "default_max_age": table.integer("default_max_age", 0, LONGEST_AGE_S, rule="OpenID Connect Core 1.0 §3.1.2.1"),
        "require_auth_time": table.flag("require_auth_time"),
        "userinfo_signed_response_alg": table.choice("userinfo_signed_response_alg", SIGNED),
        "introspection_signed_response_alg": table.choice("introspection_signed_response_alg", SIGNED),
        "request_object_signing_alg": table.choice("request_object_signing_alg", SIGNING),
        "default_acr_values": tuple(item.text for item in table.texts("default_acr_values")) or None,
        "backchannel_logout_session_required": table.flag("backchannel_logout_session_required"),
        "require_pushed_authorization_requests": table.flag("require_pushed_authorization_requests"),
        "token_endpoint_auth_signing_alg": table.choice("token_endpoint_auth_signing_alg", SIGNING),
    }
    found |= {name: _address(table, name, development=development) for name in _ADDRESSES}
    # Core §4 makes no exception for development: whoever starts a sign-in there must know whom they start it with.
    found["initiate_login_uri"] = _address(table, "initiate_login_uri", development=False)
    found["backchannel_logout_uri"] = _told_at(table, development=development)
    native = found["application_type"] == "native" if found["application_type"] else _native(kind)
    found["post_logout_redirect_uris"] = _after_logout(table, native=native, development=development) or None
    table.close()
    return {name: value for name, value in found.items() if value is not None}


def _native(kind: Kind | None) -> bool:
    return kind is not None and kind.application_type == "native"


def _grant_types(table: Table, *, public: bool) -> tuple[str, ...]:
    grant_types = _each_of(table, "grant_types", GRANT_TYPES)
    if public and CREDENTIALS in grant_types:
        table.wrong(
            "grant_types",
            "a public client has no credentials to be trusted by",
            rule="OAuth 2.1 draft-16 §4.2",
            fix=f"drop {shown(CREDENTIALS)}, or give the app a key",
        )
    return grant_types


def _each_of(table: Table, key: str, known: tuple[str, ...]) -> tuple[str, ...]:
    items = table.texts(key)
    for item in items:
        if item.text not in known:
            table.wrong(item.place, f"{shown(item.text)} is not offered", fix=f"choose from {', '.join(known)}")
    return tuple(item.text for item in items)


def _address(table: Table, key: str, *, development: bool) -> str | None:
    text = table.text(key)
    if text is not None and (reason := unacceptable(text, development=development)):
        table.wrong(key, f"{shown(text)} {reason}", rule=f"RFC 7591 §2 ({key})", fix=f'write {key} = "https://…"')
    return text


def _told_at(table: Table, *, development: bool) -> str | None:
    text = _address(table, "backchannel_logout_uri", development=development)
    if text is not None and "#" in text:
        table.wrong(
            "backchannel_logout_uri",
            f"{shown(text)} has a fragment, which no server ever sees",
            rule="OpenID Connect Back-Channel Logout 1.0 §2.2",
            fix="leave out what begins with #",
        )
    return text


def _after_logout(table: Table, *, native: bool, development: bool) -> tuple[str, ...]:
    items = table.texts("post_logout_redirect_uris")
    for item in items:
        if reason := redirect_uri.acceptable(item.text, native=native, development=development):
            table.wrong(
                item.place,
                f"{shown(item.text)} {reason}",
                rule="OpenID Connect RP-Initiated Logout 1.0 §3.1",
                fix="write the whole https address",
            )
    return tuple(item.text for item in items)
