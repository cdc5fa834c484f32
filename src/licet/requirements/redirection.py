"""Where the browser is sent back to: exact redirect match, ``iss``, mix-up, open redirectors, 303."""

from __future__ import annotations

from licet.requirements.documents import (
    ASVS_5,
    LICET,
    OAUTH_2_1,
    OIDC_CORE,
    RFC_6749,
    RFC_8252,
    RFC_9110,
    RFC_9207,
    RFC_9700,
)
from licet.requirements.model import MUST, RULING, SHOULD, Requirement, Role

REDIRECT_URI_REGISTERED = Requirement(
    id="redirect-uri-registered",
    title="An authorization request leads to exactly one redirect URI, and that one is registered",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_6749("3.1.2.3")),
        MUST(OAUTH_2_1("2.3.1"), note="every client registers complete URIs"),
        MUST(OAUTH_2_1("2.3.2"), note="with several registered, the request names one"),
        MUST(OIDC_CORE("3.1.2.1"), note="always named; licet takes the only registered one as named"),
    ),
    threat="Whoever chooses the redirect URI receives the code, or leads people astray in our name (RFC 9700 §4.1).",
    remedy="Register the redirect URI, and send redirect_uri whenever more than one is registered.",
)

REDIRECT_URI_EXACT = Requirement(
    id="redirect-uri-exact",
    title="Redirect URIs are compared character by character; only a native client's loopback port is free",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_9700("2.1")),
        MUST(RFC_9700("4.1.3")),
        MUST(OAUTH_2_1("4.1.1")),
        MUST(RFC_8252("7.3"), note="the loopback port is free"),
        MUST(OIDC_CORE("3.1.2.1")),
        MUST(ASVS_5("10.4.1")),
        RULING(LICET("G"), note="localhost counts as loopback"),
    ),
    threat="Patterns and normalisation let an attacker's address pass for the registered one (RFC 9700 §4.1.1).",
    remedy="Send redirect_uri exactly as it is registered, down to the trailing slash.",
)

REDIRECT_URI_SAFE = Requirement(
    id="redirect-uri-safe",
    title=(
        "What is registered is an absolute https URI, an http loopback URI or a dotted private-use scheme, "
        "without fragment, user information, wildcard or response parameter"
    ),
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_6749("3.1.2"), note="absolute, no fragment"),
        MUST(RFC_9700("2.6"), note="http on loopback only"),
        MUST(RFC_9700("4.1.3"), note="no patterns"),
        MUST(OAUTH_2_1("2.3")),
        SHOULD(OAUTH_2_1("2.3.1"), note="a private-use scheme has a dot; licet always demands it"),
        MUST(RFC_8252("7.1"), note="the app's duty: a scheme from a domain name it controls"),
        RULING(LICET("G"), note="no user information, no response parameter in the query"),
    ),
    threat="A code sent to such an address can be read on the way, by another app, or mixed with planted parameters.",
    remedy="Register https://…, http://127.0.0.1/… for native apps, or a reversed domain name as scheme.",
    by_construction="Whatever registers a client asks the same function, and stores none that it minds.",
)

ERRORS_STAY_HOME = Requirement(
    id="errors-stay-home",
    title="Until client and redirect URI are known to be good, nobody is redirected anywhere",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_6749("3.1.2.4")),
        MUST(RFC_6749("4.1.2.1")),
        MUST(OAUTH_2_1("2.3.5")),
        MUST(OAUTH_2_1("4.1.2.1")),
        MUST(RFC_9700("4.11.2")),
    ),
    threat="The server becomes an open redirector that lends its good name to any address (RFC 9700 §4.11.2).",
    remedy="Correct client_id or redirect_uri: the page that says so is shown by the server itself.",
    by_construction=(
        "Only an Addressee can be redirected to, and one is made only once client and redirect URI are checked; "
        "whatever fails before has nowhere to go but a page."
    ),
)

ISS_IN_RESPONSE = Requirement(
    id="iss-in-response",
    title="Every authorization response, error or not, names its issuer",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_9207("2")),
        MUST(OAUTH_2_1("7.15.1"), note="where this defence against mix-up is chosen"),
        MUST(RFC_9700("4.4.2.1"), note="where this defence against mix-up is chosen"),
    ),
    threat="A client of several servers is made to hand one server's code to another (RFC 9700 §4.4).",
    remedy="Nothing to do for a client but to check it.",
    by_construction="Answers to a client are put together in one place, and that place adds iss to all of them.",
)

NO_307_REDIRECT = Requirement(
    id="no-307-redirect",
    title="The browser is redirected with 303, never so that it repeats a form somewhere else",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_9700("4.12")),
        MUST(OAUTH_2_1("7.5.3")),
        SHOULD(RFC_9700("4.12"), note="303"),
        MUST(RFC_9110("15.4.8"), note="what a browser does with 307"),
        RULING(LICET("L"), note="a page of ours ends every form whose answer leads to another host"),
    ),
    threat="A password typed into the server's form is posted to the client (RFC 9700 §4.12).",
    remedy="Nothing to do for a client.",
    by_construction="The one kind of answer that redirects carries no status; it is always written as 303.",
)
