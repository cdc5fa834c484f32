"""What holds where clients are named by the address of their metadata document (OAuth Client ID Metadata Document)."""

from __future__ import annotations

from licet.requirements.documents import CIMD, LICET, MCP, RFC_9700
from licet.requirements.model import MAY, MUST, RULING, SHOULD, Requirement, Role

DOCUMENT_ADDRESS_FETCHABLE = Requirement(
    id="document-address-fetchable",
    title="Only an https address in one spelling, which the operator lets in, is fetched as a client's document",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(MUST(CIMD("3")), MAY(CIMD("8.9"), note="hosts that are trusted, and others")),
    threat="Two readers see two clients in one address, or an address leads where no document is.",
    remedy="Use https with a path, no user, no fragment, no dot segments; ask the operator to let your host in.",
)

DOCUMENT_FETCHED_SAFELY = Requirement(
    id="document-fetched-safely",
    title="A document comes from a public address, whole, with status 200 and as JSON, or there is no client",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(CIMD("5"), note="200, no redirects"),
        MUST(CIMD("8.6"), note="no special-use addresses"),
        SHOULD(CIMD("8.7"), note="5 kB"),
        SHOULD(CIMD("5.1"), note="else the request is aborted"),
    ),
    threat="A stranger makes the server visit its own network, by a redirect or a name that changes its mind.",
    remedy="Serve the document at the very address, publicly, as application/json, with no more than 5120 bytes.",
)

DOCUMENT_NAMES_ITS_ADDRESS = Requirement(
    id="document-names-its-address",
    title="A document's client_id is the address it was fetched from, letter by letter",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(MUST(CIMD("4")), MUST(MCP("client-id-metadata-documents"))),
    threat="A copy of somebody else's document, put up elsewhere, passes for theirs.",
    remedy="Put the address itself into the document as client_id.",
)

DOCUMENT_WELL_FORMED = Requirement(
    id="document-well-formed",
    title="A document is one JSON object with client_id, client_name and redirect_uris",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(MUST(CIMD("4")), MUST(MCP("client-id-metadata-documents"), note="these three")),
    threat="Two readers understand a document in two ways, or people are asked about an app without a name.",
    remedy="Publish strict JSON, each member once.",
)

DOCUMENT_WITHOUT_SECRETS = Requirement(
    id="document-without-secrets",
    title="A document has no secret, no private key and no method that needs a shared one",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(MUST(CIMD("4.1")),),
    threat="What everybody can read is taken as a proof.",
    remedy="Say none, or private_key_jwt with public keys in jwks or at jwks_uri.",
)

DOCUMENT_REDIRECTS_HOME = Requirement(
    id="document-redirects-home",
    title="Where anybody's document is taken, its https redirect URIs are on the document's own host",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(MAY(CIMD("8.1")), SHOULD(RFC_9700("4.11.2"), note="whom to send people to")),
    threat="A document borrows the good name of the host it sends people to, or an open redirector there.",
    remedy="Receive answers on the host of the document, or ask the operator to list both hosts.",
)

DOCUMENT_CHANGE_NOTICED = Requirement(
    id="document-change-noticed",
    title="A document that changes is asked about again; one whose keys were replaced loses what it was given",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MAY(CIMD("8.4.1"), note="tokens and consent may be revoked"),
        SHOULD(CIMD("5"), note="fetched again periodically"),
        RULING(LICET("C"), note="remembered only while the digest is unchanged"),
    ),
    threat="Whoever takes over a host takes over what people had allowed to its former owner.",
    remedy="Rotate keys with an overlap: publish the new one beside the old one first.",
    by_construction="What is given ends by the client's epoch, and a consent names the digest that it was given to.",
)

DOCUMENT_CACHED_WITHIN_BOUNDS = Requirement(
    id="document-cached-within-bounds",
    title="A document is kept as HTTP says, a minute at least and a day at most; what is not a document is never kept",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(SHOULD(CIMD("5.2")), MUST(CIMD("5.2"), note="no errors, nothing invalid")),
    threat="A key that was taken out of a document stays good, or each request visits its host.",
    remedy="Send Cache-Control: max-age.",
    by_construction="The one place that keeps documents bounds how long, and keeps only what was judged good.",
)

DOCUMENT_VISITS_BOUNDED = Requirement(
    id="document-visits-bounded",
    title="Visits to documents are limited at once and by network, and an unknown client leaves nothing in the store",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(SHOULD(CIMD("8.6"), note="measures of the operator's own"), RULING(LICET("U"))),
    threat="A loop over made-up addresses fills the store or sends the server against somebody else's host.",
    remedy="Wait for Retry-After.",
)

DOCUMENT_HOST_SHOWN = Requirement(
    id="document-host-shown",
    title="Whoever is asked about such a client is shown its host, where the answer goes, and that nobody checked it",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        SHOULD(CIMD("8.5")),
        RULING(LICET("C"), note="asked, host shown, warning; not assured where every address is on the device"),
    ),
    threat="A document calls itself by a well-known name and sends the answer to a program on the person's device.",
    remedy="Nothing: this is said to people, not to clients.",
    by_construction="The consent page is made from the client's id and its redirect URI.",
)
