"""The composition root: opens, wires, returns (house §7). It reads like a packing list and decides nothing."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

import msgspec

from licet.ambient import Clock, Entropy, SystemEntropy
from licet.authorization_server import keys
from licet.authorization_server.account.profile import ProfilePage
from licet.authorization_server.account.visit import Visits
from licet.authorization_server.authorization.endpoint import AuthorizationEndpoint
from licet.authorization_server.authorization.lodged import Lodged
from licet.authorization_server.authorization.pushed import PushedRequests
from licet.authorization_server.authorization.request_object import RequestObjects
from licet.authorization_server.authorization.steps import Remember, Steps
from licet.authorization_server.browser import Browser
from licet.authorization_server.choosing import ChoosePage
from licet.authorization_server.client_authentication import ClientAuthentication
from licet.authorization_server.client_authentication.client_secret_basic import ClientSecretBasic
from licet.authorization_server.client_authentication.client_secret_post import ClientSecretPost
from licet.authorization_server.client_authentication.private_key_jwt import PrivateKeyJwt
from licet.authorization_server.client_documents import ClientDocuments
from licet.authorization_server.client_keys import ClientKeys
from licet.authorization_server.company import Company
from licet.authorization_server.device_authorization import DeviceAuthorization
from licet.authorization_server.device_verification.confirm import DeviceConfirmPage
from licet.authorization_server.device_verification.entry import DeviceEntryPage, UserCodeGuesses
from licet.authorization_server.device_verification.report import DeviceReportPage
from licet.authorization_server.device_verification.waiting import Devices
from licet.authorization_server.directory import Directory
from licet.authorization_server.document_clients import DocumentClients
from licet.authorization_server.dynamic_registration import Making, RegistrationEndpoint
from licet.authorization_server.endings import Bell, EndingsFeed
from licet.authorization_server.exchange import Incoming
from licet.authorization_server.granting import Granting
from licet.authorization_server.introspection import Introspection
from licet.authorization_server.key_rotation import KeyRotation
from licet.authorization_server.logout.endpoint import LogoutEndpoint
from licet.authorization_server.metadata import Jwks, Metadata
from licet.authorization_server.pages import ConsentPage, ContinuePage, Dispatcher, SignInPage
from licet.authorization_server.policy import Policy
from licet.authorization_server.presented import Lookup
from licet.authorization_server.revocation import RevocationEndpoint
from licet.authorization_server.sector import Sectors
from licet.authorization_server.settings import Settings
from licet.authorization_server.subject import Subjects
from licet.authorization_server.token.endpoint import TokenEndpoint
from licet.authorization_server.token.grants.authorization_code import AuthorizationCode
from licet.authorization_server.token.grants.client_credentials import ClientCredentials
from licet.authorization_server.token.grants.device_code import DeviceCode
from licet.authorization_server.token.grants.refresh_token import RefreshToken
from licet.authorization_server.token.issue import Issue
from licet.authorization_server.token.retry import Retries
from licet.authorization_server.upkeep import Upkeep
from licet.authorization_server.upkeep.notices import Notices
from licet.authorization_server.userinfo import UserInfo
from licet.authorization_server.web import addresses
from licet.authorization_server.web.cookies import CookieNames
from licet.authorization_server.web.health import Health
from licet.authorization_server.web.hearing import claimed_client
from licet.authorization_server.web.kernel import Kernel
from licet.authorization_server.web.limits import Limits, Proxies
from licet.authorization_server.web.log import Line, redacted, write
from licet.authorization_server.web.pages import Pages
from licet.authorization_server.web.routes import Kind, Route
from licet.egress import Egress, Resolve
from licet.protocol import issuer as issuers
from licet.protocol.errors import Refusal
from licet.requirements.model import Requirement
from licet.resource_owner.guesses import Guesses
from licet.resource_owner.passwords import Passwords
from licet.resource_owner.sessions import BrowserSessions
from licet.resource_owner.sign_in import SignIn
from licet.storage.blind import BlindThrottles
from licet.storage.ports import Store, Unavailable
from licet.storage.records import Issuer, Refused
from licet.storage.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """An application, ready to be served, and what to do around it."""

    app: Kernel
    upkeep: Upkeep
    close: Callable[[], None]


Extra = Callable[[Lookup], tuple[Route, ...]]


async def build(
    store: Store,
    issuer: Issuer,
    vault: Vault,
    clock: Clock,
    *,
    entropy: Entropy | None = None,
    settings: Settings | None = None,
    policy: Policy | None = None,
    limits: Limits | None = None,
    proxies: Proxies | None = None,
    extra: Extra | None = None,
    resolve: Resolve | None = None,
) -> Server:
    """Wire one authorization server over an opened *store* that already holds *issuer* and its keys."""
    entropy, settings, policy = entropy or SystemEntropy(), settings or Settings(), policy or Policy()
    lifetimes = settings.lifetimes
    parts = urlsplit(issuer.url)

    directory = Directory(store, issuer, administration=settings.administration)
    await directory.refresh()
    rotation = KeyRotation(
        store=store, vault=vault, entropy=entropy, clock=clock, issuer_id=issuer.issuer_id, lives=settings.keys
    )
    with suppress(Unavailable):  # a purpose that is new with this release needs its key now; what there is signs on
        await rotation.scheduled(frozenset())
    ring = keys.Ring(vault, workers=os.cpu_count() or 1)
    await ring.load(store, issuer.issuer_id)

    egress = Egress(settings.egress, resolve=resolve)
    published = ClientKeys(egress, settings.fetching)
    methods = (
        ClientSecretBasic(vault),
        ClientSecretPost(vault),
        PrivateKeyJwt(directory, policy, store.replay, published),
    )
    throttles = BlindThrottles(store.throttles, vault)
    guesses = Guesses(throttles)
    described = _described(store, directory, settings, entropy, egress, guesses)
    authentication = ClientAuthentication(directory, methods, throttles, settings.throttles)
    retries = Retries(vault, lifetimes.replay_window_s)
    grants = {
        grant.grant_type: grant
        for grant in (
            AuthorizationCode(store.codes, store.grants, directory, vault, lifetimes),
            ClientCredentials(directory),
            DeviceCode(store.devices, directory, vault),
            RefreshToken(store.families, directory, vault, lifetimes, retries),
        )
    }
    lookup = Lookup(store, directory, ring, vault)
    bell = Bell(store.revocations, directory)

    passwords = Passwords(settings.passwords, entropy)
    sessions = BrowserSessions(store.sessions, vault, entropy, settings.sessions)
    browser = Browser(
        store.transactions,
        vault,
        entropy,
        CookieNames(issuer.issuer_id, issuer.url),
        f"{parts.scheme}://{parts.netloc}",
        lifetimes.transaction_s,
    )
    remember = _remember(store, directory)
    granting = Granting(
        store, directory, vault, entropy, lifetimes, Subjects(store.pairwise_subjects, vault), described
    )
    company = Company(sessions, browser.cookies, directory)
    steps = Steps(granting, sessions, browser, remember, company)
    lodged = Lodged(store.transactions, vault, settings.pushing)
    request_objects = RequestObjects(directory, store.replay, published)
    authorization = AuthorizationEndpoint(directory, policy, ring, store.replay, steps, request_objects, lodged)
    devices = Devices(steps, browser)
    visits = Visits(steps, browser)
    dispatcher = Dispatcher(
        browser,
        issuer.issuer_id,
        {"query": authorization, "form": authorization, "device": devices, "account": visits},
    )

    API, PAGE, DOCUMENT = Kind.API, Kind.PAGE, Kind.DOCUMENT
    routes = (
        Route("/authorize", ("GET", "POST"), authorization, PAGE),
        Route("/continue", ("GET",), ContinuePage(dispatcher), PAGE),
        Route("/login", ("GET", "POST"), SignInPage(dispatcher, SignIn(store, passwords, guesses, settings.guessing), sessions, steps), PAGE),
        Route("/login/choose", ("GET", "POST"), ChoosePage(dispatcher, visits), PAGE),
        Route("/consent", ("GET", "POST"), ConsentPage(dispatcher, authorization), PAGE),
        Route("/device", ("GET", "POST"), DeviceEntryPage(devices, UserCodeGuesses(guesses, settings.throttles)), PAGE),
        Route("/device/confirm", ("GET", "POST"), DeviceConfirmPage(devices), PAGE),
        Route("/device/report", ("POST",), DeviceReportPage(devices), PAGE),
        Route("/account/profile", ("GET", "POST"), ProfilePage(visits, store.accounts), PAGE),
        Route("/logout", ("GET", "POST"), LogoutEndpoint(steps, browser, ring), PAGE),
        Route("/token", ("POST",), TokenEndpoint(authentication, grants, store.registrations, directory, Issue(store, directory, ring, vault, entropy, lifetimes, retries)), API, browsers=True),
        Route("/par", ("POST",), PushedRequests(authentication, authorization, lodged, entropy, guesses), API),
        Route("/device_authorization", ("POST",), DeviceAuthorization(authentication, directory, store.devices, vault, entropy, lifetimes), API),
        Route("/introspect", ("POST",), Introspection(authentication, lookup, ring), API),
        Route("/endings", ("POST",), EndingsFeed(authentication, directory, store.revocations, bell), API),
        Route("/revoke", ("POST",), RevocationEndpoint(authentication, lookup), API, browsers=True),
        Route("/userinfo", ("GET", "POST"), UserInfo(lookup, ring), API, browsers=True),
        Route("/jwks", ("GET",), Jwks(ring), DOCUMENT),
        *_registering(store, directory, settings, vault, entropy, egress, guesses),
        *(extra(lookup) if extra else ()),
    )  # fmt: skip
    metadata = Metadata(
        directory,
        grants,
        (*(m.name for m in methods), "none"),
        frozenset(r.path for r in routes),
        settings.pushing.required,
    )
    well_known = tuple(
        Route(path, ("GET",), metadata, DOCUMENT, rooted=True) for path in issuers.well_known_paths(issuer.url)
    )

    notices = Notices(store.outbox, directory, ring, egress, clock, entropy)
    upkeep = Upkeep(store, directory, clock, settings, ring, rotation, bell, notices)

    async def startup() -> None:
        upkeep.start()

    async def shutdown() -> None:
        await upkeep.stop()
        await store.flush()

    pages = Pages(issuer.url, addresses.base(issuer.url), issuer.development)
    app = Kernel(
        (*routes, *well_known),
        hosts=addresses.hosts(issuer.url),
        https=parts.scheme == "https",
        pages=pages,
        assets=pages.assets,
        clock=clock,
        entropy=entropy,
        on_refusal=remember,
        base=addresses.base(issuer.url),
        allowed_origin=directory.allows_origin,
        log=_log(directory),
        limits=limits,
        proxies=proxies,
        development=issuer.development,
        health=Health(_readiness(store)),
        startup=startup,
        shutdown=shutdown,
    )

    def close() -> None:
        egress.close()
        ring.close()
        passwords.close()

    return Server(app=app, upkeep=upkeep, close=close)


def _registering(
    store: Store,
    directory: Directory,
    settings: Settings,
    vault: Vault,
    entropy: Entropy,
    egress: Egress,
    guesses: Guesses,
) -> tuple[Route, ...]:
    """Where clients register themselves, if they may at all."""
    if settings.registration is None:
        return ()
    making = Making(vault, entropy, directory.issuer.issuer_id)
    endpoint = RegistrationEndpoint(
        directory, store.registrations, settings.registration, making, Sectors(egress), guesses
    )
    return (Route("/register", ("POST", "GET", "PUT", "DELETE"), endpoint, Kind.API, json=True),)


def _described(
    store: Store, directory: Directory, settings: Settings, entropy: Entropy, egress: Egress, guesses: Guesses
) -> DocumentClients | None:
    """Lets clients be known by their documents, if they may at all."""
    limits = settings.documents
    if limits is None:
        return None
    clients = DocumentClients(directory.issuer.issuer_id, entropy, limits)
    directory.lets_in = partial(limits.lets_in, development=directory.issuer.development)
    directory.documents = ClientDocuments(directory, egress, limits, guesses, store.registrations, clients)
    return clients


def _remember(store: Store, directory: Directory) -> Remember:
    """Refusals go to a capped table, for whoever asks what a reference means; never into the record (house law 1)."""

    def remember(refusal: Refusal, incoming: Incoming, reference: str, client_id: str = "") -> None:
        claimed = claimed_client(incoming)
        store.refusals.spool(
            Refused(
                issuer_id=directory.issuer.issuer_id,
                reference=reference,
                at=incoming.at,
                endpoint=incoming.path,
                client_id=client_id or (claimed if directory.knows(claimed) else ""),
                error=refusal.error,
                description=refusal.description,
                detail=redacted(refusal.detail),
                requirement=refusal.per.id if isinstance(refusal.per, Requirement) else str(refusal.per),
                request_id=incoming.request_id,
            )
        )

    return remember


def _log(directory: Directory) -> Callable[[Line], None]:
    """A request's line names a client only where there is one: an id that is not known may be a secret in its field."""

    def log(line: Line) -> None:
        named = not line.client_id or directory.knows(line.client_id)
        write(line if named else msgspec.structs.replace(line, client_id=""))

    return log


def _readiness(store: Store) -> Callable[[], Awaitable[bool]]:
    async def ready() -> bool:
        return await store.issuers.only() is not None

    return ready
