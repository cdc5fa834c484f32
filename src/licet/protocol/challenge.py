"""The ``WWW-Authenticate`` header: writing it and reading it (RFC 6750 §3, RFC 9110 §11.6.1).

A client reads it to learn where to get a token (RFC 9728 §5.1), with which scope, how strong a sign-in (RFC 9470 §3).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

_MAX_LENGTH = 8192
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_SCHEME = re.compile(rf"[ \t,]*({_TOKEN})(?: +|[ \t]*(?=,)|[ \t]*$)")
_PARAMETER = re.compile(rf'[ \t]*({_TOKEN})[ \t]*=[ \t]*(?:({_TOKEN})|"((?:[^"\\]|\\.)*)")[ \t]*(?=,|$)')
_TOKEN68 = re.compile(r"([A-Za-z0-9._~+/-]+=*)[ \t]*(?=,|$)")
_NEXT = re.compile(r"[ \t,]*,[ \t,]*")
_ESCAPED = re.compile(r"\\(.)")
_VISIBLE = re.compile(r"[\x20-\x7E]*")


class Challenge(msgspec.Struct, frozen=True):
    """One way to be let in."""

    scheme: str
    parameters: dict[str, str] = {}
    """Names in lower case."""
    token68: str | None = None
    """What some schemes say instead of parameters."""

    def is_for(self, scheme: str) -> bool:
        """Whether this is a challenge of *scheme*, however it is written."""
        return self.scheme.lower() == scheme.lower()


def bearer(parameters: Mapping[str, str | None], scheme: str = "Bearer") -> Challenge:
    """A challenge that says those of *parameters* that are not None, in their order.

    Where a request brought no token at all it says no ``error`` (RFC 6750 §3.1); *scheme* may be ``DPoP``.
    """
    return Challenge(scheme, {name: value for name, value in parameters.items() if value is not None})


def write(*challenges: Challenge) -> str:
    """The header's value; raises ValueError for what would not stay inside its quotes."""
    return ", ".join(_written(challenge) for challenge in challenges)


def read(header: str) -> tuple[Challenge, ...]:
    """The challenges in a header's value, as far as they can be read. Never raises: it is a stranger's text."""
    found: list[Challenge] = []
    position = 0
    header = header[:_MAX_LENGTH]
    while (scheme := _SCHEME.match(header, position)) is not None:
        parameters: dict[str, str] = {}
        position = scheme.end()
        token68 = None
        if _PARAMETER.match(header, position) is not None:
            position = _read_parameters(header, position, parameters)
        elif (alone := _TOKEN68.match(header, position)) is not None:
            token68, position = alone[1], alone.end()
        found.append(Challenge(scheme[1], parameters, token68))
    return tuple(found)


def _read_parameters(header: str, position: int, parameters: dict[str, str]) -> int:
    """Fill *parameters* from *position* on, and tell where they end. The first of two that are named alike counts."""
    while (one := _PARAMETER.match(header, position)) is not None:
        value = one[2] if one[3] is None else _ESCAPED.sub(r"\1", one[3])
        parameters.setdefault(one[1].lower(), value)
        position = one.end()
        comma = _NEXT.match(header, position)
        # Behind a comma comes another parameter or another challenge; only the equals sign tells.
        if comma is None or _PARAMETER.match(header, comma.end()) is None:
            break
        position = comma.end()
    return position


def _written(challenge: Challenge) -> str:
    said = ", ".join(f'{name}="{_quoted(value)}"' for name, value in challenge.parameters.items())
    return " ".join(part for part in (challenge.scheme, challenge.token68, said) if part)


def _quoted(value: str) -> str:
    if _VISIBLE.fullmatch(value) is None:
        raise ValueError("a challenge says visible ASCII only")
    return value.replace("\\", "\\\\").replace('"', '\\"')
