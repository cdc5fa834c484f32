"""Signing out: who may end a session unasked, and where a browser may be sent afterwards."""

from __future__ import annotations

from licet.requirements.documents import ASVS_5, BACKCHANNEL_LOGOUT, LICET, RP_LOGOUT
from licet.requirements.model import MUST, RULING, SHOULD, Requirement, Role

LOGOUT_ASKED = Requirement(
    id="logout-asked",
    title="Nobody is signed out unasked, but by an app that shows the ID token of this very session",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RP_LOGOUT("2"), note="ask without a hint, or with one of another session"),
        SHOULD(RP_LOGOUT("2"), note="hints are taken after they expired"),
        MUST(RP_LOGOUT("6"), note="a logout request without a valid hint is a means of denial of service"),
        MUST(ASVS_5("10.6.2")),
        RULING(LICET("S"), note="expired hints are taken; without a valid one, or with another session's: ask"),
    ),
    threat="A link or a form of any site ends people's sessions, and they learn to type their password where they are.",
    remedy="Send the ID token of the session as id_token_hint.",
    by_construction="A hint counts only where the sid it was signed with is that of this session and its client.",
)

POST_LOGOUT_REDIRECT_EXACT = Requirement(
    id="post-logout-redirect-exact",
    title="After signing out a browser is sent to a registered address, or stays here",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(RP_LOGOUT("3"), note="no redirection where the address is not exactly a registered one"),
        MUST(RP_LOGOUT("3.1"), note="post_logout_redirect_uris"),
        MUST(RP_LOGOUT("4"), note="what did not validate is not used"),
        MUST(RP_LOGOUT("2"), note="client_id is that of the hint"),
        RULING(LICET("L"), note="after a form a page of ours moves on"),
    ),
    threat="The sign-out page is an open redirector with a name that people trust.",
    remedy="Register the address in post_logout_redirect_uris, and send it letter by letter.",
    by_construction="The address is looked up among the registered ones twice: when it comes and when it is used.",
)

LOGOUT_TOLD = Requirement(
    id="logout-told",
    title="Who got an ID token in a session is told when it ends, whatever ends it and whenever they can be reached",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(BACKCHANNEL_LOGOUT("2.5"), note="a POST with logout_token"),
        RULING(LICET("S"), note="by the outbox: written with the ending, sent when it can be"),
        RULING(LICET("J"), note="an ending reaches every road"),
    ),
    threat="Somebody who signed out, or whose password was stolen and changed, is still signed in at an app.",
    remedy="Register backchannel_logout_uri, answer with 200, and end what sid names.",
    by_construction="The statements that end sessions write the notices, in the same transaction; one statement takes one up.",
)

LOGOUT_TOKEN_WELL_FORMED = Requirement(
    id="logout-token-well-formed",
    title="A logout token is for one client, for two minutes, and passes for nothing else",
    binds=Role.AUTHORIZATION_SERVER,
    sources=(
        MUST(BACKCHANNEL_LOGOUT("2.4"), note="its claims, its one event, no nonce"),
        SHOULD(BACKCHANNEL_LOGOUT("2.4"), note="an explicit type; two minutes at most"),
        RULING(LICET("S"), note="two minutes; the client's algorithm"),
    ),
    threat="A logout token is taken for an ID token, or the other way round, or is kept and used again.",
    remedy="Check typ, aud, events and jti; see OpenID Connect Back-Channel Logout 1.0 section 2.6.",
    by_construction="It is made when it is sent, from what the grant says, by protocol/logout_token.py alone.",
)
