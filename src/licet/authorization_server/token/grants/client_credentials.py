"""Client credentials: a client acts for itself (RFC 6749 §4.4, OAuth 2.1 §4.2)."""

from __future__ import annotations

from dataclasses import dataclass

from licet.authorization_server.client_authentication.model import AuthenticatedClient
from licet.authorization_server.directory import Directory
from licet.authorization_server.exchange import Incoming
from licet.authorization_server.scopes import asked
from licet.authorization_server.subject import sub_of_client
from licet.authorization_server.token.authorization import Authorization
from licet.protocol.errors import InvalidScope, UnauthorizedClient
from licet.requirements import PUBLIC_CLIENT_LIMITS, SCOPE_REGISTERED


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """No person, no refresh token, no ID token."""

    directory: Directory
    grant_type: str = "client_credentials"

    async def redeem(self, incoming: Incoming, client: AuthenticatedClient) -> Authorization:
        if client.method == "none":
            raise UnauthorizedClient("A public client cannot act for itself", per=PUBLIC_CLIENT_LIMITS)
        catalogue = self.directory.catalogue
        text = incoming.form.get("scope")
        scope = asked(text, client.client, catalogue)
        if text is None:  # what it may ask of people does not belong to what it means by default for itself
            scope = tuple(name for name in scope if catalogue.api_of(name) is not None)
        if any(catalogue.api_of(name) is None for name in scope):
            raise InvalidScope("Scopes about a person need a person", per=SCOPE_REGISTERED)
        return Authorization(
            issuer=self.directory.issuer,
            client=client.client,
            sub=sub_of_client(client.client),
            standing=None,
            scope=scope,
            resources=incoming.form.every("resource"),
        )
