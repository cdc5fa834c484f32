"""What a client owes. licet's own client keeps it; of others the server can only ask it."""

from __future__ import annotations

from licet.requirements.documents import (
    ASVS_5,
    OAUTH_2_1,
    OIDC_DISCOVERY,
    RFC_6749,
    RFC_8414,
    RFC_9207,
    RFC_9700,
)
from licet.requirements.model import MUST, Requirement, Role

CLIENT_CHECKS_ISS = Requirement(
    id="client-checks-iss",
    title="A client takes an answer only from the issuer it asked",
    binds=Role.CLIENT,
    sources=(
        MUST(RFC_9207("2.4")),
        MUST(OAUTH_2_1("7.15")),
        MUST(RFC_9700("4.4.2.1")),
        MUST(ASVS_5("10.2.2")),
    ),
    threat="A hostile server is sent the code of an honest one (RFC 9700 §4.4).",
    remedy="Keep the issuer with the request, and compare it with iss before anything else is used.",
)

CLIENT_USES_STATE_OR_PKCE = Requirement(
    id="client-uses-state-or-pkce",
    title="A client takes only the answer to a request that this same browser began",
    binds=Role.CLIENT,
    sources=(
        MUST(RFC_6749("10.12")),
        MUST(OAUTH_2_1("2.3.3")),
        MUST(RFC_9700("2.1")),
        MUST(ASVS_5("10.2.1")),
    ),
    threat="Somebody is signed in as the attacker without noticing (RFC 9700 §4.7).",
    remedy="Keep verifier and state with the browser's session, and use each once.",
)

CLIENT_CHECKS_ISSUER_OF_METADATA = Requirement(
    id="client-checks-issuer-of-metadata",
    title="A client uses a metadata document only if it names the issuer it was fetched for",
    binds=Role.CLIENT,
    sources=(MUST(RFC_8414("3.3")), MUST(OIDC_DISCOVERY("4.3")), MUST(ASVS_5("10.5.3"))),
    threat="One server passes itself off as another (RFC 8414 §6.2).",
    remedy="Compare issuer with the configured one, character by character, before anything else is read.",
)
