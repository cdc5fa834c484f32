"""What an API owes: where it looks for a token, what it checks, and how far the token reaches."""

from __future__ import annotations

from licet.requirements.documents import ASVS_5, LICET, OAUTH_2_1, OIDC_CORE, RFC_6750, RFC_9068, RFC_9700
from licet.requirements.model import MAY, MUST, RULING, SHOULD, Requirement, Role

BEARER_HEADER_ONLY = Requirement(
    id="bearer-header-only",
    title="A token is taken from the Authorization header and from nowhere else",
    binds=Role.RESOURCE_SERVER,
    sources=(
        MUST(OAUTH_2_1("5.1"), note="never from the query"),
        MUST(RFC_6750("2.1"), note="the header works"),
        SHOULD(RFC_9700("4.3.2"), note="clients do not put tokens into addresses"),
        MAY(OAUTH_2_1("5.1.2"), note="a form body is optional; licet's guards do not read it"),
        MAY(OIDC_CORE("5.3.1"), note="userinfo alone takes a form body"),
    ),
    threat="Tokens in addresses end in logs and histories (RFC 9700 §4.3.2).",
    remedy="Send Authorization: Bearer and the token, once.",
)

TOKEN_ACCEPTED_ONLY_VALID = Requirement(
    id="token-accepted-only-valid",
    title="A token counts if it is an access token of the expected issuer, for this API, unexpired and not ended",
    binds=Role.RESOURCE_SERVER,
    sources=(
        MUST(OAUTH_2_1("5.2")),
        MUST(RFC_9068("4")),
        MUST(RFC_6750("3.1")),
        MUST(RFC_9700("2.3"), note="audience"),
        MUST(ASVS_5("10.3.1"), note="audience"),
        RULING(LICET("J"), note="endings reach every API"),
    ),
    threat="A token made for another purpose, place or time opens the door.",
    remedy="Get a new token for this API.",
)

SCOPE_SUFFICIENT = Requirement(
    id="scope-sufficient",
    title="What is asked of an API is within the scope of the token",
    binds=Role.RESOURCE_SERVER,
    sources=(MUST(OAUTH_2_1("5.2")), SHOULD(RFC_6750("3.1"), note="403 insufficient_scope"), MUST(ASVS_5("10.3.2"))),
    threat="A token that may read, writes.",
    remedy="Get a token with the scope that the answer names.",
)
