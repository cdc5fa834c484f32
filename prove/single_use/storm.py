"""Apps whose tabs all refresh at once, on a line that loses answers (rulings F, I): everybody stays signed in."""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt
from random import Random

from bench.wire import Answer
from prove.single_use.crowd import Request, crowd, said, unserved
from prove.single_use.person import Person, tokens
from prove.single_use.served import Served
from prove.single_use.stories import FORMS, allowed, counted

_ALONE = 8
"""Rounds of one request a family after the crowd: where its answer is lost, the app comes again with the old token."""
_LOST = 0.5
"""Of the answers."""
_ENDED = "SELECT count(*) FROM families WHERE ended_at IS NOT NULL"


def refresh_storm(served: Served, size: int, connections: int) -> list[str]:
    """As many families as each has requests. All that is sent in a round is the newest token that its app heard of, so
    that none does wrong: there is one successor, everybody is told it, and no family ends."""
    families = width = isqrt(size)
    with Person(served) as person:
        heads = [
            str(tokens(served, person, "spa", f"openid offline_access {FORMS['opaque']}")["refresh_token"])
            for _ in range(families)
        ]
    reused, ended = served.events("refresh.reused"), served.rows(_ENDED)
    luck, faults = Random(size), []
    for each in (width,) + (1,) * _ALONE:
        answers = crowd(served, [_refresh(served, head) for head in heads for _ in range(each)], connections)
        faults += unserved(answers, families * each) + allowed(answers, "200")
        heads, forked = _heard(heads, answers, luck)
        faults += [f"{forked} families forked"] if forked else []
    if served.rows(_ENDED) != ended:
        faults.append("a family ended")
    return faults + counted(served, "refresh.reused", reused, 0)


def _refresh(served: Served, head: str) -> Request:
    return Request("/token", served.mine("spa") | {"grant_type": "refresh_token", "refresh_token": head})


def _heard(heads: Sequence[str], answers: Sequence[Answer], luck: Random) -> tuple[list[str], int]:
    """The newest token that each app knows of after half of the answers were lost; in how many families there were
    several successors."""
    each, forked, newest = len(answers) // len(heads), 0, []
    for number, head in enumerate(heads):
        given = [
            said(answer)["refresh_token"]
            for answer in answers[number * each : (number + 1) * each]
            if answer.status == 200
        ]
        forked += len(set(given)) > 1
        newest.append(next((token for token in given if luck.random() >= _LOST), head))
    return newest, forked
