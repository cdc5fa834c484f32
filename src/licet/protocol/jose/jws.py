"""Reading compact signed JWTs (RFC 7515 §7.1, RFC 7519 §7.2, RFC 8725).

Cheap checks first: size, form, header; then the signature; the claims are not even parsed before it is good.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from licet.protocol.jose import base64url
from licet.protocol.jose.algorithms import ALGORITHMS
from licet.protocol.jose.jwk import MAX_KID, VerifyingKey
from licet.protocol.jose.model import Header, InvalidJWT, UnknownKey, Unverified
from licet.protocol.jose.strict_json import object_of

MAX_BYTES = 8192

_MAX_HEADER = 2048
_MAX_TRIES = 4
"""How many keys are tried for a token that names none: two in rotation, of two algorithms."""
_REFUSED = frozenset({"crit", "b64", "zip", "enc"})
"""Extensions that change what a token means (RFC 7515 §4.1.11, RFC 7797), and the marks of an encrypted one."""


def parse(token: str, max_bytes: int = MAX_BYTES) -> Unverified:
    """The parts of *token*, of good form but not verified; raises InvalidJWT."""
    head, body, tail = _split(token, max_bytes)
    return Unverified(
        header=_header(head),
        payload=object_of(base64url.decode(body)),
        signing_input=f"{head}.{body}".encode(),
        signature=base64url.decode(tail),
    )


def header_of(token: str, max_bytes: int = MAX_BYTES) -> Header:
    """The header of *token*, to choose its keys by; raises InvalidJWT. Nothing of it is proven yet."""
    return _header(_split(token, max_bytes)[0])


def verify(
    token: str,
    keys: Mapping[str, VerifyingKey] | Sequence[VerifyingKey],
    algs: frozenset[str],
    typ: frozenset[str | None],
    max_bytes: int = MAX_BYTES,
) -> dict[str, Any]:
    """The claims of *token*, signed by one of *keys* with one of *algs*, and of one of the types *typ*.

    None among *typ* stands for a token that says no type. The claims themselves are for the caller to judge.

    Raises UnknownKey where no key has the token's ``kid``, InvalidJWT for everything else.
    """
    head, body, tail = _split(token, max_bytes)
    header = _header(head)
    if header.typ not in _types(typ):
        raise InvalidJWT("is of another type than is asked for here")
    if header.alg not in algs:
        raise InvalidJWT("is signed with an algorithm that is not taken here")
    signing_input, signature = f"{head}.{body}".encode(), base64url.decode(tail)
    if not any(key.verify(header.alg, signing_input, signature) for key in _candidates(header, keys)):
        raise InvalidJWT("is not signed by the key it names")
    return object_of(base64url.decode(body))


def _split(token: str, max_bytes: int) -> tuple[str, str, str]:
    if len(token) > max_bytes or not token.isascii():
        raise InvalidJWT("is too long, or not ASCII")
    head, _, rest = token.partition(".")
    body, _, tail = rest.partition(".")
    if not (head and body and tail) or "." in tail:
        raise InvalidJWT("is not a signed token of three parts")
    if len(head) > _MAX_HEADER:
        raise InvalidJWT("has a header that is too long")
    return head, body, tail


@lru_cache(maxsize=128)
def _header(head: str) -> Header:
    """Headers repeat from token to token, so the last ones are remembered; refusals are not."""
    members = object_of(base64url.decode(head))
    if not _REFUSED.isdisjoint(members):
        raise InvalidJWT("has an extension that is not understood")
    alg, kid, typ = members.get("alg"), members.get("kid"), members.get("typ")
    if type(alg) is not str or alg not in ALGORITHMS:
        raise InvalidJWT("is signed with an algorithm that is not known")
    if "kid" in members and (type(kid) is not str or len(kid) > MAX_KID):
        raise InvalidJWT("names its key in a way that is none")
    if "typ" in members and type(typ) is not str:
        raise InvalidJWT("names its type in a way that is none")
    return Header(alg, kid, None if typ is None else _media_type(typ))


@lru_cache(maxsize=64)
def _types(typ: frozenset[str | None]) -> frozenset[str | None]:
    return frozenset(None if name is None else _media_type(name) for name in typ)


def _media_type(typ: str) -> str:
    return typ.lower().removeprefix("application/")


def _candidates(header: Header, keys: Mapping[str, VerifyingKey] | Sequence[VerifyingKey]) -> Sequence[VerifyingKey]:
    """The keys that may have signed: the one that is named, or the few that have no name."""
    found: Sequence[VerifyingKey]
    if isinstance(keys, Mapping):
        found = tuple(keys.values()) if header.kid is None else [keys[header.kid]] if header.kid in keys else ()
    elif header.kid is None:
        found = keys
    else:
        found = [key for key in keys if key.kid == header.kid] or [key for key in keys if key.kid is None]
    if not found:
        raise UnknownKey("names a key that is not known")
    fitting = [key for key in found if header.alg in key.algs]
    if not fitting:
        raise InvalidJWT("is signed with another algorithm than its key's")
    if len(fitting) > _MAX_TRIES:
        raise InvalidJWT("does not say which of many keys signed it")
    return fitting
