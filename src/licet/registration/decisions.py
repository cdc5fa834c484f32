"""From answers to what an app is: one table, read from the top; the first row that fits decides.

Contradictions come first: what cannot be is named, with what to say or build instead. ``legacy`` is in
no row: nobody is advised to be one.
"""

from __future__ import annotations

from dataclasses import dataclass

from licet.registration.kinds import BY_NAME, Kind
from licet.registration.questions import TYPICAL, Answers
from licet.requirements.documents import OAUTH_2_1, RFC_6749, RFC_8252, RFC_8628, RFC_9700
from licet.requirements.model import Citation

_OPEN = ("browser", "phone", "computer", "terminal", "tv")
_ACTING = ("agent", "mcp-client")
_YES, _NO = (True,), (False,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """Answers that do not go together."""

    name: str
    message: str
    fix: str
    citation: Citation


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what it is for, and what follows."""

    when: dict[str, tuple[object, ...]]
    """The answers it fits; what is not named may be anything."""
    then: str | Contradiction

    def fits(self, answers: Answers) -> bool:
        """Whether every answer is one of this row's."""
        return all(getattr(answers, name) in values for name, values in self.when.items())


def _no(name: str, message: str, fix: str, citation: Citation) -> Contradiction:
    return Contradiction(name=name, message=message, fix=fix, citation=citation)


DECISIONS: tuple[Row, ...] = (
    Row(
        {"runs": _OPEN, "secret": _YES},
        _no(
            "secret-in-the-open",
            "It runs where its users can look, so everyone holds a copy of what it calls a secret",
            "say --no-secret, or move what needs the secret to a server of yours: --runs server",
            RFC_8252("8.5"),
        ),
    ),
    Row(
        {"runs": _OPEN, "user": _NO},
        _no(
            "itself-in-the-open",
            "It acts for itself, and so must prove who it is; where it runs it has nothing to prove that with",
            "let a person sign in: --user; or let a server of yours make the call: --runs server --secret",
            RFC_6749("4.4"),
        ),
    ),
    Row(
        {"user": _NO, "secret": _NO},
        _no(
            "itself-without-proof",
            "It acts for itself, and nothing shows that it is itself: anyone could ask for its tokens",
            "give it a key or a secret: --secret",
            RFC_6749("4.4"),
        ),
    ),
    Row({"user": _NO}, "service"),
    Row(
        {"runs": ("browser", "phone", "server"), "browser": _NO},
        _no(
            "no-browser-where-there-is-one",
            "People reach it through a browser, so there is one",
            "say --browser; if they sit before a device without one, that device is the app: --runs tv",
            RFC_8628("1"),
        ),
    ),
    Row(
        {"runs": ("browser", "phone", "server", "computer"), "typing": _NO, "browser": _YES},
        _no(
            "constrained-elsewhere",
            "People type there well enough: they have a keyboard and a browser",
            "say --typing; if it is a kiosk or a box with a remote control, say --runs tv",
            RFC_8628("1"),
        ),
    ),
    Row(
        {"runs": ("browser",), "agent": _ACTING},
        _no(
            "agent-in-a-page",
            "An agent goes on when the page is closed, so it does not run in the page",
            "put it on a server behind the page: --runs server; or say --no-agent",
            OAUTH_2_1("2.1"),
        ),
    ),
    Row(
        {"agent": _ACTING, "browser": _NO},
        _no(
            "agent-without-browser",
            "Somebody must see what they allow an agent, and that is shown in a browser",
            "say --browser, or run it where there is one: --runs computer",
            RFC_8628("5.4"),
        ),
    ),
    Row(
        {"runs": ("server",), "secret": _NO, "agent": ("no",)},
        _no(
            "server-without-proof",
            "It runs on a server, where a secret is safe, and yet it has none",
            "say --secret: then its tokens are worthless to who only steals them from elsewhere",
            RFC_9700("2.5"),
        ),
    ),
    Row(
        {"regulated": _YES, "secret": _NO},
        _no(
            "regulated-in-the-open",
            "What is supervised must know which app calls, and this one cannot prove it",
            "put a server of yours between, and let that sign people in: --runs server --secret",
            RFC_9700("2.5"),
        ),
    ),
    Row({"agent": ("mcp-client",)}, "mcp-client"),
    Row({"agent": ("agent",)}, "agent"),
    Row({"runs": ("server",), "party": ("third",)}, "partner-app"),
    Row({"runs": ("server",)}, "web-app"),
    Row({"runs": ("browser",)}, "browser-app"),
    Row({"runs": ("phone",)}, "mobile-app"),
    Row({"runs": ("computer",), "browser": _YES}, "desktop-app"),
    Row({"runs": ("computer", "terminal")}, "cli"),
    Row({"runs": ("tv",), "typing": _NO}, "tv"),
    Row({"runs": ("tv",), "browser": _NO}, "device"),
    Row({"runs": ("tv",)}, "tv-with-browser"),
)


def decide(answers: Answers) -> Kind | Contradiction:
    """What an app of which this is known is, or why there is no such app."""
    then = next(row.then for row in DECISIONS if row.fits(answers))
    return then if isinstance(then, Contradiction) else BY_NAME[then]


def decide_as(name: str, answers: Answers) -> Kind | Contradiction:
    """Whether an app that says it is a *name* is one; *answers* are what is typical of it, and what was said besides."""
    found = decide(answers)
    if name == "legacy" and getattr(found, "name", "") != "secret-in-the-open":
        return BY_NAME[name]  # whatever it is, somebody writes down why
    if isinstance(found, Contradiction) or found.name == name:
        return found
    said = ", ".join(
        f"{field}: {_word(getattr(answers, field))}"
        for field in Answers.__dataclass_fields__
        if getattr(answers, field) != getattr(TYPICAL[name], field)
    )
    return Contradiction(
        name="is-something-else",
        message=f"With {said}, it is no {name}",
        fix=f"say --is {found.name}, or leave out what does not fit",
        citation=RFC_6749("2.1"),
    )


def _word(value: object) -> str:
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
