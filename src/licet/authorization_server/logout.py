"""GET and POST /logout: leave this browser's session. It asks first, whoever sent the person here (ASVS 10.6.2)."""

from __future__ import annotations

from dataclasses import dataclass

from licet.authorization_server.authorization.steps import Steps
from licet.authorization_server.browser import Browser
from licet.authorization_server.exchange import Answer, Incoming, Page, SetCookie
from licet.authorization_server.views import SignedOut, SignOut
from licet.events import EventType
from licet.storage.ending import ending
from licet.storage.ports import SignedIn


@dataclass(frozen=True, slots=True)
class LogoutPage:
    """The sign-out page."""

    steps: Steps
    browser: Browser

    async def __call__(self, incoming: Incoming) -> Answer:
        here = await self.steps.who(incoming)
        if here is None:
            return Page(view=SignedOut(), cookies=self._leftover(incoming))
        csrf = self.browser.lone_csrf(here.session.issuer_id, here.session.digest.hex())
        if incoming.method == "GET":
            return Page(view=SignOut(login=here.account.login, csrf=csrf))
        self.browser.check_form(incoming, csrf)
        if incoming.form.get("decision") == "stay":
            return Page(view=SignOut(login=here.account.login, csrf=csrf, stayed=True))
        await self._end(here, incoming)
        return Page(view=SignedOut(), cookies=(SetCookie(self.browser.cookies.session, "", 0),))

    def _leftover(self, incoming: Incoming) -> tuple[SetCookie, ...]:
        """Take away a cookie that is good for nothing any more; only one that came. A form of another site comes
        without our cookies: to take them away unseen would be to sign somebody out whom nobody asked."""
        name = self.browser.cookies.session
        return (SetCookie(name, "", 0),) if name in incoming.cookies else ()

    async def _end(self, here: SignedIn, incoming: Incoming) -> None:
        session = here.session
        signed_out = ending(
            session.issuer_id,
            "session",
            session.session_id,
            at=incoming.at,
            cause="signed out",
            event=EventType.SESSION_ENDED,
            actor=f"subject:{session.subject_id}",
            subject=session.subject_id,
            about=session.session_id,
            request_id=incoming.request_id,
        )
        await self.steps.sessions.sessions.end(signed_out, session.session_id)
