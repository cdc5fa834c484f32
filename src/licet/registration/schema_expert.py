"""``[app.ID.expert]`` as JSON Schema."""

from __future__ import annotations

from licet.registration.expert import GRANT_TYPES, LONGEST_AGE_S, SIGNED, SIGNING
from licet.registration.schema_words import Schema, a_table, choice, flag, integer, ref, text, texts


def expert() -> Schema:
    """The overrides, by their registered names (RFC 7591 §2)."""
    signed = "What this is signed with."
    return a_table(
        "Client metadata by its registered names, for what has no word of its own.",
        {
            "grant_types": _each_of("Grant types (RFC 7591 §2).", GRANT_TYPES),
            "response_modes": _each_of("How answers come back.", ("query", "form_post")),
            "application_type": choice("Native apps may have loopback callbacks.", ("web", "native")),
            "subject_type": choice("Whether apps may compare what they know people by.", ("public", "pairwise")),
            "contacts": texts("Whom to write to."),
            "default_max_age": integer("Seconds since the sign-in, at most.", 0, LONGEST_AGE_S),
            "require_auth_time": flag("ID tokens say when the person signed in."),
            "userinfo_signed_response_alg": choice(signed, SIGNED),
            "introspection_signed_response_alg": choice(signed, SIGNED),
            "request_object_signing_alg": choice(signed, SIGNING),
            "token_endpoint_auth_signing_alg": choice(signed, SIGNING),
            "default_acr_values": texts("Levels of authentication that it would like."),
            "backchannel_logout_session_required": flag("Taken; sid is always told."),
            "require_pushed_authorization_requests": flag("Its requests must be pushed (RFC 9126 §6)."),
            "logo_uri": text("An https address."),
            "tos_uri": text("An https address."),
            "policy_uri": text("An https address."),
            "initiate_login_uri": text("Where a sign-in to the app begins: https."),
            "backchannel_logout_uri": text("Where the app is told that a session ended."),
            "post_logout_redirect_uris": texts("Where people may be sent after signing out."),
        },
    )


def _each_of(description: str, options: tuple[str, ...]) -> Schema:
    one: Schema = {"allOf": [ref("text")], "enum": list(options)}
    return {"description": description, "anyOf": [one, {"type": "array", "items": one}]}
