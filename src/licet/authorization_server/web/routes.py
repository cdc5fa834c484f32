"""The table of paths: exact, each with its methods, its endpoint and its manners.

``app.py`` fills it in; nothing here knows what an endpoint does.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum

from licet.authorization_server.exchange import Answer, Incoming

Endpoint = Callable[[Incoming], Awaitable[Answer]]


class Kind(Enum):
    """Whom a path talks to, and so how it says no."""

    API = "api"
    """A client: refusals are JSON, nothing is stored."""
    PAGE = "page"
    """A person in a browser: refusals are pages."""
    DOCUMENT = "document"
    """Anyone: public, cacheable, readable from every origin (rulings Q)."""
    ADMINISTRATION = "administration"
    """An operator's program: refusals are problem documents (RFC 9457), nothing is stored."""


class Cors(Enum):
    """Which other origins' scripts may read the answers (rulings Q)."""

    NEVER = "never"
    REGISTERED = "registered"
    ANYONE = "anyone"


@dataclass(frozen=True, slots=True)
class Route:
    """One row of the table."""

    path: str
    """Below the issuer, beginning with a slash, compared exactly; ``{name}`` stands for one segment, and ``{name+}`` for
    all the rest."""
    methods: tuple[str, ...]
    """HEAD and OPTIONS come by themselves."""
    endpoint: Endpoint
    kind: Kind
    browsers: bool = False
    """An API that scripts of registered origins may call: token, userinfo, revocation (rulings Q)."""
    rooted: bool = False
    """The path begins at the host, not at the issuer: metadata of an issuer with a path (RFC 8414 §3.1)."""
    json: bool = False
    """Its body is JSON, not a form (RFC 7591 §3.1)."""
    body_bytes: int = 0
    """How long a body may be here; 0: as long as anywhere."""

    def __post_init__(self) -> None:
        if not self.path.startswith("/") or not self.methods:
            raise ValueError(f"{self.path!r} needs a leading slash and a method")
        if self.browsers and self.kind is not Kind.API:
            raise ValueError(f"{self.path}: only an API may be opened to registered origins")

    @property
    def cors(self) -> Cors:
        """Who may read the answers from a script."""
        if self.kind is Kind.DOCUMENT:
            return Cors.ANYONE
        return Cors.REGISTERED if self.browsers else Cors.NEVER


@dataclass(slots=True)
class Place:
    """A path with everything that may be done there."""

    path: str
    """Below the issuer, as endpoints know it."""
    kind: Kind
    cors: Cors
    json: bool = False
    body_bytes: int = 0
    pattern: re.Pattern[str] | None = None
    """Of a path with names in it, from the root of the host on."""
    endpoints: dict[str, Endpoint] = field(default_factory=dict)

    @property
    def allow(self) -> str:
        """The methods, for ``Allow``."""
        extra = ("HEAD", "OPTIONS") if "GET" in self.endpoints else ("OPTIONS",)
        return ", ".join((*self.endpoints, *extra))

    def named(self, path: str) -> tuple[str, ...]:
        """What stands in *path* for the names of this place, in their order."""
        found = self.pattern.fullmatch(path) if self.pattern else None
        return found.groups() if found else ()


class Templates:
    """The places whose paths have names in them: looked through only for what is nowhere else."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._places = tuple((place, place.pattern) for place in places if place.pattern)
        self._begin = tuple({pattern.pattern.partition("(")[0].replace("\\", "") for _, pattern in self._places})

    def find(self, path: str) -> Place | None:
        """The place that *path* leads to."""
        if not path.startswith(self._begin) or not self._begin:
            return None
        return next((place for place, pattern in self._places if pattern.fullmatch(path)), None)


def places(routes: Iterable[Route], base: str) -> dict[str, Place]:
    """Lay the table out by full path. Rows of one path are put together; they must agree in kind and openness."""
    by_path: dict[str, Place] = {}
    for route in routes:
        full = route.path if route.rooted else base + route.path
        new = Place(route.path, route.kind, route.cors, route.json, route.body_bytes, _pattern(full))
        place = by_path.setdefault(full, new)
        if (place.kind, place.cors) != (route.kind, route.cors) or place.endpoints.keys() & set(route.methods):
            raise ValueError(f"{full} is in the table twice")
        place.endpoints.update(dict.fromkeys(route.methods, route.endpoint))
    return by_path


_NAME = re.compile(r"\\\{[a-z]+(\\\+)?\\\}")


def _pattern(full: str) -> re.Pattern[str] | None:
    if "{" not in full:
        return None
    found = _NAME.sub(lambda name: "(.+)" if name[1] else "([^/]+)", re.escape(full))
    return re.compile(found, re.DOTALL)
