"""``licet advise`` on a terminal: one question at a time, each with the reason why it is asked."""

from __future__ import annotations

from typing import Any

import click

from licet.registration.questions import QUESTIONS, Question, matters, settled

_BACK = object()


def ask(said: dict[str, Any]) -> dict[str, Any]:
    """Whatever is not *said* yet, asked; nothing is asked that changes nothing. Raises click.Abort where people quit."""
    click.echo("Answer with a word or its number; back goes back, quit ends.\n")
    answered: list[str] = []
    while True:
        question = next((one for one in QUESTIONS if one.name not in said and matters(one.name, said)), None)
        if question is None:
            return {**_settled(said), **said}
        answer = _one(question, first=not answered)
        if answer is _BACK:
            said = {name: value for name, value in said.items() if name != answered[-1]}
            answered.pop()
            continue
        said = {**said, question.name: answer}
        answered.append(question.name)


def _settled(known: dict[str, Any]) -> dict[str, Any]:
    return {one.name: settled(one.name, known) for one in QUESTIONS if one.name not in known}


def _one(question: Question, *, first: bool) -> Any:
    click.echo(f"{question.asks}\n  Why: {question.why}.")
    words = [word for word, _ in question.options]
    width = max(map(len, words))
    for number, (word, means) in enumerate(question.options, 1):
        click.echo(f"  {number}  {word:<{width}}" + (f"  {means}" if means != word else ""))
    while True:
        typed = click.prompt(">", default=words[0], prompt_suffix=" ").strip().lower()
        click.echo()
        if typed in {"quit", "q"}:
            raise click.Abort
        if typed in {"back", "b"}:
            if not first:
                return _BACK
            click.echo("This is the first question.")
            continue
        word = words[int(typed) - 1] if typed.isdecimal() and 0 < int(typed) <= len(words) else typed
        if word in words:
            return {"yes": True, "no": False}[word] if set(words) == {"yes", "no"} else word
        click.echo(f"Say one of: {', '.join(words)}, back, quit.")
