"""From a believed request to an answer: who is here, what is needed, and the one write that ends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlencode

import msgspec

from licet.ambient import SECOND, Instant
from licet.authorization_server.apps import app_of
from licet.authorization_server.authorization import request as frozen
from licet.authorization_server.authorization.addressee import Addressee
from licet.authorization_server.authorization.interaction import (
    Candidate,
    ChoiceNeeded,
    ConsentNeeded,
    NothingNeeded,
    SignInNeeded,
    Step,
    meant,
    must_choose,
    must_sign_in,
    next_step,
    unmet,
)
from licet.authorization_server.authorization.request import AuthorizationRequest
from licet.authorization_server.authorization.response import Way, granted, refused
from licet.authorization_server.browser import Browser
from licet.authorization_server.company import Company
from licet.authorization_server.exchange import Answer, Incoming, Redirect, SetCookie
from licet.authorization_server.granting import Granting, no_room
from licet.events import Event, EventType
from licet.protocol import secret_token
from licet.protocol.errors import ConsentRequired, InvalidRequest, Refusal, UnmetAuthenticationRequirements
from licet.requirements import ACR_ESSENTIAL, CONSENT_GIVEN, TRANSACTION_ONCE
from licet.resource_owner.claims import SCOPE_OF, askable
from licet.resource_owner.consent import Ask, agreed_to, assured, to_ask
from licet.resource_owner.sessions import BrowserSessions
from licet.storage.ports import Conclusion, Full, SignedIn
from licet.storage.records import Client, Code, Consent, Grant, Transaction

_PATHS: dict[type[Step], str] = {SignInNeeded: "/login", ChoiceNeeded: "/login/choose", ConsentNeeded: "/consent"}


class Situation(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A request and everything around it at this moment."""

    request: AuthorizationRequest
    addressee: Addressee
    signed_in: SignedIn | None
    sub: str | None
    """Whoever is signed in, as this client knows them."""
    transaction: Transaction | None
    consent: Consent | None
    step: Step


class Remember(Protocol):
    """Keeps a refusal for whoever asks what became of a request."""

    def __call__(self, refusal: Refusal, incoming: Incoming, reference: str, client_id: str = "") -> None: ...


@dataclass(frozen=True, slots=True)
class Steps:
    """Moves an authorization request on."""

    granting: Granting
    sessions: BrowserSessions
    browser: Browser
    remember: Remember
    company: Company

    async def advance(
        self,
        request: AuthorizationRequest,
        addressee: Addressee,
        incoming: Incoming,
        transaction: Transaction | None,
        *,
        signed_in: SignedIn | None = None,
        way: Way,
    ) -> Answer:
        """The next page, or the answer. A refusal while judging goes to the client; one while concluding is shown here,
        for by then the client may have its answer."""
        try:
            situation = await self.situation(request, addressee, incoming, transaction, signed_in=signed_in)
        except Refusal as refusal:
            return self.refused(addressee, refusal, incoming, transaction, way)
        if isinstance(situation.step, NothingNeeded):
            return await self.conclude(situation, incoming, agreed=False, way=way)
        return await self._page(situation, incoming, way)

    async def situation(
        self,
        request: AuthorizationRequest,
        addressee: Addressee,
        incoming: Incoming,
        transaction: Transaction | None,
        *,
        signed_in: SignedIn | None = None,
    ) -> Situation:
        """Who is here and what is still needed; raises LoginRequired or ConsentRequired for ``prompt=none``,
        UnmetAuthenticationRequirements where an essential ``acr`` was not reached."""
        client, issuer_id = addressee.client, self.granting.directory.issuer.issuer_id
        here = signed_in or await self._meant(request, client, incoming, transaction)
        choose = must_choose(request, here, transaction, others=here is None and await self._others(incoming))
        sub = await self.granting.subjects.sub_of(here.account, client) if here else None
        sign_in = must_sign_in(request, here, sub, transaction, incoming.at)
        consent = ask = None
        if here is not None and not (sign_in or choose):
            consent = await self.granting.store.consents.find(issuer_id, here.account.subject_id, client.client_id)
            ask = self._ask(request, addressee, consent, incoming.at)
            if unmet(request, here):
                raise UnmetAuthenticationRequirements("The sign-in did not reach the essential acr", per=ACR_ESSENTIAL)
        step = next_step(request, choose=choose, sign_in=sign_in, ask=ask)
        return Situation(
            request=request,
            addressee=addressee,
            signed_in=here,
            sub=sub,
            transaction=transaction,
            consent=consent,
            step=step,
        )

    async def who(self, incoming: Incoming) -> SignedIn | None:
        """Who acts in this browser, if the gate lets them pass."""
        acting = await self.company.acting(incoming)
        return acting.signed_in if acting else None

    async def _meant(
        self, request: AuthorizationRequest, client: Client, incoming: Incoming, transaction: Transaction | None
    ) -> SignedIn | None:
        """Whom the request is about: who acts, unless somebody else is here whom it means."""
        if self.browser.cookies.others not in incoming.cookies:
            return await self.who(incoming)
        candidates = [
            Candidate(one.signed_in, await self.granting.subjects.sub_of(one.signed_in.account, client))
            for one in await self.company.everyone(incoming)
        ]
        return meant(request, transaction, candidates) or await self.who(incoming)

    async def _others(self, incoming: Incoming) -> bool:
        return bool(await self.company.others(incoming))

    def _ask(
        self, request: AuthorizationRequest, addressee: Addressee, consent: Consent | None, now: Instant
    ) -> Ask | None:
        """What to ask; ``offline_access`` alone never stops a silent request, it is left out of it (rulings D)."""
        issuer, catalogue = self.granting.directory.issuer, self.granting.directory.catalogue
        wanted = _agreed_by(request, addressee.client)
        scope = tuple(n for n in wanted if n != "offline_access" or "none" not in request.prompt)
        return to_ask(
            self.granting.items(scope),
            consent,
            addressee.client,
            now,
            sure=assured(addressee.client, addressee.redirect_uri, development=issuer.development),
            prompted="consent" in request.prompt,
            sensitive=frozenset(n for n in scope if catalogue.scopes[n].sensitive),
        )

    async def _page(self, situation: Situation, incoming: Incoming, way: Way) -> Answer:
        cookies = way.cookies
        transaction = situation.transaction
        if transaction is None:
            transaction, cookie = await self.keep(situation.request, incoming)
            cookies = (*cookies, cookie)
        return self.go(_PATHS[type(situation.step)], transaction, cookies)

    async def keep(self, request: AuthorizationRequest, incoming: Incoming) -> tuple[Transaction, SetCookie]:
        """Hold the request here and bind it to the browser; raises InvalidRequest where it was pushed and is over."""
        return await self.browser.open(
            self.granting.directory.issuer.issuer_id,
            request.client_id,
            frozen.encode(request),
            "form" if incoming.method == "POST" else "query",
            incoming.at,
            pushed_id=request.pushed,
        )

    def go(
        self, path: str, transaction: Transaction, cookies: tuple[SetCookie, ...] = (), *, beside: bool = False
    ) -> Redirect:
        """To a page of ours; the address carries the opaque id and, for who signs in *beside* others, that they do."""
        query = urlencode({"transaction": transaction.txn_id} | ({"beside": "1"} if beside else {}))
        return Redirect(location=f"{self.granting.directory.issuer.url}{path}?{query}", cookies=cookies)

    def switch(self, transaction: Transaction, incoming: Incoming) -> Redirect:
        """Somebody says that it is not them who is signed in."""
        several = self.browser.cookies.others in incoming.cookies
        return self.go("/login/choose" if several else "/login", transaction)

    def refused(
        self, addressee: Addressee, refusal: Refusal, incoming: Incoming, transaction: Transaction | None, way: Way
    ) -> Answer:
        """*refusal*, told to the client, and remembered like one that is shown."""
        self.remember(refusal, incoming, incoming.request_id, addressee.client.client_id)
        if transaction is not None:
            way = msgspec.structs.replace(way, cookies=(*way.cookies, self.browser.done(transaction)))
        issuer = self.granting.directory.issuer
        app = app_of(addressee.client, addressee.redirect_uri, development=issuer.development)
        return refused(addressee, refusal, issuer.url, app, way)

    async def conclude(self, situation: Situation, incoming: Incoming, *, agreed: bool, way: Way) -> Answer:
        """Grant, code, consent and events in one write; then the answer. *agreed*: somebody just said yes on a page."""
        here = situation.signed_in
        if here is None or situation.sub is None:
            raise ConsentRequired("Nobody is here to agree", per=CONSENT_GIVEN)
        value = secret_token.drawn("ac", self.granting.entropy.bytes(secret_token.DRAWN_FROM_BYTES))
        conclusion = self._conclusion(situation, here, situation.sub, value, incoming, agreed=agreed)
        try:
            concluded = await self.granting.store.transactions.conclude(conclusion)
        except Full:
            raise no_room() from None
        if not concluded:
            return await self._overtaken(situation, incoming, way)
        if conclusion.adopts is not None:
            self.granting.directory.forget(conclusion.adopts.client)
        await self.sessions.touch(here.session, incoming.at)
        addressee, issuer = situation.addressee, self.granting.directory.issuer
        if situation.transaction is not None:
            way = msgspec.structs.replace(way, cookies=(*way.cookies, self.browser.done(situation.transaction)))
        way = msgspec.structs.replace(way, login=here.account.login)
        app = app_of(addressee.client, addressee.redirect_uri, development=issuer.development)
        return granted(addressee, value, issuer.url, app, way)

    async def _overtaken(self, situation: Situation, incoming: Incoming, way: Way) -> Answer:
        """Between the judgement and the write it was answered, or somebody signed out, was disabled or took a consent
        back. Where no page had been needed, look again, from a page of ours; else it is over."""
        if situation.transaction is not None:
            raise InvalidRequest("This sign-in was answered already, or ended meanwhile", per=TRANSACTION_ONCE)
        transaction, cookie = await self.keep(situation.request, incoming)
        return self.go("/continue", transaction, (*way.cookies, cookie))

    def _conclusion(
        self, situation: Situation, here: SignedIn, sub: str, value: str, incoming: Incoming, *, agreed: bool
    ) -> Conclusion:
        request, client, at = situation.request, situation.addressee.client, incoming.at
        scope = self._granted_scope(situation, at, agreed=agreed)
        grant = self.granting.grant(
            here,
            client,
            sub,
            scope,
            request.resources,
            at,
            origin="code",
            nonce=request.nonce,
            claims_request=request.claims,
            acr=request.acr,
        )
        lifetimes = self.granting.lifetimes
        txn_id = situation.transaction.txn_id if situation.transaction else None
        code = Code(
            issuer_id=grant.issuer_id,
            digest=self.granting.vault.digest(grant.issuer_id, "code", value),
            txn_id=txn_id,
            grant_id=grant.grant_id,
            client_id=client.client_id,
            redirect_uri=request.redirect_uri,
            redirect_uri_sent=request.redirect_uri_sent,
            code_challenge=request.code_challenge,
            issued_at=at,
            expires_at=Instant(at + lifetimes.authorization_code_s * SECOND),
            purge_at=Instant(at + lifetimes.code_tombstone_s * SECOND),
        )
        consent, asked = None, situation.step.ask if isinstance(situation.step, ConsentNeeded) else None
        if agreed and asked is not None and asked.remembered:
            items = self.granting.items(tuple(dict.fromkeys((*scope, *_agreed_by(request, client)))))
            consent = self.granting.consent(here, client, items, situation.consent, at, via="page")
        return Conclusion(
            issuer_id=grant.issuer_id,
            at=at,
            txn_id=txn_id,
            pushed_id=request.pushed,
            grant=grant,
            code=code,
            consent=consent,
            relies_on=None if agreed else situation.consent,
            adopts=self.granting.adopted(client, at, incoming.request_id),
            events=_events(grant, txn_id or "", incoming, agreed=agreed),
        )

    def _granted_scope(self, situation: Situation, now: Instant, *, agreed: bool) -> tuple[str, ...]:
        """All that was asked; ``offline_access`` only if a yes that named it was given now or is remembered."""
        client = situation.addressee.client
        keeps = agreed or agreed_to(situation.consent, client, now, "offline_access")
        return tuple(n for n in situation.request.scope if n != "offline_access" or keeps)


def _agreed_by(request: AuthorizationRequest, client: Client) -> tuple[str, ...]:
    """What *request* needs a yes to: its scopes, and those that release what ``claims`` names one by one."""
    if request.claims is None:
        return request.scope
    asked = askable((*request.claims.userinfo, *request.claims.id_token), client.metadata.scope)
    return tuple(dict.fromkeys((*request.scope, *(SCOPE_OF[name] for name in asked))))


def _events(grant: Grant, txn_id: str, incoming: Incoming, *, agreed: bool) -> tuple[Event, ...]:
    def event(kind: EventType, actor: str) -> Event:
        return Event(
            issuer_id=grant.issuer_id,
            type=kind,
            at=incoming.at,
            actor=actor,
            subject=grant.subject_id,
            client=grant.client_id,
            grant=grant.grant_id,
            txn=txn_id,
            request_id=incoming.request_id,
            data={"scope": grant.scope},
        )

    issued = event(EventType.CODE_ISSUED, "licet")
    return (event(EventType.CONSENT_GIVEN, f"subject:{grant.subject_id}"), issued) if agreed else (issued,)
