"""How a module ends. What is not one of these is a failure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """The end of a module."""

    word: str
    """passed, warning, review, skipped, refused or failed."""
    why: str = ""

    def __str__(self) -> str:
        return f"{self.word}: {self.why}" if self.why else self.word


PASSED = Verdict("passed")


class Skipped(Exception):  # noqa: N818  an end, not an error
    """What the module looks at is not offered, which is allowed."""


class Refused(AssertionError):  # noqa: N818  the answer that came
    """The server answered with an error where success was expected."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description
