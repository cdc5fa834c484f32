"""GET and POST /login/choose: which of the accounts that are signed in on this browser (OpenID Connect Core §3.1.2.1,
``prompt=select_account``)."""

from __future__ import annotations

from dataclasses import dataclass

from licet.authorization_server.account.visit import Visits
from licet.authorization_server.authorization.response import Way
from licet.authorization_server.company import MOST, Present
from licet.authorization_server.exchange import Answer, Incoming, Page, Redirect
from licet.authorization_server.pages import Dispatcher
from licet.authorization_server.views import Choose, Someone
from licet.protocol.errors import InvalidRequest
from licet.requirements import FORM_FROM_OUR_PAGE, TRANSACTION_ONCE
from licet.storage.records import Transaction

_PATH = "/login/choose"


@dataclass(frozen=True, slots=True)
class ChoosePage:
    """The accounts of this browser, one more, or none any more."""

    dispatcher: Dispatcher
    visits: Visits

    async def __call__(self, incoming: Incoming) -> Answer:
        if incoming.method == "GET" and "transaction" not in incoming.query:
            return await self.visits.to(_PATH, incoming)
        return await self._answer(incoming)

    async def _answer(self, incoming: Incoming) -> Answer:
        transaction = await self.dispatcher.transaction(incoming)
        browser, steps = self.dispatcher.browser, self.visits.steps
        here = await steps.company.everyone(incoming)
        csrf = browser.csrf(transaction, shown=b"choose")
        if incoming.method == "POST":
            browser.check_form(incoming, csrf)
        if not here:  # everybody left meanwhile
            return steps.go("/login", transaction)
        if incoming.method == "GET":
            return await self._page(transaction, here, csrf, incoming)
        if (subject_id := incoming.form.get("account")) is not None:
            chosen = next((one for one in here if one.subject_id == subject_id), None)
            if chosen is not None:
                return await self._chosen(chosen, transaction, here, incoming)
            return await self._page(transaction, here, csrf, incoming)
        return await self._nobody_of_these(transaction, here, incoming)

    async def _nobody_of_these(
        self, transaction: Transaction, here: tuple[Present, ...], incoming: Incoming
    ) -> Redirect:
        match incoming.form.get("decision"):
            case "another":
                return self.visits.steps.go("/login", transaction, beside=True)
            case "leave":
                return await self._everybody_leaves(transaction, here, incoming)
            case _:
                raise InvalidRequest("Choose one of those shown, another or leave", per=FORM_FROM_OUR_PAGE)

    async def _page(self, transaction: Transaction, here: tuple[Present, ...], csrf: str, incoming: Incoming) -> Page:
        app, _ = await self.dispatcher.resumer(transaction).app(transaction, incoming.at)
        acting = await self.visits.steps.who(incoming) is not None
        people = tuple(
            Someone(subject_id=one.subject_id, login=one.signed_in.account.login, acting=acting and n == 0)
            for n, one in enumerate(here)
        )
        view = Choose(app=app, transaction=transaction.txn_id, csrf=csrf, people=people, full=len(here) >= MOST)
        return Page(view=view)

    async def _chosen(
        self, chosen: Present, transaction: Transaction, here: tuple[Present, ...], incoming: Incoming
    ) -> Answer:
        """The choice counts here, and from now on wherever nobody is asked; what else is needed of them is asked next."""
        session, account = chosen.signed_in.session, chosen.signed_in.account
        transactions = self.dispatcher.browser.transactions
        if not await transactions.choose(
            transaction.issuer_id, transaction.txn_id, account.subject_id, session.session_id, incoming.at
        ):
            raise InvalidRequest("This sign-in was answered already, or that account signed out", per=TRANSACTION_ONCE)
        noted = await transactions.find(transaction.issuer_id, transaction.txn_id)
        others = (one.value for one in here if one is not chosen)
        cookies = self.visits.steps.company.cookies(chosen.value, others, incoming)
        way = Way(after_post=True, login=account.login, cookies=cookies)
        resumer = self.dispatcher.resumer(transaction)
        return await resumer.resume(noted or transaction, incoming, chosen.signed_in, way)

    async def _everybody_leaves(
        self, transaction: Transaction, here: tuple[Present, ...], incoming: Incoming
    ) -> Redirect:
        steps = self.visits.steps
        for one in here:
            await steps.sessions.sign_out(one.signed_in.session, at=incoming.at, request_id=incoming.request_id)
        return steps.go("/login", transaction, steps.company.after((), incoming))
