"""What an app is decides how it signs in: one row for each word that ``is =`` may say.

Describe the app, get the flow. Whatever a row says conforms to OAuth 2.1; what an app adds may only
choose among things that conform too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

CODE = "authorization_code"
REFRESH = "refresh_token"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
CREDENTIALS = "client_credentials"

LOOPBACK = ("http://127.0.0.1/callback", "http://[::1]/callback")
"""Any port of it: native apps take a free one (RFC 8252 §7.3; rulings G)."""

Refresh = Literal["offline", "online", "none"]
Consent = Literal["remember", "always", "trusted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How an app of one kind is registered."""

    name: str
    because: str
    """Why it is so, in one sentence."""
    grant_types: tuple[str, ...]
    proof: Literal["required", "optional", "none"]
    """Whether it proves who it is with a key or a secret, or is a public client (OAuth 2.1 §2.1)."""
    application_type: Literal["web", "native"] = "web"
    callbacks: tuple[str, ...] = ()
    """Where it is sent back to if the file does not say."""
    always_rotates: bool = False
    """Replaces refresh tokens even where it authenticates (rulings F)."""
    refresh: Refresh = "none"
    consent: Consent = "remember"
    longest_access_token_s: int | None = None
    """Where its tokens are worth more to a thief than elsewhere: the most an access token may live."""
    pushes: bool = False
    """Whether its requests must be pushed (RFC 9126 §6)."""
    needs_reason: bool = False
    """Whether the file must say ``because =``."""

    @property
    def redirects(self) -> bool:
        """Whether a browser brings people back to it."""
        return CODE in self.grant_types

    @property
    def for_people(self) -> bool:
        """Whether somebody signs in; otherwise it acts for itself."""
        return self.redirects or DEVICE in self.grant_types

    def rotates(self, *, public: bool) -> bool:
        """Whether each use of a refresh token replaces it (OAuth 2.1 §4.3.1; rulings F)."""
        return public or self.always_rotates


KINDS: tuple[Kind, ...] = (
    Kind(
        name="web-app",
        because="it runs on a server, so it can keep a key or a secret; its refresh tokens are tied to that",
        grant_types=(CODE, REFRESH),
        proof="required",
        refresh="online",
    ),
    Kind(
        name="browser-app",
        because="it runs in the browser, where everything can be read: a public client, signed in while the browser is",
        grant_types=(CODE, REFRESH),
        proof="none",
        refresh="online",
    ),
    Kind(
        name="mobile-app",
        because="everyone holds a copy of it, so a secret in it is none (RFC 8252 §8.5)",
        grant_types=(CODE, REFRESH),
        proof="none",
        application_type="native",
        refresh="offline",
    ),
    Kind(
        name="desktop-app",
        because="everyone holds a copy of it, so a secret in it is none (RFC 8252 §8.5)",
        grant_types=(CODE, REFRESH),
        proof="none",
        application_type="native",
        refresh="offline",
    ),
    Kind(
        name="cli",
        because="it opens a browser and listens on loopback; where there is no browser it shows a code",
        grant_types=(CODE, DEVICE, REFRESH),
        proof="none",
        application_type="native",
        callbacks=LOOPBACK,
        refresh="offline",
    ),
    Kind(
        name="tv",
        because="it has no browser and no keyboard, and cannot keep a secret (RFC 8628)",
        grant_types=(DEVICE, REFRESH),
        proof="none",
        application_type="native",
        refresh="offline",
    ),
    Kind(
        name="device",
        because="it has no browser and no keyboard, and cannot keep a secret (RFC 8628)",
        grant_types=(DEVICE, REFRESH),
        proof="none",
        application_type="native",
        refresh="offline",
    ),
    Kind(
        name="tv-with-browser",
        because="it has a browser of its own, so nobody needs to type a code; it still cannot keep a secret",
        grant_types=(CODE, REFRESH),
        proof="none",
        application_type="native",
        refresh="offline",
    ),
    Kind(
        name="service",
        because="it acts for itself: nobody signs in, and it asks again instead of refreshing (RFC 6749 §4.4.3)",
        grant_types=(CREDENTIALS,),
        proof="required",
    ),
    Kind(
        name="partner-app",
        because="it is a web app of somebody else, so people are asked each time",
        grant_types=(CODE, REFRESH),
        proof="required",
        refresh="online",
        consent="always",
        pushes=True,
    ),
    Kind(
        name="mcp-client",
        because="it may be anyone's copy: a public client unless it brings a key; its refresh tokens always rotate",
        grant_types=(CODE, REFRESH),
        proof="optional",
        application_type="native",
        always_rotates=True,
        refresh="online",
        longest_access_token_s=600,
    ),
    Kind(
        name="agent",
        because="it acts for a person while nobody watches, so its tokens are short",
        grant_types=(CODE, REFRESH),
        proof="optional",
        application_type="native",
        refresh="online",
        longest_access_token_s=600,
    ),
    Kind(
        name="legacy",
        because="it fits nowhere else, and somebody wrote down why",
        grant_types=(CODE, REFRESH),
        proof="optional",
        refresh="online",
        needs_reason=True,
    ),
)

BY_NAME = {kind.name: kind for kind in KINDS}
