"""What a configuration lets happen, as a set of plain statements: what one change adds to it and takes from it. Pure.

The words of a file are causes; these are effects. ``callback`` gains an address, so answers may go there; a scope moves to
another API, so an app reaches that one. Two configurations with the same powers let the same things happen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

import msgspec

from licet.registration.desired import Configuration
from licet.storage.ports import Protected, Registered
from licet.storage.records import Credential

Kind = Literal[
    "callback", "grant", "scope", "reach", "proof", "unasked", "refresh", "logout", "profile", "lifetime", "read"
]

_SAID: dict[str, str] = {
    "callback": "{who} may be answered at {what}",
    "grant": "{who} may use {what}",
    "scope": "{who} may be given {what}",
    "reach": "{who} may get tokens for {what}",
    "proof": "{who} is whoever has {what}",
    "unasked": "{who} gets {what} without a question",
    "refresh": "{who} goes on {what}",
    "logout": "{who} sends people to {what} after signing out",
    "profile": "{who} is held to {what} only",
    "lifetime": "{who} has access tokens for {what}",
    "read": "{who} may look at tokens for {what}, being whoever has {proof}",
}
_CODE = "authorization_code"
_LONG = {
    "authorization_code": "the authorization code flow",
    "client_credentials": "client credentials: it acts for itself",
    "refresh_token": "refresh tokens",
    "urn:ietf:params:oauth:grant-type:device_code": "the device flow",
}
_GOES_ON = {"offline": "after people have left, where they allowed it", "online": "while people are signed in"}

_canonical = msgspec.json.Encoder(order="deterministic").encode


@dataclass(frozen=True, slots=True, order=True)
class Power:
    """One thing that is possible."""

    who: str
    """``app.ID`` or ``api.NAME``."""
    kind: Kind
    what: str
    proof: str = ""

    def __str__(self) -> str:
        what = _LONG.get(self.what, self.what) if self.kind == "grant" else self.what
        return _SAID[self.kind].format(who=self.who, what=what, proof=self.proof)


def powers(configuration: Configuration) -> frozenset[Power]:
    """Everything that *configuration* lets happen; what is disabled or removed lets nothing."""
    apis = [api for api in configuration.apis if api.resource.status == "active"]
    owners = {scope.name: api for api in apis for scope in api.scopes if scope.status == "active"}
    sensitive = frozenset(
        scope.name
        for scope in (*configuration.own_scopes, *(scope for api in apis for scope in api.scopes))
        if scope.sensitive
    )
    apps = (app for app in configuration.apps if app.client.status == "active")
    return frozenset((*_of_apis(apis), *(power for app in apps for power in _of_app(app, owners, sensitive))))


def _of_apis(apis: list[Protected]) -> Iterator[Power]:
    for api in apis:
        who = f"api.{api.resource.name}"
        yield from (Power(who, "read", api.resource.identifier, _proof(one)) for one in api.credentials)


def _of_app(app: Registered, owners: dict[str, Protected], sensitive: frozenset[str]) -> Iterator[Power]:
    who, metadata, policy = f"app.{app.client.client_id}", app.client.metadata, app.client.policy
    if _CODE in metadata.grant_types:
        yield from (Power(who, "callback", uri) for uri in metadata.redirect_uris)
    yield from (Power(who, "grant", grant) for grant in metadata.grant_types)
    yield from (Power(who, "logout", uri) for uri in metadata.post_logout_redirect_uris or ())
    for scope in metadata.scope:
        yield Power(who, "scope", scope)
        if scope in owners:
            api = owners[scope].resource
            yield Power(who, "reach", api.identifier)
            longest = policy.access_token_lifetime_s or api.lifetime_s
            if longest is not None:
                yield Power(who, "lifetime", f"{api.identifier}: {longest} s")
        if policy.consent == "trusted" and scope not in sensitive:
            yield Power(who, "unasked", scope)
    if metadata.public:
        yield Power(who, "proof", "its id: it is a public client")
    yield from (Power(who, "proof", _proof(one)) for one in app.credentials)
    if policy.refresh in _GOES_ON and "refresh_token" in metadata.grant_types:
        yield Power(who, "refresh", _GOES_ON[policy.refresh])
    if policy.profile:
        yield Power(who, "profile", policy.profile)


def _proof(credential: Credential) -> str:
    """A credential by a fingerprint: the digest of a secret is nobody's business either."""
    if credential.digest is not None:
        return f"secret {sha256(credential.digest).hexdigest()[:8]}"
    jwk = credential.jwk or {}
    if credential.kind == "jwks_uri":
        return f"a key at {jwk.get('jwks_uri', '')}"
    return f"key {sha256(_canonical(jwk)).hexdigest()[:8]}"


@dataclass(frozen=True, slots=True)
class Shift:
    """What becomes possible that was not, and what is possible no more; each in its order."""

    gained: tuple[Power, ...]
    lost: tuple[Power, ...]

    @classmethod
    def between(cls, before: Configuration, after: Configuration) -> Shift:
        """From *before* to *after*."""
        was, becomes = powers(before), powers(after)
        return cls(tuple(sorted(becomes - was)), tuple(sorted(was - becomes)))
