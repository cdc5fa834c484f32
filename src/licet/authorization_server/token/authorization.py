"""What a grant returns: everything that may be put into tokens, and what it uses up. A grant cannot mint."""

from __future__ import annotations

from typing import Literal

import msgspec

from licet.ambient import Instant
from licet.authorization_server.token.refresh_value import RefreshValue
from licet.storage.ports import Consumed, Standing
from licet.storage.records import Client, Family, Issuer


class Rotating(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A refresh token and the family that it came from."""

    family: Family
    presented: RefreshValue


class Authorization(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A decision that tokens may be issued, with nothing minted yet."""

    issuer: Issuer
    client: Client
    sub: str
    """The subject as this client sees it; for a client's own token its id (RFC 9068 §2.2)."""
    standing: Standing | None
    """The grant and what it hangs on; None where the client acts for itself."""
    scope: tuple[str, ...]
    """What the grant gives; the access token may carry less."""
    narrowed: tuple[str, ...] | None = None
    """What this request asked for of it, or None for all (RFC 6749 §6)."""
    resources: tuple[str, ...] = ()
    """What ``resource`` named, in this request or else in the authorization request (RFC 8707 §2.2)."""
    acr: str = ""
    amr: tuple[str, ...] = ()
    auth_time: Instant | None = None
    sid: str | None = None
    actor: dict[str, str] | None = None
    cnf: dict[str, str] | None = None
    claims_request: dict[str, tuple[str, ...]] | None = None
    nonce: str | None = None
    access: Literal["online", "offline"] = "online"
    expires_at: Instant | None = None
    """When the grant ends; no token outlives it."""
    wants: frozenset[str] = frozenset()
    """Kinds of token beside the access token: ``refresh``, ``id``."""
    consumes: Consumed | None = None
    rotating: Rotating | None = None
    """Where a refresh token was presented."""
