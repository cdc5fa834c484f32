"""Replays a history against the model: is there an order of what happened that explains every answer?

Each grant is judged by itself. Calls that overlapped may have happened in any order, others in the order of the
clock (linearisability); a lost call happened before the server died, or never.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from prove.crash.history import LOST, UNAVAILABLE, Call
from prove.crash.model import FIRST, State, step

_CARRIED = ("code", "device", "access", "refresh")


def faults(calls: Iterable[Call]) -> list[str]:
    """What no right server can have answered; empty where there is an explanation for everything."""
    begun, told, wrong = lineage(calls)
    for root, state in begun.items():
        if not explained(told[root], state):
            wrong.append("no order explains\n  " + "\n  ".join(str(call) for call in _by_beginning(told[root])))
    return wrong


def lineage(calls: Iterable[Call]) -> tuple[dict[str, State], dict[str, list[Call]], list[str]]:
    """What began each grant, every call about it, and what is wrong whatever the order."""
    begun: dict[str, State] = {}
    told: dict[str, list[Call]] = defaultdict(list)
    owner: dict[str, str] = {}
    wrong: list[str] = []
    for call in sorted(calls, key=lambda call: call.ended):
        given = [call.given[kind] for kind in _CARRIED if kind in call.given]
        # A refresh token may be given again, to a retry: whether it was one is for the model to say.
        repeated = [value for value in given if value in owner and not _retry(call, value)]
        wrong += [f"given out twice: {value[:14]}… by {call}" for value in repeated]
        if call.verb in FIRST:
            if call.answer == "ok" and given:
                begun[given[0]] = FIRST[call.verb]
                owner[given[0]] = given[0]
            elif call.answer not in {LOST, UNAVAILABLE}:
                wrong.append(f"not an answer: {call}")
            continue
        root = owner.get(call.thing)
        if root is None:
            wrong.append(f"presented before it was given: {call}")
            continue
        told[root].append(call)
        owner.update(dict.fromkeys(given, root))
    return begun, told, wrong


def _retry(call: Call, value: str) -> bool:
    return call.verb == "refresh" and call.given.get("refresh") == value


def explained(calls: Sequence[Call], first: State) -> bool:
    """Look for an order, depth first; what was tried is remembered, so that a grant costs milliseconds."""
    ordered = _by_beginning(calls)
    everything = (1 << len(ordered)) - 1
    waiting = [(0, first)]
    tried = set(waiting)
    while waiting:
        done, state = waiting.pop()
        if done == everything:
            return True
        left = [number for number in range(len(ordered)) if not done >> number & 1]
        horizon = min(ordered[number].ended for number in left)
        for number in left:
            if ordered[number].began > horizon:  # something else had been answered before it was asked
                break
            for after in step(state, ordered[number]):
                reached = (done | 1 << number, after)
                if reached not in tried:
                    tried.add(reached)
                    waiting.append(reached)
    return False


def _by_beginning(calls: Iterable[Call]) -> list[Call]:
    return sorted(calls, key=lambda call: call.began)
