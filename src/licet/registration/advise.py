"""Advice: from what is known of an app to how it should sign in, with every reason.

The questions are in ``questions.py``, the table in ``decisions.py``, each setting with its reason in ``choices.py``,
what was not chosen in ``rejections.py``, and the piece of the file in ``piece.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from licet.registration.choices import Choice, Described, Proof, choices
from licet.registration.decisions import Contradiction, decide, decide_as
from licet.registration.kinds import Kind
from licet.registration.model import DesiredApp
from licet.registration.piece import Names
from licet.registration.questions import TYPICAL, Answers
from licet.registration.rejections import Rejected, instead, rejected, residual


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """How an app should sign in."""

    app: Described
    choices: tuple[Choice, ...]
    rejected: tuple[Rejected, ...]
    instead: str | None
    residual: tuple[str, ...]


def advise(
    answers: Answers, *, named: str | None = None, prefers: Literal["key", "secret"] | None = None
) -> Advice | Contradiction:
    """The advice for *answers*, where the app says it is a *named* one, or was not asked.

    *prefers* is what it proves itself with where it can; a key where nothing is said and much is at stake.
    """
    found = decide(answers) if named is None else decide_as(named, answers)
    return found if isinstance(found, Contradiction) else about(found, answers, prefers=prefers)


def about(kind: Kind, answers: Answers | None = None, *, prefers: Literal["key", "secret"] | None = None) -> Advice:
    """What follows for an app of *kind*, where nothing contradicts."""
    answers = answers or TYPICAL[kind.name]
    app = Described(kind, answers, _proof(kind, answers, prefers))
    return Advice(app=app, choices=choices(app), rejected=rejected(app), instead=instead(app), residual=residual(app))


def with_answers(named: str | None, said: dict[str, Any]) -> Answers | None:
    """What is typical of a *named* kind, and what was *said*; None where too little is known."""
    if named is not None:
        return replace(TYPICAL[named], **said)
    if {"runs", "user", "browser", "typing", "secret"} <= said.keys():
        return Answers(**said)
    return None


def of(app: DesiredApp) -> tuple[Advice, Names]:
    """The advice for an app that the file has already, and what it says of itself."""
    proof: Literal["key", "secret"] | None = None
    if app.credentials.keys or app.credentials.secrets:
        proof = "key" if app.credentials.keys else "secret"
    typical = TYPICAL[app.kind.name]
    proves = proof is not None and app.kind.proof == "optional"
    answers = replace(
        typical,
        runs="server" if proves else typical.runs,
        secret=typical.secret or proves,
        party="third" if app.consent == "always" else typical.party,
        regulated=app.metadata.require_pushed_authorization_requests and not app.kind.pushes,
    )
    if app.kind.name == "legacy" and proof is None:
        answers = replace(answers, secret=False)
    names = Names(client_id=app.client_id, callbacks=app.metadata.redirect_uris, may=app.metadata.scope)
    return about(app.kind, answers, prefers=proof), names


def _proof(kind: Kind, answers: Answers, prefers: Literal["key", "secret"] | None) -> Proof:
    if kind.proof == "none" or (kind.proof == "optional" and not answers.secret):
        return "none"
    return prefers or ("key" if answers.regulated else "secret")
