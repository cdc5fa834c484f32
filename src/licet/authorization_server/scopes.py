"""Which scopes a client may ask for: registered ones, never silently more (RFC 6749 §3.3, OAuth 2.1 §1.4.1)."""

from __future__ import annotations

from licet.authorization_server.directory import Catalogue
from licet.protocol import scope as scopes
from licet.protocol.errors import InvalidRequest, InvalidScope
from licet.registration.reserved_scopes import RESERVED
from licet.requirements import ADMINISTRATION_BY_PROGRAMS, SCOPE_REGISTERED
from licet.storage.records import Client


def asked(text: str | None, client: Client, catalogue: Catalogue) -> tuple[str, ...]:
    """The scopes that a request asks for; without ``scope``, the client's default."""
    if text is None:
        return default(client, catalogue)
    wanted = scopes.parse(text)
    allowed = client.metadata.scope
    for name in wanted:
        if name not in allowed or name not in catalogue.scopes:
            raise InvalidScope(
                "A scope is unknown or not registered for this client",
                per=SCOPE_REGISTERED,
                detail=name if name in catalogue.scopes else "",
            )
    return wanted


def of_a_person(text: str | None, client: Client, catalogue: Catalogue) -> tuple[str, ...]:
    """The scopes that somebody is to be asked for. ``offline_access`` counts only for who may refresh.

    Raises InvalidScope also where a yes would buy nothing: neither ``openid`` nor a scope of any API is among them.
    """
    wanted = asked(text, client, catalogue)
    if "refresh_token" not in client.metadata.grant_types:
        wanted = tuple(name for name in wanted if name != "offline_access")
    if any(name.startswith(RESERVED) for name in wanted):
        raise InvalidScope("Nobody administers the server by signing in", per=ADMINISTRATION_BY_PROGRAMS)
    if not wanted:
        raise InvalidScope("No scope is asked for, and the client has none by default", per=SCOPE_REGISTERED)
    if "openid" not in wanted and all(catalogue.api_of(name) is None for name in wanted):
        raise InvalidScope("Scopes about a person need openid beside them", per=SCOPE_REGISTERED)
    return wanted


def left(scope: tuple[str, ...], client: Client, catalogue: Catalogue) -> tuple[str, ...]:
    """What of *scope* still exists and is the client's: somebody may be asked while the operator changes things.

    Raises InvalidRequest, for the person's eyes, where nothing is left.
    """
    found = tuple(name for name in scope if name in catalogue.scopes and name in client.metadata.scope)
    if not found:
        raise InvalidRequest("Nothing that was asked for is offered any more", per=SCOPE_REGISTERED)
    return found


def default(client: Client, catalogue: Catalogue) -> tuple[str, ...]:
    """What a request without ``scope`` means: all that is registered but nothing sensitive, nothing offline."""
    return tuple(
        name
        for name in client.metadata.scope
        if name != "offline_access" and name in catalogue.scopes and not catalogue.scopes[name].sensitive
    )
