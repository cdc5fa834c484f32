"""From a stored grant to an authorization: the gate, and what the grant gives."""

from __future__ import annotations

from licet.ambient import Instant
from licet.authorization_server.admission import Dead, Presented, admit
from licet.authorization_server.token.authorization import Authorization, Rotating
from licet.protocol.errors import InvalidGrant, InvalidTarget
from licet.requirements import GRANT_ALIVE, SCOPE_WITHIN_GRANT
from licet.storage.ports import Consumed, Standing
from licet.storage.records import Client, Grant, Issuer


def stands(standing: Standing, issued_at: Instant, client: Client, issuer: Issuer, now: Instant) -> None:
    """Raise InvalidGrant unless everything that something issued at *issued_at* hangs on is alive."""
    presented = Presented(issued_at=issued_at, expires_at=standing.grant.expires_at)
    admitted = admit(presented, standing, client, issuer, now)
    if isinstance(admitted, Dead):
        raise InvalidGrant("What was allowed has ended", per=GRANT_ALIVE, detail=admitted.reason)


def authorization_of(
    standing: Standing,
    client: Client,
    issuer: Issuer,
    *,
    resources: tuple[str, ...],
    nonce: str | None = None,
    narrowed: tuple[str, ...] | None = None,
    consumes: Consumed | None = None,
    rotating: Rotating | None = None,
) -> Authorization:
    """What *standing*'s grant gives *client*, at the *resources* that the request names. A scope taken from the client
    since then is given no more. Raises InvalidTarget."""
    grant = standing.grant
    scope = tuple(name for name in grant.scope if name in client.metadata.scope)
    wants = set()
    if rotating is None and "refresh_token" in client.metadata.grant_types and _refreshes(grant, scope, client):
        wants.add("refresh")
    if "openid" in scope:
        wants.add("id")
    return Authorization(
        issuer=issuer,
        client=client,
        sub=grant.sub,
        standing=standing,
        scope=scope,
        narrowed=narrowed,
        resources=_targets(resources, grant),
        acr=grant.acr,
        amr=grant.amr,
        auth_time=grant.auth_time,
        sid=grant.sid,
        cnf=grant.cnf,
        claims_request=grant.claims_request,
        nonce=nonce,
        access=grant.access,
        expires_at=grant.expires_at,
        wants=frozenset(wants),
        consumes=consumes,
        rotating=rotating,
    )


def _targets(named: tuple[str, ...], grant: Grant) -> tuple[str, ...]:
    """What ``resource`` names: in this request, else in the authorization request, beyond which it cannot reach."""
    if grant.resource_asked and not set(named) <= set(grant.resource_asked):
        raise InvalidTarget("resource is none of those that the authorization request named", per=SCOPE_WITHIN_GRANT)
    return named or grant.resource_asked


def _refreshes(grant: Grant, scope: tuple[str, ...], client: Client) -> bool:
    """Whether a refresh token is due (rulings D): asked for and agreed to, by policy, or by kind for a device."""
    if "offline_access" in scope:
        return True
    if client.policy.refresh == "online":
        return grant.session_id is not None
    return grant.origin == "device" and client.policy.refresh == "offline"
