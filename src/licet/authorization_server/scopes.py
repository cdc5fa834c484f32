"""Which scopes a client may ask for: registered ones, never silently more (RFC 6749 §3.3, OAuth 2.1 §1.4.1)."""

from __future__ import annotations

from licet.authorization_server.directory import Catalogue
from licet.protocol import scope as scopes
from licet.protocol.errors import InvalidScope
from licet.requirements import SCOPE_REGISTERED
from licet.storage.records import Client


def asked(text: str | None, client: Client, catalogue: Catalogue) -> tuple[str, ...]:
    """The scopes that a request asks for; without ``scope``, the client's default."""
    if text is None:
        return default(client, catalogue)
    wanted = scopes.parse(text)
    allowed = client.metadata.scope
    for name in wanted:
        if name not in allowed or name not in catalogue.scopes:
            raise InvalidScope("A scope is unknown or not registered for this client", per=SCOPE_REGISTERED,
                               detail=name[:100])
    return wanted


def default(client: Client, catalogue: Catalogue) -> tuple[str, ...]:
    """What a request without ``scope`` means: all that is registered but nothing sensitive, nothing offline."""
    return tuple(
        name
        for name in client.metadata.scope
        if name != "offline_access" and name in catalogue.scopes and not catalogue.scopes[name].sensitive
    )
