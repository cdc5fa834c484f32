"""Where a token is looked for: in the Authorization header, once, and nowhere else (OAuth 2.1 §5.1.1).

A token in the address or in a form body is never read, so it opens nothing (RFC 9700 §4.3.2).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from licet.protocol.errors import InvalidRequest
from licet.requirements import BEARER_HEADER_ONLY

_MAX_LENGTH = 16 * 1024
_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] (?P<token>[A-Za-z0-9._~+/-]+=*)")
"""The scheme in any case, exactly one space, one ``token68`` (RFC 6750 §2.1, RFC 9110 §11.2)."""
_SCHEME = re.compile(r"\s*bearer(?![^\s,=])", re.IGNORECASE)


def token(authorization: Sequence[str] | str | None) -> str | None:
    """The token in the ``Authorization`` header; None where there is none, or it is of another scheme.

    *authorization* is the header's value, or all its values where the caller can see that there are several.

    Raises InvalidRequest: the header twice, two tokens in it, or anything else that two readers could read
    differently. Tabs, a second space and commas are refused, never trimmed.
    """
    values = () if authorization is None else (authorization,) if isinstance(authorization, str) else authorization
    if not values:
        return None
    if len(values) > 1:
        raise InvalidRequest("One Authorization header per request", per=BEARER_HEADER_ONLY)
    header = values[0]
    read = _BEARER.fullmatch(header) if len(header) <= _MAX_LENGTH else None
    if read is not None:
        return read["token"]
    if _SCHEME.match(header):
        raise InvalidRequest(
            "The Authorization header is not 'Bearer', one space and one token", per=BEARER_HEADER_ONLY
        )
    return None
