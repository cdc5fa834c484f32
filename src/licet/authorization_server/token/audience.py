"""For which API a token is: one access token, one API (rulings B, RFC 8707 §2.2, RFC 9068 §3)."""

from __future__ import annotations

import msgspec

from licet.authorization_server.directory import Catalogue
from licet.protocol.errors import InvalidScope, InvalidTarget, Refusal
from licet.requirements import ONE_API_PER_TOKEN, RESOURCE_KNOWN, SCOPE_WITHIN_GRANT
from licet.storage.records import Resource

Strings = tuple[str, ...]


class Target(msgspec.Struct, frozen=True, gc=False):
    """The API a token is for, and what of the scope is good there."""

    resource: Resource | None
    """None: the issuer's own, userinfo."""
    aud: Strings
    scope: Strings


def target(catalogue: Catalogue, scope: Strings, named: Strings, *, several: type[Refusal] = InvalidTarget) -> Target:
    """Choose the audience of a token with *scope*, where ``resource`` was *named*.

    Raises InvalidTarget for an unknown or foreign resource, *several* where the scopes are of more than one API
    and none was named, InvalidScope where nothing is left.
    """
    if len(named) > 1:
        raise InvalidTarget("One resource per token: ask once for each", per=ONE_API_PER_TOKEN)
    scope = tuple(name for name in scope if name in catalogue.scopes)
    if named:
        return _named(catalogue, scope, named[0])
    apis = dict.fromkeys(api for name in scope if (api := catalogue.api_of(name)) is not None)
    if not apis:
        if "openid" not in scope:
            raise InvalidScope("No scope of any API is left to grant", per=SCOPE_WITHIN_GRANT)
        return Target(None, (catalogue.userinfo,), scope)
    if len(apis) > 1:
        raise several("The scopes belong to several APIs: name one by resource", per=ONE_API_PER_TOKEN)
    api = next(iter(apis))
    aud = (api, catalogue.userinfo) if "openid" in scope else (api,)
    return Target(catalogue.by_identifier[api].resource, aud, scope)


def _named(catalogue: Catalogue, scope: Strings, identifier: str) -> Target:
    if identifier == catalogue.userinfo:
        own = tuple(name for name in scope if catalogue.api_of(name) is None)
        if "openid" not in own:
            raise InvalidScope("The token endpoint's userinfo resource needs openid", per=SCOPE_WITHIN_GRANT)
        return Target(None, (identifier,), own)
    api = known(catalogue, identifier)
    left = tuple(name for name in scope if catalogue.api_of(name) == identifier)
    if not left:
        raise InvalidScope("None of the scopes belongs to the named resource", per=SCOPE_WITHIN_GRANT)
    return Target(api, (identifier,), left)


def known(catalogue: Catalogue, identifier: str) -> Resource:
    """The API of this identifier; raises InvalidTarget (RFC 8707 §2)."""
    found = catalogue.by_identifier.get(identifier)
    if found is None:
        raise InvalidTarget("resource is not an API of this server", per=RESOURCE_KNOWN)
    return found.resource
