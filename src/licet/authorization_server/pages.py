"""The pages of an interaction: sign in, consent, and the way back to where somebody was going.

Each checks its form and then returns to the dispatcher, which alone decides what comes next.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import msgspec

from licet.ambient import Instant
from licet.authorization_server.apps import app_of, sentences
from licet.authorization_server.authorization.endpoint import AuthorizationEndpoint
from licet.authorization_server.authorization.interaction import ConsentNeeded
from licet.authorization_server.authorization.response import Way
from licet.authorization_server.authorization.steps import Steps
from licet.authorization_server.browser import Browser
from licet.authorization_server.exchange import Answer, Incoming, Page, SetCookie
from licet.authorization_server.views import App, Consent, SignIn
from licet.events import Event, EventType
from licet.protocol.errors import AccessDenied, InvalidRequest, Refusal
from licet.requirements import CONSENT_GIVEN, FORM_FROM_OUR_PAGE, TRANSACTION_ONCE
from licet.resource_owner import sign_in as people
from licet.resource_owner.passwords import Busy
from licet.resource_owner.sessions import BrowserSessions
from licet.storage.ports import SignedIn
from licet.storage.records import Client, Transaction

_KNOWN_S = 365 * 24 * 3600
_BUSY = (("Retry-After", "2"),)
"""The line of passwords that wait to be checked is about a second long (``passwords.Cost.queue``)."""


class Resumer(Protocol):
    """Goes on with one kind of transaction."""

    async def resume(
        self, transaction: Transaction, incoming: Incoming, signed_in: SignedIn | None, way: Way
    ) -> Answer: ...

    async def app(self, transaction: Transaction, now: Instant) -> tuple[App | None, str]:
        """The app to show, and a name to start the form with."""


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Finds a browser's transaction and what goes on with it."""

    browser: Browser
    issuer_id: int
    resumers: Mapping[str, Resumer]

    async def transaction(self, incoming: Incoming) -> Transaction:
        """The open transaction that a page or form is about."""
        source = incoming.form if incoming.method == "POST" else incoming.query
        return await self.browser.find(incoming, self.issuer_id, source.get("transaction"))

    def resumer(self, transaction: Transaction) -> Resumer:
        return self.resumers[transaction.source]


@dataclass(frozen=True, slots=True)
class ContinuePage:
    """GET /continue: pick up where a kept request was left."""

    dispatcher: Dispatcher

    async def __call__(self, incoming: Incoming) -> Answer:
        transaction = await self.dispatcher.transaction(incoming)
        return await self.dispatcher.resumer(transaction).resume(transaction, incoming, None, Way())


@dataclass(frozen=True, slots=True)
class SignInPage:
    """GET and POST /login."""

    dispatcher: Dispatcher
    sign_in: people.SignIn
    sessions: BrowserSessions
    steps: Steps

    async def __call__(self, incoming: Incoming) -> Answer:
        transaction = await self.dispatcher.transaction(incoming)
        if incoming.method == "GET":
            if await self._choosing(incoming):
                return self.steps.go("/login/choose", transaction)
            return await self._page(transaction, incoming)
        browser = self.dispatcher.browser
        browser.check_form(incoming, browser.csrf(transaction))
        try:
            proved = await self.sign_in(self._attempt(transaction, incoming))
        except Busy:
            return await self._page(transaction, incoming, busy=True)
        answer = await self._signed_in(proved, transaction, incoming) if proved else None
        return answer or await self._page(transaction, incoming, failed=True)

    async def _choosing(self, incoming: Incoming) -> bool:
        """Whether people are here, but nobody acts, and nobody said that they want to be somebody else."""
        if incoming.query.get("beside") or not await self.steps.company.others(incoming):
            return False
        return await self.steps.who(incoming) is None

    def _attempt(self, transaction: Transaction, incoming: Incoming) -> people.Attempt:
        return people.Attempt(
            issuer_id=transaction.issuer_id,
            login=incoming.form.get("login") or "",
            password=incoming.form.get("password") or "",
            network=incoming.peer,
            known=self.dispatcher.browser.known(transaction.issuer_id, incoming),
            at=incoming.at,
            request_id=incoming.request_id,
            txn=transaction.txn_id,
        )

    async def _signed_in(self, proved: people.Proved, transaction: Transaction, incoming: Incoming) -> Answer | None:
        """A new cookie value, whoever was here before (ASVS 7.2.4); then back to the dispatcher. None if what was
        proved is no longer true."""
        cookies, account = self.dispatcher.browser.cookies, proved.account
        company = self.steps.company
        seat = await company.seat(account.subject_id, incoming, asked=_beside(incoming))
        before = seat.before
        begun = await self.sessions.begin(
            proved, before, txn_id=transaction.txn_id, at=incoming.at, request_id=incoming.request_id
        )
        if begun is None:
            return None
        value, signed_in = begun
        noted = await self.dispatcher.browser.transactions.find(transaction.issuer_id, transaction.txn_id)
        way = Way(
            after_post=True,
            login=account.login,
            cookies=(
                *company.cookies(value, seat.beside, incoming),
                SetCookie(cookies.known, self.dispatcher.browser.make_known(account), _KNOWN_S),
            ),
        )
        return await self.dispatcher.resumer(transaction).resume(noted or transaction, incoming, signed_in, way)

    async def _page(
        self, transaction: Transaction, incoming: Incoming, *, failed: bool = False, busy: bool = False
    ) -> Page:
        app, hint = await self.dispatcher.resumer(transaction).app(transaction, incoming.at)
        if transaction.select_at is not None and (chosen := await self.steps.who(incoming)) is not None:
            hint = chosen.account.login
        view = SignIn(
            app=app,
            transaction=transaction.txn_id,
            csrf=self.dispatcher.browser.csrf(transaction),
            login=(incoming.form.get("login") or hint)[:254] if incoming.method == "POST" else hint,
            failed=failed,
            busy=busy,
            beside=_beside(incoming),
        )
        return Page(view=view, status=503, headers=_BUSY) if busy else Page(view=view)


@dataclass(frozen=True, slots=True)
class ConsentPage:
    """GET and POST /consent."""

    dispatcher: Dispatcher
    authorization: AuthorizationEndpoint

    async def __call__(self, incoming: Incoming) -> Answer:
        transaction = await self.dispatcher.transaction(incoming)
        if transaction.source in ("device", "account"):
            raise InvalidRequest("No app asks for anything here", per=TRANSACTION_ONCE)
        request, answer_to = await self.authorization.kept(transaction, incoming.at)
        steps, browser = self.authorization.steps, self.dispatcher.browser
        situation = await steps.situation(request, answer_to, incoming, transaction)
        here, step = situation.signed_in, situation.step
        if here is None or not isinstance(step, ConsentNeeded):
            # Signed out meanwhile, or agreed in another tab: the dispatcher knows what comes next.
            return await self.authorization.resume(transaction, incoming, None, Way(after_post=_posted(incoming)))
        csrf = browser.csrf(transaction, here.account.subject_id, self._shown(answer_to.client, step))
        app = app_of(
            answer_to.client, answer_to.redirect_uri, development=self.authorization.directory.issuer.development
        )
        if incoming.method == "GET":
            return self._page(app, transaction, here, step, csrf)
        browser.check_form(incoming, csrf)
        way = Way(after_post=True, login=here.account.login)
        match incoming.form.get("decision"):
            case "allow":
                return await steps.conclude(situation, incoming, agreed=True, way=way)
            case "deny":
                denied = await self._denied(transaction, here, incoming, request.pushed)
                return steps.refused(answer_to, denied, incoming, transaction, way)
            case "switch":
                return steps.switch(transaction, incoming)
            case _:
                raise InvalidRequest("decision is allow, deny or switch", per=FORM_FROM_OUR_PAGE)

    def _shown(self, client: Client, step: ConsentNeeded) -> bytes:
        """What somebody says yes to. If the operator changes it before they do, they are shown it again."""
        asked = sorted((*step.ask.new, *step.ask.before))
        words = sentences(tuple(asked), self.authorization.directory.catalogue)
        return msgspec.json.encode((client.metadata_digest.hex(), asked, words))

    def _page(self, app: App, transaction: Transaction, here: SignedIn, step: ConsentNeeded, csrf: str) -> Page:
        catalogue = self.authorization.directory.catalogue
        new, before = sentences(step.ask.new, catalogue), sentences(step.ask.before, catalogue)
        view = Consent(
            app=app,
            login=here.account.login,
            transaction=transaction.txn_id,
            csrf=csrf,
            new=new,
            before=before,
            offline="offline_access" in (*step.ask.new, *step.ask.before),
            offline_before="offline_access" in step.ask.before,
            # What is sensitive is asked for each time, whatever is remembered.
            remembered=step.ask.remembered and not any(sentence.sensitive for sentence in (*new, *before)),
        )
        return Page(view=view)

    async def _denied(
        self, transaction: Transaction, here: SignedIn, incoming: Incoming, pushed_id: str | None
    ) -> Refusal:
        event = Event(
            issuer_id=transaction.issuer_id,
            type=EventType.CONSENT_DENIED,
            at=incoming.at,
            actor=f"subject:{here.account.subject_id}",
            subject=here.account.subject_id,
            client=transaction.client_id,
            txn=transaction.txn_id,
            request_id=incoming.request_id,
            outcome="refused",
        )
        if not await self.dispatcher.browser.transactions.deny(
            transaction.issuer_id, transaction.txn_id, incoming.at, event, pushed_id
        ):
            raise InvalidRequest("This sign-in was answered already", per=TRANSACTION_ONCE)
        return AccessDenied("The person said no", per=CONSENT_GIVEN)


def _beside(incoming: Incoming) -> bool:
    """Whether somebody asked to sign in beside whoever is here, not in their place."""
    return bool((incoming.form if incoming.method == "POST" else incoming.query).get("beside"))


def _posted(incoming: Incoming) -> bool:
    return incoming.method == "POST"
