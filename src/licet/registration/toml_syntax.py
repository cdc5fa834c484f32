"""What ``tomllib`` complains of, and what to write instead: its words say what it met, not what was meant."""

from __future__ import annotations

FIRST = "; what stands below has not been looked at"

_BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
_FIXES = (
    ("unterminated string", "close the text with the quote that it began with"),
    ("cannot overwrite", "a key stands once in its table: keep one of the two"),
    ("twice", "a [table] is opened once: put its keys together"),
    ("immutable namespace", "a table in { … } is whole: write the key inside of it"),
    ("duplicate inline table key", "a key stands once in { … }: keep one of the two"),
    ("static array", "a list is whole where it is written: put the item inside of it"),
    ("invalid value", 'write texts in quotes: key = "…"'),
    ("unclosed array", "close the list with ], and put a comma between its items"),
    ("unclosed inline table", "close the table with }, and put a comma between its keys"),
    ("after a statement", 'write one key = value on a line, the text in one pair of quotes: key = "…"'),
    ("after a key", 'write key = "…"'),
    ("table declaration", "close the name of the table: [app.shop]"),
    ("key part", "write the name with letters, digits, - and _, anything else in quotes"),
    ("invalid statement", 'write key = "…", or [table]'),
    ("escaped", "write \\\\ for a backslash, or the text in single quotes"),
    ("illegal character", "take the invisible character or the line break out, or write it as \\n or \\u00e9"),
    ("hex", "write \\u with four hexadecimal digits"),
    ("date or datetime", "write a day that exists: 2027-03-01"),
)
"""Part of a message, in small letters, and its fix: the first that fits."""


def fix(message: str, written: str) -> str:
    """How to mend what *message* says of the line *written*."""
    if written.startswith(_BYTE_ORDER_MARK):
        return "save the file as UTF-8 without a byte-order mark" + FIRST
    message = message.lower()
    found = next((instead for part, instead in _FIXES if part in message), 'write key = "…", one on a line')
    return found + FIRST
