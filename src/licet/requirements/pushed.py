"""What a pushed authorization request keeps: whose it is, how long, how often (RFC 9126)."""

from __future__ import annotations

from licet.requirements.documents import ASVS_5, LICET, RFC_9126
from licet.requirements.model import MAY, MUST, RULING, SHOULD, Requirement, Role

PUSHED_BOUND_TO_CLIENT = Requirement(
    id="pushed-bound-to-client",
    title="A pushed request is good only for the client that pushed it, and for a short time",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_9126("2.2"), note="bound to the client; short-lived; not guessable"),
        MUST(RFC_9126("4"), note="an expired request_uri is rejected"),
        MUST(RFC_9126("7.1"), note="guessing"),
    ),
    threat="A client is made to run another one's request, or a request found in a log is begun (RFC 9126 §7.5).",
    remedy="Push the request anew and send the browser with its request_uri at once.",
)

PUSHED_SINGLE_USE = Requirement(
    id="pushed-single-use",
    title="A pushed request is answered once; reloading the page before that works",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        SHOULD(RFC_9126("4"), note="one use, but for reloads"),
        SHOULD(RFC_9126("7.3"), note="replay"),
        RULING(LICET("A"), note="consumed at completion, not at the first visit"),
    ),
    threat="A request found in the history or a log is run again (RFC 9126 §7.3).",
    remedy="Push a new request for each sign-in.",
)

PUSHED_NO_REQUEST_URI = Requirement(
    id="pushed-no-request-uri",
    title="A pushed request holds its parameters itself",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(MUST(RFC_9126("2.1"), note="request_uri is rejected"),),
    threat="A pushed request points at another one, or at an address for the server to fetch.",
    remedy="Push the parameters of the authorization request and leave request_uri out.",
)

PUSHED_WHERE_REQUIRED = Requirement(
    id="pushed-where-required",
    title="A client that pushes its requests is answered to no other",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_9126("6"), note="require_pushed_authorization_requests of the client"),
        MUST(RFC_9126("5"), note="the same of the server"),
        SHOULD(ASVS_5("10.4.13"), note="level 3"),
    ),
    threat="An attacker writes the request that the client would have pushed, and has somebody open it.",
    remedy="Push the request to the pushed_authorization_request_endpoint and send client_id and request_uri only.",
)

PUSHING_THROTTLED = Requirement(
    id="pushing-throttled",
    title="Nobody fills the store with requests that nobody answers",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(MAY(RFC_9126("2.3"), note="429"),),
    threat="A stranger who knows the id of a public client pushes until nothing can be written any more.",
    remedy="Wait for Retry-After; push only when somebody is about to sign in.",
)
