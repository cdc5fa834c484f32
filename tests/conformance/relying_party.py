"""An app as the suite plays it: asks, redeems, reads. Tokens are verified with joserfc, by the keys that are published."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import Any
from urllib.parse import quote, urlencode

import httpx2
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from tests.conformance.browser import Arrival, Browser, Shown
from tests.conformance.verdict import Refused
from tests.visitor import verifier

ANSWER = {"code", "state", "iss"}
"""All that comes back with success (RFC 6749 §4.1.2, RFC 9207 §2)."""
_LONGEST_LIFE_S = 50 * 365 * 24 * 3600
_OLDEST_S = 300
_DESCRIPTION = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]*")
"""RFC 6749 §5.2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """What an app has when somebody signed in."""

    answer: dict[str, str]
    asked: dict[str, str]
    code_verifier: str | None
    tokens: dict[str, Any]
    header: dict[str, Any]
    """Of the ID token."""
    claims: dict[str, Any]
    pages: tuple[Shown, ...]
    """That the person saw on the way."""

    @property
    def id_token(self) -> str:
        return str(self.tokens["id_token"])


@dataclass(kw_only=True)
class RelyingParty:
    """One client, and the browser of the person who uses it."""

    http: httpx2.AsyncClient
    browser: Browser
    metadata: dict[str, Any]
    client_id: str
    client_secret: str
    redirect_uri: str
    now: Any
    """The server's time, in seconds: tests move it."""
    response_mode: str | None = None
    pkce: bool = False
    auth: str = "client_secret_basic"
    scope: str = "openid"
    code_verifiers: dict[str, str] = field(default_factory=dict)

    def asks(self, **parameters: str | None) -> dict[str, str]:
        """The parameters of an authorization request; None leaves one out."""
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": self.scope,
            "state": token_urlsafe(8),
            "nonce": token_urlsafe(8),
            "response_mode": self.response_mode,
        }
        if self.pkce:
            asked |= self.challenged()
        return {name: value for name, value in (asked | parameters).items() if value is not None}

    def challenged(self) -> dict[str, str]:
        """A fresh challenge (RFC 7636 §4.3)."""
        code_verifier, challenge = verifier()
        self.code_verifiers[challenge] = code_verifier
        return {"code_challenge": challenge, "code_challenge_method": "S256"}

    def address(self, asked: dict[str, str]) -> str:
        return f"{self.metadata['authorization_endpoint']}?{urlencode(asked)}"

    async def opens(self, asked: dict[str, str]) -> Arrival | Shown:
        return await self.browser.opens(self.address(asked))

    async def authorizes(self, asked: dict[str, str], *, post: bool = False) -> dict[str, str]:
        """The answer to a request that must succeed."""
        where = (
            await self.browser.posts(self.metadata["authorization_endpoint"], asked)
            if post
            else await self.opens(asked)
        )
        answer = self.answered(where, asked)
        if "error" in answer:
            raise Refused(answer["error"], answer.get("error_description", ""))
        assert set(answer) == ANSWER, sorted(answer)
        assert len(answer["code"]) >= 22, "a code of fewer than 128 bits"
        return answer

    async def fails(self, asked: dict[str, str], *errors: str) -> dict[str, str]:
        """The answer to a request that must fail, with one of *errors*, before anybody is asked anything."""
        answer = self.answered(await self.opens(asked), asked)
        assert "code" not in answer, "a code, where an error was expected"
        if answer["error"] not in errors:
            raise Refused(answer["error"], answer.get("error_description", ""))
        return answer

    def answered(self, where: Arrival | Shown, asked: dict[str, str]) -> dict[str, str]:
        """What arrived, where and how it should."""
        assert isinstance(where, Arrival), f"the browser stands before {where}"
        assert where.address == self.redirect_uri.partition("?")[0], where.address
        if asked.get("response_mode") == "form_post":
            assert where.method == "POST" and not where.query, where
        answer = where.form if where.method == "POST" else where.query
        assert answer.get("state") == asked.get("state"), "another state"
        assert answer["iss"] == self.metadata["issuer"], answer["iss"]
        assert _DESCRIPTION.fullmatch(answer.get("error_description", "")), answer["error_description"]
        return answer

    async def signs_in(self, *, post: bool = False, **parameters: str | None) -> SignedIn:
        """From the request to verified tokens."""
        return await self.completes(self.asks(**parameters), post=post)

    async def completes(self, asked: dict[str, str], *, post: bool = False) -> SignedIn:
        """The same for a request that was put together already."""
        answer = await self.authorizes(asked, post=post)
        pages = tuple(self.browser.shown)
        code_verifier = self.code_verifiers.get(asked.get("code_challenge", ""))
        tokens = succeeded(await self.redeems(answer["code"], code_verifier))
        header, claims = await self.verifies(tokens, asked.get("nonce"))
        return SignedIn(
            answer=answer,
            asked=asked,
            code_verifier=code_verifier,
            tokens=tokens,
            header=header,
            claims=claims,
            pages=pages,
        )

    async def redeems(self, code: str, code_verifier: str | None) -> httpx2.Response:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect_uri}
        return await self.token(form | ({"code_verifier": code_verifier} if code_verifier else {}))

    async def token(self, form: dict[str, str]) -> httpx2.Response:
        """POST to the token endpoint, authenticated as registered (RFC 6749 §2.3.1)."""
        headers = {}
        if self.auth == "client_secret_post":
            form |= {"client_id": self.client_id, "client_secret": self.client_secret}
        else:
            pair = f"{quote(self.client_id, safe='')}:{quote(self.client_secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        return await self.http.post(self.metadata["token_endpoint"], data=form, headers=headers)

    async def keys(self) -> KeySet:
        return KeySet.import_key_set((await self.http.get(self.metadata["jwks_uri"])).json())

    async def verifies(self, tokens: dict[str, Any], nonce: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
        """Header and claims of the ID token, checked as a relying party must (OpenID Connect Core §3.1.3.7)."""
        token = jwt.decode(tokens["id_token"], await self.keys(), algorithms=["RS256"])
        claims = token.claims
        assert token.header["alg"] == "RS256" and token.header["kid"], token.header
        assert claims["iss"] == self.metadata["issuer"]
        assert (
            claims["aud"] in (self.client_id, [self.client_id]) and claims.get("azp", self.client_id) == self.client_id
        )
        assert self.now() < claims["exp"] < self.now() + _LONGEST_LIFE_S
        assert self.now() - _OLDEST_S <= claims["iat"] <= self.now() + 1
        assert claims.get("nonce") == nonce, "another nonce"
        assert 0 < len(claims["sub"]) <= 255 and claims["sub"].isascii()
        assert claims.get("auth_time", 0) <= claims["iat"]
        assert claims.get("acr") != "", "an acr without a value"
        if "at_hash" in claims:
            half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
            assert claims["at_hash"] == base64.urlsafe_b64encode(half).rstrip(b"=").decode()
        return token.header, claims

    async def userinfo(self, signed_in: SignedIn, method: str = "GET") -> dict[str, Any]:
        """What userinfo says of whoever signed in; the subject is the ID token's (OpenID Connect Core §5.3.2)."""
        headers = {"Authorization": f"Bearer {signed_in.tokens['access_token']}"}
        response = await self.http.request(method, self.metadata["userinfo_endpoint"], headers=headers)
        return told(response, signed_in)


def forged(claims: dict[str, Any], kid: str) -> str:
    """A JWT with *claims* that somebody else signed, under the name of a key that is not theirs."""
    return jwt.encode({"alg": "RS256", "kid": kid}, claims, RSAKey.generate_key(2048), algorithms=["RS256"])


def unsigned(claims: dict[str, Any]) -> str:
    """A JWT that nobody signed (RFC 7519 §6.1)."""
    parts = ({"alg": "none"}, claims)
    return ".".join(base64.urlsafe_b64encode(_json(part)).rstrip(b"=").decode() for part in parts) + "."


def succeeded(response: httpx2.Response) -> dict[str, Any]:
    """The tokens of an answer that is as RFC 6749 §5.1 wants it."""
    tokens = _document(response)
    if response.status_code != 200:
        raise Refused(tokens["error"], tokens.get("error_description", ""))
    assert "no-store" in response.headers["cache-control"]
    assert tokens["token_type"].lower() == "bearer"
    assert type(tokens["expires_in"]) is int and tokens["expires_in"] > 0
    assert len(tokens["access_token"]) >= 22
    return tokens


def failed(response: httpx2.Response, error: str, status: int = 400) -> None:
    """That a token request was refused with *error* (RFC 6749 §5.2)."""
    document = _document(response)
    assert (response.status_code, document.get("error")) == (status, error), (response.status_code, document)
    assert _DESCRIPTION.fullmatch(document.get("error_description", "")), document


def told(response: httpx2.Response, signed_in: SignedIn) -> dict[str, Any]:
    """The claims of a userinfo answer: about the same person, each with a value of its type."""
    assert response.status_code == 200, (response.status_code, response.text)
    claims = _document(response)
    assert claims["sub"] == signed_in.claims["sub"], "another subject than the ID token's"
    assert not [name for name, value in claims.items() if value is None or value == ""], claims
    for name, kind in (
        ("email_verified", bool), ("phone_number_verified", bool), ("updated_at", int), ("address", dict),
    ):  # fmt: skip
        assert isinstance(claims.get(name, kind()), kind), (name, claims[name])
    return claims


def _document(response: httpx2.Response) -> dict[str, Any]:
    assert response.headers["content-type"].partition(";")[0] == "application/json", response.headers["content-type"]
    document: dict[str, Any] = response.json()
    return document


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value).encode()
