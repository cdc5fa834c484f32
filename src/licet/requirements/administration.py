"""What holds where programs administer the server over HTTP (licet ruling W)."""

from __future__ import annotations

from licet.requirements.documents import (
    ASVS_5,
    LICET,
    RFC_6585,
    RFC_6749,
    RFC_6750,
    RFC_9068,
    RFC_9110,
    RFC_9457,
    RFC_9700,
)
from licet.requirements.model import MUST, RULING, SHOULD, Requirement, Role

ADMINISTRATION_AUTHORIZED = Requirement(
    id="administration-authorized",
    title="The admin API answers only a living token that was issued for it, to an app and to nobody signed in",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_6750("3"), note="401 with a challenge"),
        MUST(RFC_9068("4"), note="the audience is the API's own"),
        RULING(LICET("W"), note="people need a role, and there are none yet"),
    ),
    threat="A token that some other API was shown administers the server.",
    remedy="Ask for a token with resource=<issuer>/admin, by client credentials, as an app that may licet:….",
)

ADMINISTRATION_SCOPED = Requirement(
    id="administration-scoped",
    title="Each operation of the admin API takes one scope; only whoever may apply may plan as well",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_6750("3.1"), note="insufficient_scope"),
        SHOULD(RFC_9700("2.3"), note="tokens with the least privilege"),
        MUST(ASVS_5("8.2.1"), note="level 1: function-level access"),
    ),
    threat="A program that only looks is stolen from, and the thief changes redirect URIs.",
    remedy="Let the app may the scope that the answer names, and ask for it.",
)

ADMINISTRATION_NOT_BEYOND_ITSELF = Requirement(
    id="administration-not-beyond-itself",
    title="Nobody gives an app more of the administration than they have, nor takes over an app that has more",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(SHOULD(RFC_9700("2.3"), note="least privilege"), RULING(LICET("W"))),
    threat="A program that may change apps gives itself, or an app whose secret it makes, the rest of the administration.",
    remedy="Let somebody do it who has these scopes: LICET_ADMIN_TOKEN has all of them, and so has whoever holds the store.",
)

ADMINISTRATION_BY_PROGRAMS = Requirement(
    id="administration-by-programs",
    title="No person is asked for a scope of the administration",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(RULING(LICET("W"), note="for people only with a role, and there are none yet"), MUST(RFC_6749("3.3"))),
    threat="An app makes any person at all agree to administration, and has it.",
    remedy="Use a service and client credentials.",
)

ADMINISTRATION_WELL_FORMED = Requirement(
    id="administration-well-formed",
    title="A request to the admin API says what its document knows, and nothing else",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_9110("15.5.1")),
        SHOULD(RFC_9457("3"), note="the shape of the answer"),
        MUST(ASVS_5("15.3.3"), note="level 2: no mass assignment"),
    ),
    threat="A misspelt member is passed over, and the app is less guarded than its owner thinks.",
    remedy="Read /admin/v1/openapi.json; unknown members and parameters are refused.",
)

ADMINISTRATION_AS_THE_FILE = Requirement(
    id="administration-as-the-file",
    title="What the admin API writes is held to the rules of the operator's own file",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(RULING(LICET("W"), note="one judgement for every way in"), SHOULD(RFC_9700("4.1.3"))),
    threat="A wildcard, a script or a weak key comes in by the side door.",
    remedy="Read mistakes: each names the key, what is wrong with it, the rule and the fix.",
)

ADMINISTRATION_OBJECT_KNOWN = Requirement(
    id="administration-object-known",
    title="An object is found only below the owner it belongs to; a stranger's looks like one that never was",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(MUST(RFC_9110("15.5.5")), MUST(ASVS_5("8.2.2"), note="level 1: object-level access")),
    threat="An id of somebody else's object in a path of one's own opens it (BOLA).",
    remedy="Look the id up in the list of its owner.",
)

ADMINISTRATION_CONDITIONAL = Requirement(
    id="administration-conditional",
    title="A change says which version it changes, and changes no other",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(SHOULD(RFC_6585("3"), note="428"), MUST(RFC_9110("13.1.1")), MUST(RFC_9110("13.1.2"))),
    threat="Two operators change one app, and what the first one closed is open again.",
    remedy="Send If-Match with the ETag you read (or *), or If-None-Match: * for something new.",
)

ADMINISTRATION_OWNED = Requirement(
    id="administration-owned",
    title="What a file, or a client itself, looks after is changed there and nowhere else",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(RULING(LICET("W"), note="ownership is recorded on the object"), MUST(RFC_9110("15.5.10"))),
    threat="The file and the store drift apart until nobody knows what holds.",
    remedy="Change the file and apply it; or take the object out of the file first.",
)

ADMINISTRATION_GUESSING_THROTTLED = Requirement(
    id="administration-guessing-throttled",
    title="Wrong tokens at the admin API become slow; the right one always passes",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(MUST(ASVS_5("6.3.1"), note="level 1"), RULING(LICET("V"))),
    threat="Tokens are guessed, or a flood of wrong ones costs the store its time.",
    remedy="Wait for Retry-After, and use the right token.",
)
