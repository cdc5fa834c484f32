"""oidc-client-ts in Debian's Chromium: a single-page app signs somebody in, stays signed in, and signs out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page

from licet.requirements import CORS_LIMITED
from tests.browser.looks import chromium
from tests.clients.operated import LOGIN, PASSWORD, Operated, serving
from tests.clients.played import needs
from tests.clients.single_page import SinglePage, single_page

pytestmark = [pytest.mark.browser, pytest.mark.javascript]

CONFIGURATION = """
[app.spa]
is       = "browser-app"
name     = "Single Page"
callback = "{origin}/callback"
may      = ["openid", "profile", "email"]

[app.spa.expert]
post_logout_redirect_uris = ["{origin}/signed-out"]
"""


@pytest.fixture(scope="module")
def driven() -> Iterator[Browser]:
    needs("oidc-client-ts")
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def app(driven: Browser) -> Iterator[SinglePage]:
    with single_page() as app:
        yield app


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, app: SinglePage) -> Iterator[Operated]:
    directory: Path = tmp_path_factory.mktemp("single-page")
    with serving(directory, CONFIGURATION.format(origin=app.origin)) as server:
        yield server


@dataclass
class Visit:
    """A browser at the app, and what it complained of."""

    page: Page
    login: str
    password: str
    complaints: list[str] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Method and address of each request."""

    def __post_init__(self) -> None:
        self.page.set_default_timeout(15_000)
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.asked.append((request.method, request.url)))

    def opens(self, app: SinglePage) -> None:
        self.page.goto(f"{app.origin}/")
        self.ready()

    def ready(self) -> None:
        self.page.wait_for_function("document.body?.textContent === 'ready'")
        assert self.page.evaluate("window.failed") == []

    def signs_in(self) -> Any:
        """Through the server's pages and back; the library's user."""
        self.page.evaluate("() => void manager.signinRedirect()")
        self.page.wait_for_selector("[name=login]:focus")
        self.page.fill("[name=login]", self.login)
        self.page.fill("[name=password]", self.password)
        self.page.click("#login-submit")
        self.page.click("#consent-allow")
        self.page.wait_for_url("**/callback?**")
        self.ready()
        return self.user()

    def user(self) -> Any:
        return self.page.evaluate("async () => JSON.parse((await manager.getUser())?.toStorageString() ?? 'null')")


@pytest.fixture
def alice(driven: Browser, server: Operated, app: SinglePage) -> Iterator[Visit]:
    app.settings = settings(server.issuer, app, "spa")
    context = driven.new_context()
    yield Visit(context.new_page(), LOGIN, PASSWORD)
    context.close()


def settings(issuer: str, app: SinglePage, client_id: str) -> dict[str, Any]:
    """What every app says; all else is the library's default."""
    return {
        "authority": issuer,
        "client_id": client_id,
        "redirect_uri": f"{app.origin}/callback",
        "post_logout_redirect_uri": f"{app.origin}/signed-out",
        "scope": "openid profile",
        "loadUserInfo": True,
    }


@pytest.mark.witness(CORS_LIMITED)
def test_signs_in(alice: Visit, app: SinglePage) -> None:
    """Code with PKCE; metadata, token endpoint, keys and userinfo are read from the app's origin."""
    alice.opens(app)
    user = alice.signs_in()
    assert user["profile"]["name"] == "Alice Example"
    assert user["token_type"] == "Bearer"
    assert user["id_token"] and user["access_token"] and user["refresh_token"]
    assert alice.complaints == []


def test_renews_by_itself(alice: Visit, app: SinglePage) -> None:
    """A while before the token is over the library changes the refresh token for the next, and the person sees nothing."""
    app.settings["accessTokenExpiringNotificationTimeInSeconds"] = 597
    alice.opens(app)
    before = alice.signs_in()
    alice.page.wait_for_function("window.renewed >= 2")  # the sign-in was the first
    after = alice.user()
    assert before["refresh_token"] != after["refresh_token"]
    assert before["access_token"] != after["access_token"]
    assert before["profile"]["sub"] == after["profile"]["sub"]
    assert alice.page.evaluate("window.failed") == []
    assert alice.complaints == []


def test_asks_in_a_frame(driven: Browser, dev_server: Any, app: SinglePage) -> None:
    """``prompt=none`` in a frame, as the library does it without a refresh token: no page of ours is ever framed."""
    dev = dev_server.dev
    person = dev["people"][0]
    # Others who share this server may have agreed already: the question is wanted.
    app.settings = settings(dev["issuer"], app, dev["apps"]["web"]["client_id"]) | {"prompt": "consent"}
    context = driven.new_context()
    try:
        alice = Visit(context.new_page(), person["login"], person["password"])
        alice.opens(app)
        before = alice.signs_in()
        subject = alice.page.evaluate("async () => (await manager.signinSilent({forceIframeAuth: true})).profile.sub")
        assert subject == before["profile"]["sub"]
        assert any("prompt=none" in address for _, address in alice.asked)
        assert alice.complaints == []
    finally:
        context.close()


def test_is_asked_for_consent_in_no_frame(alice: Visit, app: SinglePage) -> None:
    """An app that anyone on the machine could pretend to be is not let on unseen (rulings C)."""
    alice.opens(app)
    alice.signs_in()
    error = alice.page.evaluate(
        "async () => { try { await manager.signinSilent({forceIframeAuth: true}); return '' } "
        "catch (error) { return error.error } }"
    )
    assert error == "consent_required"


def test_revokes(alice: Visit, server: Operated, app: SinglePage) -> None:
    """The library takes its tokens back; they are good for nothing then."""
    alice.opens(app)
    user = alice.signs_in()
    alice.page.evaluate("() => manager.revokeTokens()")
    headers = {"Authorization": f"Bearer {user['access_token']}"}
    assert requests.get(f"{server.issuer}/userinfo", headers=headers, timeout=30).status_code == 401
    assert alice.complaints == []


def test_signs_out(alice: Visit, server: Operated, app: SinglePage) -> None:
    """Through the end session endpoint and back to the app; afterwards nobody is signed in, here or there."""
    metadata = requests.get(f"{server.issuer}/.well-known/openid-configuration", timeout=30).json()
    assert "end_session_endpoint" in metadata
    alice.opens(app)
    alice.signs_in()
    alice.page.evaluate("() => void manager.signoutRedirect()")
    alice.page.wait_for_url("**/signed-out**")
    alice.ready()
    assert alice.user() is None
    assert alice.complaints == []
    alice.page.evaluate("() => void manager.signinRedirect()")
    alice.page.wait_for_selector("[name=password]")
