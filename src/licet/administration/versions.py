"""Which version of an object a change is about (RFC 9110 §13.1, RFC 6585 §3)."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any

import msgspec

from licet.administration.refusals import malformed, no_such_object, stale, there_already, unconditional
from licet.authorization_server.exchange import Incoming

_TAGS = re.compile(r'"[!#-~]*"(?:[ \t]*,[ \t]*"[!#-~]*")*')
_TAG = re.compile(r'"[!#-~]*"')
_encode = msgspec.json.Encoder(order="deterministic").encode


def etag(shown: Any) -> str:
    """A strong validator of what is *shown* of an object."""
    return f'"{sha256(_encode(shown)).hexdigest()[:32]}"'


def unchanged(incoming: Incoming, shown: Any) -> None:
    """Let a change of an object pass only if it is the version that was read. ``*`` is whichever there is.

    *shown* is what there is now; None where there is nothing. Raises Unconditional, Stale, NoSuchObject.
    """
    given = incoming.if_match
    if incoming.if_none_match is not None:
        raise malformed("If-None-Match is for something new; a change takes If-Match")
    if shown is None:
        raise no_such_object()
    if given is None:
        raise unconditional()
    if given == "*":
        return
    if not _TAGS.fullmatch(given):  # a weak one never matches here (RFC 9110 §13.1.1)
        raise malformed("If-Match is * or a list of strong ETags, each in quotes")
    if etag(shown) not in _TAG.findall(given):
        raise stale()


def new_or_unchanged(incoming: Incoming, shown: Any) -> None:
    """The same for what may also make the object: then ``If-None-Match: *`` says so."""
    if incoming.if_none_match is None:
        unchanged_or_missing(incoming, shown)
        return
    if incoming.if_match is not None or incoming.if_none_match != "*":
        raise malformed("Send If-Match, or If-None-Match: *, and not both")
    if shown is not None:
        raise there_already()


def unchanged_or_missing(incoming: Incoming, shown: Any) -> None:
    """Without any condition nobody learns whether there is such an object."""
    if incoming.if_match is None:
        raise unconditional()
    unchanged(incoming, shown)
