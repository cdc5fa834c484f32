"""What must be known of an app before anybody can say how it should sign in: eight questions, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Runs = Literal["server", "browser", "phone", "computer", "terminal", "tv"]
Acts = Literal["no", "agent", "mcp-client"]
Party = Literal["own", "third"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What is known of an app."""

    runs: Runs
    user: bool
    browser: bool
    typing: bool
    secret: bool
    agent: Acts = "no"
    party: Party = "own"
    regulated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One thing that is asked, one at a time."""

    name: str
    """The field of ``Answers`` that it fills."""
    asks: str
    why: str
    """What depends on the answer."""
    options: tuple[tuple[str, str], ...]
    """Words that may be answered, and what each means; the first where nothing is said."""
    flags: tuple[str, ...]
    """How scripts say it."""


_YES_NO = (("yes", "yes"), ("no", "no"))
_NO_YES = (("no", "no"), ("yes", "yes"))

QUESTIONS: tuple[Question, ...] = (
    Question(
        name="runs",
        asks="Where does it run?",
        why="whoever holds the machine can read whatever is on it, so this decides whether a secret can exist",
        options=(
            ("server", "on machines that only you can look into"),
            ("browser", "as script in a web page"),
            ("phone", "on people's phones and tablets"),
            ("computer", "on people's computers, with windows"),
            ("terminal", "on people's computers, in a terminal"),
            ("tv", "on a TV, a box or a device"),
        ),
        flags=("--runs",),
    ),
    Question(
        name="user",
        asks="Does it act for a person who signs in?",
        why="only a person can allow something; what acts for itself has rights of its own",
        options=_YES_NO,
        flags=("--user", "--no-user"),
    ),
    Question(
        name="browser",
        asks="Does the person have a browser there?",
        why="in a browser people see the address of the page that takes their password; a code is for where there is none",
        options=_YES_NO,
        flags=("--browser", "--no-browser"),
    ),
    Question(
        name="typing",
        asks="Can the person type there without pain?",
        why="a password is not typed with a remote control: the sign-in then moves to a phone",
        options=_YES_NO,
        flags=("--typing", "--constrained"),
    ),
    Question(
        name="secret",
        asks="Can it keep a secret?",
        why="what proves who it is gets tokens that a thief cannot renew; a secret that everyone holds proves nothing",
        options=_YES_NO,
        flags=("--secret", "--no-secret"),
    ),
    Question(
        name="agent",
        asks="Does it decide by itself what to do, as an agent does?",
        why="what acts while nobody watches gets tokens that are over soon",
        options=(("no", "no"), ("agent", "yes, an agent"), ("mcp-client", "yes, and it speaks MCP to its tools")),
        flags=("--agent", "--mcp", "--no-agent"),
    ),
    Question(
        name="party",
        asks="Whose is it?",
        why="people are asked each time before something of theirs goes to somebody else",
        options=(("own", "yours"), ("third", "somebody else's")),
        flags=("--own", "--third-party"),
    ),
    Question(
        name="regulated",
        asks="Is it about money, health, or anything that is supervised?",
        why="then a key is asked for where a secret would do, and requests are pushed",
        options=_NO_YES,
        flags=("--regulated", "--no-regulated"),
    ),
)

TYPICAL: dict[str, Answers] = {
    "web-app": Answers(runs="server", user=True, browser=True, typing=True, secret=True),
    "browser-app": Answers(runs="browser", user=True, browser=True, typing=True, secret=False),
    "mobile-app": Answers(runs="phone", user=True, browser=True, typing=True, secret=False),
    "desktop-app": Answers(runs="computer", user=True, browser=True, typing=True, secret=False),
    "cli": Answers(runs="terminal", user=True, browser=True, typing=True, secret=False),
    "tv": Answers(runs="tv", user=True, browser=False, typing=False, secret=False),
    "device": Answers(runs="tv", user=True, browser=False, typing=True, secret=False),
    "tv-with-browser": Answers(runs="tv", user=True, browser=True, typing=True, secret=False),
    "service": Answers(runs="server", user=False, browser=False, typing=False, secret=True),
    "partner-app": Answers(runs="server", user=True, browser=True, typing=True, secret=True, party="third"),
    "mcp-client": Answers(runs="computer", user=True, browser=True, typing=True, secret=False, agent="mcp-client"),
    "agent": Answers(runs="computer", user=True, browser=True, typing=True, secret=False, agent="agent"),
    "legacy": Answers(runs="server", user=True, browser=True, typing=True, secret=True),
}
"""What is meant by each word that ``is =`` may say, where nothing else is said."""

RUNS: tuple[str, ...] = get_args(Runs)


_ASKED_WHERE = {"browser": ("tv", "computer"), "typing": ("tv",), "secret": ("server",)}
"""Elsewhere there is one good answer to these."""


def matters(question: str, known: Mapping[str, object]) -> bool:
    """Whether *question* still changes anything, by what is *known*: nobody is asked for nothing."""
    if question in {"browser", "typing"} and known.get("user") is False:
        return False
    return question not in _ASKED_WHERE or known.get("runs") in _ASKED_WHERE[question]


def settled(question: str, known: Mapping[str, object]) -> bool:
    """The answer to a question that does not matter."""
    return question != "secret" and known.get("user") is not False
