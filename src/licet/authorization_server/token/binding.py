"""Sender constraint: which key a token is bound to (RFC 9449, RFC 8705). None is offered yet, so none is bound.

An issued ``cnf`` never weakens (I8): what was bound stays bound, so a bound grant is refused here until a proof
can be checked.
"""

from __future__ import annotations

from licet.authorization_server.exchange import Incoming
from licet.authorization_server.token.authorization import Authorization
from licet.protocol.errors import InvalidGrant
from licet.requirements import GRANT_ALIVE


def bind(authorization: Authorization, incoming: Incoming) -> Authorization:
    """*authorization* with the key that *incoming* proved, before anything is consumed."""
    del incoming
    if authorization.cnf is not None:
        raise InvalidGrant("This grant is bound to a key that was not proved", per=GRANT_ALIVE)
    return authorization
