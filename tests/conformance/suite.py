"""Where the modules are played: a server with carol, who has every standard claim, and two apps of one manner."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import httpx2
import msgspec

from licet.ambient import SECOND, SystemEntropy
from licet.authorization_server.settings import DynamicRegistration, Settings
from licet.egress import EgressLimits
from licet.protocol.client_metadata import ClientMetadata
from licet.resource_owner import accounts
from licet.resource_owner.passwords import Passwords
from licet.storage.records import Client, ClientPolicy, Credential, RegistrationPolicy
from tests.browser.callbacks import Callbacks, listening, self_signed
from tests.conformance.browser import Browser
from tests.conformance.plans import Manner, Plan
from tests.conformance.relying_party import RelyingParty
from tests.conformance.verdict import Skipped, Verdict
from tests.world import CHEAP, CODE, ISSUER, PASSWORD, PERSON, SECRET, World, world

LOGIN: Final = "carol"
CLAIMS: Final = {
    "name": "Carol Example",
    "family_name": "Example",
    "given_name": "Carol",
    "middle_name": "C",
    "nickname": "Caro",
    "preferred_username": "carol",
    "profile": "https://example.com/carol",
    "picture": "https://example.com/carol.png",
    "website": "https://example.com/",
    "gender": "female",
    "birthdate": "1990-01-31",
    "zoneinfo": "Europe/Zurich",
    "locale": "de-CH",
    "updated_at": 1_700_000_000,
    "email": "carol@example.com",
    "email_verified": True,
    "address": {"street_address": "Example Street 1", "locality": "Bern", "postal_code": "3000", "country": "CH"},
    "phone_number": "+41000000000",
    "phone_number_verified": True,
}
RETURN: Final = "https://rp.example.com/callback"
SIGNED_OUT: Final = "https://rp.example.com/post_logout_redirect"


@dataclass(kw_only=True)
class Suite:
    """One module's server, and what its relying parties need of it."""

    world: World
    http: httpx2.AsyncClient
    metadata: dict[str, Any]
    plan: Plan
    manner: Manner
    receiver: Callbacks
    """Where the server finds the apps: at an https address of this machine, with a certificate of its own."""
    hooks: dict[str, Any]
    """What is done to answers on their way (``test_controls.py``)."""

    @property
    def browser(self) -> Browser:
        """A browser that was never here."""
        http = self.world.visitor()
        http.event_hooks = self.hooks
        return Browser(http, LOGIN)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.world.clock.ahead_s += seconds

    async def relying_party(self, client_id: str = "rp", auth: str = "client_secret", **more: Any) -> RelyingParty:
        """A client that an operator registered, of this manner's profile."""
        declared = {
            "client_name": f"Relying Party {client_id}",
            "redirect_uris": [RETURN],
            "token_endpoint_auth_method": auth,
            "grant_types": CODE,
            "scope": PERSON,
            "post_logout_redirect_uris": [SIGNED_OUT],
        } | more
        metadata = msgspec.convert(declared, ClientMetadata)
        client = Client(
            issuer_id=1,
            client_id=client_id,
            source="file",
            kind="web-app",
            metadata=metadata,
            metadata_digest=sha256(msgspec.json.encode(metadata)).digest(),
            policy=ClientPolicy(rotate=False, refresh="online", profile=self.manner.profile),
        )
        await self.world.put(client, self._secret(client_id))
        return self.party(client_id, SECRET, auth=auth)

    def _secret(self, client_id: str) -> Credential:
        return Credential(
            issuer_id=1,
            owner_kind="client",
            owner=client_id,
            credential_id=f"{client_id}-1",
            kind="secret",
            digest=self.world.vault.digest(1, "client-secret", SECRET),
            created_at=self.world.clock.now(),
        )

    def party(self, client_id: str, secret: str, *, auth: str = "client_secret_basic") -> RelyingParty:
        return RelyingParty(
            http=self.http,
            browser=self.browser,
            metadata=self.metadata,
            client_id=client_id,
            client_secret=secret,
            redirect_uri=RETURN,
            now=lambda: self.world.clock.now() // SECOND,
            response_mode=self.plan.response_mode,
            pkce=self.manner.pkce,
            auth=auth,
        )

    async def registers(self, **more: Any) -> httpx2.Response:
        """POST to the registration endpoint (RFC 7591 §3.1), where there is one."""
        declared = {"redirect_uris": [RETURN], "token_endpoint_auth_method": "client_secret_basic"} | more
        return await self.http.post(self.offered("registration_endpoint"), json=declared)

    async def registered_party(self, **more: Any) -> RelyingParty:
        """A client that registered itself, under a policy of this manner's profile."""
        response = await self.registers(**more)
        assert response.status_code == 201, (response.status_code, response.text)
        answer = response.json()
        return self.party(answer["client_id"], answer["client_secret"])

    def offered(self, name: str) -> str:
        """An endpoint that metadata may name."""
        if name not in self.metadata:
            raise Skipped(f"no `{name}`")
        return str(self.metadata[name])


Module = Callable[[Suite], Awaitable[Verdict | None]]
MODULES: dict[str, Module] = {}


def module(name: str) -> Callable[[Module], Module]:
    """Enter a module under the suite's name for it. It returns nothing where there is nothing to say."""

    def enter(play: Module) -> Module:
        assert name not in MODULES, name
        MODULES[name] = play
        return play

    return enter


@asynccontextmanager
async def suite(plan: Plan, manner: Manner, hooks: dict[str, Any]) -> AsyncIterator[Suite]:
    """A server and everything around it, for one module."""
    with ExitStack() as stack:
        path = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="licet-conformance-")))
        certificate = await asyncio.to_thread(self_signed, path / "localhost.pem")
        receiver = stack.enter_context(listening(certificate))
        settings = Settings(
            passwords=CHEAP,
            egress=EgressLimits(hosts=frozenset({"localhost"}), ca_file=certificate),
            registration=DynamicRegistration(
                anybody=True, policy=RegistrationPolicy(profile=manner.profile, scope=PERSON)
            ),
        )
        async with world(path, settings) as made, made.visitor() as http:
            await _admit_carol(made)
            made.server.upkeep.start()
            http.event_hooks = hooks
            try:
                yield Suite(
                    world=made,
                    http=http,
                    metadata=(await http.get(f"{ISSUER}/.well-known/openid-configuration")).json(),
                    plan=plan,
                    manner=manner,
                    receiver=receiver,
                    hooks=hooks,
                )
            finally:
                await made.server.upkeep.stop()


async def _admit_carol(made: World) -> None:
    entropy = SystemEntropy()
    passwords = Passwords(CHEAP, entropy, workers=1)
    account = await accounts.create(
        made.store.accounts,
        entropy,
        issuer_id=1,
        login=LOGIN,
        phc=await passwords.hash(PASSWORD),
        profile=CLAIMS,
        at=made.clock.now(),
        actor="operator",
    )
    passwords.close()
    assert account is not None
