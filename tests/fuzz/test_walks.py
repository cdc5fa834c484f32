"""Walks through the pages in any order: forward, back, twice, without cookies, as somebody else.

A step is chosen blindly; whatever the order, a code goes only to an address of the app that asked, one for each yes.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urlsplit

from hypothesis import given, settings
from hypothesis import strategies as st

from licet.events import EventType
from tests.fuzz.grammar import bounded
from tests.fuzz.wire import Answer, Wire, collect, jar
from tests.visitor import Form
from tests.world import CALLBACK, ISSUER, PASSWORD

APPS = (
    {"client_id": "shop", "redirect_uri": CALLBACK},
    {"client_id": "spa", "redirect_uri": "https://spa.example.com/"},
    {"client_id": "reader", "redirect_uri": "com.example.reader:/callback"},
    {"client_id": "reader", "redirect_uri": "http://127.0.0.1:51004/callback"},
)
ASKING = st.fixed_dictionaries(
    {
        "app": st.sampled_from(APPS),
        "prompt": st.sampled_from(("", "login", "consent", "select_account", "none", "login consent")),
        "response_mode": st.sampled_from(("query", "form_post")),
        "max_age": st.sampled_from(("", "0", "1", "1000")),
        "scope": st.sampled_from(("openid", "openid profile offline_access", "orders.read", "openid orders.write")),
    }
)
STEPS = st.lists(
    st.sampled_from((
        "sign in", "sign in as bob", "wrong password", "allow", "deny", "switch", "reload", "again", "continue", "login", "consent",
        "sign out", "lose a cookie", "ask anew", "forget", "stale form", "device", "allow", "sign in",
    )),
    min_size=3, max_size=14,
)  # fmt: skip


class Walker:
    """A browser with a poor memory."""

    def __init__(self, wire: Wire, asking: dict[str, Any], peer: str) -> None:
        self.wire, self.asking, self.peer = wire, asking, peer
        self.cookies: dict[str, str] = {}
        self.here = "/device"
        self.query = ""
        self.page: Form | None = None
        self.older: Form | None = None
        self.arrived: list[str] = []
        self.allowed = 0

    def get(self, path: str, query: str) -> None:
        self.here, self.query = path, query
        self.follow(self.wire.send("GET", path, query.encode(), jar(self.cookies), peer=self.peer))

    def post(self, form: Form, button: str, **typed: str) -> None:
        found = next((each for each in form.forms if button in each["buttons"]), None)
        if found is None:
            return
        pressed = found["buttons"][button]
        fields = found["fields"] | typed | ({pressed["name"]: pressed["value"]} if "name" in pressed else {})
        kind = (b"content-type", b"application/x-www-form-urlencoded")
        body = urlencode(fields).encode()
        self.allowed += button == "consent-allow"
        self.follow(
            self.wire.send("POST", found["action"], headers=[kind, *jar(self.cookies)], body=body, peer=self.peer)
        )

    def follow(self, answer: Answer) -> None:
        collect(self.cookies, answer)
        for _ in range(6):
            if answer.status != 303:
                break
            target = answer.header(b"location") or ""
            if not target.startswith(f"{ISSUER}/"):
                self.arrived.append(target)
                return
            parts = urlsplit(target)
            self.here, self.query = parts.path, parts.query
            answer = self.wire.send("GET", parts.path, parts.query.encode(), jar(self.cookies), peer=self.peer)
            collect(self.cookies, answer)
        if answer.is_page:
            self.older, self.page = self.page, answer.page
            if answer.page.continues:
                self.arrived.append(answer.page.continues)
            self.arrived += [form["action"] for form in answer.page.forms if not form["action"].startswith("/")]

    def ask(self) -> None:
        asked = {name: value for name, value in self.asking.items() if name != "app" and value}
        asked |= self.asking["app"]
        self.get("/authorize", urlencode(asked | {
            "response_type": "code", "code_challenge_method": "S256", "state": "walking",
            "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        }))  # fmt: skip

    def step(self, step: str) -> None:
        form = self.page
        match step:
            case "sign in" | "sign in as bob" if form:
                self.post(form, "login-submit", login="bob" if "bob" in step else "alice", password=PASSWORD)
            case "wrong password" if form:
                self.post(form, "login-submit", login="alice", password="wrong")
            case "allow" | "deny" if form:
                self.post(form, f"consent-{step}")
            case "switch" if form:
                fields = {k: v for each in form.forms for k, v in each["fields"].items()}
                kind = (b"content-type", b"application/x-www-form-urlencoded")
                body = urlencode(fields | {"decision": "switch"}).encode()
                self.follow(self.wire.send("POST", "/consent", headers=[kind, *jar(self.cookies)], body=body))
            case "stale form" if self.older:
                for button in ("login-submit", "consent-allow", "consent-deny", "logout-yes"):
                    self.post(self.older, button, login="alice", password=PASSWORD)
            case "reload":
                self.get(self.here, self.query)
            case "again":
                self.ask()
            case "continue" | "login" | "consent":
                self.get(f"/{step}", self.query)
            case "sign out":
                self.get("/logout", "")
                if self.page:
                    self.post(self.page, "logout-yes")
            case "lose a cookie" if self.cookies:
                self.cookies.popitem()
            case "forget":
                self.cookies.clear()
            case "ask anew":
                self.asking = self.asking | {"prompt": "consent"}
                self.ask()
            case "device":
                self.get("/device", urlencode({"user_code": self.wire.device()["user_code"]}))


@given(asking=ASKING, steps=STEPS, network=st.integers(0, 65535))
@settings(bounded, max_examples=max(60, bounded.max_examples // 3))
def test_walks(wire: Wire, asking: dict[str, Any], steps: list[str], network: int) -> None:
    wire.world.clock.ahead_s += 600  # wrong passwords of earlier walks are forgiven
    walker = Walker(wire, asking, f"10.{network >> 8}.{network & 255}.1")
    walker.ask()
    for step in steps:
        walker.step(step)
    home = asking["app"]["redirect_uri"]
    assert all(address.partition("?")[0] == home for address in walker.arrived)


def test_a_walk_that_knows_the_way(wire: Wire) -> None:
    """Steps that never arrive would show nothing."""
    wire.world.clock.ahead_s += 3600
    walker = Walker(wire, {"app": APPS[0], "prompt": "consent", "scope": "openid"}, "192.0.2.9")
    walker.ask()
    for step in ("wrong password", "sign in", "reload", "allow"):
        walker.step(step)
    (arrived,) = walker.arrived
    assert "code=lctac_" in arrived
    issued = wire.runner.run(wire.world.events(EventType.CODE_ISSUED))
    assert issued[-1].subject == wire.world.subjects["alice"]
