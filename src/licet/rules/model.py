"""A rule, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeVar

from licet.requirements.model import Citation

F_contra = TypeVar("F_contra", contravariant=True)


class Severity(Enum):
    """How bad it is where a rule is broken."""

    CRITICAL = "critical"
    """Somebody else gets in."""
    HIGH = "high"
    """Somebody else gets in if one more thing goes wrong."""
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Generic[F_contra]):
    """One thing that should not be in a document."""

    id: str
    """Stable: ``LA-021``."""
    slug: str
    """The same in words, for people who type."""
    title: str
    """What is wrong where it is broken."""
    severity: Severity
    cites: tuple[Citation, ...]
    why: str
    """What can happen, in one sentence."""
    remedy: str
    """What to do about it, in one sentence."""
    judge: Callable[[F_contra], Iterator[str | tuple[str, str]]]
    """The facts → what is wrong, once for each thing that is; with the subject first, where a rule looks at many."""

    def findings(self, subject: str, facts: F_contra) -> Iterator[Finding]:
        """What this rule finds in *facts* of *subject*."""
        for said in self.judge(facts):
            of, message = (subject, said) if isinstance(said, str) else said
            yield Finding(self, of, message)


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that is broken, by what."""

    rule: Rule[Any]
    subject: str
    """``app.shop``, ``server``, an issuer."""
    message: str

    @property
    def severity(self) -> Severity:
        return self.rule.severity

    def __str__(self) -> str:
        return f"{self.severity.value} {self.rule.id} {self.subject}: {self.message}"
