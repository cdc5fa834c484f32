"""How advice is told: to people, and to scripts."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterable
from typing import Any

from licet.cli.telling import as_json as versioned
from licet.registration import piece, snippets
from licet.registration.advise import Advice
from licet.registration.choices import grant_types
from licet.registration.decisions import Contradiction
from licet.registration.model import DesiredApi
from licet.registration.questions import TYPICAL
from licet.requirements.model import Citation, Requirement

_WIDTH = 100


def client(found: Advice, names: piece.Names, issuer: str, apis: Iterable[DesiredApi]) -> snippets.App:
    """What the client's code must know, with the *apis* that there are."""
    return snippets.App(
        issuer=issuer,
        client_id=names.client_id,
        scope=names.may,
        redirect_uris=names.redirect_uris or found.app.kind.callbacks,
        variable=piece.variable(names.client_id, "KEY_FILE" if found.app.proof == "key" else "SECRET"),
        apis=tuple(api.name for api in apis if {scope.name for scope in api.scopes} & set(names.may)),
    )


def as_text(found: Advice, names: piece.Names, app: snippets.App, *, there: bool) -> str:
    """For people: what, why, what not, what remains, and what comes next."""
    kind = found.app.kind
    lines = [f"It is a {kind.name}: {kind.because}.", ""]
    for choice in found.choices:
        lines += [f"{choice.topic}: {choice.value}", *_wrapped(f"because {choice.because}")]
        if choice.advised:
            lines.append(f"    advised {choice.advised}: not enforced by this version of licet yet")
        lines.append(f"    {_sources(choice.says)}")
    lines += ["", "Rejected:"]
    for one in found.rejected:
        lines += _wrapped(f"{one.what}: {one.why} ({one.citation})", "  ")
    if found.instead:
        lines += ["", "Instead:", *_wrapped(found.instead, "  ")]
    lines += ["", "What remains:", *(line for risk in found.residual for line in _wrapped(risk, "  "))]
    if there:
        lines += ["", f"It is in licet.toml already, as app.{names.client_id}."]
    else:
        lines += ["", "In licet.toml (licet add writes it):", ""]
        lines += [f"  {line}".rstrip() for line in piece.app(found.app, names).splitlines()]
    lines += ["", "Client code (--stack prints it):"]
    for stack in snippets.STACKS:
        code = snippets.snippet(stack, found.app, app)
        if isinstance(code, snippets.NotPrinted):
            lines += _wrapped(f"no {stack}: {code.why}", "  ")
        else:
            words = ["licet", "advise", "--id", names.client_id] if there else again(found, names)
            lines.append(f"  {shlex.join(words)} --stack {stack} > {code.file}")
    return "\n".join(lines)


def again(found: Advice, names: piece.Names) -> list[str]:
    """The words that lead to this advice."""
    app, typical = found.app, TYPICAL[found.app.kind.name]
    words = ["licet", "advise", "--is", app.kind.name, "--id", names.client_id]
    if app.answers.secret and not typical.secret:
        words += ["--runs", "server", "--secret"]
    words += ["--third-party"] if app.answers.party != typical.party else []
    words += ["--regulated"] if app.answers.regulated else []
    words += ["--proof", app.proof] if app.proof == ("secret" if app.answers.regulated else "key") else []
    guess = piece.guessed(app, names.client_id)
    if names.callbacks != guess.callbacks:
        words += [word for uri in names.callbacks for word in ("--callback", uri)]
    if names.may != guess.may:
        words += [word for scope in names.may for word in ("--may", scope)]
    return words


def as_json(found: Advice, names: piece.Names, app: snippets.App, stacks: tuple[str, ...]) -> str:
    """For scripts."""
    kind = found.app.kind
    body: dict[str, Any] = {
        "is": kind.name,
        "because": kind.because,
        "grant_types": list(kind.grant_types),
        "token_endpoint_auth_method": {"key": "private_key_jwt", "secret": "client_secret_post", "none": "none"}[
            found.app.proof
        ],
        "access_token_s": found.app.access_token_s,
        "choices": [
            {
                "topic": choice.topic,
                "value": choice.value,
                "because": choice.because,
                "advised_not_enforced": choice.advised or None,
                "requirements": [one.id for one in choice.says if isinstance(one, Requirement)],
                "sources": [str(citation) for citation in _citations(choice.says)],
            }
            for choice in found.choices
        ],
        "rejected": [{"what": one.what, "why": one.why, "source": str(one.citation)} for one in found.rejected],
        "instead": found.instead,
        "residual": list(found.residual),
        "toml": piece.app(found.app, names),
        "code": {stack: _code(snippets.snippet(stack, found.app, app)) for stack in stacks},
    }
    return versioned({"advice": body})


def contradiction(it: Contradiction, *, json: bool) -> str:
    """Why there is no advice, and what to say instead."""
    if json:
        told = {"name": it.name, "message": it.message, "fix": it.fix, "source": str(it.citation)}
        return versioned({"contradiction": told})
    return f"{it.message}. ({it.name}; {it.citation})\n  fix  {it.fix}"


def added(found: Advice, names: piece.Names) -> list[str]:
    """An app as ``licet add`` says it: what follows, why, what else it might be, and what it still needs."""
    app = found.app
    by_topic = {choice.topic: choice.value for choice in found.choices}
    words = [grant_types(app.kind), {"none": "public client", "secret": "a secret", "key": "a key"}[app.proof]]
    words.append("no refresh token" if app.kind.refresh == "none" else f"refresh token {by_topic['refresh token']}")
    lines = [f"{names.client_id} is a {app.kind.name} → {', '.join(words)}", f"  because  {app.kind.because}"]
    if found.instead:
        lines.append(f"  instead  {found.instead}")
    if app.proof == "secret" and (names.reference or "").partition("=")[0] != "{ file ":
        variable = piece.variable(names.client_id) if names.reference is None else names.reference.split('"')[1]
        lines.append(f"  needs    {variable} in the server's environment: openssl rand -base64 33 makes a good one")
    return lines


def _sources(per: tuple[Requirement | Citation, ...]) -> str:
    return "per " + ", ".join(one.id if isinstance(one, Requirement) else str(one) for one in per)


def _citations(per: tuple[Requirement | Citation, ...]) -> list[Citation]:
    return [one.sources[0].citation if isinstance(one, Requirement) else one for one in per]


def _code(code: snippets.Snippet | snippets.NotPrinted) -> dict[str, str]:
    if isinstance(code, snippets.NotPrinted):
        return {"why_not": code.why}
    return {"file": code.file, "needs": code.needs, "text": code.text}


def _wrapped(text: str, indent: str = "    ") -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=indent + "  ")
