"""A whole server in this process, with a clock that tests move: APIs, apps of every kind, two people.

Everything is real but the clock and the network: ASGI in process, SQLite on a temporary file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from shutil import copyfile
from tempfile import mkdtemp
from typing import Any

import httpx2
import msgspec

from licet import app
from licet.ambient import SECOND, Instant, SystemClock, SystemEntropy
from licet.authorization_server import keys
from licet.authorization_server.settings import Settings
from licet.egress import Resolve
from licet.events import Event, EventType
from licet.protocol import jose
from licet.protocol.client_metadata import ClientMetadata
from licet.resource_owner import accounts
from licet.resource_owner.passwords import Cost, Passwords
from licet.storage.ports import Store, Unavailable
from licet.storage.records import Client, ClientPolicy, Credential, Issuer, Resource, Scope
from licet.storage.sqlite import SQLiteStore
from licet.storage.vault import MasterKeys, Vault
from tests import record

ISSUER = "https://id.example.com"
ORDERS, INVOICES = "https://orders.example.com", "https://invoices.example.com"
CALLBACK = "https://shop.example.com/callback"
SECRET = "a secret of the tests that is long enough, 0123456789"
PASSWORD = "correct horse battery staple"
CHEAP = Cost(memory_kib=64, iterations=1, lanes=1)
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"


class MovedClock:
    """The machine's time, plus what a test added; or one instant, while a test holds it."""

    def __init__(self) -> None:
        self._clock = SystemClock()
        self._held: Instant | None = None
        self.ahead_s: float = 0

    def now(self) -> Instant:
        return Instant((self._held or self._clock.now()) + int(self.ahead_s * SECOND))

    @contextmanager
    def held(self) -> Iterator[None]:
        """No time passes but what is added: what refills with time does not, however slow the machine is."""
        self._held = self._clock.now()
        try:
            yield
        finally:
            self._held = None


@dataclass
class World:
    """A running server and everything registered with it."""

    store: Store
    vault: Vault
    clock: MovedClock
    server: app.Server
    issuer: Issuer
    client_key: jose.SigningKey
    subjects: dict[str, str] = field(default_factory=dict)

    def visitor(self, address: str = "192.0.2.1") -> httpx2.AsyncClient:
        """A browser or a program: keeps cookies, follows nothing by itself."""
        transport = httpx2.ASGITransport(app=self.server.app, client=(address, 40000))
        return httpx2.AsyncClient(transport=transport, base_url=ISSUER, follow_redirects=False)

    async def events(self, kind: EventType) -> list[Event]:
        tail = await self.store.events.tail(1, 1000)
        return [chained.event for chained in tail if chained.event.type == kind]

    async def put(self, client: Client, *credentials: Credential) -> None:
        """Register or change a client and let the server see it."""
        event = Event(
            issuer_id=1,
            type=EventType.CLIENT_CHANGED,
            at=self.clock.now(),
            actor="operator",
            client=client.client_id,
        )
        await self.store.clients.put(client, credentials, event)
        await self.server.upkeep.directory.refresh()

    @property
    def internal_errors(self) -> int:
        return self.server.app.internal_errors


def client(client_id: str, kind: str, policy: ClientPolicy | None = None, **metadata: Any) -> Client:
    declared = ClientMetadata(**metadata)
    return Client(
        issuer_id=1,
        client_id=client_id,
        source="file",
        kind=kind,
        metadata=declared,
        metadata_digest=sha256(msgspec.json.encode(declared)).digest(),
        policy=policy or ClientPolicy(),
    )


CODE = ("authorization_code", "refresh_token")
PERSON = ("openid", "profile", "email", "address", "phone", "offline_access")
ALL = (*PERSON, "orders.read", "orders.write", "invoices.read")

CLIENTS = (
    client(
        "shop",
        "web-app",
        ClientPolicy(rotate=False),
        client_name="Corner Shop",
        redirect_uris=(CALLBACK,),
        token_endpoint_auth_method="client_secret",
        grant_types=CODE,
        scope=ALL,
    ),
    client(
        "spa",
        "browser-app",
        client_name="Single Page",
        redirect_uris=("https://spa.example.com/",),
        token_endpoint_auth_method="none",
        grant_types=CODE,
        scope=ALL,
    ),
    client(
        "reader",
        "desktop-app",
        client_name="Desk Reader",
        application_type="native",
        redirect_uris=("http://127.0.0.1/callback", "com.example.reader:/callback"),
        token_endpoint_auth_method="none",
        grant_types=CODE,
        scope=ALL,
    ),
    client(
        "billing",
        "service",
        client_name="Billing",
        token_endpoint_auth_method="client_secret",
        grant_types=("client_credentials",),
        response_types=(),
        scope=("orders.read", "orders.write", "invoices.read"),
    ),
    client(
        "signer",
        "service",
        client_name="Signer",
        token_endpoint_auth_method="private_key_jwt",
        grant_types=("client_credentials",),
        response_types=(),
        scope=("orders.read",),
    ),
    client(
        "tv",
        "tv",
        client_name="Lounge TV",
        token_endpoint_auth_method="none",
        grant_types=(DEVICE_CODE, "refresh_token"),
        response_types=(),
        scope=("openid", "profile", "orders.read"),
    ),
)


def _secret(vault: Vault, owner_kind: str, owner: str, secret: str = SECRET) -> Credential:
    return Credential(
        issuer_id=1,
        owner_kind=owner_kind,
        owner=owner,
        credential_id=f"{owner}-1",
        kind="secret",  # type: ignore[arg-type]
        digest=vault.digest(1, "client-secret", secret),
        created_at=Instant(1),
    )


async def _fill(
    store: Store, vault: Vault, entropy: SystemEntropy, now: Instant, key: jose.SigningKey
) -> dict[str, str]:
    created = Event(issuer_id=1, type=EventType.CLIENT_CREATED, at=now, actor="operator", client="all of them")
    await store.issuers.create(Issuer(issuer_id=1, url=ISSUER), created)
    await keys.create(store, vault, entropy, 1, now)
    for identifier, name, form, scopes in (
        (ORDERS, "orders", "jwt", ("orders.read", "orders.write")),
        (INVOICES, "invoices", "opaque", ("invoices.read",)),
    ):
        resource = Resource(issuer_id=1, identifier=identifier, name=name, token_format=form)  # type: ignore[arg-type]
        words = tuple(Scope(issuer_id=1, name=s, resource=identifier, words=f"Use {s}") for s in scopes)
        await store.resources.put(resource, words, (_secret(vault, "resource", name),), created)
    for registered in CLIENTS:
        credentials: tuple[Credential, ...] = ()
        if registered.metadata.token_endpoint_auth_method == "client_secret":
            credentials = (_secret(vault, "client", registered.client_id),)
        if registered.client_id == "signer":
            credentials = (
                Credential(
                    issuer_id=1,
                    owner_kind="client",
                    owner="signer",
                    credential_id="signer-1",
                    kind="jwk",
                    jwk=key.public_jwk(),
                    created_at=Instant(1),
                ),
            )
        await store.clients.put(registered, credentials, created)
    passwords = Passwords(CHEAP, entropy, workers=1)
    subjects = {}
    for login in ("alice", "bob"):
        profile = {"name": login.title(), "email": f"{login}@example.com", "email_verified": True}
        account = await accounts.create(
            store.accounts,
            entropy,
            issuer_id=1,
            login=login,
            phc=await passwords.hash(PASSWORD),
            profile=profile,
            at=now,
            actor="operator",
        )
        assert account is not None
        subjects[login] = account.subject_id
    passwords.close()
    return subjects


_TEMPLATE: list[tuple[Path, str, jose.SigningKey, dict[str, str]]] = []
"""A filled store, made once a process and copied for each test: making RSA keys takes longer than most stories."""


async def _template(entropy: SystemEntropy, now: Instant) -> tuple[Path, str, jose.SigningKey, dict[str, str]]:
    if not _TEMPLATE:
        path, master = Path(mkdtemp(prefix="licet-world-")) / "licet.db", MasterKeys.generate(entropy)
        vault = Vault(MasterKeys.parse(master), entropy)
        store = SQLiteStore.open(path, vault.vouching())
        key = jose.SigningKey(jose.generate_es256(), "ES256", "signer-key")
        subjects = await _fill(store, vault, entropy, now, key)
        await store.close()
        whole = path.with_name("whole.db")
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("VACUUM INTO ?", (str(whole),))
        _TEMPLATE.append((whole, master, key, subjects))
    return _TEMPLATE[0]


@asynccontextmanager
async def world(
    path: Path,
    settings: Settings | None = None,
    extra: app.Extra | None = None,
    *,
    resolve: Resolve | None = None,
) -> AsyncIterator[World]:
    """A server over a store in *path*, filled."""
    entropy, clock = SystemEntropy(), MovedClock()
    template, master, key, subjects = await _template(entropy, clock.now())
    copyfile(template, path / "licet.db")
    vault = Vault(MasterKeys.parse(master), entropy)
    store = SQLiteStore.open(path / "licet.db", vault.vouching())
    issuer = await store.issuers.only()
    assert issuer is not None
    settings = settings or Settings(passwords=CHEAP)
    server = await app.build(
        store, issuer, vault, clock, entropy=entropy, settings=settings, extra=extra, resolve=resolve
    )
    try:
        yield World(store, vault, clock, server, issuer, key, subjects)
        assert server.app.internal_errors == 0
        with suppress(Unavailable):  # a test that closed the store itself is told no more
            told = [chained.event for chained in await store.events.tail(1, 10_000)]
            assert record.faults(told) == []
    finally:
        server.close()
        await store.close()
