"""What ``licet.toml`` says, once it is known to be right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any, Literal

from licet.egress import EgressLimits
from licet.protocol.client_metadata import ClientMetadata
from licet.registration.kinds import Consent, Kind, Refresh
from licet.registration.mistakes import Place
from licet.registration.registration_section import RegistrationSection
from licet.requirements.profiles import Waiver


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a secret is: the file never holds one."""

    kind: Literal["env", "file", "credential"]
    name: str
    """A variable's name, a file's path made absolute, or the name of a credential of the service manager."""
    place: Place = field(compare=False)


ResolveSecret = Callable[[Reference], str]
"""Fetches what a reference points to; raises ``Unresolved`` if it cannot."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that an app or an API signs with; this is its public half, or where it publishes those it has."""

    jwk: dict[str, Any]
    """``{"jwks_uri": …}`` where they are fetched."""
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What an app or an API proves itself with: keys or secrets, never both; two while one is rotated out."""

    keys: tuple[PublicKey, ...] = ()
    secrets: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True)
class Listen:
    """Where the server accepts connections."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Tls:
    """The server's own certificate, where nobody in front of it has one."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSection:
    """``[server]``: how it runs. All paths are absolute."""

    listen: Listen = Listen("127.0.0.1", 8414)
    store: Path
    """The SQLite file."""
    secrets: Reference | None = None
    """The master secret; ``serve`` refuses to start without."""
    tls: Tls | None = None
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    """Whose word about the caller's address is believed."""
    log: Literal["json", "text"] = "text"
    registration: RegistrationSection | None = None
    """Whether clients may register themselves; None: they may not."""
    pushed_only: bool = False
    """Whether authorization requests must be pushed (RFC 9126 §5)."""
    egress: EgressLimits = field(default_factory=EgressLimits)
    admin: bool = False
    """Whether programs may administer it over HTTP (licet ruling W)."""


@dataclass(frozen=True, slots=True)
class DesiredScope:
    """A permission and the words people read for it."""

    name: str
    says: str
    sensitive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredApi:
    """``[api.NAME]``: something that is protected."""

    name: str
    audience: str
    token: Literal["jwt", "opaque"]
    alg: str
    access_token_s: int | None
    """None: the server's default."""
    credentials: Credentials
    scopes: tuple[DesiredScope, ...]
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredApp:
    """``[app.ID]``: something that asks for tokens."""

    client_id: str
    kind: Kind
    metadata: ClientMetadata
    """What the words in the file come to, by IANA names."""
    credentials: Credentials
    refresh: Refresh
    consent: Consent
    rotate: bool
    owner: str
    access_token_s: int | None
    because: str
    """Why a ``legacy`` app is one."""
    expert: tuple[str, ...]
    """What of the metadata was set by hand."""
    sector: str = ""
    """Whose pairwise identifiers it shares; empty where it has its own, or public ones."""
    profile: str = ""
    """What it is held to; empty for the issuer's."""
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class DesiredWaiver:
    """``[[waiver]]``, and where it stands."""

    waiver: Waiver
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A whole configuration, without mistakes."""

    issuer: str
    server: ServerSection
    lifetimes: tuple[tuple[str, int], ...]
    """What ``[lifetimes]`` overrides, in seconds, by the names of ``Lifetimes`` in the server's settings;
    those of ``SessionLives`` begin with ``session_``."""
    apis: tuple[DesiredApi, ...]
    apps: tuple[DesiredApp, ...]
    scopes: tuple[DesiredScope, ...]
    """The operator's words for the issuer's own scopes."""
    path: Path
    digest: bytes
    """SHA-256 over the files as they were read."""
    waivers: tuple[DesiredWaiver, ...] = ()
    """What is departed from, for whom and until when; ended ones, too."""
