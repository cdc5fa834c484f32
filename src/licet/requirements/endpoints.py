"""What endpoints keep: parameters, sizes, hosts, pages, throttles, introspection, revocation, the device grant."""

from __future__ import annotations

from licet.requirements.documents import (
    ASVS_5,
    FORM_POST,
    LICET,
    OAUTH_2_1,
    OIDC_CORE,
    OIDC_DISCOVERY,
    RFC_6749,
    RFC_7009,
    RFC_7591,
    RFC_7662,
    RFC_8252,
    RFC_8414,
    RFC_8628,
    RFC_8707,
    RFC_9110,
    RFC_9700,
    RFC_9701,
)
from licet.requirements.model import MAY, MUST, RULING, SHOULD, Requirement, Role

# What comes in

PARAMETERS_ONCE = Requirement(
    id="parameters-once",
    title="A parameter is sent once, and one without a value was not sent",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_6749("3.1")),
        MUST(RFC_6749("3.2")),
        MUST(OAUTH_2_1("3.1")),
        MUST(OAUTH_2_1("3.2")),
        MAY(RFC_8707("2"), note="resource may be repeated"),
    ),
    threat="One party checks the first value, another uses the last.",
    remedy="Send every parameter once; only resource and audience may be repeated.",
)

FORM_ENCODED_POST = Requirement(
    id="form-encoded-post",
    title="Direct requests are POSTs of an UTF-8 form, and nothing else",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_6749("3.2")),
        MUST(OAUTH_2_1("3.2")),
        MUST(OAUTH_2_1("3.2.2")),
        MUST(RFC_7009("2.1")),
        MUST(RFC_7662("2.1")),
        MUST(RFC_8628("3.1")),
    ),
    threat="A GET puts secrets into logs; a second encoding gives a second reading of the same bytes.",
    remedy="POST with Content-Type application/x-www-form-urlencoded.",
)

REQUEST_SIZE_BOUNDED = Requirement(
    id="request-size-bounded",
    title="A request has a size, a number of parameters and a time beyond which it is not read",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MAY(RFC_9110("15.5.14"), note="too large a body may be refused"),
        MAY(RFC_9110("15.5.15"), note="too long an address may be refused"),
        MUST(OAUTH_2_1("7.12"), note="parameters are hostile until shown otherwise"),
    ),
    threat="A few slow or endless requests use up the server.",
    remedy="Send less: a token request is a few kilobytes.",
)

TLS_REQUIRED = Requirement(
    id="tls-required",
    title="Issuer and endpoints are https, but for a development server on loopback",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_6749("3.1")),
        MUST(RFC_6749("3.2")),
        MUST(OAUTH_2_1("1.5")),
        MUST(RFC_8414("2"), note="the issuer"),
        MUST(OIDC_CORE("16.17")),
    ),
    threat="Passwords, codes and tokens are read on the way.",
    remedy="Give the server an https address and a certificate, or a proxy that has both.",
    by_construction="No server starts under another issuer, and every endpoint is below the issuer.",
)

HOST_KNOWN = Requirement(
    id="host-known",
    title="A request for a host that is not ours is sent away with 421",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        RULING(LICET("L"), note="issuer and origins come from configuration, never from a header"),
        MUST(RFC_9110("7.4"), note="what does not meet the scheme's own conditions is rejected"),
        MAY(RFC_9110("15.5.20"), note="the status for it"),
    ),
    threat="Another site's name, rebound to the server's address, speaks with it from inside a browser.",
    remedy="Use the address of the issuer; a proxy must pass the Host header on as it came.",
)

# What goes out

NO_STORE = Requirement(
    id="no-store",
    title="What carries a code, a token or a secret is not kept by anyone on the way",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(MUST(RFC_6749("5.1")), MUST(OAUTH_2_1("3.2.3")), MUST(OIDC_CORE("3.1.3.3"))),
    threat="A shared cache hands one person's tokens to the next.",
    remedy="Nothing to do for a client.",
    by_construction="Every answer but a public document is written with Cache-Control: no-store, in one place.",
)

CORS_LIMITED = Requirement(
    id="cors-limited",
    title="Scripts of other sites reach what they need, and never the authorization endpoint",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(OAUTH_2_1("3.1"), note="never at the authorization endpoint"),
        MUST(RFC_9700("2.6"), note="never at the authorization endpoint"),
        MAY(RFC_9700("2.6"), note="where browser-based clients call"),
        RULING(LICET("Q"), note="registered origins only, without credentials; metadata and keys for all"),
    ),
    threat="Any page reads what the server says to the person who happens to be signed in.",
    remedy="Register the origin of a browser-based app with its redirect URI.",
    by_construction="The table of routes says which of them answer scripts, and the headers are written from it.",
)

PAGES_NOT_FRAMED = Requirement(
    id="pages-not-framed",
    title="No page of the server shows inside another site",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_9700("4.16")),
        MUST(OAUTH_2_1("7.11")),
        SHOULD(RFC_6749("10.13")),
        MUST(OIDC_CORE("3.1.2.3")),
    ),
    threat="People click on consent that they do not see (RFC 9700 §4.16).",
    remedy="Open the server's pages in a window or tab of their own.",
    by_construction="Every page is written with frame-ancestors 'none' and X-Frame-Options, error pages too.",
)

METADATA_TRUE = Requirement(
    id="metadata-true",
    title="The metadata document offers what is wired, all of it and nothing more",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_8414("2")),
        MUST(OIDC_DISCOVERY("3")),
        MUST(RFC_9700("2.1.1"), note="PKCE support can be found out"),
        MUST(OAUTH_2_1("7.10"), note="challenge methods can be found out"),
    ),
    threat="Clients leave a protection out because the server does not say that it has it.",
    remedy="Configure clients from the metadata document.",
    by_construction="It is computed from the tables that the endpoints themselves use.",
)

OVERLOAD_REFUSED = Requirement(
    id="overload-refused",
    title="What cannot be done now is refused with a time to come back, never half done",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(MAY(RFC_9110("15.6.4")), MAY(RFC_6749("4.1.2.1"), note="temporarily_unavailable")),
    threat="Under load a check is skipped or a queue grows until nothing is answered.",
    remedy="Wait for Retry-After and try again.",
)

# What is asked for

GRANT_TYPE_KNOWN = Requirement(
    id="grant-type-known",
    title="A token request names a grant type, and one that this server has",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_6749("5.2")),
        MUST(OAUTH_2_1("3.2.2")),
        MUST(OAUTH_2_1("3.2.4")),
        MUST(RFC_9700("2.4"), note="the password grant is gone"),
    ),
    threat="A grant type that nobody thought of is a way in that nobody guards.",
    remedy="Send a grant_type from grant_types_supported.",
)

GRANT_TYPE_ALLOWED = Requirement(
    id="grant-type-allowed",
    title="A client uses the grant types it is registered for",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_6749("5.2"), note="unauthorized_client"),
        MUST(OAUTH_2_1("3.2.4")),
        MUST(RFC_7591("2")),
        MUST(ASVS_5("10.4.4")),
    ),
    threat="A stolen credential opens ways that its owner never used.",
    remedy="Register the grant type for this client, or use one that is.",
)

RESPONSE_TYPE_CODE = Requirement(
    id="response-type-code",
    title="The authorization endpoint answers with a code; no token ever passes through the browser's address",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_6749("3.1.1"), note="missing or unknown types are refused"),
        MUST(OAUTH_2_1("4.1.1")),
        SHOULD(RFC_9700("2.1.2"), note="clients do not use the implicit grant; licet does not have it"),
        MUST(ASVS_5("10.4.4"), note="no implicit grant"),
    ),
    threat="Tokens in addresses leak and are injected (RFC 9700 §4.3.2, §4.6).",
    remedy="Send response_type=code.",
)

RESPONSE_MODE_KNOWN = Requirement(
    id="response-mode-known",
    title="The answer travels in a way that the server has: query or form_post",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MAY(OIDC_CORE("3.1.2.1")),
        MAY(FORM_POST("2")),
        MUST(ASVS_5("10.4.12"), note="level 3"),
    ),
    threat="A code lands in a fragment or a window message that some other script reads (RFC 9700 §4.17).",
    remedy="Leave response_mode out, or send query or form_post.",
)

# The person

CONSENT_GIVEN = Requirement(
    id="consent-given",
    title="Somebody who knew who asks, and for what, said yes",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(OIDC_CORE("3.1.2.4")),
        MUST(RFC_6749("10.12"), note="never without the person's awareness"),
        SHOULD(OAUTH_2_1("7.3"), note="not again by itself for a client whose identity is not assured"),
        SHOULD(RFC_8252("8.6")),
        RULING(LICET("C"), note="who is asked, and when again"),
    ),
    threat="A malicious app borrows the yes that was said to another one (OAuth 2.1 §7.3.1).",
    remedy="Send the person through an authorization request without prompt=none.",
)

FORM_FROM_OUR_PAGE = Requirement(
    id="form-from-our-page",
    title="A form is taken only from the page that we gave to this very browser",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_6749("10.12")),
        MUST(OIDC_CORE("3.1.2.3")),
        MUST(ASVS_5("3.5.1")),
        RULING(LICET("L"), note="token and origin, both"),
    ),
    threat="Another site says yes, or signs somebody in as the attacker, in the person's browser.",
    remedy="Load the page again and send its form.",
)

TRANSACTION_BOUND_TO_BROWSER = Requirement(
    id="transaction-bound-to-browser",
    title="A request is finished in the browser that began it",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        RULING(LICET("L"), note="a cookie of its own, from the first answer"),
        MUST(RFC_6749("10.12")),
    ),
    threat="An attacker begins, and a link lets the victim finish.",
    remedy="Begin again in this browser, with cookies allowed.",
)

TRANSACTION_ONCE = Requirement(
    id="transaction-once",
    title="A request that has its answer gets no second one",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(RULING(LICET("A"), note="it is spent when it is answered"), RULING(LICET("L"))),
    threat="One yes yields two codes, and one of them goes unnoticed.",
    remedy="Begin again with a new authorization request.",
)

PASSWORD_GUESSING_THROTTLED = Requirement(
    id="password-guessing-throttled",
    title="Wrong passwords slow down whoever tries them, and a known browser is not slowed by strangers",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_6749("10.10")),
        MUST(OAUTH_2_1("7.7")),
        MUST(ASVS_5("6.3.1")),
        RULING(LICET("V")),
    ),
    threat="A password is found by trying; or trying locks the owner out.",
    remedy="Wait, and try again.",
    by_construction="A guess is paid for before it is looked at; one that cannot be gets the page of a wrong one.",
)

# Introspection and revocation

INTROSPECTION_AUTHENTICATED = Requirement(
    id="introspection-authenticated",
    title="Whoever asks about a token proves who is asking",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(MUST(RFC_7662("2.1")), RULING(LICET("E"), note="with a registered method, never none")),
    threat="Anybody tries strings until one is a token (RFC 7662 §4).",
    remedy="Authenticate as the API or the confidential client.",
)

INTROSPECTION_BY_AUDIENCE = Requirement(
    id="introspection-by-audience",
    title="An API learns of tokens meant for it, a client of its own; of any other, only that it is not active",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_7662("2.2"), note="inactive is all that is said"),
        MAY(RFC_7662("2.2"), note="the answer depends on who asks"),
        RULING(LICET("E")),
    ),
    threat="One API learns about people through tokens that were never meant for it.",
    remedy="Ask for a token for this API.",
    by_construction="What the caller may not know and what is dead get the same answer, which is no refusal.",
)

INTROSPECTION_SIGNED = Requirement(
    id="introspection-signed",
    title="An introspection answer that was asked for as a JWT is signed for the one who asked, and passes for no token",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(MUST(RFC_9701("5")), MUST(RFC_9701("4"), note="asked for by Accept")),
    threat="An answer about a token is replayed at another API, or taken for an access token.",
    remedy="Send Accept: application/token-introspection+jwt.",
    by_construction="The answer is made here, for the caller that authenticated; nothing is refused.",
)

ENDINGS_BY_AUDIENCE = Requirement(
    id="endings-by-audience",
    title="An API that proves itself hears at once of everything that ended among its own tokens, and of nothing else",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(RULING(LICET("J")), MUST(RFC_7009("3"), note="implementations must tell where tokens are self-contained")),
    threat="A JWT is accepted until it expires, though its grant ended long before.",
    remedy="Follow the feed with the API's own credential.",
)

REVOCATION_BY_OWNER = Requirement(
    id="revocation-by-owner",
    title="A client ends its own tokens and nobody else's",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_7009("2.1")),
        MUST(RFC_7009("2.2"), note="a token that means nothing to the client is answered with 200 all the same"),
    ),
    threat="One client signs people out of another.",
    remedy="Revoke as the client that holds the token.",
)

# Devices

DEVICE_CODE_KNOWN = Requirement(
    id="device-code-known",
    title="Only a device code that was given out is polled for",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(MUST(RFC_8628("3.4")), MUST(RFC_6749("5.2"), note="invalid_grant")),
    threat="Device codes are tried until one is good (RFC 8628 §5.2).",
    remedy="Send device_code as it was received, or ask for a new one.",
)

DEVICE_CODE_BOUND_TO_CLIENT = Requirement(
    id="device-code-bound-to-client",
    title="A device code is good only for the client it was issued to",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(MUST(RFC_6749("5.2"), note="issued to another client"), MUST(RFC_8628("3.4"))),
    threat="One client takes what a person allowed another.",
    remedy="Poll as the client that asked for the code.",
)

DEVICE_CODE_SINGLE_USE = Requirement(
    id="device-code-single-use",
    title="A device code buys tokens once",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(RULING(LICET("A")), RULING(LICET("X"))),
    threat="A code seen on the device or in a log is as good as new.",
    remedy="Ask for a new device code.",
)

DEVICE_CODE_EXPIRES = Requirement(
    id="device-code-expires",
    title="A device code that nobody confirmed in time is over",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_8628("3.2")),
        MUST(RFC_8628("3.5"), note="expired_token"),
        RULING(LICET("U"), note="ten minutes"),
    ),
    threat="The longer a user code lives, the more can be tried, and the easier it is to talk somebody into it.",
    remedy="Ask for a new device code and show the new user code.",
)

DEVICE_POLLING_INTERVAL = Requirement(
    id="device-polling-interval",
    title="A client that polls too fast is told so, and its interval grows by five seconds for good",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_8628("3.5"), note="the client's duty; slow_down adds five seconds"),
        MUST(RFC_8628("3.2"), note="five seconds where nothing is said"),
        RULING(LICET("U"), note="five seconds"),
    ),
    threat="Impatient devices are a flood.",
    remedy="Wait for the interval between two requests.",
    by_construction="slow_down is an answer to polling and no refusal, so it cites nothing.",
)

DEVICE_ONE_CLAIMANT = Requirement(
    id="device-one-claimant",
    title="The first person to enter a user code is the only one who can decide on it",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(RULING(LICET("X")), SHOULD(RFC_8628("5.5"), note="codes seen over the shoulder")),
    threat="Somebody who reads the code from the screen decides for the person in front of it.",
    remedy="Ask the device for a new code.",
)

DEVICE_DENIED = Requirement(
    id="device-denied",
    title="A no stays a no",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(MUST(RFC_8628("3.5"), note="access_denied"), RULING(LICET("X"))),
    threat="Asking again until somebody presses the other button.",
    remedy="Stop polling; begin again only when the person asks for it.",
)

USER_CODE_UNGUESSABLE = Requirement(
    id="user-code-unguessable",
    title="A user code is too random to be found in its lifetime at the speed that is allowed",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(SHOULD(RFC_8628("5.1")), SHOULD(RFC_8628("6.1")), MUST(OAUTH_2_1("7.7"))),
    threat="A stranger confirms somebody's device, or has the stranger's device confirmed (RFC 8628 §5.1).",
    remedy="Nothing to do for a client.",
    by_construction="Eight letters of an alphabet of twenty, from the one source of entropy, unique while they live.",
)

USER_CODE_GUESSING_THROTTLED = Requirement(
    id="user-code-guessing-throttled",
    title="Wrong user codes slow down whoever enters them",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(SHOULD(RFC_8628("5.1")), MUST(OAUTH_2_1("7.7"))),
    threat="User codes are short enough to be found by trying (RFC 8628 §5.1).",
    remedy="Wait, and enter the code as the device shows it.",
    by_construction="A guess is paid for before it is looked up; the page says when the next one may be made.",
)
