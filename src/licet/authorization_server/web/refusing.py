"""Whatever went wrong, into a reply: in JSON to a client, on a page to a person, and in the log for whoever helps."""

from __future__ import annotations

import logging
from collections.abc import Callable

from licet.ambient import Entropy
from licet.authorization_server.exchange import Incoming, Json, Page, Problem
from licet.authorization_server.web import faults, headers, refusals
from licet.authorization_server.web.hearing import ClientGoneError, Heard
from licet.authorization_server.web.replies import Replies, Reply
from licet.authorization_server.web.routes import Kind
from licet.protocol.errors import Pending, Refusal
from licet.storage.ports import Unavailable

OnRefusal = Callable[[Refusal, Incoming, str], None]
"""Told of every refusal, with the request as far as it was read and the reference that was given out."""

_STORE_RETRY_S = 2
_NOT_FOUND = 404

_log = logging.getLogger("licet.kernel")


class Refusing:
    """Says no for one issuer."""

    def __init__(self, replies: Replies, entropy: Entropy, on_refusal: OnRefusal, *, development: bool) -> None:
        self._replies = replies
        self._entropy = entropy
        self._on_refusal = on_refusal
        self._development = development
        self.internal_errors = 0

    def __call__(self, exception: Exception, heard: Heard, asked: Incoming | None) -> Reply:
        """Turn *exception* into a reply. Nothing of an exception that is not a refusal reaches the wire."""
        if isinstance(exception, Refusal):
            return self._refused(exception, heard, asked or heard.unread())
        if isinstance(exception, Pending):
            reply = self._replies(faults.pending(exception))
            reply.error = exception.error
            return reply
        if isinstance(exception, Unavailable):
            busy = refusals.overloaded(_STORE_RETRY_S, detail=str(exception))
            return self._refused(busy, heard, asked or heard.unread())
        if isinstance(exception, ClientGoneError):
            return Reply(499, [])  # nobody reads it; the log has a word for it
        return self._broken(exception, heard)

    def _refused(self, refusal: Refusal, heard: Heard, asked: Incoming) -> Reply:
        mark = faults.reference(self._entropy)
        if refusal.status != _NOT_FOUND:  # a stranger's path is not a question of the protocol
            self._tell(refusal, asked, mark)
        answer: Json | Page | Problem
        if heard.by_a_person:
            answer = faults.refused_page(refusal, asked, mark, development=self._development)
        elif _administrative(heard):
            answer = faults.problem(refusal, asked, mark)
        else:
            answer = faults.refused(refusal, asked)
        reply = self._replies(answer)
        if heard.by_a_person:
            reply.headers += [headers.header(name, value) for name, value in faults.waiting(refusal)]
        if isinstance(refusal, (refusals.BodyTooLarge, refusals.TooSlow)):
            reply.closes = True
        reply.error, reply.reference = refusal.error, mark
        return reply

    def _tell(self, refusal: Refusal, asked: Incoming, mark: str) -> None:
        """A listener that fails must not turn a refusal into something else."""
        try:
            self._on_refusal(refusal, asked, mark)
        except Exception:  # noqa: BLE001 - logged and counted
            self.internal_errors += 1
            _log.exception("a refusal could not be recorded, reference %s", mark)

    def note(self, exception: Exception, heard: Heard) -> str:
        """Count and log a bug of ours; the reference finds it again."""
        self.internal_errors += 1
        mark = faults.reference(self._entropy)
        _log.error("internal error, reference %s, request %s", mark, heard.request_id, exc_info=exception)
        return mark

    def _broken(self, exception: Exception, heard: Heard) -> Reply:
        mark = self.note(exception, heard)
        reply = self._replies(faults.broken_problem(mark) if _administrative(heard) else faults.broken(mark))
        if heard.by_a_person:
            reply = self._broken_page(heard, mark, reply)
        reply.error, reply.reference = "server_error", mark
        return reply

    def _broken_page(self, heard: Heard, mark: str, otherwise: Reply) -> Reply:
        """The templates themselves may be what is broken; then JSON has to do."""
        try:
            return self._replies(faults.broken_page(heard.at, mark))
        except Exception:  # noqa: BLE001 - logged; the error behind it was counted
            _log.exception("the fault page itself failed, reference %s", mark)
            return otherwise


def _administrative(heard: Heard) -> bool:
    return heard.place is not None and heard.place.kind is Kind.ADMINISTRATION
