"""Signing out: who may end a session unasked, and where a browser may be sent afterwards."""

from __future__ import annotations

from licet.requirements.documents import ASVS_5, LICET, RP_LOGOUT
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
