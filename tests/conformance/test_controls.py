"""The control: the same modules at a server whose answers are changed on the way. Each must be told by its module."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx2
import jwt
import pytest
from joserfc.errors import JoseError

from tests.conformance.plans import MANNERS, PLANS
from tests.conformance.play import Tamper, outcome
from tests.conformance.relying_party import forged, unsigned
from tests.conformance.suite import RETURN

OIDC_CORE = MANNERS[0]
Document = dict[str, Any]


def document(path: str, change: Callable[[Document], Any]) -> Tamper:
    """Change what *path* answers with 200, as a JSON object."""

    async def tamper(response: httpx2.Response) -> None:
        if response.url.path == path and response.status_code == 200:
            said = json.loads(await response.aread())
            change(said)
            response._content = json.dumps(said).encode()

    return tamper


def headers(path: str, change: Callable[[httpx2.Response], Any]) -> Tamper:
    """Change status and headers of what *path* answers."""

    async def tamper(response: httpx2.Response) -> None:
        if response.url.path == path:
            change(response)

    return tamper


def location(old: str, new: str) -> Tamper:
    """Change a word in every address that a browser is sent to, whichever way."""

    async def tamper(response: httpx2.Response) -> None:
        if "location" in response.headers:
            response.headers["location"] = response.headers["location"].replace(old, new)
        elif response.headers.get("content-type", "").startswith("text/html"):
            response._content = (await response.aread()).replace(old.encode(), new.encode())

    return tamper


def claims(token: str) -> Document:
    """What a JWT says, whoever signed it."""
    said: Document = jwt.decode(token, options={"verify_signature": False})
    return said


def resigned(said: Document) -> None:
    kid = jwt.get_unverified_header(said["id_token"])["kid"]
    said["id_token"] = forged(claims(said["id_token"]), kid)


def sent_there(response: httpx2.Response) -> None:
    response.status_code = 303
    response.headers["location"] = f"{RETURN}/unregistered?error=invalid_request"


def served_again(response: httpx2.Response) -> None:
    response.status_code = 200


DISCOVERY = "/.well-known/openid-configuration"
FAULTS: dict[str, tuple[str, Tamper]] = {
    "tokens in a cache": ("oidcc-server", headers("/token", lambda r: r.headers.update({"cache-control": "private"}))),
    "a token of another type": ("oidcc-server", document("/token", lambda d: d.update(token_type="MAC"))),
    "an unsigned ID token": (
        "oidcc-server",
        document("/token", lambda d: d.update(id_token=unsigned(claims(d["id_token"])))),
    ),
    "an ID token of somebody else": ("oidcc-server", document("/token", resigned)),
    "another access token": ("oidcc-server", document("/token", lambda d: d.update(access_token="x" * 43))),
    "another state": ("oidcc-server", location("state=", "state=x")),
    "another issuer": ("oidcc-server", location("iss=https", "iss=http")),
    "another person at userinfo": ("oidcc-userinfo-get", document("/userinfo", lambda d: d.update(sub="x"))),
    "a claim without a value": ("oidcc-scope-profile", document("/userinfo", lambda d: d.update(name=None))),
    "a claim of another type": ("oidcc-scope-email", document("/userinfo", lambda d: d.update(email_verified="true"))),
    "a claim that nobody allowed": ("oidcc-scope-email", document("/userinfo", lambda d: d.update(gender="x"))),
    "a redirect to a stranger": ("oidcc-ensure-registered-redirect-uri", headers("/authorize", sent_there)),
    "a code that is good twice": ("oidcc-codereuse", headers("/token", served_again)),
    "a request object that is ignored": (
        "oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported",
        location("request_not_supported", "invalid_scope"),
    ),
    "another issuer in the document": (
        "oidcc-discovery-endpoint-verification",
        document(DISCOVERY, lambda d: d.update(issuer=f"{d['issuer']}/")),
    ),
    "no RS256": (
        "oidcc-discovery-endpoint-verification",
        document(DISCOVERY, lambda d: d.update(id_token_signing_alg_values_supported=["ES256"])),
    ),
    "a key without a name": (
        "oidcc-discovery-endpoint-verification",
        document("/jwks", lambda d: d["keys"][0].pop("kid")),
    ),
    "a private key": ("oidcc-discovery-endpoint-verification", document("/jwks", lambda d: d["keys"][0].update(d="x"))),
}
"""What is wrong with the server → the module that must notice, and how it is made wrong."""


@pytest.mark.anyio
@pytest.mark.parametrize("fault", FAULTS)
async def test_the_module_notices(fault: str) -> None:
    """Whole answers pass (``test_modules.py``); this one does not."""
    module, tamper = FAULTS[fault]
    plan = next(plan for plan in PLANS if module in plan.modules)
    with pytest.raises((AssertionError, JoseError)):
        await outcome(plan, module, OIDC_CORE, tamper)
