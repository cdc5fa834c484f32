"""HTTP/1.1 answers off a byte buffer: just enough for keep-alive on loopback."""

import re

_CONTENT_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)[ \t]*(?=\r\n|\Z)", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection:[ \t]*close[ \t]*(?=\r\n|\Z)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[ \t]*chunked[ \t]*(?=\r\n|\Z)", re.IGNORECASE)
_BODILESS = frozenset({204, 304})


class Wrong(Exception):  # noqa: N818 - a verdict on an answer, not an error of ours
    """The answer is not what the specification, or the server's own earlier word, says it must be."""


class Answer:
    """One HTTP answer: the head as it came, without its last empty line, and the body."""

    __slots__ = ("body", "head", "status")

    def __init__(self, status: int, head: bytes, body: bytes) -> None:
        """Keep the three parts."""
        self.status = status
        self.head = head
        self.body = body

    @property
    def last(self) -> bool:
        """Say whether the server closes the connection after it."""
        return _CLOSE.search(self.head) is not None

    def values(self, name: str) -> list[str]:
        """Every value of the header called *name*."""
        pattern = rb"\r\n" + re.escape(name.encode()) + rb":[ \t]*([^\r\n]*?)[ \t]*(?=\r\n|\Z)"
        return [value.decode("latin-1") for value in re.findall(pattern, self.head, re.IGNORECASE)]


def take(buffer: bytearray) -> Answer | None:
    """Cut one complete answer off the front of *buffer*, or nothing yet. Raises Wrong when it is not HTTP/1.1."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = bytes(buffer[:end])
    if not head.startswith(b"HTTP/1.1 ") or not head[9:12].isdigit():
        msg = "not an HTTP/1.1 answer"
        raise Wrong(msg)
    status = int(head[9:12])
    start = end + 4
    if found := _CONTENT_LENGTH.search(head):
        stop = start + int(found[1])
        if len(buffer) < stop:
            return None
        body = bytes(buffer[start:stop])
    elif _CHUNKED.search(head):
        whole = _chunks(buffer, start)
        if whole is None:
            return None
        body, stop = whole
    elif status in _BODILESS:
        body, stop = b"", start
    else:
        msg = "an answer of unknown length"
        raise Wrong(msg)
    del buffer[:stop]
    return Answer(status, head, body)


def _chunks(buffer: bytearray, start: int) -> tuple[bytes, int] | None:
    """Read a chunked body that begins at *start*: the body and where it ends. Trailers are not expected."""
    parts: list[bytes] = []
    while True:
        line = buffer.find(b"\r\n", start)
        if line < 0:
            return None
        try:
            size = int(bytes(buffer[start:line]).split(b";")[0], 16)
        except ValueError:
            msg = "a chunk without a size"
            raise Wrong(msg) from None
        start = line + 2
        if len(buffer) < start + size + 2:
            return None
        parts.append(bytes(buffer[start : start + size]))
        start += size + 2
        if size == 0:
            return b"".join(parts), start
