"""A whole life of a server: every flow, every refusal, and every secret put where it does not belong."""

from __future__ import annotations

from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import Any

import httpx2

from prove.leaks import misplaced
from prove.leaks.misplaced import SCOPE
from prove.leaks.recorder import Recorder
from prove.single_use.person import Person, Shown, redemption
from prove.single_use.served import Served
from tests.visitor import Answered
from tests.world import DEVICE_CODE


@dataclass
class Told:
    """What happened, and what is alive at its end."""

    served: Served
    recorder: Recorder = field(default_factory=Recorder)
    live: dict[str, str] = field(default_factory=dict)
    """Kind → a credential that is good when the story is over."""
    superseded: list[str] = field(default_factory=list)
    """Refresh tokens that were good once, and codes that were used: what a thief may have collected."""

    def __post_init__(self) -> None:
        for owner, secret in self.served.secrets.items():
            self.recorder.learn(f"secret of {owner}", secret)
        for login, password in self.served.passwords.items():
            self.recorder.learn(f"password of {login}", password)
        self.http = httpx2.Client(
            base_url=self.served.issuer, event_hooks={"response": [self.recorder]}, verify=False, timeout=30
        )

    def person(self, login: str = "alice") -> Person:
        return Person(self.served, login, self.recorder)

    def post(self, path: str, form: dict[str, str], **more: Any) -> httpx2.Response:
        return self.http.post(path, data=form, **more)

    def assertion(self) -> dict[str, str]:
        made = self.served.assertion()
        self.recorder.learn("assertion", made["client_assertion"])
        return made

    def redeem(self, answered: Answered, client_id: str, **change: str) -> dict[str, Any]:
        self.recorder.learn("verifier", answered.code_verifier, derived=False)
        self.recorder.learn("state", answered.parameters["state"], derived=False)
        body: dict[str, Any] = self.post("/token", redemption(self.served, answered, client_id, **change)).json()
        return body


def tell(served: Served) -> Told:
    told = Told(served)
    with told.person() as alice, told.person("bob") as bob:
        _codes(told, alice)
        _refreshes(told, alice)
        _devices(told, bob)
        _services(told)
        _pages(told, alice, bob)
        misplaced.secrets(told, alice)
        misplaced.noise(told)
        _still_alive(told, alice)
    return told


def _codes(told: Told, alice: Person) -> None:
    """Sign in, agree, redeem; redeem wrongly, redeem twice."""
    answered = alice.authorize("shop", SCOPE, state=token_urlsafe(24), nonce=token_urlsafe(16))
    wrong = token_urlsafe(40)
    told.recorder.learn("verifier", wrong, derived=False)
    told.redeem(answered, "shop", code_verifier=wrong)
    told.redeem(answered, "shop", client_secret=told.recorder.learn("wrong secret", token_urlsafe(32)))
    told.redeem(answered, "spa")
    for _ in range(2):
        told.redeem(answered, "shop")
    told.superseded.append(answered.parameters["code"])
    response, _ = alice.ask("shop", SCOPE, response_mode="form_post")
    alice.walk(response)


def _refreshes(told: Told, alice: Person) -> None:
    """A family that moves on, one that is reused, one that is given back."""
    for end in ("goes on", "reused", "revoked"):
        answered = alice.authorize("spa", SCOPE, state=token_urlsafe(24))
        token = told.redeem(answered, "spa")["refresh_token"]
        told.superseded.append(answered.parameters["code"])
        for _ in range(3):
            told.superseded.append(token)
            form = told.served.mine("spa") | {"grant_type": "refresh_token", "refresh_token": token}
            body = told.post("/token", form).json()
            token = body["refresh_token"]
        match end:
            case "goes on":
                told.live |= {"refresh_token": token, "access_token": body["access_token"]}
            case "reused":
                told.post("/token", form)
            case "revoked":
                told.post("/revoke", told.served.mine("spa") | {"token": token})
        told.post("/introspect", told.served.mine("api.invoices") | {"token": body["access_token"]})
        told.post("/introspect", told.served.mine("shop") | {"token": token})
        told.http.get("/userinfo", headers={"Authorization": f"Bearer {body['access_token']}"})


def _devices(told: Told, bob: Person) -> None:
    """Approved and fetched, denied, left open, and one that is approved and waits to be fetched."""
    mine = told.served.mine("tv")
    for decision, fetched in (("consent-allow", True), ("consent-deny", True), ("", True), ("consent-allow", False)):
        asked = told.post("/device_authorization", mine | {"scope": "openid invoices:read"}).json()
        form = mine | {"grant_type": DEVICE_CODE, "device_code": asked["device_code"]}
        told.post("/token", form)
        if decision == "consent-deny":  # from the address on the screen, as a camera reads it
            shown = bob.walk(bob.http.get("/device", params={"user_code": asked["user_code"]}), decision)
            assert isinstance(shown, Shown)
            bob.press(shown, decision)
        elif decision:
            bob.press(bob.device(asked["user_code"], decision), decision)
        if fetched:
            told.post("/token", form)
    told.live["device_code"] = asked["device_code"]


def _services(told: Told) -> None:
    """Secrets in header and body, wrong ones, both at once; assertions, twice."""
    asked = {"grant_type": "client_credentials", "scope": "invoices:read"}
    secret = told.served.secrets["billing"]
    told.post("/token", told.served.mine("billing") | asked)
    told.post("/token", asked, auth=httpx2.BasicAuth("billing", secret))
    told.post("/token", asked, auth=httpx2.BasicAuth("billing", told.recorder.learn("wrong", token_urlsafe(32))))
    told.post("/token", told.served.mine("billing") | asked, auth=httpx2.BasicAuth("billing", secret))
    mine = told.assertion()
    for _ in range(2):
        told.post("/token", mine | asked)
    told.post("/token", told.assertion() | {"grant_type": "client_credentials", "scope": "openid"})


def _pages(told: Told, alice: Person, bob: Person) -> None:
    """Wrong passwords, reloads, forged forms, pages of other browsers, no, and leaving."""
    with told.person() as stranger:
        response, _ = stranger.ask("shop", SCOPE, state=told.recorder.learn("state", token_urlsafe(24), derived=False))
        shown = stranger.walk(response, "login-submit")
        assert isinstance(shown, Shown)
        wrong = told.recorder.learn("wrong password", token_urlsafe(24))
        for login in ("alice", "nobody"):
            stranger.press(shown, "login-submit", login=login, password=wrong)
        stranger.press(shown, "login-submit", **stranger.credentials | {"csrf": "forged"})
        bob.http.get(str(shown.response.request.url))
    for _ in range(2):  # a browser that was here before has a bucket of its own
        response, _ = alice.ask("shop", SCOPE, prompt="login")
        again = alice.walk(response, "login-submit")
        assert isinstance(again, Shown)
        alice.press(again, "login-submit", login="alice", password=wrong)
    response, _ = alice.ask("shop", SCOPE, prompt="consent")
    question = alice.walk(response, "consent-deny")
    assert isinstance(question, Shown)
    alice.press(question, "consent-deny")
    for _ in range(2):
        alice.press(question, "consent-allow")
    bob.http.get("/logout")
    for page in ("/device", "/logout"):
        bob.http.post(page, data={"user_code": "BCDFGHJK", "csrf": "forged"})


def _still_alive(told: Told, alice: Person) -> None:
    """The end: alice is signed in, her app holds tokens, a code waits, a device waits for her."""
    answered = alice.authorize("shop", SCOPE, state=token_urlsafe(24))
    told.recorder.learn("verifier", answered.code_verifier, derived=False)
    told.live |= {"code": answered.parameters["code"], "verifier": answered.code_verifier}
    told.live |= {"session": alice.cookie("session"), "session cookie": alice.cookie_name("session")}
    told.live["client_secret"] = told.served.secrets["billing"]
