"""The authorization code: PKCE, one use, a short life, bound to client and redirect URI."""

from __future__ import annotations

from licet.requirements.documents import ASVS_5, LICET, OAUTH_2_1, RFC_6749, RFC_7636, RFC_9700
from licet.requirements.model import MAY, MUST, RULING, SHOULD, Requirement, Role

PKCE_REQUIRED = Requirement(
    id="pkce-required",
    title="An authorization code is only redeemed with the verifier that began it",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(OAUTH_2_1("4.1.1"), note="unless 7.5.1.1: a confidential client that surely checks a nonce"),
        MUST(RFC_9700("2.1.1"), note="public clients"),
        SHOULD(RFC_9700("2.1.1"), note="confidential clients"),
        MUST(ASVS_5("10.4.6")),
        RULING(LICET("R"), note="confidential clients too, unless their profile or a waiver says otherwise"),
    ),
    threat="A stolen code is injected into the attacker's or the victim's session (RFC 9700 §4.5).",
    remedy="Send code_challenge with code_challenge_method=S256.",
    waivable=True,
)

PKCE_OR_NONCE = Requirement(
    id="pkce-or-nonce",
    title="A confidential client that is spared PKCE sends a nonce instead",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(OAUTH_2_1("4.1.1"), note="unless 7.5.1.1: the nonce of a confidential OpenID Connect client"),
        MAY(RFC_9700("2.1.1"), note="such a client may rely on the nonce"),
        RULING(LICET("R"), note="what is left where only pkce-required is waived; oidc-core asks for neither"),
    ),
    threat="A code of another session is injected, and nothing in the answer tells (RFC 9700 §4.5).",
    remedy="Send code_challenge, or scope openid and a nonce.",
    waivable=True,
)

PKCE_S256_ONLY = Requirement(
    id="pkce-s256-only",
    title="The challenge is a SHA-256 of the verifier, never the verifier itself",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        SHOULD(RFC_9700("2.1.1"), note="clients use methods that do not show the verifier"),
        SHOULD(RFC_7636("7.2")),
        MUST(ASVS_5("10.4.6")),
        MAY(OAUTH_2_1("4.1.1"), note="plain is still allowed, and is what a missing method means; licet takes neither"),
    ),
    threat="Whoever reads the authorization request has the verifier (RFC 9700 §2.1.1).",
    remedy="Send code_challenge_method=S256.",
)

PKCE_CHALLENGE_WELL_FORMED = Requirement(
    id="pkce-challenge-well-formed",
    title="A challenge has the shape that S256 gives it: 43 characters of base64url",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_7636("4.2")),
        MUST(OAUTH_2_1("4.1.1"), note="43 to 128 characters in general; S256 always makes 43"),
    ),
    threat="A challenge that no verifier can meet, or that was never hashed, goes unnoticed until the token request.",
    remedy="Encode the SHA-256 of the verifier as base64url without padding.",
)

PKCE_CHALLENGE_FRESH = Requirement(
    id="pkce-challenge-fresh",
    title="A challenge that a redeemed code of the same client carried is not taken again",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MAY(RFC_9700("2.1.1"), note="servers are encouraged to notice constant challenges"),
        MUST(OAUTH_2_1("7.5.1.1"), note="the client's duty: one challenge for one transaction"),
        RULING(LICET("N"), note="only redeemed ones, so that reload and the back button work"),
    ),
    threat="With a constant verifier PKCE protects nobody: any code of that client fits any of its sessions.",
    remedy="Make a new code_verifier for every authorization request.",
)

PKCE_VERIFIER_CHECKED = Requirement(
    id="pkce-verifier-checked",
    title="A code that began with a challenge is redeemed only with the verifier that hashes to it",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_7636("4.6")),
        MUST(RFC_9700("2.1.1")),
        MUST(OAUTH_2_1("4.1.3")),
        MUST(ASVS_5("10.4.6")),
    ),
    threat="A challenge that is asked for and never checked stops nobody.",
    remedy="Send the code_verifier from which this request's code_challenge was made: 43 to 128 unreserved characters.",
)

PKCE_NO_DOWNGRADE = Requirement(
    id="pkce-no-downgrade",
    title="A verifier is refused for a code that began without a challenge",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_9700("2.1.1")),
        MUST(RFC_9700("4.8.2")),
        MUST(OAUTH_2_1("4.1.3")),
        MUST(OAUTH_2_1("3.2.4"), note="the error is invalid_request"),
    ),
    threat="An attacker strips the challenge from a request and the client never learns (RFC 9700 §4.8).",
    remedy="Begin again: the code_challenge was lost between client and server.",
)

CODE_SINGLE_USE = Requirement(
    id="code-single-use",
    title="An authorization code buys tokens once",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(MUST(RFC_6749("4.1.2")), MUST(OAUTH_2_1("4.1.3")), MUST(ASVS_5("10.4.2"))),
    threat="A code read later from a log or a browser's history is as good as new.",
    remedy="Begin again with a new authorization request; never retry a code that was redeemed.",
)

CODE_SHORT_LIVED = Requirement(
    id="code-short-lived",
    title="An authorization code lives for a redirect, not for a reading",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_6749("4.1.2"), note="short; ten minutes at most recommended"),
        MUST(OAUTH_2_1("4.1.2")),
        MUST(ASVS_5("10.4.3"), note="one minute at level 3"),
        RULING(LICET("U"), note="60 seconds"),
    ),
    threat="The longer a code lives, the more often a leaked one is still good.",
    remedy="Redeem the code at once; begin again where that failed.",
)

CODE_BOUND_TO_CLIENT = Requirement(
    id="code-bound-to-client",
    title="An authorization code is good only for the client it was issued to",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(MUST(RFC_6749("4.1.3")), MUST(OAUTH_2_1("4.1.3"))),
    threat="One client redeems what a person granted to another.",
    remedy="Redeem the code as the client that asked for it.",
)

CODE_BOUND_TO_REDIRECT_URI = Requirement(
    id="code-bound-to-redirect-uri",
    title="A redirect_uri sent with the code is the one the code was sent to",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_6749("4.1.3"), note="and must be sent if the authorization request had one"),
        MUST(OAUTH_2_1("10.2"), note="for clients that still send it; 2.1 clients do not"),
    ),
    threat="A code caught at one redirect URI is redeemed as if it had arrived at another (RFC 6749 §10.6).",
    remedy="Send the redirect_uri of the authorization request, or leave it out as OAuth 2.1 does.",
)

CODE_REPLAY_ENDS_GRANT = Requirement(
    id="code-replay-ends-grant",
    title="A valid replay of a code ends everything that the code ever bought, and nothing else does",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        SHOULD(RFC_6749("4.1.2")),
        SHOULD(OAUTH_2_1("4.1.3")),
        SHOULD(OAUTH_2_1("7.5.2"), note="an invalid replay ends nothing"),
        MUST(ASVS_5("10.4.2")),
        RULING(LICET("A"), note="always; licet finds the grant by the code's remains (M)"),
    ),
    threat="A thief who redeemed the code first keeps the tokens; or one who cannot redeem it signs the owner out.",
    remedy="Sign in again: two parties held the same code.",
    by_construction=(
        "The one statement that consumes a code ends its grant in the same transaction when it finds it used, "
        "and it runs only after client and verifier were judged good."
    ),
)
