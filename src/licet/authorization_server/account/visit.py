"""Coming to an account page: who is here, and the way through sign-in for whoever is not yet."""

from __future__ import annotations

from dataclasses import dataclass

from licet.ambient import Instant
from licet.authorization_server.authorization.response import Way
from licet.authorization_server.authorization.steps import Steps
from licet.authorization_server.browser import Browser
from licet.authorization_server.exchange import Answer, Incoming, Redirect
from licet.authorization_server.views import App
from licet.storage.ports import SignedIn
from licet.storage.records import Transaction

HOME = "/account/profile"
"""Where somebody comes out who signed in for their account."""


@dataclass(frozen=True, slots=True)
class Visits:
    """Brings people to their account. It goes on with transactions of its own kind: no app asks, nothing is granted."""

    steps: Steps
    browser: Browser

    async def here(self, incoming: Incoming) -> SignedIn | None:
        """Who is signed in in this browser."""
        found = await self.steps.who(incoming)
        if found is not None:
            await self.steps.sessions.touch(found.session, incoming.at)
        return found

    async def to_sign_in(self, incoming: Incoming) -> Redirect:
        """To the sign-in page, and from there back."""
        return await self.to("/login", incoming)

    async def to(self, path: str, incoming: Incoming) -> Redirect:
        """To a page of ours that needs a transaction, and from there home."""
        issuer_id = self.steps.granting.directory.issuer.issuer_id
        transaction, cookie = await self.browser.open(issuer_id, "", b"{}", "account", incoming.at)
        return self.steps.go(path, transaction, (cookie,))

    async def resume(
        self, transaction: Transaction, incoming: Incoming, signed_in: SignedIn | None, way: Way
    ) -> Answer:
        """Home, once somebody is here."""
        if signed_in is None and await self.here(incoming) is None:
            return self.steps.go("/login", transaction, way.cookies)
        issuer = self.steps.granting.directory.issuer.url
        return Redirect(location=f"{issuer}{HOME}", cookies=(*way.cookies, self.browser.done(transaction)))

    async def app(self, transaction: Transaction, now: Instant) -> tuple[App | None, str]:
        """No app: people come here for themselves."""
        return None, ""
