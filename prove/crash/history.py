"""What clients asked and what they heard, one line each, in a file that outlives the server.

A question without an answer is *lost*: it may have been done, at the latest when the server died, or not.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LOST = "lost"
"""Nobody knows: the answer never came."""
UNAVAILABLE = "unavailable"
"""503 as it should be: nothing was done."""
THROTTLED = "throttled"
"""Too many user codes at once from one network: nothing was done (RFC 8628 §5.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One question and its answer, between two instants of the machine's monotonic clock."""

    number: int
    verb: str
    thing: str = ""
    """The code or token that was presented."""
    by: str = ""
    """The client."""
    began: int
    ended: int
    answer: str
    given: dict[str, str] = field(default_factory=dict)
    """What the answer carried: ``code``, ``access``, ``refresh``, ``device``."""

    def __str__(self) -> str:
        given = " ".join(f"{kind}={value[:14]}…" for kind, value in self.given.items())
        return f"{self.began}…{self.ended} {self.by} {self.verb} {self.thing[:14]}… → {self.answer} {given}".rstrip()


class History:
    """The file, written by many clients of one process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._asked = 0

    def asks(self, verb: str, thing: str = "", by: str = "") -> int:
        """Before a request leaves; returns its number."""
        self._asked += 1
        self._write(call=self._asked, verb=verb, thing=thing, by=by)
        return self._asked

    def hears(self, number: int, answer: str, **given: str) -> None:
        """After an answer came."""
        self._write(call=number, answer=answer, given=given)

    def died(self) -> None:
        """The server is dead: whatever was not answered is lost."""
        self._write(died=True)

    def calls(self) -> list[Call]:
        """Read back, in the order in which they were asked."""
        lines = [json.loads(line) for line in self.path.read_text().splitlines()] if self.path.exists() else []
        return calls(lines)

    def until(self, at: int, path: Path) -> History:
        """Another history, in a file at *path*: this one up to the instant *at*, when everything stopped."""
        lines = [line for line in self.path.read_text().splitlines() if json.loads(line)["at"] <= at]
        path.write_text("\n".join([*lines, json.dumps({"at": at, "died": True})]) + "\n")
        other = History(path)
        other._asked = self._asked
        return other

    def _write(self, **line: Any) -> None:
        with self.path.open("a") as file:
            file.write(json.dumps({"at": time.monotonic_ns(), **line}) + "\n")


def calls(lines: list[dict[str, Any]]) -> list[Call]:
    """Join questions to answers; what is open when the server dies, or at the end, is lost."""
    found: dict[int, Call] = {}
    waiting: dict[int, dict[str, Any]] = {}

    def close(asked: dict[str, Any], at: int, answer: str, given: dict[str, str]) -> None:
        number = asked["call"]
        about = {"verb": asked["verb"], "thing": asked["thing"], "by": asked["by"]}
        found[number] = Call(number=number, **about, began=asked["at"], ended=at, answer=answer, given=given)

    for line in lines:
        if "verb" in line:
            waiting[line["call"]] = line
        elif "answer" in line:
            close(waiting.pop(line["call"]), line["at"], line["answer"], line["given"])
        else:
            for asked in waiting.values():
                close(asked, line["at"], LOST, {})
            waiting.clear()
    for asked in waiting.values():
        close(asked, lines[-1]["at"], LOST, {})
    return [found[number] for number in sorted(found)]
