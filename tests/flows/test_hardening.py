"""What an attacker tries who holds a dump, a link, a header or a lot of patience."""

from __future__ import annotations

import sqlite3
from base64 import b32encode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2
import jwt
import msgspec
import pytest

from licet import app
from licet.authorization_server.settings import Settings
from licet.authorization_server.web.limits import Limits
from licet.events import EventType
from licet.protocol import secret_token
from licet.registration.manifest import read
from licet.registration.mistakes import ManifestErrors
from licet.requirements import (
    CORS_LIMITED,
    FORM_FROM_OUR_PAGE,
    HOST_KNOWN,
    ID_TOKEN_HINT_OURS,
    METADATA_TRUE,
    NO_STORE,
    OVERLOAD_REFUSED,
    PAGES_NOT_FRAMED,
    PASSWORD_GUESSING_THROTTLED,
    REDIRECT_URI_SAFE,
    REQUEST_SIZE_BOUNDED,
    SECRETS_HASHED_AT_REST,
    TLS_REQUIRED,
    TOKENS_UNGUESSABLE,
    TRANSACTION_BOUND_TO_BROWSER,
    TRANSACTION_ONCE,
)
from licet.storage.records import Refused
from tests.flows.test_device import ask, confirm_page
from tests.visitor import Answered, Form, Visitor, verifier
from tests.world import CALLBACK, CHEAP, DEVICE_CODE, ISSUER, PASSWORD, SECRET, World

pytestmark = pytest.mark.anyio


async def redeem(here: World, answered: Answered, **change: Any) -> Any:
    form = {
        "grant_type": "authorization_code",
        "code": answered.parameters["code"],
        "client_id": "shop",
        "client_secret": SECRET,
        "redirect_uri": CALLBACK,
        "code_verifier": answered.code_verifier,
    } | change
    async with here.visitor() as http:
        return await http.post("/token", data=form)


def asking(**parameters: str) -> str:
    """The address of an authorization request of the shop's."""
    asked = {
        "response_type": "code",
        "client_id": "shop",
        "redirect_uri": CALLBACK,
        "scope": "openid",
        "state": "st",
        "code_challenge": verifier()[1],
        "code_challenge_method": "S256",
    } | parameters
    return f"/authorize?{urlencode(asked)}"


# What a dump of the store is worth.


def spellings(name: str, secret: str) -> Iterator[bytes]:
    """How *secret* might stand in a file: as it is, as what it stands for, hashed without a key, and each encoded."""
    raws = [secret.encode()]
    if name != "code verifier":  # its hash is the challenge, which is public
        raws.append(sha256(secret.encode()).digest())
    kind = secret[3 : secret.find("_")] if secret.startswith("lct") else ""
    inside = secret_token.payload(kind, secret) if kind else None
    if inside is not None:
        raws += [inside, sha256(inside).digest()]
    for raw in raws:
        yield raw
        yield raw.hex().encode()
        yield raw.hex().upper().encode()
        yield b32encode(raw).rstrip(b"=")
        for shift in range(3):  # base64 of a value looks different wherever it stands in something longer
            for encode in (b64encode, urlsafe_b64encode):
                encoded = encode(b"\0" * shift + raw).rstrip(b"=")
                yield encoded[-(-shift * 8 // 6) : len(encoded) - 1]


def dump(path: Path) -> bytes:
    """Every byte of the store, also of what was written and not yet moved into the file."""
    return b"".join(found.read_bytes() for found in sorted(path.glob("licet.db*")))


@pytest.mark.witness(SECRETS_HASHED_AT_REST)
async def test_a_dump_opens_nothing(here: World, tmp_path: Path) -> None:
    """Every secret that was given to anybody is looked for in the file, in every spelling."""
    given: dict[str, str] = {"client secret": SECRET, "password": PASSWORD}
    async with here.visitor() as http:
        answered = await Visitor(http).authorize(scope="openid offline_access orders.read", state="to be found again")
        cookies = {f"cookie {cookie.name}": str(cookie.value) for cookie in http.cookies.jar}
        await http.get(asking(prompt="login"))
        cookies |= {f"cookie {cookie.name}": str(cookie.value) for cookie in http.cookies.jar}
    tokens = (await redeem(here, answered)).json()
    again = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "client_id": "shop"}
    async with here.visitor() as http:
        renewed = (await http.post("/token", data=again | {"client_secret": SECRET})).json()
        public = await Visitor(http).authorize(
            client_id="spa", redirect_uri="https://spa.example.com/", scope="openid offline_access"
        )
        rotated = (
            await redeem(here, public, client_id="spa", client_secret="", redirect_uri="https://spa.example.com/")
        ).json()
        successor = (
            await http.post(
                "/token",
                data={
                    "grant_type": "refresh_token",
                    "refresh_token": rotated["refresh_token"],
                    "client_id": "spa",
                },
            )
        ).json()
        asked = (await ask(here)).json()
        page = await confirm_page(Visitor(http), asked["user_code"])
        csrf = Form(page.text).with_button("consent-allow")["fields"]["csrf"]
        poll = {"grant_type": DEVICE_CODE, "device_code": asked["device_code"], "client_id": "tv"}
        await http.post("/token", data=poll)
        wrong = await http.post("/token", data=again | {"client_secret": "a wrong secret that was typed"})
    assert wrong.status_code == 401
    assert len(cookies) >= 3
    given |= cookies | {
        "code": answered.parameters["code"],
        "code verifier": answered.code_verifier,
        "access token": tokens["access_token"],
        "second access token": renewed["access_token"],
        "opaque access token": rotated["access_token"],
        "refresh token": tokens["refresh_token"],
        "first refresh token": rotated["refresh_token"],
        "second refresh token": successor["refresh_token"],
        "ID token": tokens["id_token"],
        "signature": tokens["access_token"].rsplit(".", 1)[1],
        "device code": asked["device_code"],
        "user code": asked["user_code"],
        "user code without dash": asked["user_code"].replace("-", ""),
        "csrf": csrf,
        "a wrong client secret": "a wrong secret that was typed",
    }
    assert given["opaque access token"].startswith("lctat_")
    await here.store.flush()
    everything = dump(tmp_path)
    assert b"alice@example.com" in everything, "what is no secret is found, so what is one would be"
    found = [name for name, secret in given.items() for spelling in spellings(name, secret) if spelling in everything]
    assert found == []


async def test_a_stored_digest_is_no_secret(here: World, tmp_path: Path) -> None:
    """What stands in the file in place of a secret does not authenticate (django-oauth-toolkit #1077)."""
    await here.store.flush()
    with closing(sqlite3.connect(tmp_path / "licet.db")) as connection:
        digests = [row[0] for row in connection.execute("SELECT digest FROM credentials WHERE digest IS NOT NULL")]
    assert digests
    async with here.visitor() as http:
        for digest in digests:
            for spelt in (digest.hex(), b64encode(digest).decode(), urlsafe_b64encode(digest).decode().rstrip("=")):
                form = {"grant_type": "client_credentials", "client_id": "billing", "client_secret": spelt}
                assert (await http.post("/token", data=form)).status_code == 401


def constant_bits(values: list[bytes]) -> int:
    """How many bits are the same in all of *values*."""
    every = [int.from_bytes(value) for value in values]
    width = 8 * min(map(len, values))
    alike_one, alike_zero = (1 << width) - 1, (1 << width) - 1
    for value in every:
        alike_one &= value
        alike_zero &= ~value
    return (alike_one | alike_zero).bit_count()


@pytest.mark.witness(TOKENS_UNGUESSABLE)
async def test_nothing_that_opens_something_can_be_guessed(here: World) -> None:
    """Of 48 of each kind no two are alike and no bit is always the same; each carries 128 bits and more."""
    samples: dict[str, list[bytes]] = {}

    def took(name: str, value: bytes) -> None:
        assert len(value) * 8 >= 128, name
        samples.setdefault(name, []).append(value)

    def inside(value: str) -> bytes:
        found = secret_token.payload(value[3 : value.index("_")], value)
        assert found is not None
        return found

    async with here.visitor() as http:
        await Visitor(http).authorize(scope="openid offline_access")
        for _ in range(48):
            answered = await Visitor(http).authorize(scope="openid offline_access")
            took("code", inside(answered.parameters["code"]))
            tokens = (await redeem(here, answered)).json()
            took("access token", inside(tokens["access_token"]))
            took("refresh token", inside(tokens["refresh_token"])[-16:])
    async with here.visitor() as http:
        for _ in range(48):
            http.cookies.clear()
            went = (await http.get(asking())).headers["location"]
            took("transaction", urlsafe_b64decode(dict(parse_qsl(urlsplit(went).query))["transaction"]))
            (cookie,) = http.cookies.jar
            took("transaction cookie", urlsafe_b64decode(str(cookie.value)))
            page = await http.get(went)
            took("csrf", urlsafe_b64decode(Form(page.text).forms[0]["fields"]["csrf"]))
            asked = (await ask(here)).json()
            took("device code", inside(asked["device_code"]))
    for name, values in samples.items():
        assert len(set(values)) == 48, name
        assert constant_bits(values) == 0, name


# Whose transaction it is.


@pytest.mark.witness(TRANSACTION_BOUND_TO_BROWSER)
async def test_a_link_to_a_transaction_is_worth_nothing(here: World) -> None:
    """Neither the sign-in nor the consent of one browser goes on in another, signed in or not."""
    async with here.visitor() as http, here.visitor("198.51.100.7") as other:
        begun = (await http.get(asking())).headers["location"]
        await Visitor(other, login="bob").authorize()
        signed_in = await http.get(begun)
        form = Form(signed_in.text).with_button("login-submit")["fields"]
        # The name of a transaction's cookie is no secret, and anybody can have a cookie of it: another one's value.
        (hers,) = (cookie.name for cookie in http.cookies.jar)
        await other.get(asking(prompt="login"))
        own = next(str(cookie.value) for cookie in other.cookies.jar if "-t-" in cookie.name)
        other.cookies.set(hers, own, domain=urlsplit(ISSUER).hostname or "", path="/")
        for address in (begun, begun.replace("/login", "/consent"), begun.replace("/login", "/continue")):
            stolen = await other.get(address)
            assert stolen.status_code == 400
            assert "<form" not in stolen.text
        for path in ("/login", "/consent"):
            posted = await other.post(path, data=form | {"login": "bob", "password": PASSWORD, "decision": "allow"})
            assert posted.status_code in {400, 403}
            assert "location" not in posted.headers
        assert await here.events(EventType.CODE_ISSUED) != []
        went_on = await Visitor(http).walk(await http.get(begun))
    assert "code" in went_on.parameters, "the browser that began it is not disturbed"


@pytest.mark.witness(TRANSACTION_BOUND_TO_BROWSER, FORM_FROM_OUR_PAGE)
async def test_one_browser_cannot_mix_its_own_transactions(here: World) -> None:
    """A token of one question does not answer another, nor one that another person was shown."""
    async with here.visitor() as http:
        visitor = Visitor(http)
        pages = []
        for state in ("one", "two"):
            response = await http.get(asking(prompt="consent", state=state))
            while response.status_code == 303:
                response = await http.get(response.headers["location"])
                if 'id="login-submit"' in response.text:
                    response = await visitor.fill(Form(response.text), response)
            pages.append(Form(response.text))
        one, two = (page.with_button("consent-allow")["fields"] for page in pages)
        assert one["transaction"] != two["transaction"]
        crossed = await http.post("/consent", data=two | {"csrf": one["csrf"], "decision": "allow"})
        assert crossed.status_code == 403
        # Bob signs in in the same browser: the form that alice was shown is not his to send.
        await Visitor(http, login="bob").authorize(prompt="login")
        hers = await http.post("/consent", data=two | {"decision": "allow"})
        assert hers.status_code == 403


@pytest.mark.witness(TRANSACTION_ONCE)
@pytest.mark.parametrize("first", ["allow", "deny"])
@pytest.mark.parametrize("second", ["allow", "deny"])
async def test_a_question_is_answered_once(here: World, first: str, second: str) -> None:
    async with here.visitor() as http:
        visitor = Visitor(http)
        response = await http.get(asking(prompt="consent"))
        response = await http.get(response.headers["location"])
        response = await visitor.fill(Form(response.text), response)
        consent = response.headers["location"]
        page = Form((await http.get(consent)).text)
        jar = httpx2.Cookies(http.cookies)
        answered = await visitor.press(page, f"consent-{first}")
        assert answered.status_code == 200
        http.cookies = jar  # a browser that did not take the cookie away
        again = await visitor.press(page, f"consent-{second}")
        reloaded = await http.get(consent)
        resumed = await http.get(consent.replace("/consent", "/continue"))
    assert [again.status_code, reloaded.status_code, resumed.status_code] == [400, 400, 400]
    assert len(await here.events(EventType.CODE_ISSUED)) == (first == "allow")
    assert len(await here.events(EventType.CONSENT_DENIED)) == (first == "deny")


async def drop_scope(here: World, name: str) -> None:
    """The operator takes a scope of the orders API away."""
    orders = next(api for api in await here.store.resources.every(1) if api.resource.name == "orders")
    left = tuple(scope for scope in orders.scopes if scope.name != name)
    (event, *_) = await here.events(EventType.CLIENT_CREATED)
    await here.store.resources.put(orders.resource, left, orders.credentials, event)
    await here.server.upkeep.directory.refresh()


async def change(here: World, client_id: str, **to: Any) -> None:
    """The operator changes a client."""
    found = await here.store.clients.find(1, client_id)
    assert found is not None
    if "redirect_uris" in to:
        to = {"metadata": msgspec.structs.replace(found.client.metadata, **to)}
    await here.put(msgspec.structs.replace(found.client, **to), *found.credentials)


class TestWhatEndsMeanwhile:
    """The operator changes something while somebody is asked: no code for what is gone, and no error of ours."""

    @pytest.fixture
    async def http(self, here: World) -> AsyncIterator[httpx2.AsyncClient]:
        async with here.visitor() as http:
            yield http

    @pytest.fixture
    async def consent(self, here: World, http: httpx2.AsyncClient) -> httpx2.Response:
        """The question about two things, on the screen."""
        response = await http.get(asking(prompt="consent", scope="openid orders.read"))
        response = await http.get(response.headers["location"])
        response = await Visitor(http).fill(Form(response.text), response)
        return await http.get(response.headers["location"])

    @pytest.mark.parametrize("to", [{"status": "disabled"}, {"redirect_uris": ("https://shop.example.com/other",)}])
    async def test_a_client_or_its_address(
        self, here: World, http: httpx2.AsyncClient, consent: httpx2.Response, to: dict[str, Any]
    ) -> None:
        await change(here, "shop", **to)
        answered = await Visitor(http).press(Form(consent.text), "consent-allow")
        reloaded = await http.get(str(consent.url))
        assert (answered.status_code, reloaded.status_code) == (400, 400)
        assert CALLBACK not in answered.text + reloaded.text
        assert await here.events(EventType.CODE_ISSUED) == []

    async def test_a_scope(self, here: World, http: httpx2.AsyncClient, consent: httpx2.Response) -> None:
        """What is left is asked for (rulings D)."""
        assert "Use orders.read" in consent.text
        await drop_scope(here, "orders.read")
        reloaded = await http.get(str(consent.url))
        assert reloaded.status_code == 200
        assert "Use orders.read" not in reloaded.text
        answered = Form((await Visitor(http).press(Form(reloaded.text), "consent-allow")).text)
        assert answered.continues is not None
        (issued,) = await here.events(EventType.CODE_ISSUED)
        assert list(issued.data["scope"]) == ["openid"]

    @pytest.mark.parametrize("gone", ["client", "scope"])
    async def test_what_a_device_asked_for(self, here: World, http: httpx2.AsyncClient, gone: str) -> None:
        asked = (await ask(here, scope="orders.read")).json()
        page = await confirm_page(Visitor(http), asked["user_code"])
        if gone == "client":
            await change(here, "tv", status="disabled")
        else:
            await drop_scope(here, "orders.read")
        answered = await Visitor(http).press(Form(page.text), "consent-allow")
        assert answered.status_code == 400
        poll = {"grant_type": DEVICE_CODE, "device_code": asked["device_code"], "client_id": "tv"}
        polled = await http.post("/token", data=poll)
        assert polled.status_code == (401 if gone == "client" else 400)
        assert await here.events(EventType.DEVICE_APPROVED) == []


# Guessing.


async def guess(http: httpx2.AsyncClient, login: str, password: str) -> httpx2.Response:
    """One attempt at the sign-in page, in a transaction of its own."""
    page = await http.get((await http.get(asking())).headers["location"])
    return await Visitor(http).press(Form(page.text), "login-submit", login=login, password=password)


def signed_in(response: httpx2.Response) -> bool:
    return response.status_code in {200, 303} and 'id="login-submit"' not in response.text


@pytest.mark.witness(PASSWORD_GUESSING_THROTTLED)
async def test_guessing_a_password_is_slowed_down(here: World) -> None:
    """Ten guesses from one network, however the name is spelt; then the right one is not taken either, for a while."""
    spelt = ("alice", "ALICE", "Alice", "ａｌｉｃｅ", " alice ", "aLiCe", "alice", "alice", "alice", "alice")
    async with here.visitor() as known:
        assert "code" in (await Visitor(known).authorize()).parameters
        async with here.visitor("203.0.113.5") as http:
            for login in spelt:
                assert not signed_in(await guess(http, login, "wrong"))
            refused = await guess(http, "alice", PASSWORD)
            assert not signed_in(refused)
            unknown = await guess(http, "nobody by this name", "wrong")
            assert unknown.status_code == refused.status_code == 200
            assert Form(unknown.text).title == Form(refused.text).title
            assert signed_in(await guess(http, "bob", PASSWORD)), "somebody else in that network is not locked out"
        async with here.visitor("203.0.113.77") as neighbour:
            assert not signed_in(await guess(neighbour, "alice", PASSWORD)), "the same network"
            header = {"X-Forwarded-For": "198.51.100.200", "Forwarded": "for=198.51.100.200"}
            neighbour.headers.update(header)
            assert not signed_in(await guess(neighbour, "alice", PASSWORD)), "what it says of itself is not read"
        async with here.visitor("198.51.100.9") as elsewhere:
            assert signed_in(await guess(elsewhere, "alice", PASSWORD)), "the owner is somewhere else"
        known.cookies.delete(next(c.name for c in known.cookies.jar if c.name.endswith("-session")))
        assert signed_in(await guess(known, "alice", PASSWORD)), (
            "a browser that was here before has a bucket of its own"
        )
        here.clock.ahead_s += 3600
        async with here.visitor("203.0.113.5") as http:
            assert signed_in(await guess(http, "alice", PASSWORD))


@pytest.mark.witness(PASSWORD_GUESSING_THROTTLED)
async def test_guessing_from_everywhere_is_slowed_down(here: World) -> None:
    """A hundred guesses at one account, wherever they come from, and the known browser still gets in."""
    async with here.visitor() as known:
        await Visitor(known).authorize()
        with here.clock.held():  # guesses come back with time
            for number in range(100):
                async with here.visitor(f"198.51.{number}.1") as http:
                    await guess(http, "alice", "wrong")
            async with here.visitor("203.0.113.1") as http:
                assert not signed_in(await guess(http, "alice", PASSWORD))
        known.cookies.delete(next(c.name for c in known.cookies.jar if c.name.endswith("-session")))
        assert signed_in(await guess(known, "alice", PASSWORD))


# Hints.


async def silently(http: httpx2.AsyncClient, hint: str, **more: str) -> dict[str, str]:
    return (await Visitor(http).authorize(prompt="none", id_token_hint=hint, **more)).parameters


def tampered(token: str) -> str:
    head, claims, signature = token.split(".")
    return f"{head}.{claims}.{signature[:-8]}{'A' * 8}"


@pytest.mark.witness(ID_TOKEN_HINT_OURS)
async def test_a_hint_is_ours_and_nobody_else_is_signed_in_for_it(here: World) -> None:
    async with here.visitor() as http, here.visitor("198.51.100.7") as bobs:
        answered = await Visitor(http).authorize()
        hers = (await redeem(here, answered)).json()["id_token"]
        his = (await redeem(here, await Visitor(bobs, login="bob").authorize())).json()["id_token"]
        theirs = await Visitor(http).authorize(client_id="spa", redirect_uri="https://spa.example.com/")
        spas = (
            await redeem(here, theirs, client_id="spa", client_secret="", redirect_uri="https://spa.example.com/")
        ).json()["id_token"]
        assert "code" in await silently(http, hers)
        for hint in (his, spas, tampered(hers), "nonsense", "", jwt.encode({"sub": "x"}, "x" * 32)):
            refused = await silently(http, hint) if hint else {"error": "login_required"}
            assert refused["error"] == "login_required", hint
            assert "code" not in refused
        assert (await silently(bobs, hers))["error"] == "login_required"
        # Asked by a page, bob is shown the sign-in page, and cannot sign in as himself for alice.
        asked = await bobs.get(asking(id_token_hint=hers))
        assert "/login?" in asked.headers["location"]
        page = Form((await bobs.get(asked.headers["location"])).text)
        himself = await Visitor(bobs).press(page, "login-submit", login="bob", password=PASSWORD)
        assert himself.status_code == 303
        assert "/login?" in himself.headers["location"]
        here.clock.ahead_s += 3600
        assert "code" in await silently(http, hers), "an expired hint is a hint"


# The edge, over the whole server.


@pytest.mark.witness(METADATA_TRUE)
async def test_what_is_promised_is_kept(here: World) -> None:
    async with here.visitor() as http:
        documents = [
            (await http.get(f"/.well-known/{name}")).json()
            for name in ("openid-configuration", "oauth-authorization-server")
        ]
        told = documents[0]
        assert documents[1] == told
        assert told["issuer"] == ISSUER
        for name, address in told.items():
            if name.endswith("_endpoint") or name == "jwks_uri":
                assert address.startswith(f"{ISSUER}/")
                answer = await http.get(address)
                assert answer.status_code in {200, 400, 401, 405}, name
        for grant in told["grant_types_supported"]:
            answer = await http.post("/token", data={"grant_type": grant, "client_id": "spa"})
            assert answer.json()["error"] != "unsupported_grant_type", grant
        for grant in ("password", "implicit", "urn:ietf:params:oauth:grant-type:token-exchange"):
            answer = await http.post("/token", data={"grant_type": grant, "client_id": "spa"})
            assert answer.json()["error"] == "unsupported_grant_type", grant
        algorithms = {key["alg"] for key in (await http.get("/jwks")).json()["keys"]}
        assert set(told["id_token_signing_alg_values_supported"]) <= algorithms
        for method in ("S256",):
            assert told["code_challenge_methods_supported"] == [method]
        for value in told["prompt_values_supported"]:
            answer = await http.get(asking(prompt=value))
            assert answer.status_code == 303
            assert "invalid_request" not in answer.headers["location"]
        for mode in told["response_modes_supported"]:
            answer = await http.get(asking(response_mode=mode, prompt="none"))
            assert "login_required" in (answer.headers.get("location") or answer.text)
        answered = await Visitor(http).authorize(scope="openid profile email address phone")
        tokens = (await redeem(here, answered)).json()
        claims = jwt.decode(tokens["id_token"], options={"verify_signature": False})
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        shown = (await http.get(told["userinfo_endpoint"], headers=bearer)).json()
        assert {*claims, *shown} - {"exp", "iat", "jti"} <= {*told["claims_supported"], "exp", "iat"}
        for scope in told["scopes_supported"]:
            answer = await http.get(asking(scope=f"openid {scope}"))
            assert "invalid_scope" not in answer.headers["location"], scope


PAGES = ("/authorize", "/device", "/login", "/consent", "/logout", "/device/confirm", "/continue", "/nowhere")


@pytest.mark.witness(PAGES_NOT_FRAMED, NO_STORE)
@pytest.mark.parametrize("path", PAGES)
async def test_every_page_is_on_its_guard(here: World, path: str) -> None:
    """Errors too: nothing is framed, kept, sniffed or told to where a link leads."""
    async with here.visitor() as http:
        http.headers["accept"] = "text/html"
        for method in ("GET", "POST", "PUT"):
            page = await http.request(method, path)
            assert page.headers["content-type"] == "text/html; charset=utf-8"
            assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
            assert "unsafe" not in page.headers["content-security-policy"]
            assert page.headers["x-frame-options"] == "DENY"
            assert page.headers["cache-control"] == "no-store"
            assert page.headers["referrer-policy"] == "no-referrer"
            assert page.headers["x-content-type-options"] == "nosniff"


@pytest.mark.witness(TLS_REQUIRED)
async def test_an_https_issuer_says_so(here: World) -> None:
    """Once seen over TLS, always over TLS; and no cookie ever leaves without."""
    async with here.visitor() as http:
        await Visitor(http).authorize()
        page = await http.get("/logout")
        assert page.headers["strict-transport-security"].startswith("max-age=31536000")
        jar = list(http.cookies.jar)
        assert jar
        assert all(cookie.secure and cookie.name.startswith("__Host-") and cookie.path == "/" for cookie in jar)
        assert all(cookie.has_nonstandard_attr("HttpOnly") for cookie in jar)
        assert all(cookie.get_nonstandard_attr("SameSite") == "Lax" for cookie in jar)


@pytest.mark.witness(HOST_KNOWN)
@pytest.mark.parametrize(
    "host", ["evil.example.com", "id.example.com:8443", "id.example.com.", "127.0.0.1", "ID.EXAMPLE.COM.evil.com"]
)
async def test_another_host_is_sent_away(here: World, host: str) -> None:
    async with here.visitor() as http:
        for path in ("/.well-known/openid-configuration", "/authorize", "/token", "/device"):
            answer = await http.get(path, headers={"Host": host})
            assert answer.status_code == 421
            assert host not in answer.text
        told = await http.get(
            "/.well-known/openid-configuration",
            headers={"X-Forwarded-Host": host, "X-Forwarded-Proto": "http", "Forwarded": f"host={host}"},
        )
        assert host not in told.text.replace(ISSUER, "")


@pytest.mark.witness(REQUEST_SIZE_BOUNDED)
async def test_nobody_is_read_for_ever(here: World) -> None:
    async with here.visitor() as http:
        form = {"grant_type": "client_credentials", "client_id": "billing", "client_secret": SECRET}
        assert (await http.post("/token", data=form | {"padding": "x" * 65_536})).status_code == 413
        assert (await http.post("/token", data=form, headers={"X-Padding": "x" * 32_768})).status_code == 431
        assert (await http.get(f"/authorize?padding={'x' * 16_384}")).status_code == 414
        many = await http.post("/token", data=form | {f"n{number}": "x" for number in range(64)})
        assert (many.status_code, many.json()["error"]) == (400, "invalid_request")
        long = form | {"client_secret": "x" * 60_000}
        assert (await http.post("/token", data=long)).status_code == 401


@pytest.mark.witness(CORS_LIMITED)
@pytest.mark.parametrize(
    "path", ["/authorize", "/login", "/consent", "/device", "/device_authorization", "/introspect"]
)
@pytest.mark.parametrize("origin", ["https://spa.example.com", "https://evil.example.com", "null"])
async def test_scripts_read_none_of_these(here: World, path: str, origin: str) -> None:
    async with here.visitor() as http:
        preflight = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        for answer in (
            await http.options(path, headers=preflight),
            await http.get(path, headers={"Origin": origin}),
            await http.post(path, headers={"Origin": origin}),
        ):
            assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.witness(CORS_LIMITED)
@pytest.mark.parametrize("path", ["/token", "/revoke", "/userinfo"])
async def test_scripts_of_registered_apps_read_these(here: World, path: str) -> None:
    async with here.visitor() as http:
        for origin, allowed in (
            ("https://spa.example.com", "https://spa.example.com"),
            ("https://spa.example.com.evil.com", None),
            ("http://spa.example.com", None),
            ("https://shop.example.com", None),
            ("null", None),
        ):
            answer = await http.post(path, headers={"Origin": origin})
            assert answer.headers.get("access-control-allow-origin") == allowed, origin
            assert "access-control-allow-credentials" not in answer.headers


async def test_a_refusal_that_cannot_be_written_stops_nobody(here: World) -> None:
    """What is kept of refusals goes along with other people's writes: it must not take them down."""
    poison = Refused(
        issuer_id=1,
        reference="AAAA-AAAA",
        at=here.clock.now(),
        endpoint="/\ud800",
        client_id="",
        error="invalid_request",
        description="",
        detail="",
        requirement="",
        request_id="",
    )
    here.store.refusals.spool(poison)
    async with here.visitor() as http:
        answered = await Visitor(http).authorize()
    assert (await redeem(here, answered)).status_code == 200


@asynccontextmanager
async def squeezed(here: World, limits: Limits) -> AsyncIterator[httpx2.AsyncClient]:
    """Another server over the same store, with less room."""
    server = await app.build(
        here.store, here.issuer, here.vault, here.clock, settings=Settings(passwords=CHEAP), limits=limits
    )
    transport = httpx2.ASGITransport(app=server.app, client=("192.0.2.1", 40000))
    async with httpx2.AsyncClient(transport=transport, base_url=ISSUER) as http:
        yield http
    server.close()


@pytest.mark.witness(OVERLOAD_REFUSED)
async def test_too_much_at_once_is_refused_and_grants_nothing(here: World) -> None:
    async with here.visitor() as http:
        answered = await Visitor(http).authorize()
    async with squeezed(here, Limits(in_flight=0)) as http:
        form = {
            "grant_type": "authorization_code",
            "code": answered.parameters["code"],
            "client_id": "shop",
            "client_secret": SECRET,
            "code_verifier": answered.code_verifier,
        }
        refused = await http.post("/token", data=form)
    assert (refused.status_code, refused.json()["error"]) == (503, "temporarily_unavailable")
    assert int(refused.headers["retry-after"]) > 0
    assert (await redeem(here, answered)).status_code == 200, "nothing was half done"


HOSTILE = (
    "http://shop.example.com/cb", "https://*.example.com/cb", "https://shop.example.com/cb#part",
    "https://shop.example.com/cb#", "https://good@evil.example.com/", "https://shop.example.com/../cb",
    "https://shop.example.com/%2e%2e/cb", "https://shop.example.com//cb", "https://shop.example.com\\cb",
    "https://shop.example.com/cb;evil=1", "https://shop.example.com/cb?code=1", "https://shop.example.com/cb?iss=x",
    "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "vbscript:x", "blob:https://x", "about:blank",
    "myapp:/callback", "//evil.example.com/cb", "https:evil.example.com", "https://shop.example.com/ cb",
    "https://shop.example.com/cb\nSet-Cookie: a=b", "https://bücher.example/", "HTTPS://shop.example.com/cb",
    "https://SHOP.example.com/cb", "https://[::1%25eth0]/cb", "http://localhost:80@evil.example.com/",
    "https://2130706433/cb", "",
)  # fmt: skip


@pytest.mark.witness(REDIRECT_URI_SAFE)
@pytest.mark.parametrize("uri", HOSTILE)
@pytest.mark.parametrize("kind", ["browser-app", "desktop-app"])
async def test_an_unsafe_address_cannot_be_registered(tmp_path: Path, uri: str, kind: str) -> None:
    """Nor with an address that is fine beside it."""
    import json

    good = "https://shop.example.com/cb"
    (tmp_path / "licet.toml").write_text(
        f'issuer = "{ISSUER}"\n[app.one]\nis = "{kind}"\ncallback = ["{good}", {json.dumps(uri)}]\nmay = ["openid"]\n'
    )
    with pytest.raises(ManifestErrors) as caught:
        read(tmp_path / "licet.toml")
    assert all("callback" in str(mistake) for mistake in caught.value.mistakes)
