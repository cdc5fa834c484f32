"""The log: one line a request, and a net under every other line.

A request's line is made of fields that cannot hold a secret: no query, no body, no cookie, no header. Everything
else that is logged, exceptions included, goes through ``redacted`` before it leaves the process.
"""

from __future__ import annotations

import asyncio
import atexit
import hashlib
import logging
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, ClassVar, Final, TextIO

import msgspec

from licet.ambient import SECOND, Instant

ACCESS: Final = logging.getLogger("licet.access")

# Each pattern reads a text once, whatever is in it: strangers write into the log.
_OWN: Final = re.compile(r"lct[a-z]{2,3}_[0-9A-Za-z]{6,}")
_DOTTED: Final = re.compile(r"(?<![\w-])[\w-]++(?:\.[\w-]*+)++", re.ASCII)
_SCHEME: Final = re.compile(r"\b(basic|bearer|dpop)(:?\s{1,9})[\w.~+/=-]{6,}", re.IGNORECASE)
_COOKIE: Final = re.compile(r"(licet-[\w-]{1,60}(?:=|['\"]:\s?['\"]?))[^\s;,'\"]+")
_FIELD: Final = re.compile(
    r"((?:secret|password|code|verifier|assertion|state|nonce|csrf|token)(?:=|['\"]:\s?))(['\"]?)[^\s&,;'\"}]+",
    re.IGNORECASE,
)
_LONGEST: Final = 32 * 1024
_CONTROLS: Final = {code: f"\\x{code:02x}" for code in (*range(10), *range(11, 32), *range(127, 160))}
"""All but the line feed of a traceback: nobody's request may move the operator's cursor."""


_encode: Final = msgspec.json.Encoder().encode

_WAIT_S: Final = 0.1
_TOGETHER: Final = 500
"""How many lines at most wait for one write."""


class Line(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One request, as it is remembered in the log."""

    time: str
    request_id: str
    method: str
    path: str
    """Without its query."""
    status: int
    ms: float
    peer: str
    client_id: str = ""
    """As claimed; whether it was proven, the status tells."""
    error: str = ""
    reference: str = ""


def redacted(text: str) -> str:
    """Mask what looks like a secret. Ours keep a fingerprint, so that an incident can be traced."""
    text = text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
    text = _OWN.sub(_fingerprint, text)
    text = _DOTTED.sub(_without_jwt, text)
    text = _SCHEME.sub(r"\1\2…", text)
    text = _COOKIE.sub(r"\1…", text)
    return _FIELD.sub(r"\1\2…", text)


def timestamp(at: Instant) -> str:
    """``2026-11-22T21:40:08.123Z``."""
    seconds, rest = divmod(at, SECOND)
    return f"{_second(seconds)}.{rest // 1000:03d}Z"


def write(line: Line) -> None:
    """Log a request, by way of ``Lines`` where it was configured."""
    if Lines.chosen is not None:
        Lines.chosen.add(line)
    else:
        ACCESS.handle(logging.LogRecord(ACCESS.name, logging.INFO, "", 0, line, None, None))


class Lines(logging.StreamHandler[TextIO]):
    """A stream that takes requests' lines many at a time: one write each would cost more than the request.

    A line waits a tenth of a second at most; any other message goes out at once, after the lines before it.
    """

    chosen: ClassVar[Lines | None] = None

    def __init__(self, stream: TextIO, formatter: JsonFormatter | HumanFormatter) -> None:
        super().__init__(stream)
        self.setFormatter(formatter)
        self._written = formatter.line
        self._waiting: list[Line] = []
        self._timer: asyncio.TimerHandle | None = None
        atexit.register(self.drain)

    def add(self, line: Line) -> None:
        """Write *line* soon; at once where no loop runs."""
        self._waiting.append(line)
        if self._timer is None or len(self._waiting) >= _TOGETHER:
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                self.drain()
                return
            if self._timer is None:
                self._timer = loop.call_later(_WAIT_S, self.drain)
            else:
                self.drain()

    def emit(self, record: logging.LogRecord) -> None:
        self.drain()
        super().emit(record)

    def drain(self) -> None:
        """Write what waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._waiting:
            return
        lines, self._waiting = self._waiting, []
        try:
            self.stream.write("".join([self._written(line) + self.terminator for line in lines]))
            self.flush()
        except (OSError, ValueError):  # nobody reads any more: a request must not fail for it
            return


class JsonFormatter(logging.Formatter):
    """For machines: one JSON object a line."""

    def line(self, line: Line) -> str:
        return _encode(line).decode()

    def format(self, record: logging.LogRecord) -> str:
        if isinstance(record.msg, Line):
            return self.line(record.msg)
        entry: dict[str, Any] = {
            "time": timestamp(Instant(int(record.created * SECOND))),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redacted(record.getMessage()),
        }
        if record.exc_info:
            entry["exception"] = redacted(self.formatException(record.exc_info))
        return msgspec.json.encode(entry).decode()


class HumanFormatter(logging.Formatter):
    """For a terminal: short lines."""

    def line(self, line: Line) -> str:
        return _short(line)

    def format(self, record: logging.LogRecord) -> str:
        if isinstance(record.msg, Line):
            return self.line(record.msg)
        text = redacted(record.getMessage())
        if record.exc_info:
            text += "\n" + redacted(self.formatException(record.exc_info))
        return f"{record.levelname.lower()}: {text}".translate(_CONTROLS)


def configure(stream: TextIO, *, human: bool, access: bool, level: int = logging.INFO) -> None:
    """Send every logger of this process, libraries included, through the net and to *stream*."""
    handler = Lines.chosen = Lines(stream, HumanFormatter() if human else JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("licet").setLevel(level)
    ACCESS.setLevel(logging.INFO if access else logging.CRITICAL)


def _short(line: Line) -> str:
    rest = " ".join(word for word in (line.client_id, line.error, line.reference) if word)
    return f"{line.time[11:19]} {line.status} {line.method} {line.path} {line.ms:.0f} ms {rest}".rstrip()


def _fingerprint(match: re.Match[str]) -> str:
    secret = match[0]
    digest = hashlib.sha256(secret.encode()).hexdigest()[:4]
    return f"{secret.partition('_')[0]}_…(sha256:{digest})"


def _without_jwt(match: re.Match[str]) -> str:
    """Every JWT begins with an object, and ``{"`` begins with ``eyJ`` in base64."""
    before, begins, _ = match[0].partition("eyJ")
    return f"{before}eyJ…" if begins else before


@lru_cache(maxsize=4)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
