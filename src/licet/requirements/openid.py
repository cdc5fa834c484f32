"""OpenID Connect: what is asked of the person, what the ID token says, and what is not taken."""

from __future__ import annotations

from licet.requirements.documents import (
    LICET,
    OIDC_CORE,
    OIDC_DISCOVERY,
    OIDC_REGISTRATION,
    OIDC_UNMET,
    RFC_7519,
    RFC_8725,
    RFC_9101,
)
from licet.requirements.model import MAY, MUST, RULING, SHOULD, Requirement, Role

PROMPT_KNOWN = Requirement(
    id="prompt-known",
    title="prompt holds words that exist, and none stands alone",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(OIDC_CORE("3.1.2.1"), note="none beside another word is an error"),
        MUST(OIDC_CORE("3.1.2.2"), note="parameters are used as the specification says"),
    ),
    threat="A client that asked for a fresh sign-in believes it got one.",
    remedy="Send none alone, or any of login, consent and select_account.",
)

PROMPT_NONE_SILENT = Requirement(
    id="prompt-none-silent",
    title="With prompt=none no page is shown, whatever is missing",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(OIDC_CORE("3.1.2.1")),
        MUST(OIDC_CORE("3.1.2.3")),
        MUST(OIDC_CORE("3.1.2.6"), note="which error says what is missing"),
        RULING(LICET("C"), note="whose consent is remembered"),
    ),
    threat="A hidden frame hangs on a page that nobody sees, or a person is asked without context.",
    remedy="Send the request again without prompt=none.",
)

PROMPT_HONOURED = Requirement(
    id="prompt-honoured",
    title="prompt=login and prompt=consent really ask, in this request",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(OIDC_CORE("3.1.2.3"), note="login"),
        SHOULD(OIDC_CORE("3.1.2.1"), note="login and consent; licet always asks"),
        RULING(LICET("L"), note="spent on the transaction: a sign-in counts if it came after it began"),
    ),
    threat="Whoever finds an open browser passes for its owner where the client asked for proof.",
    remedy="Compare auth_time in the ID token.",
    by_construction="What is still needed is decided in one place, from when somebody signed in and agreed.",
)

ACCOUNT_CHOSEN = Requirement(
    id="account-chosen",
    title="Where several people are signed in, the one who acts was chosen or is named",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        SHOULD(OIDC_CORE("3.1.2.1"), note="prompt=select_account; licet asks whenever anybody is signed in"),
        MUST(OIDC_CORE("3.1.2.1"), note="no choice, no answer: account_selection_required"),
        MUST(OIDC_CORE("3.1.2.3"), note="nobody but who id_token_hint or claims.sub names"),
        RULING(LICET("L"), note="spent on the transaction, by a choice or a sign-in"),
    ),
    threat="Somebody's data go to an app under the name of whoever else uses the same browser.",
    remedy="Send id_token_hint, or prompt=select_account.",
)

MAX_AGE_HONOURED = Requirement(
    id="max-age-honoured",
    title="A sign-in older than max_age is not used",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(OIDC_CORE("3.1.2.1")),
        MUST(OIDC_CORE("2"), note="and auth_time is in the ID token"),
        MUST(OIDC_CORE("15.1")),
        RULING(LICET("L"), note="max_age=0 is prompt=login"),
    ),
    threat="A client that asked for a recent sign-in acts on an old one.",
    remedy="Send max_age as whole seconds, and compare auth_time.",
)

NONCE_RETURNED = Requirement(
    id="nonce-returned",
    title="The ID token carries the nonce of its own request, unchanged",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(MUST(OIDC_CORE("2")), MUST(OIDC_CORE("3.1.3.6")), MUST(OIDC_CORE("15.5.2"), note="the client's duty")),
    threat="An ID token or code of another session is injected unnoticed.",
    remedy="Compare nonce with the one kept for this request.",
    by_construction="The nonce travels with the code into the authorization that the ID token is made from.",
)

REQUEST_OBJECT_ANSWERED = Requirement(
    id="request-object-answered",
    title="Request objects and registrations that are not supported are refused by name, never overlooked",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(OIDC_CORE("6"), note="request"),
        MUST(OIDC_CORE("6.2"), note="request_uri"),
        MUST(OIDC_CORE("7.2.1"), note="registration"),
        MUST(OIDC_CORE("3.1.2.6"), note="the errors"),
    ),
    threat="A client signs its request, and an unsigned one beside it is obeyed.",
    remedy="Send the parameters themselves.",
)

USERINFO_NEEDS_OPENID = Requirement(
    id="userinfo-needs-openid",
    title="The userinfo endpoint answers to tokens from OpenID requests, and to no others",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(OIDC_CORE("5.3")),
        MUST(OIDC_CORE("5.3.1")),
        RULING(LICET("B"), note="which tokens have userinfo as an audience"),
    ),
    threat="An API uses the tokens it is sent to look up the people who send them.",
    remedy="Ask for the scope openid, and for no other resource, to read userinfo.",
)

ID_TOKEN_HINT_OURS = Requirement(
    id="id-token-hint-ours",
    title="A hint is an ID token of this issuer, and nobody else is signed in for it",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(OIDC_CORE("3.1.2.2")),
        SHOULD(OIDC_CORE("3.1.2.1"), note="otherwise login_required"),
        RULING(LICET("S"), note="expired hints are taken"),
    ),
    threat="A client is given one person's tokens where it asked for another's.",
    remedy="Send an ID token that this issuer gave to this client, or none.",
)

CLAIMS_REQUEST_WELL_FORMED = Requirement(
    id="claims-request-well-formed",
    title="The claims parameter is the JSON object that its specification describes, read strictly",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(OIDC_CORE("5.5"), note="what is not understood inside is ignored"),
        MUST(OIDC_CORE("5.5.1"), note="null, or an object of essential, value and values"),
    ),
    threat="Two readers see two requests in one text, and a person agrees to neither.",
    remedy='Send claims={"userinfo": {"email": null}}, each name once.',
)

CLAIMS_AGREED = Requirement(
    id="claims-agreed",
    title="A claim asked for by name is told only to a client that may have its scope, after a yes that named it",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MAY(OIDC_CORE("5.5"), note="claims may be withheld"),
        MUST(OIDC_CORE("3.1.2.4"), note="consent before anything is released"),
        RULING(LICET("C"), note="a claim is asked for in the words of its scope"),
    ),
    threat="A client reads through the claims parameter what it was never registered for, or nobody agreed to.",
    remedy="Register the scope that releases the claim.",
    by_construction="What is kept of the parameter is filtered by the client's scopes, and the consent asks for the scopes.",
)

ACR_ESSENTIAL = Requirement(
    id="acr-essential",
    title="An essential acr is reached, or the answer is an error; none is claimed that was not performed",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(OIDC_CORE("5.5.1.1"), note="otherwise a failed authentication"),
        MUST(OIDC_UNMET("1"), note="the error"),
        RULING(LICET("O")),
    ),
    threat="A client that demands a strong sign-in acts on a weak one.",
    remedy="Ask for a level that acr_values_supported lists, or ask with acr_values, which is a wish.",
)

SUBJECT_PAIRWISE = Requirement(
    id="subject-pairwise",
    title="A pairwise client sees a sub that only its sector knows, the same in every place and for good",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(OIDC_CORE("8.1")),
        MUST(OIDC_CORE("8"), note="never reassigned"),
        MUST(OIDC_CORE("5.3.2"), note="userinfo and ID token agree"),
        RULING(LICET("S"), note="introspection, access token and logout token too"),
    ),
    threat="Two companies put together what one person does at each of them.",
    remedy="Register the sector that apps of one owner share.",
    by_construction="Only subject.py makes a sub; it is written into the grant, and everything reads it there.",
)

USERINFO_SIGNED = Requirement(
    id="userinfo-signed",
    title="Userinfo is signed for the client that registered so, with the algorithm it registered",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(OIDC_CORE("5.3.2"), note="application/jwt, and iss and aud inside"),
        MUST(OIDC_REGISTRATION("2"), note="userinfo_signed_response_alg"),
    ),
    threat="What somebody between changed is believed, or an answer for one client is passed on to another.",
    remedy="Register userinfo_signed_response_alg, and check iss, aud and sub.",
    by_construction="The answer is made from the registration of the client that the token is for.",
)

REQUEST_OBJECT_SIGNED = Requirement(
    id="request-object-signed",
    title="A request object counts only if a key of its client signed it, for this server, for now",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_9101("6.2"), note="the signature is validated with the client's keys"),
        MUST(RFC_9101("5"), note="client_id inside and outside are the same"),
        MUST(RFC_9101("4"), note="neither request nor request_uri inside"),
        MUST(RFC_8725("3.12"), note="no other kind of token passes for one"),
        MAY(RFC_9101("6.1"), note="encrypted ones; licet does not take them"),
        RULING(LICET("H"), note="which algorithms"),
    ),
    threat="Somebody writes a request in a client's name, or hands one made for another server to this one.",
    remedy="Sign with a registered key: iss and client_id are the client, aud is the issuer, exp is within an hour.",
)

REQUEST_OBJECT_ALONE = Requirement(
    id="request-object-alone",
    title="Where there is a request object, only what is inside it counts",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RFC_9101("6.3")),
        MUST(OIDC_CORE("6.1"), note="what is inside wins; client_id and response_type stand outside too"),
    ),
    threat="A parameter is added to a signed request on its way through the browser.",
    remedy="Put every parameter into the request object.",
    by_construction="The parameters of the request object replace those of the address.",
)

REQUEST_OBJECT_ONCE = Requirement(
    id="request-object-once",
    title="A request object that names itself with jti is taken once",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MAY(RFC_7519("4.1.7"), note="jti is there to prevent replay"),
        RULING(LICET("A"), note="what is burnt"),
    ),
    threat="Whoever saw a signed request in a log starts it again.",
    remedy="Sign a new request object for each request.",
)

ID_TOKEN_ALGORITHM = Requirement(
    id="id-token-algorithm",
    title="An ID token is signed with the algorithm its client registered, RS256 where it is silent, never with none",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(OIDC_REGISTRATION("2")),
        MUST(OIDC_CORE("15.1"), note="RS256 is there"),
        MUST(OIDC_DISCOVERY("3")),
        MAY(OIDC_CORE("2"), note="none is possible for the code flow; licet does not have it"),
        MUST(RFC_8725("3.2")),
        RULING(LICET("H")),
    ),
    threat="A client that expects one algorithm is talked into another.",
    remedy="Register id_token_signed_response_alg, and accept only that.",
    by_construction="The ring signs with the key of the registered algorithm, and has none for none.",
)
