"""Who is asking: one method per request, secrets and assertions, what a public client may not do."""

from __future__ import annotations

from licet.requirements.documents import (
    ASVS_5,
    LICET,
    OAUTH_2_1,
    OIDC_CORE,
    RFC_6749,
    RFC_7515,
    RFC_7523,
    RFC_7591,
    RFC_7662,
    RFC_8725,
    RFC_9700,
    RFC_10070,
)
from licet.requirements.model import MAY, MUST, RULING, SHOULD, Requirement, Role

CLIENT_KNOWN = Requirement(
    id="client-known",
    title="Only registered clients that are switched on are served",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_6749("4.1.2.1")),
        MUST(RFC_6749("5.2")),
        MUST(OAUTH_2_1("4.1.2.1")),
        MUST(OAUTH_2_1("3.2.4")),
    ),
    threat="A client nobody registered speaks with the server's authority to the people who use it.",
    remedy="Register the client, and send its client_id as it is registered.",
)

CLIENT_AUTHENTICATED = Requirement(
    id="client-authenticated",
    title="A client that has credentials proves itself on every direct request",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_6749("3.2.1")),
        MUST(OAUTH_2_1("3.2.1")),
        MUST(OAUTH_2_1("3.2.2")),
        SHOULD(RFC_9700("2.5")),
        MUST(ASVS_5("10.4.10")),
    ),
    threat="Whoever knows a client_id, which is no secret, redeems that client's codes and tokens.",
    remedy="Send the client's credentials by its registered method.",
)

ONE_METHOD_PER_REQUEST = Requirement(
    id="one-method-per-request",
    title="A request that authenticates in two ways is refused",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_6749("2.3"), note="the client's duty"),
        MUST(RFC_6749("5.2"), note="the error is invalid_request"),
        MUST(OAUTH_2_1("2.4")),
        MUST(OAUTH_2_1("3.2.4")),
    ),
    threat="Two parties on the way disagree about which of the two identities counts.",
    remedy="Send credentials once: in the header, in the body, or as an assertion.",
)

METHOD_AS_REGISTERED = Requirement(
    id="method-as-registered",
    title="A client authenticates by the method it is registered for",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(OAUTH_2_1("2.4.2"), note="a method belongs to a registration"),
        MUST(RFC_7591("2"), note="token_endpoint_auth_method"),
        RULING(LICET("V"), note="a secret may come by header or body unless one of them is pinned"),
    ),
    threat="A client that moved to keys is still impersonated with its old secret.",
    remedy="Use the registered method, or change the registration.",
    by_construction="A method that the registration does not name is not asked; the answer is that to a wrong secret.",
)

SECRET_GUESSING_THROTTLED = Requirement(
    id="secret-guessing-throttled",
    title="Wrong client secrets slow down whoever sends them, and only them",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_6749("2.3.1")),
        MUST(OAUTH_2_1("2.4.1")),
        MUST(OAUTH_2_1("7.7")),
        RULING(LICET("V"), note="the right secret always passes"),
    ),
    threat="A secret is found by trying; or trying locks the owner out.",
    remedy="Wait for Retry-After, and correct the secret.",
)

CREDENTIALS_NOT_IN_URL = Requirement(
    id="credentials-not-in-url",
    title="Credentials and tokens in the address of a direct request are not taken",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_6749("2.3.1")),
        MUST(OAUTH_2_1("2.4.1")),
        MUST(OAUTH_2_1("7.1.3.7"), note="bearer tokens"),
    ),
    threat="Addresses are written to logs, histories and referrers.",
    remedy="Send the parameters in the form body, and change the secret that was sent in the address.",
    by_construction="Direct endpoints read the form and the Authorization header, and nothing else.",
)

ASSERTION_WELL_FORMED = Requirement(
    id="assertion-well-formed",
    title="A client assertion is one JWT of a kind meant for client authentication, with all its claims",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_7523("2.2")),
        MUST(RFC_7523("3")),
        SHOULD(RFC_10070("4"), note="typed; servers are advised not to refuse untyped ones"),
        SHOULD(RFC_8725("3.11")),
        RULING(LICET("K"), note="another purpose's type is refused"),
    ),
    threat="A JWT made for another purpose is accepted as proof of identity.",
    remedy=(
        "Send client_assertion_type and one compact JWT of type client-authentication+jwt "
        "with iss, sub, aud, exp and jti."
    ),
)

ASSERTION_SIGNED = Requirement(
    id="assertion-signed",
    title="A client assertion is signed by a registered key with an algorithm meant for that key",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_7523("3")),
        MUST(RFC_8725("3.1")),
        MUST(RFC_7515("4.1.11"), note="what crit names must be understood; licet understands none"),
        MAY(RFC_7515("4.1.3"), note="a header may carry a key; licet never uses it, nor fetches one it points to"),
        MUST(ASVS_5("9.1.3")),
        RULING(LICET("H"), note="which algorithms"),
    ),
    threat="An attacker signs with a key of his own, or with none, and is believed.",
    remedy="Sign with a key of the client's registered jwks: RS256, PS256, ES256 or EdDSA.",
)

ASSERTION_AUDIENCE_IS_ISSUER = Requirement(
    id="assertion-audience-is-issuer",
    title="The sole audience of a client assertion is the issuer",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_10070("4")),
        MUST(OAUTH_2_1("2.4")),
        RULING(LICET("K"), note="a string, not a list of one"),
    ),
    threat="A hostile server collects assertions meant for it by name and spends them here.",
    remedy="Set aud to the issuer, as one string.",
    waivable=True,
)

ASSERTION_SINGLE_USE = Requirement(
    id="assertion-single-use",
    title="A client assertion authenticates one request",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MAY(RFC_7523("3"), note="jti may be remembered"),
        MUST(OIDC_CORE("9")),
        RULING(LICET("K"), note="also without jti: then by the digest of the whole"),
        RULING(LICET("A"), note="even where the request is refused"),
    ),
    threat="An assertion seen once, in a log or on the wire, serves until it expires.",
    remedy="Make a new assertion with a new jti for every request.",
)

ASSERTION_SHORT_LIVED = Requirement(
    id="assertion-short-lived",
    title="A client assertion has an end, and the end is near",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_7523("3"), note="exp, and not in the past"),
        MAY(RFC_7523("3"), note="an exp far ahead may be refused"),
        RULING(LICET("K"), note="ten minutes at most"),
    ),
    threat="What has no end must be remembered for ever to be used once.",
    remedy="Set exp to a minute or two from now, and check the clock.",
)

ASSERTION_ABOUT_ITSELF = Requirement(
    id="assertion-about-itself",
    title="A client speaks for itself: issuer and subject of its assertion are its client_id",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(MUST(RFC_7523("3")), MUST(OIDC_CORE("9"))),
    threat="One client's key authenticates another client.",
    remedy="Set iss and sub to the client_id, and send no other client_id beside the assertion.",
)

PUBLIC_CLIENT_LIMITS = Requirement(
    id="public-client-limits",
    title="What needs an identity is closed to clients that cannot prove theirs",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_6749("4.4"), note="client_credentials"),
        MUST(OAUTH_2_1("4.2"), note="client_credentials"),
        MUST(RFC_7662("2.1"), note="introspection"),
        MUST(OAUTH_2_1("2.4"), note="exposure through unauthenticated clients is limited"),
        RULING(LICET("E")),
    ),
    threat="Anybody who knows a client_id gets tokens in that client's own name.",
    remedy="Register the client as confidential, or use a grant in which a person takes part.",
)
