"""A piece of ``licet.toml``: one ``[app.ID]`` or ``[api.NAME]``, laid out as people would."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from licet.registration.choices import SUPERVISED_TOKEN_S, Described

_BARE = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What only its owner can say of an app; what is left out is left out of the piece, or guessed where it must be."""

    client_id: str
    name: str | None = None
    url: str | None = None
    callbacks: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    because: str | None = None
    owner: str | None = None
    reference: str | None = None
    """The inline table behind ``key =`` or ``secret =``; a guess where it is None."""

    @property
    def redirect_uris(self) -> tuple[str, ...]:
        """The callbacks, whole."""
        return tuple(f"{self.url}{uri}" if self.url and uri.startswith("/") else uri for uri in self.callbacks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """What ``licet add api`` is told."""

    name: str
    audience: str
    scopes: tuple[tuple[str, str], ...] = ()
    sensitive: frozenset[str] = field(default_factory=frozenset)


def app(described: Described, names: Names) -> str:
    """The lines of an app, with everything that differs from what its kind would do anyway."""
    kind = described.kind
    lines = [("is", quoted(kind.name))]
    lines += [("because", quoted(names.because))] if names.because else []
    lines += [("name", quoted(names.name))] if names.name else []
    lines += [("url", quoted(names.url))] if names.url else []
    lines += [("callback", _one_or_many(names.callbacks))] if names.callbacks else []
    if described.proof != "none":
        lines.append((described.proof, names.reference or reference(described.proof, names.client_id)))
    lines.append(("may", f"[{', '.join(map(quoted, names.may))}]"))
    if described.asks_always and kind.consent != "always":
        lines.append(("consent", quoted("always")))
    if described.answers.regulated:
        lines.append(("token_lifetime", quoted(f"{SUPERVISED_TOKEN_S // 60}m")))
    lines += [("owner", quoted(names.owner))] if names.owner else []
    text = _table(f"app.{key(names.client_id)}", lines)
    if described.pushes and not kind.pushes:
        expert = [("require_pushed_authorization_requests", "true")]
        text += "\n" + _table(f"app.{key(names.client_id)}.expert", expert)
    return text


def api(it: Api) -> str:
    """The lines of an API and of its scopes."""
    text = _table(f"api.{key(it.name)}", [("audience", quoted(it.audience))])
    if not it.scopes:
        return text
    says = [
        (
            key(scope),
            f"{{ says = {quoted(words)}, sensitive = true }}" if scope in it.sensitive else quoted(words),
        )
        for scope, words in it.scopes
    ]
    return text + "\n" + _table(f"api.{key(it.name)}.scopes", says)


def reference(proof: str, client_id: str) -> str:
    """Where the secret or the key of *client_id* is looked for, unless somebody says otherwise."""
    if proof == "key":
        return f"{{ file = {quoted(f'{client_id}.pub.pem')} }}"
    return f"{{ env = {quoted(variable(client_id))} }}"


def variable(client_id: str, what: str = "SECRET") -> str:
    """The environment variable that a secret is in, or the path of a private key."""
    word = re.sub(r"[^A-Za-z0-9]+", "_", client_id).strip("_").upper()
    return f"{word}_{what}" if word[:1].isalpha() else f"APP_{word}_{what}"


def guessed(described: Described, client_id: str) -> Names:
    """Names for an app of which only its id is known: good to look at, to be changed by hand."""
    kind = described.kind
    may = ("openid", "profile") if kind.for_people else ("orders:read",)
    because = "say here why it fits nowhere else" if kind.needs_reason else None
    if not kind.redirects or kind.callbacks:
        return Names(client_id=client_id, may=may, because=because)
    if kind.application_type == "web" or described.proof != "none":
        url = f"https://{client_id}.example.com"
        return Names(client_id=client_id, url=url, callbacks=("/callback",), may=may, because=because)
    callback = "com.example.app:/callback" if kind.name == "mobile-app" else "http://127.0.0.1/callback"
    return Names(client_id=client_id, callbacks=(callback,), may=may, because=because)


def key(name: str) -> str:
    """A key of TOML, in quotes where it must be."""
    return name if _BARE.fullmatch(name) else quoted(name)


def quoted(text: str) -> str:
    """A basic string of TOML: JSON's are the same, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _one_or_many(texts: tuple[str, ...]) -> str:
    return quoted(texts[0]) if len(texts) == 1 else f"[{', '.join(map(quoted, texts))}]"


def _table(name: str, lines: list[tuple[str, str]]) -> str:
    width = max(len(word) for word, _ in lines)
    return "".join([f"[{name}]\n", *(f"{word:<{width}} = {value}\n" for word, value in lines)])
