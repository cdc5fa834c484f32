"""Client code for an app, in the stack asked for: whole programs, run as printed by ``tests/registration``.

Each is put together from parts in the folder of its stack; ``@word@`` in them is what differs from app to app. A part
begins with its imports, up to a line ``---``.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from licet.registration.choices import Described
from licet.registration.kinds import CODE, CREDENTIALS, DEVICE

STACKS = ("python-requests", "python-httpx2", "curl", "javascript")

_HERE = Path(__file__).parent
_WORD = re.compile(r"@([a-z_0-9]+)@")


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """What a program must know of its app."""

    issuer: str
    client_id: str
    scope: tuple[str, ...]
    redirect_uris: tuple[str, ...]
    variable: str
    """The environment variable with the secret, or with the path of the private key."""
    apis: tuple[str, ...] = ()
    """The APIs that its scopes belong to, where they are known."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """A program."""

    file: str
    """What to call it."""
    needs: str
    """What must be installed, as a command."""
    text: str


@dataclass(frozen=True, slots=True)
class NotPrinted:
    """Why there is none."""

    why: str


def snippet(stack: str, described: Described, app: App) -> Snippet | NotPrinted:
    """The program for *app* in *stack*."""
    flow = _flow(stack, described)
    if isinstance(flow, NotPrinted):
        return flow
    if len(app.apis) > 1:
        named = ", ".join(app.apis)
        return NotPrinted(
            f"its scopes belong to several APIs ({named}), and a token is for one: name those of one, --may"
        )
    if stack == "curl" and described.proof == "key":
        return NotPrinted("a shell does not sign assertions: take python or javascript, or a secret")
    if flow == "loopback" and _loopback_path(app) is None:
        return NotPrinted("these programs take their answer on loopback: register http://127.0.0.1/callback for that")
    language = stack.partition("-")[0]
    words = _words(stack, app)
    parts = [_part(language, name, words) for name in _parts(flow, language, described, app)]
    return Snippet(file=f"{app.client_id}.{_SUFFIX[language]}", needs=_NEEDS[stack], text=_JOIN[language](parts))


def _flow(stack: str, described: Described) -> str | NotPrinted:
    kind = described.kind
    if CREDENTIALS in kind.grant_types:
        return "service"
    if CODE not in kind.grant_types or (stack == "curl" and DEVICE in kind.grant_types):
        return "device"
    if stack == "curl":
        return NotPrinted("a shell has no page to which a browser could come back: take python or javascript")
    if kind.name == "mobile-app":
        return NotPrinted("phones run none of these: take AppAuth for Android or iOS, which does the same")
    if kind.name == "browser-app":
        return NotPrinted("these run on servers: in a page take oidc-client-ts (docs/clients.md), or be a web-app")
    return "loopback" if kind.application_type == "native" and described.public else "web"


def _loopback_path(app: App) -> str | None:
    """Where on this machine an answer may arrive, on any port (RFC 8252 §7.3)."""
    parts = (urlsplit(uri) for uri in app.redirect_uris)
    return next((one.path for one in parts if (one.scheme, one.hostname, one.query) == ("http", "127.0.0.1", "")), None)


def _parts(flow: str, language: str, described: Described, app: App) -> Iterable[str]:
    yield "settings"
    yield f"proof_{described.proof}"
    yield "server"
    if language == "python" and flow != "service":
        yield "identity" if "openid" in app.scope else "anybody"
    if flow in {"web", "loopback"}:
        yield "send_pushed" if described.pushes else "send_browser"
        yield "code"
    yield flow


def _words(stack: str, app: App) -> dict[str, str]:
    quoted = _QUOTED[stack.partition("-")[0]]
    requests = stack == "python-requests"
    return {
        "issuer": quoted(app.issuer),
        "client_id": quoted(app.client_id),
        "scope": quoted(" ".join(app.scope)),
        "redirect_uri": quoted(next(iter(app.redirect_uris), "")),
        "path": quoted(_loopback_path(app) or ""),
        "variable": app.variable if stack == "curl" else quoted(app.variable),
        "insecure": ", client.allowInsecureRequests" if app.issuer.startswith("http:") else "",
        "http": stack.partition("-")[2],
        "once": ", allow_redirects=False" if requests else "",
        "unreachable": "RequestException" if requests else "TransportError",
    }


Part = tuple[list[str], str]
"""Import lines, and what stands below them."""


def _part(language: str, name: str, words: dict[str, str]) -> Part:
    text = (_HERE / language / f"{name}.txt").read_text(encoding="utf-8")
    # In one go: what a word stands for is not looked through again.
    head, _, body = _WORD.sub(lambda match: words[match[1]], text).partition("---\n")
    return [line for line in head.splitlines() if line], body.strip("\n")


def _python(parts: list[Part]) -> str:
    plain: set[str] = set()
    named: dict[str, set[str]] = defaultdict(set)
    for line in (line for head, _ in parts for line in head):
        if line.startswith("from "):
            module, _, names = line.removeprefix("from ").partition(" import ")
            named[module] |= set(names.split(", "))
        else:
            plain.add(line.removeprefix("import "))
    lines = [(name, f"import {name}") for name in sorted(plain)]
    lines += [(name, f"from {name} import {', '.join(sorted(named[name]))}") for name in sorted(named)]
    own: list[str] = []
    other: list[str] = []
    for module, line in lines:
        (own if module.partition(".")[0] in sys.stdlib_module_names else other).append(line)
    imports = "\n\n".join("\n".join(group) for group in (own, other) if group)
    return imports + "\n\n" + "\n\n\n".join(body for _, body in parts) + "\n"


def _python_text(text: str) -> str:
    """JSON writes what is not ASCII in a way that Python reads otherwise."""
    return json.dumps(text) if text.isascii() else repr(text)


def _javascript(parts: list[Part]) -> str:
    lines = sorted({line for head, _ in parts for line in head}, key=lambda line: ('"node:' not in line, line))
    return "\n".join(lines) + "\n\n" + "\n\n".join(body for _, body in parts) + "\n"


def _shell(parts: list[Part]) -> str:
    return "#!/bin/sh\n" + "\n\n".join(body for _, body in parts if body) + "\n"


_JOIN: dict[str, Callable[[list[Part]], str]] = {
    "python": _python,
    "javascript": _javascript,
    "curl": _shell,
}
_QUOTED: dict[str, Callable[[str], str]] = {"python": _python_text, "javascript": json.dumps, "curl": shlex.quote}
_SUFFIX = {"python": "py", "javascript": "mjs", "curl": "sh"}
_NEEDS = {
    "python-requests": "pip install requests joserfc",
    "python-httpx2": "pip install httpx2 joserfc",
    "javascript": "npm install openid-client",
    "curl": "curl and jq",
}
