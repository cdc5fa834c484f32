"""What holds where clients register themselves (RFC 7591, RFC 7592)."""

from __future__ import annotations

from licet.requirements.documents import ASVS_5, LICET, OIDC_REGISTRATION, RFC_7591, RFC_7592, RFC_9700
from licet.requirements.model import MAY, MUST, RULING, SHOULD, Requirement, Role

REGISTRATION_ALLOWED = Requirement(
    id="registration-allowed",
    title="A client registers itself only with a token that lets it, or where the operator opened registration to all",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MAY(RFC_7591("3"), note="an initial access token may be demanded"),
        MUST(ASVS_5("10.4.7"), note="level 2"),
    ),
    threat="Anybody registers a client that looks like a trusted one and asks people for everything.",
    remedy="Send the initial access token that the operator gave you as a Bearer token.",
)

REGISTRATION_BOUNDED = Requirement(
    id="registration-bounded",
    title="Registrations are limited in number and speed, and those that nobody uses go away",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MAY(RFC_7591("3"), note="rate-limited or otherwise limited against denial of service"),
        RULING(LICET("U"), note="what nobody uses goes after a week"),
    ),
    threat="A loop registers clients until the store is full or nobody else can.",
    remedy="Register once and keep the client_id; wait for Retry-After.",
)

REGISTRATION_WELL_FORMED = Requirement(
    id="registration-well-formed",
    title="A registration is a JSON object whose members mean what the registries say",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(MUST(RFC_7591("3.1")), MUST(RFC_7591("2")), MUST(RFC_7592("2.2"))),
    threat="Two readers understand a registration in two ways.",
    remedy="POST application/json with client metadata as RFC 7591 §2 has it.",
)

REGISTRATION_AS_THE_FILE = Requirement(
    id="registration-as-the-file",
    title="What a client registers is held to the rules of the operator's own file",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_7591("5"), note="redirect URIs, and what is said of a client"),
        MUST(OIDC_REGISTRATION("2")),
        SHOULD(RFC_9700("4.1.3")),
    ),
    threat="A wildcard, a script or a weak key comes in by the side door.",
    remedy="Read error_description: it names the member and what is wrong with it.",
)

REGISTRATION_WITHIN_POLICY = Requirement(
    id="registration-within-policy",
    title="No client goes further than the policy it registered under, when it registers or later",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(MAY(RFC_7591("3.2.1"), note="values may be replaced"), MUST(RFC_7592("2.2"), note="likewise in updates")),
    threat="A harmless registration is updated into one with every scope and grant.",
    remedy="Ask the operator for a token with a wider policy.",
)

REGISTRATION_MANAGED_BY_ITSELF = Requirement(
    id="registration-managed-by-itself",
    title="Only who holds a client's registration access token reads, changes or removes its registration",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(MUST(RFC_7592("2")), MUST(RFC_7592("2.1"), note="401 where the client is gone"), MUST(RFC_7592("5"))),
    threat="One client changes another one's redirect URIs.",
    remedy="Use the registration_access_token of the last answer; each update brings a new one.",
)

SECTOR_LISTS_REDIRECTS = Requirement(
    id="sector-lists-redirects",
    title="The document at sector_identifier_uri lists every redirect URI of who names it",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(MUST(OIDC_REGISTRATION("5")),),
    threat="A client joins another sector and learns who its people are there.",
    remedy="Publish a JSON array of all redirect URIs at that https address.",
)
