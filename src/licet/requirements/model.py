"""The words in which the law is written: a citation, how strongly it binds, whom, and why.

Data only. Imports nothing of licet: the law does not know who obeys it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Level(Enum):
    """How strongly a source speaks (RFC 2119, RFC 8174)."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"
    RULING = "ruling"
    """licet's own choice where its sources leave room."""


class Role(Enum):
    """Whom a requirement binds (RFC 6749 §1.1)."""

    AUTHORIZATION_SERVER = "authorization server"
    RESOURCE_SERVER = "resource server"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class Document:
    """A text that may be cited. Call it with a section to get a ``Citation``."""

    id: str
    """As people write it: ``RFC 6749``, ``OAuth 2.1 draft-16``, ``OpenID Connect Core 1.0``."""
    title: str
    url: str
    """Where it is read; ``{section}`` stands for the section's anchor, where the text has anchors."""

    def __call__(self, section: str) -> Citation:
        return Citation(self, section)


@dataclass(frozen=True, slots=True)
class Citation:
    """One section of one document."""

    document: Document
    section: str

    def __str__(self) -> str:
        return f"{self.document.id} §{self.section}"

    @property
    def url(self) -> str:
        """The address of the section, for ``error_uri`` and reports."""
        return self.document.url.replace("{section}", self.section)


@dataclass(frozen=True, slots=True)
class Source:
    """A citation and how strongly it binds."""

    citation: Citation
    level: Level
    note: str = ""


def MUST(citation: Citation, note: str = "") -> Source:  # noqa: N802  reads as the word it stands for
    """A source that demands."""
    return Source(citation, Level.MUST, note)


def SHOULD(citation: Citation, note: str = "") -> Source:  # noqa: N802  reads as the word it stands for
    """A source that recommends."""
    return Source(citation, Level.SHOULD, note)


def MAY(citation: Citation, note: str = "") -> Source:  # noqa: N802  reads as the word it stands for
    """A source that permits."""
    return Source(citation, Level.MAY, note)


def RULING(citation: Citation, note: str = "") -> Source:  # noqa: N802  reads as the word it stands for
    """A choice of licet's own, where its sources leave room or ask for less."""
    return Source(citation, Level.RULING, note)


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One thing that must hold, whoever says so, and what happens where it does not."""

    id: str
    """Stable, lower case with dashes; quoted in errors, waivers, reports and the changelog."""
    title: str
    """A sentence that is true of a server that obeys."""
    binds: Role
    sources: tuple[Source, ...]
    threat: str
    """What goes wrong without it, in one sentence."""
    remedy: str
    """What the party at fault does about it, in one sentence."""
    waivable: bool = False
    """Whether an operator may depart from it in writing, for a time."""
    by_construction: str = ""
    """Why no refusal needs to cite it: how the code makes a breach impossible. Empty where a refusal does."""
    unseen: str = ""
    """Why no witness can see it from outside. Empty where a test or probe does."""

    def __str__(self) -> str:
        return self.id

    @property
    def url(self) -> str:
        """The address of the first source."""
        return self.sources[0].citation.url
