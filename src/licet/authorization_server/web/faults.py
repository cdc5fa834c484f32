"""Refusals into answers: JSON for a client (RFC 6749 §5.2, RFC 6750 §3), a page for a person.

A status that a browser would act on (401 asks for a password in a box of its own) becomes 400 on pages.
"""

from __future__ import annotations

import re
from typing import Final

from licet.ambient import Entropy, Instant
from licet.authorization_server.exchange import Incoming, Json, Page, Problem
from licet.authorization_server.views import Developer, Fault
from licet.authorization_server.web.explanations import BROKEN, explain
from licet.authorization_server.web.refusals import MethodNotAllowed
from licet.protocol import challenge
from licet.protocol.errors import InsufficientScope, InvalidRequest, InvalidToken, Pending, Refusal
from licet.protocol.parameters import Parameters
from licet.requirements.model import Requirement

REALM: Final = "licet"

_UNSAFE: Final = re.compile(r"[^ !#-\[\]-~]")
"""What may not stand in ``error_description`` (RFC 6749 §5.2); it would also break out of a quoted header."""
_LONGEST: Final = 300
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's: no I, L, O, U, so that a reference can be read out over the telephone."""

_SHOWN: Final = frozenset(
    (
        *("client_id", "response_type", "response_mode", "redirect_uri", "scope", "resource", "audience", "prompt"),
        *("max_age", "display", "ui_locales", "acr_values", "code_challenge_method", "grant_type"),
    )
)
"""Parameters that are no secret."""
_SHORTENED: Final = frozenset({"state", "nonce", "code_challenge"})
"""Of these a developer sees both ends, to find them again. Of all others, passwords among them, nothing."""
_UNAUTHORIZED: Final = 401
_NOT_FOUND: Final = 404
_LONG: Final = 24
_MOST_SHOWN: Final = 32


def reference(entropy: Entropy) -> str:
    """What a person quotes to whoever helps: ``K7F2-9QXM``, forty bits, found again in the log."""
    letters = "".join([_ALPHABET[octet & 31] for octet in entropy.bytes(8)])
    return f"{letters[:4]}-{letters[4:]}"


def refused(refusal: Refusal, incoming: Incoming) -> Json:
    """Write a refusal for a client."""
    body = {
        "error": refusal.error,
        "error_description": legible(refusal.description),
        "error_uri": _UNSAFE.sub("", refusal.error_uri),
    }
    return Json(body=body, status=refusal.status, headers=(*_challenge(refusal, incoming), *waiting(refusal)))


def problem(refusal: Refusal, incoming: Incoming, mark: str) -> Problem:
    """Write a refusal for an operator's program (RFC 9457 §3.1).

    What is not there has no reference: whoever asks for an object of somebody else gets the bytes of one that never was.
    """
    per = refusal.per
    body = {
        "type": refusal.error_uri,
        "title": per.title if isinstance(per, Requirement) else str(per),
        "status": refusal.status,
        "detail": refusal.description,
        "error": refusal.error,
        **refusal.members,
    }
    if refusal.status != _NOT_FOUND:
        body["reference"] = mark
    return Problem(body=body, status=refusal.status, headers=(*_challenge(refusal, incoming), *waiting(refusal)))


def broken_problem(mark: str) -> Problem:
    """Write that we failed, and nothing about how."""
    body = {"type": "about:blank", "title": "Internal Server Error", "status": 500, "detail": "Our fault"}
    return Problem(body={**body, "error": "server_error", "reference": mark}, status=500)


def pending(answer: Pending) -> Json:
    """Write an answer to polling (RFC 8628 §3.5): it has the shape of an error and is none."""
    return Json(body={"error": answer.error, "error_description": answer.description}, status=400)


def broken(mark: str) -> Json:
    """Write that we failed, and nothing about how."""
    return Json(body={"error": "server_error", "error_description": f"Our fault; reference {mark}"}, status=500)


def refused_page(refusal: Refusal, incoming: Incoming, mark: str, *, development: bool) -> Page:
    """Write a refusal for a person; the developer's panel only in development."""
    words = explain(refusal)
    view = Fault(
        code=refusal.error,
        happened=words.happened,
        steps=words.steps,
        reference=mark,
        at=incoming.at,
        title=words.title,
        developer=_developer(refusal, incoming) if development else None,
    )
    return Page(view=view, status=400 if refusal.status == _UNAUTHORIZED else refusal.status)


def broken_page(at: Instant, mark: str) -> Page:
    """Write that we failed, and nothing about how."""
    view = Fault(
        code="server_error", happened=BROKEN.happened, steps=BROKEN.steps, reference=mark, at=at, title=BROKEN.title
    )
    return Page(view=view, status=500)


def waiting(refusal: Refusal) -> tuple[tuple[str, str], ...]:
    """``Retry-After`` and ``Allow``: what HTTP itself wants to say, on a page too."""
    if isinstance(refusal, MethodNotAllowed):
        return (("Allow", refusal.allow),)
    if refusal.retry_after_s is not None:
        return (("Retry-After", str(refusal.retry_after_s)),)
    return ()


def legible(text: str) -> str:
    """Keep a text inside the letters of ``error_description``, whatever a parameter was called."""
    return _UNSAFE.sub("?", text.replace('"', "'"))[:_LONGEST]


def _challenge(refusal: Refusal, incoming: Incoming) -> tuple[tuple[str, str], ...]:
    said: dict[str, str | None] = {"realm": REALM}
    if isinstance(refusal, (InvalidToken, InsufficientScope)):
        scheme = "Bearer"
    elif refusal.status == _UNAUTHORIZED:
        # Also to a client that did not use the header: 401 without a challenge is not HTTP (RFC 9110 §15.5.2).
        scheme = "Basic"
    else:
        return ()
    if scheme == "Basic" or _brought_a_token(incoming):
        said |= {"error": refusal.error, "error_description": legible(refusal.description)}
    if isinstance(refusal, InsufficientScope) and refusal.scope:
        said["scope"] = refusal.scope
    return (("WWW-Authenticate", challenge.write(challenge.bearer(said, scheme))),)


def _brought_a_token(incoming: Incoming) -> bool:
    """Who brought none is told nothing more than where one is needed (RFC 6750 §3.1)."""
    return incoming.authorization is not None or any(name == "access_token" for name in incoming.form)


def _developer(refusal: Refusal, incoming: Incoming) -> Developer:
    per = refusal.per
    sent, registered = refusal.compared or ("", "")
    rule = per if isinstance(per, Requirement) else None
    return Developer(
        explanation=refusal.description,
        rule=rule.id if rule else refusal.error,
        rule_url=per.url,
        citation=str(rule.sources[0].citation if rule else per),
        fix=rule.remedy if rule else "",
        sent=sent,
        registered=registered,
        request=(*_request(incoming.query), *_request(incoming.form))[:_MOST_SHOWN],
    )


def _request(parameters: Parameters) -> list[tuple[str, str]]:
    shown: list[tuple[str, str]] = []
    for name in parameters:
        try:
            value = parameters[name]
        except InvalidRequest:
            value = "(sent more than once)"
        else:
            value = value[:_LONGEST] if name in _SHOWN else _shortened(name, value)
        shown.append((name, value))
    return shown


def _shortened(name: str, value: str) -> str:
    return f"{value[:4]}…{value[-4:]}" if name in _SHORTENED and len(value) >= _LONG else "…"
