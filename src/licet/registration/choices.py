"""What follows from what an app is, one setting at a time, each with its reason and with whoever says so.

What licet does not enforce yet is never chosen; where it would be better, the choice says so in ``advised``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from licet.registration.kinds import CODE, CREDENTIALS, DEVICE, Kind
from licet.registration.questions import Answers
from licet.registration.server_section import LIFETIMES
from licet.requirements.authorization_code import PKCE_REQUIRED
from licet.requirements.client_authentication import ASSERTION_SIGNED, CLIENT_AUTHENTICATED, PUBLIC_CLIENT_LIMITS
from licet.requirements.documents import LICET, OAUTH_2_1, RFC_6749, RFC_8252, RFC_8628, RFC_9700
from licet.requirements.endpoints import CONSENT_GIVEN, DEVICE_POLLING_INTERVAL
from licet.requirements.model import Citation, Requirement
from licet.requirements.pushed import PUSHED_WHERE_REQUIRED
from licet.requirements.redirection import REDIRECT_URI_EXACT, REDIRECT_URI_SAFE
from licet.requirements.tokens import (
    AUDIENCE_RESTRICTED,
    REFRESH_BOUND_TO_CLIENT,
    REFRESH_EXPIRES,
    REFRESH_REUSE_DETECTED,
    SCOPE_REGISTERED,
)

Proof = Literal["key", "secret", "none"]

SUPERVISED_TOKEN_S = 300
"""How long an access token lives where much is at stake."""

_DEFAULTS = {lifetime.name: lifetime.default for lifetime in LIFETIMES}
_DAY = 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One setting."""

    topic: str
    value: str
    because: str
    says: tuple[Requirement | Citation, ...]
    """Who says so; not ``per``, which is what a refusal cites."""
    advised: str = ""
    """What would be better still, and this version of licet does not enforce yet."""


@dataclass(frozen=True, slots=True)
class Described:
    """The app that is talked about."""

    kind: Kind
    answers: Answers
    proof: Proof

    @property
    def public(self) -> bool:
        """Whether everyone holds a copy of it."""
        return self.proof == "none"

    @property
    def pushes(self) -> bool:
        """Whether its requests are pushed."""
        return self.kind.redirects and (self.kind.pushes or self.answers.regulated)

    @property
    def asks_always(self) -> bool:
        """Whether people are asked each time."""
        return self.kind.consent == "always" or (self.kind.for_people and self.answers.party == "third")

    @property
    def access_token_s(self) -> int:
        """How long its access tokens live, unless an API says less."""
        most = self.kind.longest_access_token_s or _DEFAULTS["access_token_s"]
        return min(most, SUPERVISED_TOKEN_S) if self.answers.regulated else most


def choices(app: Described) -> tuple[Choice, ...]:
    """Everything that is decided, in the order in which people ask."""
    decided = (_grant, _authentication, _sender, _access_token, _refresh, _scopes, _redirect, _pushed, _consent)
    return tuple(choice for decide in decided if (choice := decide(app)) is not None)


def grant_types(kind: Kind) -> str:
    """The flow, as people say it."""
    if CREDENTIALS in kind.grant_types:
        return "client credentials"
    if CODE not in kind.grant_types:
        return "device code (RFC 8628)"
    both = DEVICE in kind.grant_types
    return "code + PKCE; device code where there is no browser" if both else "code + PKCE"


def _grant(app: Described) -> Choice:
    if CREDENTIALS in app.kind.grant_types:
        because = "nobody signs in: it acts for itself, with rights of its own"
        says: tuple[Requirement | Citation, ...] = (PUBLIC_CLIENT_LIMITS, RFC_6749("4.4"))
    elif CODE in app.kind.grant_types:
        because = "people sign in on the server's own page, and only who began the request can redeem its code"
        says = (PKCE_REQUIRED, RFC_9700("2.1.1"))
    else:
        because = "nobody should type a password there: it shows a code, and people allow it on a device of theirs"
        says = (RFC_8628("1"), DEVICE_POLLING_INTERVAL)
    return Choice(topic="grant", value=grant_types(app.kind), because=because, says=says)


def _authentication(app: Described) -> Choice:
    topic = "client authentication"
    if app.proof == "none":
        because = f"{app.kind.because}"
        return Choice(topic=topic, value="none: a public client", because=because, says=(RFC_8252("8.5"),))
    if app.proof == "key":
        because = "the server holds the public half alone, so nothing that leaks there lets anyone be this app"
        says: tuple[Requirement | Citation, ...] = (ASSERTION_SIGNED, RFC_9700("2.5"))
        return Choice(topic=topic, value="a key: private_key_jwt", because=because, says=says)
    because = "it can keep one; a key (--proof key) would be better, as then nothing secret is ever sent"
    return Choice(topic=topic, value="a secret", because=because, says=(CLIENT_AUTHENTICATED, RFC_9700("2.5")))


def _sender(app: Described) -> Choice:
    return Choice(
        topic="sender constraint",
        value="none: bearer tokens, for a short time",
        because="who steals an access token can use it, so it is good for one API and soon over",
        says=(RFC_9700("2.2.1"),),
        advised="DPoP" if app.public else "DPoP or mutual TLS",
    )


def _access_token(app: Described) -> Choice:
    because = "what is stolen is worth little by the time it is used, and it opens one API alone"
    if app.kind.longest_access_token_s:
        because = "it acts while nobody watches: whatever goes wrong is over soon"
    if app.answers.regulated:
        because = "much is at stake, so what is stolen must be over soon"
    value = f"{app.access_token_s // 60} minutes, for one API"
    return Choice(topic="access token", value=value, because=because, says=(AUDIENCE_RESTRICTED, RFC_9700("2.2.1")))


def _refresh(app: Described) -> Choice:
    topic = "refresh token"
    if app.kind.refresh == "none":
        because = "it can ask again at any time"
        return Choice(topic=topic, value="none", because=because, says=(RFC_6749("4.4.3"),))
    days = _DEFAULTS["refresh_idle_s"] // _DAY
    until = _DEFAULTS["refresh_absolute_s"] // _DAY
    value = f"{days} days sliding, {until} at most"
    if app.kind.refresh == "online":
        value += ", and over with the browser session"
    if app.kind.rotates(public=app.public):
        because = "each use replaces it, so that a stolen one is noticed and ends both"
        says = (REFRESH_REUSE_DETECTED, REFRESH_EXPIRES)
        return Choice(topic=topic, value=f"{value}; rotates", because=because, says=says)
    because = "it is worth nothing without the app's own key or secret"
    return Choice(topic=topic, value=value, because=because, says=(REFRESH_BOUND_TO_CLIENT, REFRESH_EXPIRES))


def _scopes(app: Described) -> Choice:
    if not app.kind.for_people:
        value = "scopes of APIs only, each that the job needs and no more"
        leave = "leave out openid and whatever is about people: nobody signs in"
    else:
        value = "openid, and the API scopes that it uses today"
        leave = (
            "leave out profile and email unless they are shown, offline_access unless it goes on while people are"
            " away, and every scope that writes where reading will do"
        )
    return Choice(topic="scopes", value=value, because=leave, says=(SCOPE_REGISTERED, RFC_9700("2.3")))


def _redirect(app: Described) -> Choice:
    topic = "redirect"
    if not app.kind.redirects:
        return Choice(topic=topic, value="none", because="no browser comes back to it", says=(RFC_6749("3.1.2"),))
    if app.kind.application_type == "web":
        value = "one https address of its own"
        because = "compared character by character: a code goes nowhere else"
        return Choice(topic=topic, value=value, because=because, says=(REDIRECT_URI_EXACT, REDIRECT_URI_SAFE))
    if app.kind.name == "mobile-app":
        value = "an https address that the app has claimed, or a scheme from a domain of yours"
        because = "the system hands a claimed address to this app alone; a scheme anyone may take, so PKCE must hold"
        return Choice(topic=topic, value=value, because=because, says=(RFC_8252("7.2"), RFC_8252("7.1")))
    value = "http://127.0.0.1/callback on any free port"
    because = "the app listens there while the browser is away; nobody else on the network can"
    return Choice(topic=topic, value=value, because=because, says=(RFC_8252("7.3"), REDIRECT_URI_EXACT))


def _pushed(app: Described) -> Choice | None:
    if not app.kind.redirects or app.public:
        return None
    if app.pushes:
        because = "nobody can change or read a request that never was in the browser"
        return Choice(topic="request", value="pushed first", because=because, says=(PUSHED_WHERE_REQUIRED,))
    because = "it may push its requests, and need not"
    return Choice(topic="request", value="in the browser, or pushed", because=because, says=(OAUTH_2_1("4.1.1"),))


def _consent(app: Described) -> Choice | None:
    if not app.kind.for_people:
        return None
    if app.asks_always:
        because = "it is somebody else's: what goes there is decided each time"
        return Choice(topic="consent", value="each time", because=because, says=(CONSENT_GIVEN,))
    if app.public:
        value = "each time where nothing shows that it is itself; otherwise remembered"
        because = "on loopback, by a scheme or with a code anybody could pretend to be it"
        return Choice(topic="consent", value=value, because=because, says=(CONSENT_GIVEN, RFC_8252("8.6"), LICET("C")))
    because = "the same app asks for the same again; new and sensitive scopes are asked about"
    return Choice(topic="consent", value="remembered", because=because, says=(CONSENT_GIVEN, LICET("C")))
