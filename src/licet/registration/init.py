"""``licet init``: three answers, and the files of a first configuration. Pure; ``cli/init.py`` asks and writes.

The master key and the store go to directories of their own: whoever copies one has not copied the other.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from licet.ambient import Entropy
from licet.protocol import issuer as issuers
from licet.protocol import secret_token
from licet.registration.addresses import is_loopback
from licet.registration.kinds import BY_NAME, Kind
from licet.registration.manifest import NAME
from licet.registration.schema import FILE as SCHEMA
from licet.registration.schema import schema
from licet.storage.vault import MasterKeys

LOCAL = "http://127.0.0.1:8414"
"""The address where nobody named one: good for a look around on this machine."""

MASTER_KEY = "secrets/licet-master.key"
STORE = "data/licet.db"

_CHANGE = "<- change"
_SECRET = 0o600
_PLAIN = 0o644
_IGNORED = "# Nothing in here belongs in version control.\n*\n"
_DOMAIN_LABELS = 3
"""Of a host from which the first label may be taken: id.example.com has siblings, example.com has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What somebody wants to begin with."""

    issuer: str = LOCAL
    kind: Kind = field(default_factory=lambda: BY_NAME["web-app"])
    app_id: str = ""
    """Empty: named after its kind."""


@dataclass(frozen=True, slots=True)
class File:
    """One file to write, its path relative to the configuration's directory."""

    path: str
    text: str
    mode: int = _PLAIN
    optional: bool = False
    """Left as it is where it is there already."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """Everything ``licet init`` leaves behind; the configuration itself is the last file."""

    files: tuple[File, ...]
    notes: tuple[str, ...]
    """What the reader should know."""
    commands: tuple[str, ...]
    """What comes next."""


def address(answer: str) -> str:
    """The issuer that somebody means by *answer*: a bare host means https, and a slash at the end is no harm."""
    answer = answer.strip().rstrip("/")
    return answer if "://" in answer else f"https://{answer}"


def unacceptable(issuer: str) -> str | None:
    """Why a server may not be called *issuer*, if it may not."""
    return issuers.acceptable(issuer, development=is_loopback(issuer))


def begin(answers: Answers, entropy: Entropy) -> Beginning:
    """Lay out the files for *answers*, whose issuer is acceptable."""
    app_id = answers.app_id or f"my-{answers.kind.name}"
    files = [
        File("secrets/.gitignore", _IGNORED, optional=True),
        File("data/.gitignore", _IGNORED, optional=True),
        File(MASTER_KEY, MasterKeys.generate(entropy) + "\n", _SECRET),
    ]
    notes = [f"Keep {MASTER_KEY} safe and apart from data/: without it the store cannot be read."]
    secret = f"secrets/{app_id}.secret" if _has_secret(answers.kind) else None
    if secret:
        files.append(File(secret, secret_token.make("cs", entropy.bytes(secret_token.RANDOM_BYTES)) + "\n", _SECRET))
        notes.append(f"{app_id} signs in with what is in {secret}: give it to the app, and to nobody else.")
    files.append(File(SCHEMA, json.dumps(schema(), indent=2, ensure_ascii=False) + "\n", optional=True))
    files.append(File(NAME, _text(answers, app_id, secret)))
    notes.append(f"Addresses of the app and of its API in {NAME} are guesses: look for {_CHANGE}.")
    people = ("licet user add you@example.com",) if answers.kind.for_people else ()
    return Beginning(tuple(files), tuple(notes), (*people, "licet serve"))


def _has_secret(kind: Kind) -> bool:
    return kind.proof == "required" or (kind.proof == "optional" and kind.application_type == "web")


_Line = str | tuple[str, str]
"""A line, or a line and what to say of it at its end."""


def _text(answers: Answers, app_id: str, secret: str | None) -> str:
    blocks = [_head(answers.issuer), _api(answers.issuer), _app(answers, app_id, secret)]
    return "\n\n".join(_aligned(lines) for lines in blocks) + "\n"


def _aligned(lines: list[_Line]) -> str:
    """One line each, the remarks one below the other."""
    width = max(len(line[0]) for line in lines if isinstance(line, tuple))
    return "\n".join(line if isinstance(line, str) else f"{line[0]:<{width}}  # {line[1]}" for line in lines)


def _head(issuer: str) -> list[_Line]:
    lines: list[_Line] = [
        f"#:schema ./{SCHEMA}",
        "# The configuration of licet. Every key: docs/configuration.md",
        f"issuer = {_quoted(issuer)}",
        "",
        "[server]",
    ]
    if is_loopback(issuer):
        lines.append(f"listen = {_quoted(_own_listen(issuer))}")
    else:
        lines += [
            ('listen = "127.0.0.1:8414"', "a proxy on this machine ends TLS and connects here"),
            ('proxies = ["127.0.0.1"]', "whose word about the caller's address is believed"),
        ]
    return [
        *lines,
        f"store = {_quoted('sqlite:' + STORE)}",
        (f"secrets = {{ file = {_quoted(MASTER_KEY)} }}", "the master key: never beside the store"),
    ]


def _api(issuer: str) -> list[_Line]:
    return [
        ("[api.notes]", "what is protected; call it what it is"),
        (f"audience = {_quoted(_sibling(issuer, 'notes', 8000))}", f"{_CHANGE}: the API's address"),
        "",
        ("[api.notes.scopes]", "what may be asked for, in the words people read"),
        '"notes:read" = "Read your notes"',
        '"notes:write" = { says = "Write and delete your notes", sensitive = true }',
    ]


def _app(answers: Answers, app_id: str, secret: str | None) -> list[_Line]:
    kind = answers.kind
    may = ["openid", "profile", "notes:read"] if kind.for_people else ["notes:read"]
    lines: list[_Line] = [f"# A {kind.name}: {kind.because}.", f"[app.{_key(app_id)}]", f'is = "{kind.name}"']
    if kind.needs_reason:
        lines.append(('because = "say here why it fits nowhere else"', _CHANGE))
    if kind.for_people:
        lines.append(f"name = {_quoted(_title(app_id))}")
    lines += _callback(kind, answers.issuer)
    if secret:
        lines.append(f"secret = {{ file = {_quoted(secret)} }}")
    return [*lines, (f"may = [{', '.join(map(_quoted, may))}]", "what it may ask for, at most")]


def _callback(kind: Kind, issuer: str) -> list[_Line]:
    """Where people are brought back to: on its own address, on loopback, or by a scheme of its own."""
    if not kind.redirects or kind.callbacks:
        return []
    if kind.application_type == "web":
        return [
            (f"url = {_quoted(_sibling(issuer, 'app', 3000))}", f"{_CHANGE}: where the app lives"),
            ('callback = "/callback"', "on url, compared exactly"),
        ]
    if kind.name == "mobile-app":
        scheme = ".".join(reversed(_domain(issuer).split("."))) + ".app"
        return [(f"callback = {_quoted(f'{scheme}:/callback')}", f"{_CHANGE}: a domain of yours, turned round")]
    if kind.name == "tv-with-browser":
        return [(f"callback = {_quoted(_sibling(issuer, 'tv', 3000) + '/callback')}", _CHANGE)]
    return [('callback = "http://127.0.0.1/callback"', "this same computer, any port")]


def _sibling(issuer: str, name: str, port: int) -> str:
    """An address near the issuer's: another host of its domain, or another port of this machine."""
    return f"http://127.0.0.1:{port}" if is_loopback(issuer) else f"https://{name}.{_domain(issuer)}"


def _domain(issuer: str) -> str:
    """What the issuer's host is part of; example.com for addresses that are no part of anything."""
    host = urlsplit(issuer).hostname or ""
    if is_loopback(issuer) or _is_address(host) or "." not in host:
        return "example.com"
    labels = host.split(".")
    return ".".join(labels[1:] if len(labels) >= _DOMAIN_LABELS else labels)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _own_listen(issuer: str) -> str:
    parts = urlsplit(issuer)
    host = "127.0.0.1" if parts.hostname == "localhost" else parts.hostname or ""
    return f"[{host}]:{parts.port or 80}" if ":" in host else f"{host}:{parts.port or 80}"


def _title(app_id: str) -> str:
    return app_id.replace("-", " ").replace("_", " ").title()


def _key(name: str) -> str:
    return name if name.replace("-", "").replace("_", "").isalnum() and name.isascii() else _quoted(name)


def _quoted(text: str) -> str:
    """A basic string of TOML: JSON's are the same."""
    return json.dumps(text, ensure_ascii=False)
