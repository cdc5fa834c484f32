"""What a server really accepts, found by asking it: each question over HTTP, none answered from the configuration.

What may be true is tried, whatever is configured: every callback, scope, grant and secret of ``random_files``, for every app
and API of it. The answers are said as ``authority.Power``, so that they can be laid beside what a plan says.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2

from licet.authorization_server.introspection import SIGNED
from licet.registration.authority import Kind, Power
from tests.registration import random_files as may
from tests.visitor import Form, Visitor, verifier
from tests.world import DEVICE_CODE, World

ASKED: frozenset[Kind] = frozenset({"callback", "grant", "scope", "reach", "proof", "unasked", "read", "profile"})
"""What a server can be asked from outside."""
APPS = ("shop", "job", "tv")
APIS = ("x", "y")
GRANTS = ("authorization_code", "client_credentials", "refresh_token", DEVICE_CODE)
OWN = ("openid", "email", "offline_access")
PUBLIC = "its id: it is a public client"

Fields = dict[str, str]


@dataclass
class Interrogation:
    """One round of questions to one server."""

    world: World
    alice: httpx2.AsyncClient
    """Signed in, and never says yes to anything: what she gets, she gets without a question."""
    bob: Visitor
    """Says yes to everything."""
    found: set[Power] = field(default_factory=set)

    async def all(self) -> frozenset[Power]:
        """Everything that it accepts."""
        for app in APPS:
            await self._app(app)
        for api in APIS:
            await self._api(api)
        return frozenset(self.found)

    def _is(self, who: str, kind: Kind, what: str, proof: str = "") -> None:
        self.found.add(Power(who, kind, what, proof))

    async def _app(self, app: str) -> None:
        who = f"app.{app}"
        proofs = [form async for form in self._proofs(app)]
        for form in proofs:
            secret = form.get("client_secret")
            self._is(who, "proof", self._named(secret) if secret else PUBLIC)
        callbacks = [uri for uri in may.CALLBACKS if await self._answered_at(app, uri)]
        for uri in callbacks:
            self._is(who, "callback", uri)
        if not proofs:
            assert not callbacks, "nobody can be it, yet it is answered"
            return
        grants = [grant for grant in GRANTS if await self._may_use(proofs[0], grant)]
        for grant in grants:
            self._is(who, "grant", grant)
        for scope in (*may.SCOPES, *OWN):
            if "client_credentials" in grants:
                await self._for_itself(app, proofs[0], scope)
            elif DEVICE_CODE in grants:
                await self._by_device(app, proofs[0], scope)
            elif callbacks:
                await self._by_browser(app, proofs[0], callbacks[0], scope)
        given = [one.what for one in self.found if (one.who, one.kind) == (who, "scope")]
        if callbacks and given and await self._spared_pkce(app, callbacks[0], _together(given[0])):
            self._is(who, "profile", "oidc-core")

    async def _proofs(self, app: str) -> Any:
        """The ways in which somebody is believed to be *app*."""
        for secret in (None, *may.SECRETS.values()):
            form = {"client_id": app} | ({"client_secret": secret} if secret else {})
            answer = await self.alice.post("/token", data=form | {"grant_type": "authorization_code", "code": "none"})
            if answer.status_code != 401:
                assert answer.status_code == 400, answer.text
                yield form

    def _named(self, secret: str) -> str:
        return f"secret {sha256(self.world.vault.digest(1, 'client-secret', secret)).hexdigest()[:8]}"

    async def _may_use(self, proof: Fields, grant: str) -> bool:
        form = proof | {"grant_type": grant, "code": "none", "refresh_token": "none", "device_code": "none"}
        return (await self.alice.post("/token", data=form)).json().get("error") != "unauthorized_client"

    async def _asked(self, app: str, uri: str, scope: str, **more: str) -> httpx2.Response:
        _, challenge = verifier()
        request = {"response_type": "code", "client_id": app, "redirect_uri": uri, "scope": scope}
        request |= more or {"code_challenge": challenge, "code_challenge_method": "S256"}
        return await self.alice.get("/authorize", params=request)

    async def _answered_at(self, app: str, uri: str) -> bool:
        """Whether the browser is sent there: a refusal that is shown here alone is a no to the address."""
        answer = await self._asked(app, uri, "a-scope-that-nobody-has")
        return answer.status_code == 303 and answer.headers["location"].startswith(uri)

    async def _by_browser(self, app: str, proof: Fields, uri: str, scope: str) -> None:
        answer = await self._asked(app, uri, _together(scope))
        assert answer.status_code == 303, answer.text
        address = answer.headers["location"]
        if "error=invalid_scope" in address:
            return
        self._is(f"app.{app}", "scope", scope)
        if address.startswith(uri):
            assert "code=" in address, address
            self._is(f"app.{app}", "unasked", scope)
        if "client_secret" in proof and scope not in OWN:
            gone_to = await self.bob.authorize(client_id=app, redirect_uri=uri, scope=scope)
            form = {"grant_type": "authorization_code", "code": gone_to.parameters["code"], "redirect_uri": uri}
            await self._reach(app, proof, form | {"code_verifier": gone_to.code_verifier})

    async def _spared_pkce(self, app: str, uri: str, scope: str) -> bool:
        """Who follows OpenID Connect Core alone may do without, where there is an ID token; who follows OAuth 2.1 may not."""
        answer = await self._asked(app, uri, scope, state="without")
        told = parse_qs(urlsplit(answer.headers["location"]).query).get("error_description", [""])[0]
        assert told in {"", "code_challenge is missing", "code_challenge is missing, and there is no nonce instead"}
        return told != "code_challenge is missing"

    async def _for_itself(self, app: str, proof: Fields, scope: str) -> None:
        """A scope about a person is refused here, and is no power of who acts for itself."""
        form = {"grant_type": "client_credentials", "scope": scope}
        if (await self.alice.post("/token", data=proof | form)).status_code == 200:
            self._is(f"app.{app}", "scope", scope)
            await self._reach(app, proof, form)

    async def _by_device(self, app: str, proof: Fields, scope: str) -> None:
        answer = await self.alice.post("/device_authorization", data=proof | {"scope": _together(scope)})
        if answer.status_code == 200:
            self._is(f"app.{app}", "scope", scope)

    async def _reach(self, app: str, proof: Fields, form: Fields) -> None:
        """Where the token goes, as introspection tells whoever it was given to."""
        answer = await self.alice.post("/token", data=proof | form)
        assert answer.status_code == 200, answer.text
        told = (await self.alice.post("/introspect", data=proof | {"token": answer.json()["access_token"]})).json()
        aud = told["aud"] if isinstance(told["aud"], list) else [told["aud"]]
        for identifier in aud:
            self._is(f"app.{app}", "reach", identifier)

    async def _api(self, api: str) -> None:
        for secret in may.SECRETS.values():
            form = {"client_id": f"api.{api}", "client_secret": secret, "token": "none"}
            answer = await self.alice.post("/introspect", data=form, headers={"accept": SIGNED})
            assert answer.status_code in {200, 401}, answer.text
            if answer.status_code == 200:
                payload = answer.text.split(".")[1]
                known_as = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["aud"]
                self._is(f"api.{api}", "read", known_as, self._named(secret))


def _together(scope: str) -> str:
    return scope if scope == "openid" or scope in may.SCOPES else f"openid {scope}"


async def signed_in(person: Visitor) -> None:
    """Through the sign-in page, and no further."""
    page = await person.http.get("/account/profile")
    while page.status_code == 303:
        page = await person.http.get(page.headers["location"])
    answer = await person.fill(Form(page.text), page)
    assert answer.status_code == 303, answer.text


async def accepted(world: World) -> frozenset[Power]:
    """What *world*'s server accepts now."""
    async with world.visitor() as alice, world.visitor("192.0.2.2") as bob:
        await signed_in(Visitor(alice, login="alice"))
        return await Interrogation(world, alice, Visitor(bob, login="bob")).all()


def public(said: Iterable[Power]) -> frozenset[str]:
    """Who is whoever names it: nobody tells these where their tokens go."""
    return frozenset(one.who for one in said if (one.kind, one.what) == ("proof", PUBLIC))


def observable(said: Iterable[Power], unseen: frozenset[str]) -> frozenset[Power]:
    """What of *said* the questions find out: where tokens go only of others than *unseen*."""
    return frozenset(one for one in said if one.kind in ASKED and not (one.kind == "reach" and one.who in unseen))
