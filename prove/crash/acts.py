"""What clients do at the server, each act written into the history with what was heard."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from bench.wire import Answer
from prove.crash.browser import Browser, asked, told
from prove.crash.history import LOST, THROTTLED, UNAVAILABLE, History
from prove.crash.line import Send
from prove.single_use.crowd import Request
from prove.single_use.person import CALLBACKS
from prove.single_use.served import Served
from tests.visitor import Form, verifier
from tests.world import DEVICE_CODE

SCOPES = {"api.invoices": "invoices:read", "api.orders": "orders:read"}
"""Who looks at an access token → the scope that asks for one; opaque for the first, a JWT for the second."""
_PENDING = frozenset({"authorization_pending", "slow_down"})
_DEAD_AT_USERINFO = 401


T = TypeVar("T")


class Code(NamedTuple):
    client: str
    verifier: str
    api: str


class Access(NamedTuple):
    client: str
    api: str
    person: bool
    """Whether it is good at userinfo, too."""


@dataclass
class Known:
    """Everything that clients were given so far: the value → what it takes to use it."""

    codes: dict[str, Code] = field(default_factory=dict)
    devices: dict[str, str] = field(default_factory=dict)
    """Device code → user code."""
    refresh: dict[str, Code] = field(default_factory=dict)
    access: dict[str, Access] = field(default_factory=dict)
    tried: set[str] = field(default_factory=set)
    """Codes and refresh tokens that somebody has brought."""
    entered: set[str] = field(default_factory=set)
    """Devices whose user code somebody has typed: each once, because a second time is a wrong guess."""

    def only(self, given: set[str]) -> Known:
        """What is known of the values in *given*."""

        def kept(things: dict[str, T]) -> dict[str, T]:
            return {value: about for value, about in things.items() if value in given}

        return Known(kept(self.codes), kept(self.devices), kept(self.refresh), kept(self.access))


@dataclass
class Acts:
    """One client program, or one browser, at work."""

    served: Served
    history: History
    known: Known
    send: Send
    cookies: dict[str, str]

    async def authorize(self, client: str, api: str, **more: str) -> str:
        code_verifier, challenge = verifier()
        path = asked(
            client_id=client,
            redirect_uri=CALLBACKS[client],
            scope=f"openid offline_access {SCOPES[api]}",
            code_challenge=challenge,
            **more,
        )
        number = self.history.asks("authorize", by=client)
        where = await Browser(self.send, dict(self.cookies), self.served.issuer).opens(path)
        code = told(where).get("code", "") if isinstance(where, str) else ""
        if code:
            self.known.codes[code] = Code(client, code_verifier, api)
            return self._hears(number, "ok", code=code)
        return self._hears(number, where if isinstance(where, str) else heard(where))

    async def redeem(self, code: str) -> str:
        client, code_verifier, api = self.known.codes[code]
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACKS[client],
            "code_verifier": code_verifier,
        }
        return await self._token("redeem", code, client, api, form)

    async def refresh(self, token: str) -> str:
        client, _, api = self.known.refresh[token]
        return await self._token("refresh", token, client, api, {"grant_type": "refresh_token", "refresh_token": token})

    async def client_credentials(self, api: str) -> str:
        form = {"grant_type": "client_credentials", "scope": SCOPES[api]}
        return await self._token("client_credentials", "", "billing", api, form)

    async def ask_device(self) -> str:
        number = self.history.asks("ask_device", by="tv")
        form = self.served.mine("tv") | {"scope": f"openid {SCOPES['api.invoices']}"}
        answer = await self.send(Request("/device_authorization", form))
        if answer is None or answer.status != 200:
            return self._hears(number, heard(answer))
        body = json.loads(answer.body)
        self.known.devices[body["device_code"]] = body["user_code"]
        return self._hears(number, "ok", device=body["device_code"])

    async def approve(self, device: str) -> str:
        number = self.history.asks("approve", device)
        self.known.entered.add(device)
        browser = Browser(self.send, dict(self.cookies), self.served.issuer)
        page = await browser.opens("/device", user_code=self.known.devices[device])
        assert not isinstance(page, str)
        if page is None or page.status not in {200, 429}:
            return self._hears(number, heard(page))
        done = Form(page.body.decode()).title.startswith("Done")
        return self._hears(number, "ok" if done else THROTTLED if page.status == 429 else "refused")

    async def redeem_device(self, device: str) -> str:
        form = {"grant_type": DEVICE_CODE, "device_code": device}
        return await self._token("redeem_device", device, "tv", "api.invoices", form)

    async def end(self, token: str) -> str:
        return await self._give_back("end", token, self.known.refresh[token].client)

    async def revoke(self, token: str) -> str:
        return await self._give_back("revoke", token, self.known.access[token].client)

    async def look(self, token: str, *, at_userinfo: bool = False) -> str:
        """At the introspection endpoint as the API it is for, or at userinfo as whoever holds it."""
        api = self.known.access[token].api
        number = self.history.asks("look", token, "userinfo" if at_userinfo else api)
        if at_userinfo:
            answer = await self.send(Request("/userinfo", {"access_token": token}))
            alive = {200: True, _DEAD_AT_USERINFO: False}.get(answer.status) if answer else None
        else:
            answer = await self.send(Request("/introspect", self.served.mine(api) | {"token": token}))
            alive = json.loads(answer.body)["active"] if answer and answer.status == 200 else None
        return self._hears(number, heard(answer) if alive is None else "active" if alive else "inactive")

    async def _give_back(self, verb: str, token: str, client: str) -> str:
        number = self.history.asks(verb, token, client)
        return self._hears(
            number, heard(await self.send(Request("/revoke", self.served.mine(client) | {"token": token})))
        )

    async def _token(self, verb: str, thing: str, client: str, api: str, form: dict[str, str]) -> str:
        number = self.history.asks(verb, thing, client)
        self.known.tried.add(thing)
        answer = await self.send(Request("/token", self.served.mine(client) | form))
        if answer is None or answer.status != 200:
            return self._hears(number, heard(answer))
        body = json.loads(answer.body)
        given = {"access": body["access_token"]}
        self.known.access[body["access_token"]] = Access(client, api, "id_token" in body)
        if "refresh_token" in body:
            given["refresh"] = body["refresh_token"]
            self.known.refresh[body["refresh_token"]] = Code(client, "", api)
        return self._hears(number, "ok", **given)

    def _hears(self, number: int, answer: str, **given: str) -> str:
        if answer != LOST:  # what is lost nobody hears
            self.history.hears(number, answer, **given)
        return answer


def heard(answer: Answer | None) -> str:
    """An answer in one of the model's words; any other word is what the model does not know, a fault."""
    if answer is None:
        return LOST
    if answer.status == 200:
        return "ok"
    error, page = _error(answer)
    if answer.status == 503 and _asks_to_wait(answer) and (page or error == "temporarily_unavailable"):
        return UNAVAILABLE
    if answer.status == 400 and error in _PENDING:
        return "pending"
    return "refused" if answer.status == 400 and (page or error == "invalid_grant") else f"{answer.status} {error}"


def _error(answer: Answer) -> tuple[str, bool]:
    """The ``error`` of a refusal in JSON (RFC 6749 §5.2), and whether it is a page instead."""
    if any(kind.startswith("text/html") for kind in answer.values("content-type")):
        return "", True
    try:
        body: dict[str, Any] = json.loads(answer.body)
    except ValueError:
        return "neither JSON nor a page", False
    return str(body.get("error", "no error")) if body.get("error_description") else "no description", False


def _asks_to_wait(answer: Answer) -> bool:
    """Whether it says when to come again (RFC 9110 §10.2.3)."""
    return any(value.isdecimal() and int(value) > 0 for value in answer.values("retry-after"))
