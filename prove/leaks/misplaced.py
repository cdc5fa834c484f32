"""Every kind of secret in every field it does not belong in, and in requests that are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2

from prove.single_use.person import Person, Shown
from tests.visitor import Form
from tests.world import CALLBACK

if TYPE_CHECKING:
    from prove.leaks.story import Told

SCOPE = "openid profile offline_access invoices:read"


def secrets(told: Told, alice: Person) -> None:
    """Every kind of secret in every field it does not belong in, as hurried people and broken clients do."""
    kinds = ("secret of billing", "code", "access_token", "refresh_token", "id_token", "device_code", "assertion")
    kinds += ("cookie session", "cookie binding", "verifier", "password of alice", "csrf")
    for kind in kinds:
        secret = told.recorder.named(kind)[-1]
        for name in (
            "client_id",
            "grant_type",
            "scope",
            "resource",
            "code",
            "refresh_token",
            "device_code",
            "nonsense",
        ):
            form = told.served.mine("billing") | {"grant_type": "client_credentials", "scope": "invoices:read"}
            told.post("/token", form | {name: secret})
        told.post("/token", {"grant_type": "client_credentials"}, auth=httpx2.BasicAuth(secret, "billing"))
        told.post("/token", {"grant_type": secret, "client_id": secret, "client_secret": secret})
        told.post("/introspect", told.served.mine("api.invoices") | {"token": secret, "token_type_hint": secret})
        told.post("/revoke", told.served.mine("shop") | {"token": secret, "token_type_hint": secret})
        told.post("/device_authorization", {"client_id": "tv", "scope": secret})
        asked = {"response_type": "code", "client_id": "shop", "redirect_uri": CALLBACK, "scope": "openid"}
        for name in ("client_id", "redirect_uri", "scope", "prompt", "response_type", "resource", "code_challenge"):
            told.http.get("/authorize", params=asked | {name: secret})
        for path in ("/token", "/introspect", "/login", "/consent", "/device", "/continue", "/nowhere"):
            told.http.get(path, params={"token": secret, "access_token": secret, "transaction": secret})
        told.http.get("/userinfo", headers={"Authorization": f"Bearer {secret}"})
        told.http.get("/userinfo", headers={"Authorization": f"Strange {secret}", "X-Request-Id": secret})
        told.http.get("/userinfo", headers={"Origin": f"https://{secret}", "Cookie": f"{secret}={secret}"})
    for kind in ("password of alice", "secret of billing", "wrong password"):
        typed = told.recorder.named(kind)[-1]
        response, _ = alice.ask("shop", SCOPE, prompt="login")
        shown = alice.walk(response, "login-submit")
        assert isinstance(shown, Shown)
        alice.press(shown, "login-submit", login=typed, password=typed)  # the name forgotten, the password typed twice
        page = Shown(Form(alice.http.get("/device").text), httpx2.Response(200))
        alice.press(page, "device-submit", user_code=typed)
    for kind in ("code", "access_token", "refresh_token", "device_code", "cookie session", "id_token"):
        told.http.get(f"/token/{told.recorder.named(kind)[-1]}")


def noise(told: Told) -> None:
    """What is no request at all, with a secret in it."""
    secret = told.served.secrets["shop"]
    for body in (
        f"client_secret={secret}&client_secret={secret}",
        f"client_secret={secret}%zz",
        f'{{"x": "{secret}"}}',
    ):
        for kind in ("application/x-www-form-urlencoded", "application/json", "text/plain"):
            told.http.post("/token", content=body, headers={"Content-Type": kind})
    told.http.post("/token", content=secret * 3000, headers={"Content-Type": "application/x-www-form-urlencoded"})
    told.http.get("/authorize", params={"client_id": "shop", "state": secret * 500})
    told.http.put("/token", content=secret)
    told.http.get("/userinfo", headers={"Host": "evil.example.com", "Authorization": f"Bearer {secret}"})
