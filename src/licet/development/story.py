"""Telling what happens on the wire, for people and for scripts; secrets are shortened in both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from licet.client.transport import Answer, Exchange, Pairs
from licet.development.pages import read
from licet.protocol.jose import InvalidJWT, parse

_SECRET = frozenset({
    "access_token", "client_secret", "code", "code_verifier", "csrf", "device_code", "id_token", "password",
    "refresh_token", "transaction",
})  # fmt: skip
_UNTOLD = frozenset({"accept", "cookie"})
_LETTERS = 6
_WIDTH = 100
_LINES = 8
"""How much of an answer a person is shown; a script gets all."""


class Story:
    """What happened so far; *say* hears it line by line."""

    def __init__(self, say: Callable[[str], object], *, show_tokens: bool) -> None:
        self._say = say
        self._show = show_tokens
        self._title = ""
        self.steps: list[dict[str, Any]] = []
        self.tokens: dict[str, Any] = {}

    def tell(self, words: str) -> None:
        """What comes next, in words."""
        self._title = words
        self._say(f"\n{words}")

    def note(self, words: str) -> None:
        """A remark to what came last."""
        for line in words.splitlines():
            self._say(f"   {line}")

    def watch(self, exchange: Exchange) -> None:
        """Write down a request and its answer."""
        url = self._url(exchange.url)
        headers = {name: self._header(name, value) for name, value in exchange.headers if name.lower() not in _UNTOLD}
        form = {name: self._short(name, value) for name, value in exchange.form}
        answer = self._answer(exchange.answer)
        request = {"method": exchange.method, "url": url, **headers, **({"form": form} if form else {})}
        self.steps.append({"says": self._title, "request": request, "answer": answer})
        self._say(f"   {exchange.method} {url}")
        for name, value in (*headers.items(), *form.items()):
            self._say(_cut(f"      {name}: {value}"))
        self._say(f"   ← {_told(answer)}")
        for line in _lines(answer.get("body")):
            self._say(_cut(f"      {line}"))

    def decode(self, name: str, token: str | None) -> None:
        """Open up a token: what a JWT says; of anything else, that it is there."""
        if token is None:
            return
        opened: dict[str, Any] = {"value": token} if self._show else {}
        try:
            parsed = parse(token)
        except InvalidJWT:
            opened["opaque"] = True
            self.note(f"{name}: {self._short(name, token)} (a secret word that says nothing to anybody else)")
        else:
            opened |= {"alg": parsed.header.alg, "typ": parsed.header.typ, "claims": parsed.payload}
            self.note(f"{name} ({parsed.header.alg}), decoded:")
            for claim, value in parsed.payload.items():
                self._say(_cut(f"      {claim}: {_compact(value)}"))
        self.tokens[name] = opened

    def _answer(self, answer: Answer) -> dict[str, Any]:
        told: dict[str, Any] = {"status": answer.status}
        location, challenge = answer.header("location"), answer.header("www-authenticate")
        if location is not None:
            told["location"] = self._url(location)
        if challenge is not None:
            told["www_authenticate"] = challenge
        kind = answer.header("content-type") or ""
        if "html" in kind:
            told["page"] = read(answer.body.decode(errors="replace")).title
        elif "json" in kind:
            told["body"] = self._body(answer.body)
        return told

    def _body(self, raw: bytes) -> Any:
        try:
            body = msgspec.json.decode(raw)
        except msgspec.DecodeError:
            return None
        if not isinstance(body, dict):
            return body
        return {name: self._short(name, value) if isinstance(value, str) else value for name, value in body.items()}

    def _header(self, name: str, value: str) -> str:
        scheme, _, secret = value.partition(" ")
        return f"{scheme} {self._shortened(secret)}" if name.lower() == "authorization" else value

    def _url(self, url: str) -> str:
        """The address, its secrets shortened; written to be read, not to be opened."""
        parts = urlsplit(url)
        pairs: Pairs = tuple(parse_qsl(parts.query, keep_blank_values=True))
        if not any(name in _SECRET for name, _ in pairs):
            return url
        query = "&".join(f"{name}={self._short(name, value)}" for name, value in pairs)
        return parts._replace(query=query).geturl()

    def _short(self, name: str, value: str) -> str:
        return self._shortened(value) if name in _SECRET else value

    def _shortened(self, value: str) -> str:
        return value if self._show or not value else f"{value[:_LETTERS]}…({len(value)} characters)"


def _told(answer: dict[str, Any]) -> str:
    rest = [
        f"page “{answer['page']}”" if answer.get("page") else "",
        f"to {answer['location']}" if "location" in answer else "",
        answer.get("www_authenticate", ""),
    ]
    return " ".join([str(answer["status"]), *(word for word in rest if word)])


def _lines(body: Any) -> list[str]:
    """A JSON body for a person: a line for each thing in it, not too many."""
    if isinstance(body, list):
        lines = [_compact(item) for item in body]
    elif isinstance(body, dict):
        lines = [f"{name}: {_compact(value)}" for name, value in body.items()]
    else:
        return []
    more = len(lines) - _LINES
    return lines if more <= 1 else [*lines[:_LINES], f"… and {more} more"]


def _compact(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _cut(line: str) -> str:
    return line if len(line) <= _WIDTH else f"{line[:_WIDTH]}…"
