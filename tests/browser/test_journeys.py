"""The journeys of a person, in Debian's Chromium at a running server: with scripts and without.

Whatever happens, the browser has nothing to say about our policy, and nothing is asked of anybody but the server and
the app that the person goes back to.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests
from callbacks import SCHEME, Callbacks, listening, self_signed
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

from licet.requirements import CORS_LIMITED, FORM_FROM_OUR_PAGE, NO_307_REDIRECT, PAGES_NOT_FRAMED, TRANSACTION_ONCE
from tests.browser.looks import BUDGET
from tests.clients.operated import LOGIN, PASSWORD, Operated, serving
from tests.visitor import verifier

pytestmark = pytest.mark.browser

SECRET = "the shop keeps this to itself, 0123456789"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
ARGUMENTS = (
    "--no-sandbox", "--headless=new", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
CONFIGURATION = """
[lifetimes]
device_interval_s = 1

[api.orders]
audience = "https://orders.example.com"
scopes   = {{ "orders:read" = "See your orders" }}

[app.shop]
is       = "web-app"
name     = "Corner Shop"
callback = ["{plain}/callback", "{tls}/callback", "{tls}/hop"]
secret   = {{ env = "SHOP" }}
may      = ["openid", "profile", "offline_access", "orders:read"]

[app.shop.expert]
response_modes = ["query", "form_post"]

[app.reader]
is       = "desktop-app"
name     = "Desk Reader"
callback = ["{scheme}:/callback", "http://127.0.0.1/callback"]
may      = ["openid", "offline_access", "orders:read"]

[app.spa]
is       = "browser-app"
name     = "Single Page"
callback = "{plain}/spa"
may      = ["openid", "orders:read"]

[app.tv]
is   = "tv"
name = "Lounge TV"
may  = ["openid", "profile", "orders:read"]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """A server and the apps around it."""

    issuer: str
    plain: Callbacks
    """An app's server on loopback."""
    tls: Callbacks
    """An app's server with a certificate."""
    elsewhere: Callbacks
    """Somebody else's."""

    def token(self, **form: Any) -> requests.Response:
        return requests.post(f"{self.issuer}/token", data=form, timeout=30)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    directory = tmp_path_factory.mktemp("journeys")
    with ExitStack() as stack:
        plain, elsewhere = stack.enter_context(listening()), stack.enter_context(listening())
        tls = stack.enter_context(listening(self_signed(directory / "localhost.pem")))
        configuration = CONFIGURATION.format(plain=plain.origin, tls=tls.origin, scheme=SCHEME)
        server: Operated = stack.enter_context(serving(directory, configuration, {"SHOP": SECRET}))
        yield Town(issuer=server.issuer, plain=plain, tls=tls, elsewhere=elsewhere)


@pytest.fixture
def town(served: Town) -> Town:
    for callbacks in (served.plain, served.tls, served.elsewhere):
        callbacks.arrived.clear()
    return served


@pytest.fixture(scope="module")
def driven() -> Iterator[Browser]:
    executable = shutil.which("chromium")
    if executable is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def scripts() -> bool:
    return True


with_and_without = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])


@dataclass
class Traveller:
    """A person with a browser, and all that the browser did and complained of."""

    page: Page
    town: Town
    requested: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    verifier: str = ""

    def __post_init__(self) -> None:
        self.page.set_default_timeout(15_000)
        self.page.on("request", self._request)
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _request(self, request: Request) -> None:
        self.requested.append(request.url)

    def asks(self, **parameters: str) -> str:
        """The address of an authorization request of the shop's."""
        self.verifier, challenge = verifier()
        asked = {
            "response_type": "code",
            "client_id": "shop",
            "redirect_uri": f"{self.town.plain.origin}/callback",
            "scope": "openid profile",
            "state": "a state",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "prompt": "consent",
        } | parameters
        return f"{self.town.issuer}/authorize?{urlencode(asked)}"

    def signs_in(self) -> None:
        self.page.wait_for_selector("[name=login]:focus")  # faster than autofocus, and Chromium complains of it
        self.page.fill("[name=login]", LOGIN)
        self.page.fill("[name=password]", PASSWORD)
        self.page.click("#login-submit")

    def redeems(self, code: str, **form: str) -> Any:
        response = self.town.token(
            grant_type="authorization_code",
            code=code,
            code_verifier=self.verifier,
            **({"client_id": "shop", "client_secret": SECRET} | form),
        )
        return response.status_code, response.json()

    def is_content(self, *callbacks: Callbacks) -> None:
        """Nothing was complained of, and nobody was asked but the server and the app."""
        homes = tuple(f"{origin}/" for origin in (self.town.issuer, *(c.origin for c in callbacks)))
        assert [url for url in self.requested if not url.startswith((*homes, f"{SCHEME}:"))] == []
        assert self.complaints == []


@pytest.fixture
def context(driven: Browser, scripts: bool) -> Iterator[BrowserContext]:
    context = driven.new_context(ignore_https_errors=True, java_script_enabled=scripts)
    yield context
    context.close()


@pytest.fixture
def alice(context: BrowserContext, town: Town) -> Traveller:
    return Traveller(context.new_page(), town)


@with_and_without
@pytest.mark.witness(NO_307_REDIRECT)
def test_the_code_flow(alice: Traveller, town: Town) -> None:
    """Sign in, allow, arrive: the password goes nowhere else, and the address is not told to the app's server."""
    alice.page.goto(alice.asks())
    assert alice.page.title() == "Sign in to Corner Shop"
    alice.signs_in()
    assert alice.page.title() == "Consent: Corner Shop"
    alice.page.click("#consent-allow")
    alice.page.wait_for_selector("#submission_complete")
    arrival = town.plain.only()
    assert (arrival.method, arrival.path, arrival.referer) == ("GET", "/callback", None)
    assert (arrival.parameters["state"], arrival.parameters["iss"]) == ("a state", town.issuer)
    status, tokens = alice.redeems(arrival.parameters["code"])
    assert status == 200, tokens
    alice.is_content(town.plain)


def test_a_page_is_light_on_the_wire(alice: Traveller, town: Town) -> None:
    """The first page of a browser that has nothing yet: heads and bodies of all that it loads, from the server alone."""
    finished: list[Request] = []
    # Playwright marks its handlers, and a built-in method cannot be marked.
    alice.page.on("requestfinished", lambda request: finished.append(request))  # noqa: PLW0108
    alice.page.goto(alice.asks(), wait_until="networkidle")
    sizes = [request.sizes() for request in finished]
    assert any(request.url.endswith("/licet.css") for request in finished)
    assert sum(size["responseHeadersSize"] + size["responseBodySize"] for size in sizes) < BUDGET
    alice.is_content()


def test_the_second_time_nobody_is_asked(alice: Traveller, town: Town) -> None:
    """The shop has a loopback callback but a secret: it is known, so its consent is remembered."""
    alice.page.goto(alice.asks())
    alice.signs_in()
    alice.page.click("#consent-allow")
    alice.page.wait_for_selector("#submission_complete")
    alice.page.goto(alice.asks(prompt="none"))
    alice.page.wait_for_selector("#submission_complete")
    assert "code" in town.plain.arrived[1].parameters
    alice.is_content(town.plain)


@with_and_without
def test_consent_denied(alice: Traveller, town: Town) -> None:
    alice.page.goto(alice.asks())
    alice.signs_in()
    alice.page.click("#consent-deny")
    alice.page.wait_for_selector("#submission_complete")
    answer = town.plain.only().parameters
    assert (answer["error"], answer["state"], answer["iss"]) == ("access_denied", "a state", town.issuer)
    assert "code" not in answer
    alice.is_content(town.plain)


def test_enter_is_enough(alice: Traveller, town: Town) -> None:
    """The field for the name has the focus; a person with a keyboard needs no mouse up to the question."""
    alice.page.goto(alice.asks())
    alice.page.wait_for_selector("[name=login]:focus")
    alice.page.keyboard.type(LOGIN)
    alice.page.keyboard.press("Tab")
    alice.page.keyboard.type("a wrong password")
    alice.page.keyboard.press("Enter")
    alice.page.wait_for_selector("#failed")
    alice.page.wait_for_selector("[name=password]:focus")
    alice.page.keyboard.type(PASSWORD)
    alice.page.keyboard.press("Enter")
    alice.page.wait_for_selector("#consent-allow")
    assert alice.page.input_value("[name=csrf]")
    alice.is_content()


@pytest.mark.witness(TRANSACTION_ONCE)
def test_the_back_button(alice: Traveller, town: Town) -> None:
    """Going back to a question that was answered gives no second answer."""
    alice.page.goto(alice.asks())
    alice.signs_in()
    consent = alice.page.url
    alice.page.click("#consent-allow")
    alice.page.wait_for_selector("#submission_complete")
    alice.page.goto(consent)
    assert alice.page.locator("#consent-allow").count() == 0
    assert alice.page.title() == "Error: invalid_request"
    assert len(town.plain.arrived) == 1
    assert [text for text in alice.complaints if "Content Security Policy" in text] == []


def test_two_tabs(context: BrowserContext, alice: Traveller, town: Town) -> None:
    """Two sign-ins at once in one browser do not get in each other's way."""
    other = Traveller(context.new_page(), town)
    alice.page.goto(alice.asks(state="one"))
    other.page.goto(other.asks(state="two"))
    alice.signs_in()
    other.signs_in()
    alice.page.click("#consent-allow")
    alice.page.wait_for_selector("#submission_complete")
    other.page.click("#consent-allow")
    other.page.wait_for_selector("#submission_complete")
    one, two = (arrival.parameters for arrival in town.plain.arrived)
    assert (one["state"], two["state"]) == ("one", "two")
    assert alice.redeems(one["code"])[0] == other.redeems(two["code"])[0] == 200


@with_and_without
def test_form_post(alice: Traveller, town: Town, scripts: bool) -> None:
    """The one page with a script posts by itself; without scripts its button does."""
    alice.page.goto(alice.asks(response_mode="form_post"))
    alice.signs_in()
    alice.page.click("#consent-allow")
    if not scripts:
        assert alice.page.title() == "Back to Corner Shop"
        alice.page.click("#continue")
    alice.page.wait_for_selector("#submission_complete")
    arrival = town.plain.only()
    assert (arrival.method, arrival.parameters["iss"]) == ("POST", town.issuer)
    assert alice.redeems(arrival.parameters["code"])[0] == 200
    alice.is_content(town.plain)


def test_a_callback_with_a_certificate(alice: Traveller, town: Town) -> None:
    alice.page.goto(alice.asks(redirect_uri=f"{town.tls.origin}/callback"))
    alice.signs_in()
    alice.page.click("#consent-allow")
    alice.page.wait_for_selector("#submission_complete")
    assert alice.redeems(town.tls.only().parameters["code"])[0] == 200
    alice.is_content(town.tls)


@with_and_without
@pytest.mark.parametrize("mode", ["query", "form_post"])
def test_a_callback_that_leads_on_to_an_app(alice: Traveller, town: Town, mode: str, scripts: bool) -> None:
    """The app's own redirects are not ours to know: our policy must not stop one to a scheme of its own."""
    left: list[str] = []
    alice.page.on("requestfailed", lambda request: left.append(request.url))
    alice.page.goto(alice.asks(redirect_uri=f"{town.tls.origin}/hop", response_mode=mode))
    alice.signs_in()
    alice.page.click("#consent-allow")
    if mode == "form_post" and not scripts:
        alice.page.click("#continue")
    deadline = time.monotonic() + 10
    while not any(url.startswith(f"{SCHEME}:") for url in (*left, *alice.requested)) and time.monotonic() < deadline:
        alice.page.wait_for_timeout(50)
    arrival = town.tls.only()
    assert (arrival.path, arrival.method) == ("/hop", "POST" if mode == "form_post" else "GET")
    assert [url for url in alice.complaints if "Content Security Policy" in url] == []
    assert alice.redeems(arrival.parameters["code"])[0] == 200


@with_and_without
def test_an_app_with_a_scheme_of_its_own(alice: Traveller, town: Town) -> None:
    """Nothing goes there by itself: the person presses the link, which leads where it says."""
    alice.page.goto(alice.asks(client_id="reader", redirect_uri=f"{SCHEME}:/callback", scope="openid"))
    alice.signs_in()
    alice.page.click("#consent-allow")
    link = alice.page.locator("#continue")
    link.wait_for()
    address = urlsplit(link.get_attribute("href") or "")
    answer = dict(parse_qsl(address.query))
    assert (address.scheme, address.path, answer["iss"]) == (SCHEME, "/callback", town.issuer)
    assert alice.page.locator("meta[http-equiv=refresh]").count() == 0
    link.click()
    alice.page.wait_for_timeout(200)
    assert alice.redeems(answer["code"], client_id="reader", client_secret="")[0] == 200
    alice.is_content()


def device(town: Town, **change: str) -> Any:
    form = {"client_id": "tv", "scope": "openid profile"} | change
    asked = requests.post(f"{town.issuer}/device_authorization", data=form, timeout=30)
    assert asked.status_code == 200, asked.text
    return asked.json()


def poll(town: Town, asked: Any) -> tuple[int, str | None]:
    answer = town.token(grant_type=DEVICE, device_code=asked["device_code"], client_id="tv")
    return answer.status_code, answer.json().get("error")


@with_and_without
def test_a_device_with_a_code_that_is_typed(alice: Traveller, town: Town) -> None:
    asked = device(town)
    alice.page.goto(asked["verification_uri"])
    alice.page.wait_for_selector("[name=user_code]:focus")
    alice.page.keyboard.type(asked["user_code"].lower().replace("-", " "))
    alice.page.keyboard.press("Enter")
    alice.signs_in()
    assert asked["user_code"] in alice.page.inner_text("main")
    assert alice.page.title() == "Is this your device? Lounge TV"
    alice.page.click("#consent-allow")
    alice.page.wait_for_selector("h1")
    assert alice.page.title() == "Done: Lounge TV is connected"
    assert poll(town, asked) == (200, None)
    alice.is_content()


@with_and_without
def test_a_device_with_a_link(alice: Traveller, town: Town) -> None:
    """The code leaves the address at once, and pressing the link decides nothing."""
    asked = device(town)
    alice.page.goto(asked["verification_uri_complete"])
    assert asked["user_code"] not in alice.page.url
    alice.signs_in()
    assert asked["user_code"] not in alice.page.url
    assert poll(town, asked) == (400, "authorization_pending")
    alice.page.click("#consent-allow")
    alice.page.wait_for_selector("h1")
    time.sleep(asked["interval"])
    assert poll(town, asked) == (200, None)
    alice.is_content()


def test_a_device_that_is_turned_down(alice: Traveller, town: Town) -> None:
    asked = device(town)
    alice.page.goto(asked["verification_uri_complete"])
    alice.signs_in()
    alice.page.click("#consent-deny")
    alice.page.wait_for_selector("h1")
    assert poll(town, asked) == (400, "access_denied")
    alice.is_content()


def test_leaving(alice: Traveller, town: Town) -> None:
    alice.page.goto(alice.asks())
    alice.signs_in()
    alice.page.goto(f"{town.issuer}/logout")
    alice.page.click("#logout-yes")
    alice.page.wait_for_selector("text=You have signed out")
    alice.page.goto(alice.asks(prompt="none"))
    alice.page.wait_for_selector("#submission_complete")
    assert town.plain.only().parameters["error"] == "login_required"
    alice.is_content(town.plain)


class TestOtherSites:
    """What the pages of somebody else can do to us in a browser that is signed in here."""

    @pytest.fixture
    def here(self, alice: Traveller) -> Traveller:
        """Alice, signed in, with a question open."""
        alice.page.goto(alice.asks())
        alice.signs_in()
        alice.page.wait_for_selector("#consent-allow")
        return alice

    @pytest.mark.witness(PAGES_NOT_FRAMED)
    @pytest.mark.parametrize("path", ["/authorize?prompt=none", "/device", "/logout", "/login", "/nowhere"])
    def test_no_page_is_framed(self, here: Traveller, town: Town, path: str) -> None:
        address = f"{town.issuer}{path}" if path != "/login" else here.page.url
        here.page.goto(f"{town.elsewhere.origin}/")
        here.page.set_content(f'<iframe name="inner" src="{address}"></iframe>')
        inner = here.page.frame("inner")
        assert inner is not None
        deadline = time.monotonic() + 10
        while not inner.url.startswith("chrome-error:") and time.monotonic() < deadline:
            here.page.wait_for_timeout(20)
        assert inner.url.startswith("chrome-error:")
        assert "csrf" not in inner.content()

    @pytest.mark.witness(FORM_FROM_OUR_PAGE)
    def test_no_form_of_theirs_counts(self, here: Traveller, town: Town) -> None:
        """Even with the right token in it: the browser says where a form comes from."""
        fields = {
            name: here.page.locator(f"form:has(#consent-allow) [name={name}]").first.get_attribute("value")
            for name in ("transaction", "csrf")
        }
        here.page.goto(f"{town.elsewhere.origin}/")
        inputs = "".join(f'<input name="{name}" value="{value}">' for name, value in fields.items())
        here.page.set_content(
            f'<form method="post" action="{town.issuer}/consent">{inputs}'
            '<button name="decision" value="allow">win</button></form>'
        )
        with here.page.expect_response(f"{town.issuer}/consent") as waiting:
            here.page.click("button")
        assert waiting.value.status == 403
        assert town.plain.arrived == []

    @pytest.mark.witness(CORS_LIMITED)
    def test_scripts_of_a_browser_app_may_redeem(self, here: Traveller, town: Town) -> None:
        """An app that lives in the browser fetches its tokens there; a stranger's scripts read nothing."""
        here.page.goto(here.asks(client_id="spa", redirect_uri=f"{town.plain.origin}/spa", scope="openid", state="spa"))
        here.page.click("#consent-allow")
        here.page.wait_for_selector("#submission_complete")
        code = next(a.parameters["code"] for a in town.plain.arrived if a.parameters["state"] == "spa")
        assert "code=" in here.page.url
        body = urlencode(
            {"grant_type": "authorization_code", "client_id": "spa", "code": code, "code_verifier": here.verifier}
        )
        fetching = """async ([issuer, body]) => {
            const metadata = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
            const tokens = await (await fetch(metadata.token_endpoint, {
                method: "POST", body, headers: {"Content-Type": "application/x-www-form-urlencoded"},
            })).json();
            const headers = {Authorization: `Bearer ${tokens.access_token}`};
            return await (await fetch(metadata.userinfo_endpoint, {headers})).json();
        }"""
        assert here.page.evaluate(fetching, [town.issuer, body])["sub"]

        here.page.goto(f"{town.elsewhere.origin}/")
        reading = """async (address) => {
            try { return (await fetch(address, {method: "POST", body: new URLSearchParams("a=b")})).status }
            catch (error) { return error.name }
        }"""
        assert here.page.evaluate(reading, f"{town.issuer}/token") == "TypeError"
        getting = "address => fetch(address, {credentials: 'include'}).then(r => r.status, e => e.name)"
        assert here.page.evaluate(getting, f"{town.issuer}/authorize?client_id=shop") == "TypeError"
        assert here.page.evaluate(getting, f"{town.issuer}/userinfo") == "TypeError"

    def test_another_site_may_ask_by_a_form(self, here: Traveller, town: Town) -> None:
        """OpenID Connect Core §3.1.2.1: POST to /authorize. The session is found again by a GET of our own."""
        address = urlsplit(here.asks(prompt=""))
        inputs = "".join(f'<input name="{name}" value="{value}">' for name, value in parse_qsl(address.query))
        here.page.goto(f"{town.elsewhere.origin}/")
        here.page.set_content(
            f'<form method="post" action="{town.issuer}/authorize">{inputs}<button>Sign in</button></form>'
        )
        here.page.click("button")
        here.page.wait_for_selector("#consent-allow, #submission_complete")
        if here.page.locator("#consent-allow").count():
            here.page.click("#consent-allow")
            here.page.wait_for_selector("#submission_complete")
        assert "code" in town.plain.only().parameters
