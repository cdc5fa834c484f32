"""What was asked of a real server and what it answered, as a driver that takes the model along the same way.

Requests begin and end in the order that was seen, and everything recorded in the chain of events happens in its order;
between these marks spin is free to find when each was read and written. The history is a trace of the model iff there is
a way to its end, where an ``assert(false)`` waits.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from prove.model.search import search, text

_REQUESTS = {
    "family": """
mtype = { refresh, revoke, forked };
proctype Request(byte i; mtype verb; byte f; byte c; byte v; mtype heard) {
    byte seen, given;
    bool o, at_head, token_cnf;
    mtype answer = nothing, event = wrote_nothing;
    if
    :: verb == refresh ->
        atomic { judge(f, c, v) };
        if
        :: answer == refused
        :: else -> atomic { redeem(f, v, o); record(i) }
        fi
    :: verb == revoke ->
        atomic {
            if
            :: c == f -> end_grant(f); record(i)
            :: else -> answer = given_back
            fi
        }
    fi;
    atomic {    /* a client sees no difference between a rotation and its repetition, but for the token that it gets */
        (answer == heard || (answer == replayed && heard == ok)) && (heard != ok || given == v + 1) ->
        hear(f, v); answered[i] = true
    }
}
inline prepare() { begin(0); begin(1) }
""",
    "code": """
mtype = { use, guess, switch_off, client_disabled };
proctype Request(byte i; mtype verb; byte k; byte c; byte v; mtype heard) {
    byte wanted = SCOPES;
    bool used;
    mtype answer = nothing, event = wrote_nothing;
    if
    :: verb == switch_off -> atomic { disable(k); event = client_disabled; record(i); answer = ok }
    :: else ->
        atomic { judge_code(k, c, (verb == use)) };
        if
        :: answer == refused
        :: else -> atomic { redeem(k); record(i) }
        fi;
    fi;
    atomic {
        answer == heard ->
        if
        :: verb != switch_off -> hear(k)
        :: else
        fi;
        answered[i] = true
    }
}
inline prepare() {
    for (k : 0 .. CODES - 1) {
        C.scope = SCOPES; K.completed = true; K.issued = true; K.consented = SCOPES; K.scope = SCOPES; G.grants = 1
    }
}
""",
}
_SETTINGS = {"family": {"TRACE": 1, "WINDOW": 1, "GENERATIONS": 30}, "code": {"TRACE": 1, "SCOPES": 1}}
_DRIVER = """
bool answered[{calls}];
bool bad;
byte written;
#define EXPECTED(n, what, by) ({expected})
inline record(i) {{
    if
    :: event == wrote_nothing
    :: else ->
        bad = bad || !EXPECTED(written, event, i);
        written++
    fi;
    event = wrote_nothing
}}
{request}
init {{
    byte f, k;
    atomic {{ prepare() }};
{marks}
    !bad && written == {written};
    assert(false)
}}
"""


@dataclass
class Call:
    """One request: what of what, by which client, with which value, and what was heard."""

    verb: str
    of: int
    by: int
    value: int
    heard: str = ""
    request_id: str = ""


@dataclass
class History:
    """What was seen of a run."""

    model: str
    calls: list[Call] = field(default_factory=list)
    marks: list[tuple[str, int]] = field(default_factory=list)
    """``begin`` and ``end`` of a call, in order."""
    events: list[tuple[str, int]] = field(default_factory=list)
    """The chain: what was recorded, and by which call."""

    def begins(self, call: Call) -> int:
        self.calls.append(call)
        self.marks.append(("begin", len(self.calls) - 1))
        return len(self.calls) - 1

    def ends(self, number: int, heard: str, request_id: str = "") -> None:
        self.calls[number].heard, self.calls[number].request_id = heard, request_id
        self.marks.append(("end", number))

    def promela(self) -> str:
        expected = " || ".join(
            f"(n == {n} && what == {event} && by == {by})" for n, (event, by) in enumerate(self.events)
        )
        expected = expected.replace("(n ==", "((n) ==")
        return text(self.model) + _DRIVER.format(
            calls=max(1, len(self.calls)),
            expected=expected or "false",
            request=_REQUESTS[self.model],
            marks="\n".join(self._mark(*mark) for mark in self.marks),
            written=len(self.events),
        )

    def _mark(self, mark: str, number: int) -> str:
        call = self.calls[number]
        if mark == "end":
            return f"    answered[{number}];"
        return f"    run Request({number}, {call.verb}, {call.of}, {call.by}, {call.value}, {call.heard});"


def accepted(history: History, place: Path) -> bool:
    """Whether *history* is a trace of its model. Every other way is tried before it is refused."""
    found = search(history.promela(), place, _SETTINGS[history.model], stuck=True)
    assert found.errors or found.exhausted
    assert not found.errors or found.violated == "assertion violated 0", found.violated
    return bool(found.errors)
