"""Where answers go (RFC 9700 §4.1, §4.11): to a registered address, letter by letter, or nowhere."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from licet.protocol import redirect_uri
from licet.requirements import ERRORS_STAY_HOME, REDIRECT_URI_EXACT, REDIRECT_URI_REGISTERED, REDIRECT_URI_SAFE
from tests.attacks.watch import asked, disable, noted, nothing_given, told
from tests.visitor import Visitor
from tests.world import CALLBACK, World

pytestmark = pytest.mark.anyio

WRONG: dict[str, list[str]] = {
    "AZ-01": ["https://evil.example.com/callback", "https://shop.example.com.evil.example.com/callback"],
    "AZ-02": [
        f"{CALLBACK}/",
        f"{CALLBACK}/../callback",
        "https://shop.example.com//callback",
        "https://shop.example.com/%63allback",
        "https://shop.example.com/x/%2e%2e/callback",
        "https://shop.example.com\\@evil.example.com/callback",
        "https://shop。example。com/callback",
        "https://shop.example.com%2fcallback",
        "https://shop.example.com/call\tback",
        f" {CALLBACK}",
        f"{CALLBACK} ",
    ],
    "AZ-03": ["HTTPS://shop.example.com/callback", "https://Shop.example.com/callback", CALLBACK.upper()],
    "AZ-04": [f"{CALLBACK}?", f"{CALLBACK}?x=1", f"{CALLBACK}?code=stolen", f"{CALLBACK}&x=1"],
    "AZ-05": [f"{CALLBACK}#", f"{CALLBACK}#frag", f"{CALLBACK}%23"],
    "AZ-06": ["https://shop.example.com@evil.example.com/callback", "https://u:p@shop.example.com/callback"],
    "AZ-07": [f"{CALLBACK};evil=1", "https://shop.example.com;x/callback"],
}


@pytest.mark.witness(REDIRECT_URI_EXACT, ERRORS_STAY_HOME)
async def test_another_address_is_nobodys(here: World) -> None:
    """AZ-01 AZ-02 AZ-03 AZ-04 AZ-05 AZ-06 AZ-07: shown here, never followed, and remembered."""
    async with here.visitor() as http:
        await Visitor(http).authorize()
        async with nothing_given(here):
            for row, addresses in WRONG.items():
                for address in addresses:
                    page = await http.get("/authorize", params=asked(redirect_uri=address))
                    assert page.status_code == 400, (row, address)
                    assert "location" not in page.headers, (row, address)
                    assert "evil.example.com" not in page.text, (row, address)
                    assert await noted(here, page) == "invalid_request", (row, address)


LOOPBACK = {
    "http://127.0.0.1:1/callback": True,
    "http://127.0.0.1/callback": True,
    "http://127.0.0.1:65535/callback": True,
    "http://127.0.0.1:65536/callback": False,
    "http://127.0.0.1:080/callback": False,
    "http://127.0.0.1:80@evil.example.com/callback": False,
    "http://127.0.0.1:1/other": False,
    "http://127.0.0.1:1/callback?x": False,
    "http://127.0.0.2:1/callback": False,
    "http://127.1:1/callback": False,
    "http://localhost:1/callback": False,
    "http://[::1]:1/callback": False,
    "http://[::1%25lo]:1/callback": False,
    "https://127.0.0.1:1/callback": False,
}


@pytest.mark.witness(REDIRECT_URI_EXACT)
async def test_a_loopback_address_has_a_free_port_and_nothing_else(here: World) -> None:
    """AZ-09, AZ-06: and only for native apps (RFC 8252 §7.3)."""
    async with here.visitor() as http:
        for address, good in LOOPBACK.items():
            answer = await http.get("/authorize", params=asked(client_id="reader", redirect_uri=address))
            assert answer.status_code == (303 if good else 400), address
        web = await here.store.clients.find(1, "spa")
        assert web is not None
        metadata = msgspec.structs.replace(web.client.metadata, redirect_uris=("http://127.0.0.1:5173/",))
        await here.put(msgspec.structs.replace(web.client, metadata=metadata))
        for port, status in (("5173", 303), ("5174", 400)):
            address = f"http://127.0.0.1:{port}/"
            answer = await http.get("/authorize", params=asked(client_id="spa", redirect_uri=address))
            assert answer.status_code == status, address


AMBIGUOUS: list[tuple[str, dict[str, Any]]] = [
    ("AZ-13", {"redirect_uri": [CALLBACK, "https://evil.example.com/"]}),
    ("AZ-13", {"redirect_uri": [CALLBACK, CALLBACK]}),
    ("AZ-13", {"client_id": ["shop", "spa"]}),
    ("AZ-15", {"client_id": "reader", "redirect_uri": None}),
    ("AZ-15", {"client_id": "reader", "redirect_uri": ""}),
    ("AZ-16", {"redirect_uri": "https://evil.example.com/", "prompt": "none"}),
    ("AZ-16", {"redirect_uri": "https://evil.example.com/", "response_type": "token"}),
    ("AZ-16", {"redirect_uri": "https://evil.example.com/", "scope": "nonsense"}),
    ("AZ-16", {"redirect_uri": "https://evil.example.com/", "response_mode": "form_post", "prompt": "none"}),
    ("AZ-16", {"client_id": "nobody", "prompt": "none"}),
    ("AZ-16", {"client_id": None}),
    ("AZ-16", {"client_id": "api.orders"}),
]


@pytest.mark.witness(ERRORS_STAY_HOME, REDIRECT_URI_REGISTERED)
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
async def test_nobody_is_sent_anywhere_before_it_is_known_where(here: World, method: str) -> None:
    """AZ-13 AZ-15 AZ-16: whatever else is wrong with the request."""
    async with here.visitor() as http, nothing_given(here):
        for row, change in AMBIGUOUS:
            sent = asked(**change)
            page = await (
                http.post("/authorize", data=sent)
                if method == "POST"
                else http.request(method, "/authorize", params=sent)
            )
            assert page.status_code == 400, (row, change)
            assert "location" not in page.headers
            assert "set-cookie" not in page.headers
            assert "<form" not in page.text


async def test_a_client_that_is_switched_off_is_told_nothing(here: World) -> None:
    """AZ-16: whoever has its address may be anybody by now."""
    await disable(here, "shop")
    await here.server.upkeep.directory.refresh()
    async with here.visitor() as http, nothing_given(here):
        for change in ({}, {"scope": "nonsense"}, {"prompt": "none"}):
            page = await http.get("/authorize", params=asked(**change))
            assert page.status_code == 400, change
            assert "location" not in page.headers


async def test_repeated_parameters_are_told_to_whom_it_concerns(here: World) -> None:
    """AZ-13: once client and address are known, the client hears of it."""
    async with here.visitor() as http, nothing_given(here):
        for name in ("response_type", "scope", "state", "nonce", "code_challenge", "response_mode", "prompt"):
            answer = await http.get("/authorize", params=asked(**{name: ["code", "code"]}))
            said = told(answer)
            assert said["error"] == "invalid_request", name
            assert "code" not in said
            assert ("state" in said) == (name != "state")
            assert await noted(here, answer) == "invalid_request"


UNREGISTRABLE = {
    "AZ-05": ("https://a.example/cb#", "https://a.example/cb#x"),
    "AZ-06": ("https://good.example@evil.example/", "http://localhost:80@evil.example/"),
    "AZ-08": ("https://*.example.com/", "https://a.example/*", "https://a.example/cb?*"),
    "AZ-10": (
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:https://a.example/x",
        "about:blank",
        "view-source:https://a.example/",
    ),
    "AZ-11": ("myapp:/callback", "myapp://callback"),
    "AZ-12": ("http://a.example/cb", "http://192.0.2.1/cb", "http://127.0.0.1.evil.example/"),
    "AZ-14": tuple(
        f"https://a.example/cb?{name}=x"
        for name in ("code", "state", "iss", "error", "response", "CODE", "c%6fde", "x=1&state", "x=1;state")
    ),
}


@pytest.mark.witness(REDIRECT_URI_SAFE)
@pytest.mark.parametrize("native", [True, False])
def test_what_cannot_be_registered(native: bool) -> None:
    """AZ-05 AZ-06 AZ-08 AZ-10 AZ-11 AZ-12 AZ-14: refused before anybody could ask for it."""
    for row, addresses in UNREGISTRABLE.items():
        for address in addresses:
            for development in (True, False):
                assert redirect_uri.acceptable(address, native=native, development=development), (row, address)
    assert redirect_uri.acceptable("com.example.app:/callback", native=True) is None


async def test_an_app_is_opened_with_an_address_and_never_posted_to(here: World) -> None:
    """A form cannot be posted to a scheme of an app's own: the code would be lost on the way."""
    async with here.visitor() as http, nothing_given(here):
        sent = asked(client_id="reader", redirect_uri="com.example.reader:/callback", response_mode="form_post")
        answer = await http.get("/authorize", params=sent)
        said = told(answer, "com.example.reader:/callback")
        assert said["error"] == "invalid_request"
