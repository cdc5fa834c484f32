"""GET and POST /logout, the ``end_session_endpoint`` (OpenID Connect RP-Initiated Logout 1.0).

It asks first, whoever sent the person here (ASVS 10.6.2), unless an app shows the ID token of a session of this browser.
That session ends; a yes on our page ends everybody's, so that a browser that is left has nobody signed in.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from licet.authorization_server.apps import app_of
from licet.authorization_server.authorization.steps import Steps
from licet.authorization_server.browser import Browser
from licet.authorization_server.company import Present
from licet.authorization_server.exchange import Answer, Incoming, Page, Redirect, SetCookie
from licet.authorization_server.keys import Ring
from licet.authorization_server.logout import request as requests
from licet.authorization_server.logout.request import LogoutRequest
from licet.authorization_server.subject import sid_of
from licet.authorization_server.views import App, Return, SignedOut, SignOut, Start
from licet.protocol import redirect_uri
from licet.protocol.parameters import Parameters
from licet.storage.ports import SignedIn
from licet.storage.records import Client

APPS_SHOWN = 12
"""More names than these nobody reads before they press a button."""


@dataclass(frozen=True, slots=True)
class LogoutEndpoint:
    """The sign-out page."""

    steps: Steps
    browser: Browser
    ring: Ring

    async def __call__(self, incoming: Incoming) -> Answer:
        if incoming.method == "POST":
            return await self._form(incoming) if _ours(incoming.form) else await self._from_app(incoming)
        value = incoming.query.get("transaction")
        request = self._kept(value, incoming) if value else await self._read(incoming.query, incoming)
        here = await self.steps.company.everyone(incoming)
        if not here:
            return await self._left(request if request.sid else requests.NOTHING, incoming, self._leftover(incoming))
        shown = tuple(one for one in here if self._of_this_session(request, one.signed_in))
        if shown:
            return await self._leave(request, here, shown, incoming)
        kept = requests.keep(request, self.browser.vault, here[0].signed_in.session.issuer_id)
        view = SignOut(
            login=here[0].signed_in.account.login,
            others=_logins(here[1:]),
            csrf=self._csrf(here, kept),
            app=await self._app(request, incoming),
            transaction=kept,
            apps=tuple(self._name(client) for client in await self._apps(here, incoming)),
        )
        return Page(view=view)

    async def _from_app(self, incoming: Incoming) -> Redirect:
        """A form of another site comes without our cookies (SameSite=Lax), so that it cannot be judged here. The address
        of our own page carries what it asked for, sealed: the hint itself never stands in an address of ours."""
        issuer = self.steps.granting.directory.issuer
        kept = requests.keep(await self._read(incoming.form, incoming), self.browser.vault, issuer.issuer_id)
        query = f"?{urlencode({'transaction': kept})}" if kept else ""
        return Redirect(location=f"{issuer.url}/logout{query}")

    async def _form(self, incoming: Incoming) -> Answer:
        """Somebody pressed a button of our page."""
        kept = incoming.form.get("transaction", "")
        request = self._kept(kept, incoming)
        here = await self.steps.company.everyone(incoming)
        if not here:
            return Page(view=SignedOut(), cookies=self._leftover(incoming))
        csrf = self._csrf(here, kept)
        self.browser.check_form(incoming, csrf)
        if incoming.form.get("decision") == "stay":
            login, others = here[0].signed_in.account.login, _logins(here[1:])
            return Page(view=SignOut(login=login, others=others, csrf=csrf, stayed=True))
        return await self._leave(request, here, here, incoming)

    async def _leave(
        self, request: LogoutRequest, here: tuple[Present, ...], leaving: tuple[Present, ...], incoming: Incoming
    ) -> Answer:
        """Nobody else begins to act because whoever acted has left: who stays is asked the next time."""
        apps = await self._apps(leaving, incoming)
        for one in leaving:
            await self.steps.sessions.sign_out(
                one.signed_in.session, client_id=request.client_id, at=incoming.at, request_id=incoming.request_id
            )
        stay = tuple(one for one in here if one not in leaving)
        cookies = self.steps.company.after(stay, incoming)
        return await self._left(request, incoming, cookies, self._again(apps), _logins(stay))

    async def _left(
        self,
        request: LogoutRequest,
        incoming: Incoming,
        cookies: tuple[SetCookie, ...],
        again: tuple[Start, ...] = (),
        stay: tuple[str, ...] = (),
    ) -> Answer:
        """Back to the app if its address is still registered, else a page that says it is done (rulings L)."""
        client = await requests.usable(self.steps.granting.directory, request.client_id, incoming.at)
        if client is None or not requests.may_return(client, request.redirect_uri):
            return Page(view=SignedOut(again=again, stay=stay), cookies=cookies)
        pairs = (("state", request.state),) if request.state else ()
        location = redirect_uri.with_parameters(request.redirect_uri, pairs)
        if incoming.method == "GET":
            return Redirect(location=location, cookies=cookies)
        view = Return(
            app=app_of(client, request.redirect_uri, development=self._development),
            login="",
            location=location,
            refresh=redirect_uri.kind(request.redirect_uri) != "private-use",
            signed_out=True,
        )
        return Page(view=view, cookies=cookies)

    def _of_this_session(self, request: LogoutRequest, here: SignedIn) -> bool:
        """Whether a valid hint was signed for this session (RP-Initiated Logout §2)."""
        session, vault = here.session, self.browser.vault
        own = sid_of(vault, session.issuer_id, session.session_id, request.client_id)
        return bool(request.sid) and vault.same(request.sid, own)

    async def _read(self, parameters: Parameters, incoming: Incoming) -> LogoutRequest:
        keys = self.ring.verifying_hints()
        return await requests.read(parameters, self.steps.granting.directory, keys, incoming.at)

    def _kept(self, value: str | None, incoming: Incoming) -> LogoutRequest:
        issuer_id = self.steps.granting.directory.issuer.issuer_id
        return requests.kept(value, self.browser.vault, issuer_id, incoming.at)

    async def _app(self, request: LogoutRequest, incoming: Incoming) -> App | None:
        client = await requests.usable(self.steps.granting.directory, request.client_id, incoming.at)
        return app_of(client, request.redirect_uri or None, development=self._development) if client else None

    async def _apps(self, leaving: tuple[Present, ...], incoming: Incoming) -> tuple[Client, ...]:
        """The apps that lose what they have for these visits; none where they are too many to read."""
        directory, ids = self.steps.granting.directory, dict[str, None]()
        for session in (one.signed_in.session for one in leaving):
            more = await self.steps.sessions.sessions.apps(session.issuer_id, session.session_id, incoming.at)
            ids |= dict.fromkeys(more)
        found = [await requests.usable(directory, i, incoming.at) for i in ids] if len(ids) <= APPS_SHOWN else []
        return tuple(client for client in found if client is not None)

    def _again(self, apps: tuple[Client, ...]) -> tuple[Start, ...]:
        """Where a sign-in begins, for those that say so: a third party starts it by a GET with ``iss`` (Core §4)."""
        issuer = (("iss", self.steps.granting.directory.issuer.url),)
        return tuple(
            Start(name=self._name(client), location=redirect_uri.with_parameters(address, issuer))
            for client in apps
            if (address := client.metadata.initiate_login_uri)
        )

    def _name(self, client: Client) -> str:
        return app_of(client, None, development=self._development).name

    @property
    def _development(self) -> bool:
        return self.steps.granting.directory.issuer.development

    def _csrf(self, here: tuple[Present, ...], kept: str) -> str:
        """Good for these sessions, and for what the page was shown for."""
        sessions = " ".join(one.signed_in.session.digest.hex() for one in here)
        return self.browser.lone_csrf(here[0].signed_in.session.issuer_id, f"{sessions} {kept}")

    def _leftover(self, incoming: Incoming) -> tuple[SetCookie, ...]:
        """Take away a cookie that is good for nothing any more; only one that came. A form of another site comes
        without our cookies: to take them away unseen would be to sign somebody out whom nobody asked."""
        return self.steps.company.after((), incoming)


def _logins(people: tuple[Present, ...]) -> tuple[str, ...]:
    return tuple(one.signed_in.account.login for one in people)


def _ours(form: Parameters) -> bool:
    """Whether a form is our own page's, or claims to be. What is neither ours nor an app's is judged as ours."""
    return bool({"csrf", "decision"} & form.keys()) or not requests.PARAMETERS & form.keys()
