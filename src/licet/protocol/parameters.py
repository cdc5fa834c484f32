"""Request parameters: each at most once, an empty one counts as absent (OAuth 2.1 §3.1, §3.2).

``resource`` (RFC 8707 §2) and ``audience`` (RFC 8693 §2.1) alone may repeat.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar, overload

from licet.protocol.errors import InvalidRequest
from licet.requirements import PARAMETERS_ONCE

T = TypeVar("T")

REPEATABLE = frozenset({"resource", "audience"})


class Parameters(Mapping[str, str]):
    """The parameters of one request, read as the specifications say.

    A repeated parameter is remembered, not refused, until someone asks for it or calls ``refuse_repeated``:
    the authorization endpoint must first learn whom to tell.
    """

    __slots__ = ("_repeatable", "_repeated", "_values")

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._values: dict[str, str] = {}
        self._repeatable: dict[str, tuple[str, ...]] = {}
        self._repeated: set[str] = set()
        for name, value in pairs:
            if name in REPEATABLE:
                if value:
                    self._repeatable[name] = (*self._repeatable.get(name, ()), value)
            elif name in self._values:
                self._repeated.add(name)
            else:
                self._values[name] = value

    @overload
    def get(self, name: str, /) -> str | None: ...
    @overload
    def get(self, name: str, /, default: str | T) -> str | T: ...
    def get(self, name: str, /, default: Any = None) -> Any:
        """As ``Mapping.get``, without an exception for each parameter that was not sent."""
        if name in self._repeated:
            return self[name]
        return self._values.get(name) or default

    def __getitem__(self, name: str) -> str:
        if name in self._repeated:
            raise InvalidRequest(f"{name} is repeated", per=PARAMETERS_ONCE)
        value = self._values[name]
        if not value:
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        return (name for name, value in self._values.items() if value)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def every(self, name: str) -> tuple[str, ...]:
        """All values of a parameter that may repeat, in the order sent."""
        return self._repeatable.get(name, ())

    def refuse_repeated(self) -> None:
        """Raise InvalidRequest if any parameter came twice (OAuth 2.1 §3.1, §3.2)."""
        for name in sorted(self._repeated):
            self[name]
