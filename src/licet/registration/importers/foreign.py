"""What another server has, in the words of the specifications and as it was: good or bad is judged elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

SecretState = Literal["none", "plain", "hashed", "masked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignClient:
    """A client of another server."""

    where: str
    """Its place in the export: ``$.clients[3]``."""
    client_id: str
    name: str = ""
    enabled: bool = True
    public: bool = False
    grants: frozenset[str] = frozenset()
    """By their registered names, ``implicit`` and ``password`` among them."""
    method: str = ""
    """How it authenticates, by the IANA name; empty where the export does not say."""
    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    """Where its scripts may call from."""
    url: str = ""
    scope: tuple[str, ...] = ()
    secret: str = field(default="", repr=False)
    secret_state: SecretState = "none"
    jwks: tuple[dict[str, Any], ...] = ()
    jwks_uri: str = ""
    pkce: Literal["S256", "plain", "none"] | None = None
    """What it had to use; None where the export does not say."""
    asked: bool = True
    """Whether people were asked before it got anything."""
    skips_consent: bool = False
    """Somebody decided that they are not."""
    everything: bool = False
    """Its tokens carried whatever its person may do, asked for or not."""
    access_token_s: int | None = None
    refresh_token_s: int | None = None
    id_token_alg: str = ""
    owner: str = ""
    sector: str = ""
    expert: Mapping[str, Any] = field(default_factory=dict)
    """Metadata by IANA names that the file has no words of its own for."""
    notes: tuple[str, ...] = ()
    """What of it has no place here, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignApi:
    """Something that is protected, with the name that tokens for it had."""

    name: str
    audience: str
    """Empty where it had none that would be one here."""
    was: str
    """What tokens named it by."""
    where: str = ""
    secret: str = field(default="", repr=False)
    secret_state: SecretState = "none"
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignScope:
    """A scope, and the API that it is of, where that is known."""

    name: str
    says: str
    api: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Realm:
    """Everything that one export holds."""

    product: str
    name: str
    """What it is called there; names the API that scopes go to which belong to none."""
    clients: tuple[ForeignClient, ...]
    apis: tuple[ForeignApi, ...] = ()
    scopes: tuple[ForeignScope, ...] = ()
    lifetimes: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    """By our names: seconds, and what that was called there."""
    endless: bool = False
    """Whether a refresh token that is used never died."""
    rotates: bool | None = None
    """Whether refresh tokens of public clients were replaced at each use; None where the export does not say."""
    notes: tuple[str, ...] = ()
