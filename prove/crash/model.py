"""A small model of a grant: what a server may answer, and what it then remembers.

One step is one verb. It knows neither time nor storage: what it permits is all that is permitted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from prove.crash.history import LOST, THROTTLED, UNAVAILABLE, Call

ROTATING = frozenset({"spa", "tv"})
"""Public clients: their refresh token is new after each use (rulings F)."""


class State(NamedTuple):
    """What is remembered of a grant, or of a token that a client got for itself."""

    stage: str
    """Of what bought it: a device code is ``open`` until somebody agrees, then like a code ``good`` and ``used``."""
    head: str = ""
    """The one good refresh token; unknown (``?7``) where call 7 was not answered."""
    previous: str = ""
    """What it came of, while it is unused: whoever lost the answer may ask again (rulings F)."""
    ended: bool = False
    revoked: frozenset[str] = frozenset()
    """Access tokens that were given back alone."""


FIRST = {"authorize": State("good"), "ask_device": State("open"), "client_credentials": State("used")}
"""Verbs that begin something → its first state."""

Step = tuple[str, State]
"""The one answer that is right, and what is remembered after it."""


def _new_head(call: Call) -> str:
    return call.given.get("refresh", f"?{call.number}")


def redeem(state: State, call: Call) -> Step:
    """A code is good once; whoever brings it again ends what it bought (RFC 6749 §4.1.2)."""
    if state.stage == "used":
        return "refused", state._replace(ended=True)
    return ("refused", state) if state.ended else ("ok", state._replace(stage="used", head=_new_head(call)))


def redeem_device(state: State, call: Call) -> Step:
    """A device code is good once; asking again ends nothing (RFC 8628 §3.5)."""
    if state.stage == "open":
        return "pending", state
    if state.stage == "used":
        return "refused", state
    return "ok", state._replace(stage="used", head=_new_head(call))


def approve(state: State, _: Call) -> Step:
    return ("ok", state._replace(stage="good")) if state.stage == "open" else ("refused", state)


def refresh(state: State, call: Call) -> Step:
    """The head is good; its predecessor gets the same head again while that is unused; any other superseded token
    ends everything (OAuth 2.1 §4.3.1, rulings F)."""
    if state.ended:
        return "refused", state
    if call.thing == state.previous:
        return _repeated(state, call)
    if call.thing != state.head:
        return "refused", state._replace(ended=True)
    if call.by not in ROTATING:
        return "ok", state
    if call.given.get("refresh") == call.thing:
        return "another token than that", state
    return "ok", state._replace(head=_new_head(call), previous=call.thing)


def _repeated(state: State, call: Call) -> Step:
    """The same head as before; by this it may become known."""
    given = call.given.get("refresh", state.head)
    if given != state.head and not state.head.startswith("?"):
        return f"{state.head} again", state
    return "ok", state._replace(head=given)


def end(state: State, _: Call) -> Step:
    """A refresh token is given back: its grant ends (RFC 7009)."""
    return "ok", state._replace(ended=True)


def revoke(state: State, call: Call) -> Step:
    """An access token is given back: it goes alone."""
    return "ok", state._replace(revoked=state.revoked | {call.thing})


def look(state: State, call: Call) -> Step:
    """An API asks."""
    return ("inactive" if state.ended or call.thing in state.revoked else "active"), state


VERBS: dict[str, Callable[[State, Call], Step]] = {
    "redeem": redeem,
    "redeem_device": redeem_device,
    "approve": approve,
    "refresh": refresh,
    "end": end,
    "revoke": revoke,
    "look": look,
}


def step(state: State, call: Call) -> set[State]:
    """Every state that *call*, with the answer it had, can have left behind; none where the answer is not permitted."""
    if call.answer in {UNAVAILABLE, THROTTLED}:
        return {state}
    answer, after = VERBS[call.verb](state, call)
    if call.answer == LOST:
        return {state, after}
    return {after} if call.answer == answer else set()
