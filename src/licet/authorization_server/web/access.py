"""A request and its reply into the one line that the log keeps of them."""

from __future__ import annotations

from urllib.parse import quote

from licet.ambient import monotonic
from licet.authorization_server.web.hearing import Heard
from licet.authorization_server.web.log import Line, redacted, timestamp
from licet.authorization_server.web.replies import Reply


def line(heard: Heard, reply: Reply) -> Line:
    """Only what cannot hold a secret; a path that is not ours was written by a stranger, so it goes through the net."""
    return Line(
        time=timestamp(heard.at),
        request_id=heard.request_id,
        method=heard.sent,
        path=heard.path if heard.place else redacted(quote(heard.path)),
        status=reply.status,
        ms=round((monotonic() - heard.begun) * 1000, 2),
        peer=heard.peer,
        client_id=reply.client_id,
        error=reply.error,
        reference=reply.reference,
    )
