"""The gate: whether what a token stands on still stands. Pure, and on every road (rulings J).

Token, introspection and userinfo call it; a valid signature or an unexpired row is never enough. It is the only
file that looks at endings: an *epoch* is the instant up to which everything issued is dead.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from licet.ambient import Instant
from licet.storage.ports import SignedIn, Standing
from licet.storage.records import Account, Client, Consent, Credential, Grant, Issuer, Session


class Admitted(msgspec.Struct, frozen=True, gc=False):
    """Everything it stands on is alive."""


class Dead(msgspec.Struct, frozen=True, gc=False):
    """Something it stands on has ended."""

    reason: str


ADMITTED = Admitted()


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """A code, token or session as the gate sees it: when it was issued and when it ends."""

    issued_at: Instant
    expires_at: Instant
    revoked_at: Instant | None = None


def admit(
    presented: Presented, standing: Standing | None, client: Client | None, issuer: Issuer, now: Instant
) -> Admitted | Dead:
    """Decide whether *presented* may be accepted *now*.

    *standing* is None for a token that a client got for itself: it hangs on the client alone. Anything else is as old
    as its grant: a token's ``iat`` may lie a second ahead (``not_before``), beyond an ending that it must not outlive.
    """
    issued_at = presented.issued_at if standing is None else min(presented.issued_at, standing.grant.issued_at)
    dead = (
        _artefact(presented, now)
        or _issuer(issued_at, issuer)
        or _client(issued_at, client, now)
        or (
            standing is not None
            and (_grant(standing.grant, now) or _subject(presented, standing) or _session(presented, standing, now))
        )
    )
    return Dead(dead) if dead else ADMITTED


def _artefact(presented: Presented, now: Instant) -> str:
    if presented.revoked_at is not None:
        return "revoked"
    return "expired" if presented.expires_at <= now else ""


def _issuer(issued_at: Instant, issuer: Issuer) -> str:
    if issuer.status != "active":
        return "issuer disabled"
    return "issuer ended everything" if issued_at <= issuer.epoch else ""


def _client(issued_at: Instant, client: Client | None, now: Instant) -> str:
    if client is None:
        return "client gone"
    if not client_usable(client, now):
        return "client disabled"
    return "client ended" if issued_at <= client.epoch else ""


def client_usable(client: Client, now: Instant) -> bool:
    """Whether *client* may ask for anything at all."""
    return client.status == "active" and (client.expires_at is None or now < client.expires_at)


def credential_usable(credential: Credential, now: Instant) -> bool:
    """Whether a client's or an API's credential is good *now*."""
    return credential.revoked_at is None and (credential.expires_at is None or now < credential.expires_at)


def _grant(grant: Grant, now: Instant) -> str:
    if grant.revoked_at is not None:
        return f"grant ended: {grant.reason}"
    return "grant expired" if grant.expires_at <= now else ""


def _subject(presented: Presented, standing: Standing) -> str:
    if standing.subject_status != "active":
        return "person disabled"
    return "person ended" if presented.issued_at <= standing.subject_epoch else ""


def _session(presented: Presented, standing: Standing, now: Instant) -> str:
    """Only what was granted for a visit dies with the visit (rulings D)."""
    if standing.grant.access == "offline" or standing.grant.session_id is None:
        return ""
    if standing.session is None:
        return "session gone"
    return session_ended(standing.session, now) or (
        "session ended" if presented.issued_at <= standing.session.epoch else ""
    )


def admit_session(signed_in: SignedIn, issuer: Issuer, now: Instant) -> Admitted | Dead:
    """Decide whether a browser session still says who is here."""
    session, account = signed_in.session, signed_in.account
    dead = session_ended(session, now)
    if issuer.status != "active":
        dead = "issuer disabled"
    elif account.status != "active":
        dead = "person disabled"
    elif session.created_at <= issuer.epoch:
        dead = "issuer ended everything"
    elif session.created_at <= account.epoch:
        dead = "person ended"
    elif not dead and session.created_at <= session.epoch:
        dead = "session ended"
    return Dead(dead) if dead else ADMITTED


def session_ended(session: Session, now: Instant) -> str:
    """Why a browser session is over, or an empty string (rulings U: idle and absolute)."""
    if session.status != "active":
        return "session ended"
    if session.absolute_until <= now:
        return "session too old"
    return "session idle" if session.idle_until <= now else ""


def ended_at(thing: Grant | Consent) -> Instant | None:
    """When *thing* was ended, for whoever shows it; None where nobody ended it. Judges nothing."""
    return thing.revoked_at


def everything_ended_at(account: Account) -> Instant | None:
    """Up to when everything of a person is dead, for whoever shows it."""
    return account.epoch or None


def not_before(standing: Standing | None, client: Client, issuer: Issuer) -> Instant:
    """The latest ending that anything new must be later than: tokens are minted with ``iat`` after it."""
    latest = max(issuer.epoch, client.epoch)
    if standing is not None:
        latest = max(latest, standing.subject_epoch)
        if standing.session is not None:
            latest = max(latest, standing.session.epoch)
    return latest
