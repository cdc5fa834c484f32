"""A file that was made is read by the real reader; what that refuses becomes a comment, until all of it is taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from licet.registration.mistakes import Mistake, dotted
from licet.registration.toml_text import Block, Row, document

Refused = Callable[[str], Sequence[Mistake]]
"""Every mistake in a text."""

_NEEDED = frozenset({"is", "callback", "key", "secret", "may", "because", "audience"})
"""Without these a table is not what it says; all others it can do without."""


Gone = dict[str, list[str]]
"""Why something had to go, by the table it went from: ``app.shop``."""


def settle(blocks: Sequence[Block], refused: Refused, *, keys: bool = True) -> tuple[tuple[Block, ...], Gone]:
    """*blocks* such that all of them are taken; and what had to go.

    A key that an app can do without goes alone where *keys* may; otherwise all of the app does.
    """
    settled, gone = list(blocks), Gone()
    for _ in range(sum(len(block.rows) + 1 for block in blocks)):
        mistakes, before = refused(document(settled)), list(settled)
        for mistake in mistakes:
            number = _blamed(settled, mistake.path)
            if number is None:
                continue
            block = settled[number]
            gone.setdefault(dotted(block.path[:2]), []).append(f"{mistake.path} {mistake.message}")
            settled[number] = _without(block, mistake, keys=keys)
            if settled[number].off:
                settled = list(off(settled, block.path[:2]))
        if settled == before:  # nothing is wrong, or what is wrong is no app's and no API's
            break
    return tuple(settled), gone


def off(blocks: Sequence[Block], path: tuple[str, ...]) -> tuple[Block, ...]:
    """*blocks* with the table *path* as a comment, and all tables in it: they go together."""
    return tuple(replace(one, off=True) if one.path[: len(path)] == path else one for one in blocks)


def _blamed(blocks: Sequence[Block], path: str) -> int | None:
    """The live block that *path* is in: the innermost."""
    found = [
        (len(block.path), number)
        for number, block in enumerate(blocks)
        if not block.off and block.path and _is_in(path, dotted(block.path))
    ]
    return max(found)[1] if found else None


def _is_in(path: str, table: str) -> bool:
    return path == table or path.startswith((f"{table}.", f"{table}["))


def _without(block: Block, mistake: Mistake, *, keys: bool) -> Block:
    """*block* without the key that is wrong; without all of it where it cannot do without."""
    reason = f"{mistake.path} {mistake.message}; {mistake.fix}"
    for number, row in enumerate(block.rows):
        if not row.off and _is_in(mistake.path, dotted((*block.path, row.key))):
            if row.key in _NEEDED or not keys:
                break
            gone = Row(row.key, row.value, f"left out: {mistake.message}", off=True)
            return replace(block, rows=(*block.rows[:number], gone, *block.rows[number + 1 :]))
    return replace(block, above=(*block.above, reason), off=True)
