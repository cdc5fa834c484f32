"""Tokens: audience, scope, life, rotation and reuse, what is stored of them and what they say they are."""

from __future__ import annotations

from licet.requirements.documents import (
    ASVS_5,
    LICET,
    OAUTH_2_1,
    OIDC_CORE,
    RFC_6749,
    RFC_7009,
    RFC_7591,
    RFC_7662,
    RFC_8707,
    RFC_8725,
    RFC_9068,
    RFC_9700,
)
from licet.requirements.model import MUST, RULING, SHOULD, Requirement, Role

AUDIENCE_RESTRICTED = Requirement(
    id="audience-restricted",
    title="Every access token names the API it is for",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        SHOULD(RFC_9700("2.3")),
        MUST(RFC_9068("2.2"), note="JWT access tokens"),
        SHOULD(OAUTH_2_1("7.1.4")),
        SHOULD(RFC_8707("2")),
        RULING(LICET("B"), note="always, opaque tokens too"),
    ),
    threat="One API replays the tokens it is sent at another (RFC 9700 §4.9).",
    remedy="Name the API with resource, or ask for scopes of one API only.",
    by_construction="The target of a token is chosen in one place, and a target always has an audience.",
)

ONE_API_PER_TOKEN = Requirement(
    id="one-api-per-token",
    title="An access token is good at one API",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        SHOULD(RFC_9068("3"), note="scopes that point to several resources are refused"),
        SHOULD(RFC_9700("2.3")),
        SHOULD(OAUTH_2_1("7.1.4"), note="preferably a single one"),
        RULING(LICET("B"), note="always; beside it the issuer's own userinfo at most"),
    ),
    threat="A token for several APIs is worth as much as the weakest of them protects it (RFC 9700 §4.9.2).",
    remedy="Name one API with resource in the token request, once for each token.",
)

RESOURCE_KNOWN = Requirement(
    id="resource-known",
    title="A resource that is asked for is registered, and the client may use it",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_8707("2"), note="an absolute URI without fragment"),
        SHOULD(RFC_8707("2"), note="what is not acceptable is answered with invalid_target"),
        RULING(LICET("B")),
    ),
    threat="Tokens are minted for a name that somebody else may claim.",
    remedy="Send resource exactly as the API is registered.",
)

SCOPE_REGISTERED = Requirement(
    id="scope-registered",
    title="A client gets only scopes that exist and that it is registered for",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_6749("3.3"), note="granted in full, in part with the answer saying so, or refused"),
        MUST(OAUTH_2_1("1.4.1")),
        SHOULD(OAUTH_2_1("7.9"), note="the scopes a client may ask for are restricted"),
        SHOULD(RFC_7591("2")),
        MUST(ASVS_5("10.4.11")),
    ),
    threat="Any client can ask a person for anything, and people say yes (OAuth 2.1 §7.9).",
    remedy="Register the scope for this client, or do not ask for it.",
)

SCOPE_WELL_FORMED = Requirement(
    id="scope-well-formed",
    title="A scope is a list of names from the permitted characters, single spaces between them",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(MUST(RFC_6749("3.3")), MUST(OAUTH_2_1("1.4.1"))),
    threat="What one party reads as one name another reads as two.",
    remedy="Separate scope names by one space; use neither quotes nor backslashes in them.",
)

SCOPE_WITHIN_GRANT = Requirement(
    id="scope-within-grant",
    title="No token ever reaches further than what was granted",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_6749("6")),
        MUST(OAUTH_2_1("4.3.1")),
        MUST(OAUTH_2_1("3.2.3"), note="refresh tokens: scope and resource servers as consented"),
    ),
    threat="A stolen or greedy refresh token grows (OAuth 2.1 §3.2.3).",
    remedy="Ask for no more than was granted, or send the person through a new authorization request.",
)

REFRESH_BOUND_TO_CLIENT = Requirement(
    id="refresh-bound-to-client",
    title="A refresh token is good only for the client it was issued to",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_6749("6")),
        MUST(RFC_6749("10.4")),
        MUST(OAUTH_2_1("4.3")),
        MUST(OAUTH_2_1("4.3.1")),
        MUST(OIDC_CORE("12.1")),
    ),
    threat="One client lives on what a person granted to another.",
    remedy="Refresh as the client that was issued the token.",
)

REFRESH_REUSE_DETECTED = Requirement(
    id="refresh-reuse-detected",
    title="A refresh token that was replaced ends its family when it comes back",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_9700("2.2.2"), note="public clients: rotated or sender-constrained"),
        MUST(RFC_9700("4.14.2")),
        MUST(OAUTH_2_1("4.3.1"), note="public clients"),
        MUST(ASVS_5("10.4.5")),
        RULING(LICET("F"), note="one retry within the window gets the same successor"),
    ),
    threat="A thief and the owner refresh side by side for as long as they like (RFC 9700 §4.14).",
    remedy="Keep the newest refresh token only; sign in again, for two parties held this one.",
)

REFRESH_EXPIRES = Requirement(
    id="refresh-expires",
    title="A refresh token ends when it is not used, and at last whether it is used or not",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        SHOULD(OAUTH_2_1("4.3.3"), note="when unused"),
        SHOULD(RFC_9700("4.14.2"), note="when unused"),
        MUST(ASVS_5("10.4.8"), note="at last"),
        RULING(LICET("U"), note="30 days unused, 90 days in all"),
    ),
    threat="A token forgotten on a lost device works for ever.",
    remedy="Send the person through a new authorization request.",
)

GRANT_ALIVE = Requirement(
    id="grant-alive",
    title="What hangs on an ended grant, client, account or session is dead on every road",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(OAUTH_2_1("4.3.1"), note="refreshing"),
        MUST(RFC_7662("4"), note="introspection"),
        SHOULD(RFC_7009("2.1"), note="revoking a refresh token ends its access tokens"),
        RULING(LICET("J"), note="one gate, every road"),
    ),
    threat="Signing out, withdrawing consent or closing an account leaves a door open that nobody looked at.",
    remedy="Send the person through a new authorization request.",
)

SECRETS_HASHED_AT_REST = Requirement(
    id="secrets-hashed-at-rest",
    title="The store holds no token, code or secret that would be accepted if it were read there",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_6749("10.3"), note="confidential in storage"),
        MUST(RFC_6749("10.4"), note="confidential in storage"),
        MUST(OAUTH_2_1("1.4")),
        MUST(OAUTH_2_1("4.3")),
        RULING(LICET("I"), note="keyed digests, the key outside the database; sealed only where it must be read back"),
    ),
    threat="A copied database or backup signs in as everybody.",
    remedy="Nothing to do for a client.",
    by_construction="Storage is handed digests; the values leave in the answer and are kept nowhere else.",
)

TOKENS_UNGUESSABLE = Requirement(
    id="tokens-unguessable",
    title="Every code, token and identifier that opens something carries at least 160 random bits",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_6749("10.10"), note="at most 2^-128 to guess one"),
        SHOULD(RFC_6749("10.10"), note="at most 2^-160"),
        MUST(OAUTH_2_1("7.7")),
        MUST(OAUTH_2_1("1.4")),
        MUST(OAUTH_2_1("1.4.2")),
    ),
    threat="Somebody who guesses well needs no theft.",
    remedy="Nothing to do for a client.",
    by_construction="All of them come from one function over the one source of entropy, with one length.",
)

TOKEN_TYPE_EXPLICIT = Requirement(
    id="token-type-explicit",
    title="A JWT access token says in its header that it is one",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(MUST(RFC_9068("2.1")), SHOULD(RFC_8725("3.11"))),
    threat="A token made for one purpose is accepted for another (RFC 8725 §2.8).",
    remedy="Nothing to do for a client; an API refuses tokens of another type.",
    by_construction="The kind of a token carries its header; nothing is signed without a kind.",
)
