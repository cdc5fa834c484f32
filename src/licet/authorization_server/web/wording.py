"""What the pages do to words before they show them: names, addresses, times.

A name that an app or a device chose for itself is read by a person who decides by it, so it may not
hide letters, turn the line around, or push the warning off the page.
"""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from gettext import NullTranslations
from typing import Final
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from licet.ambient import SECOND, Instant

NAME_LENGTH: Final = 60
"""Characters of a name that are shown; a longer one ends in an ellipsis."""

HOST_LENGTH: Final = 100
"""Characters of a host that are shown: the last ones, where its owner stands."""

_SPACES: Final = frozenset({"Zs", "Zl", "Zp", "Cc"})
_HIDDEN: Final = frozenset({"Cf", "Cs", "Co", "Cn", "Me"})
"""What draws nothing, what nobody has agreed on, and the rings that are drawn around other letters."""
_MARKS_IN_A_ROW: Final = 2
"""More of them climb over the lines above; two are enough to write Vietnamese, Hebrew and Thai."""
_BLANK_LETTERS: Final = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and symbols that draw nothing."""
_JOINERS: Final = frozenset("\u200c\u200d")
"""Hidden, but Persian, the languages of India and emoji are misspelt without them."""

_ACTIVE_SCHEMES: Final = frozenset({"javascript", "data", "vbscript", "blob", "about", "file", "view-source"})
"""Schemes that a browser runs or opens itself: no app lives there."""


def plain(text: str, length: int = NAME_LENGTH) -> str:
    """Make *text* safe to read in one line: nothing hidden, nothing turned around, *length* characters at most."""
    kept: list[str] = []
    marks = 0
    # Cut before the work, not only after it: nobody should be able to send a megabyte through the table below.
    for character in unicodedata.normalize("NFC", text[: length * 8]):
        category = unicodedata.category(character)
        marks = marks + 1 if category == "Mn" else 0
        if category in _SPACES:
            kept.append(" ")
        elif character in _JOINERS:
            kept.extend(character if kept and not kept[-1].isascii() else "")
        elif category not in _HIDDEN and character not in _BLANK_LETTERS and marks <= _MARKS_IN_A_ROW:
            kept.append(character)
    words = " ".join("".join(kept).split())
    return words if len(words) <= length else words[: length - 1].rstrip() + "…"


def named(text: str, length: int = NAME_LENGTH) -> Markup:
    """``plain``, kept apart from the direction of the words around it."""
    return Markup("<bdi>{}</bdi>").format(plain(text, length) or "?")


def initial(name: str) -> str:
    """The letter that stands where a picture would."""
    return next((character for character in plain(name) if character.isalnum()), "?").upper()[:1]


def host(text: str) -> str:
    """Shorten a host or a network address from the left: the right end says whose it is."""
    text = visible(text, len(text))
    return text if len(text) <= HOST_LENGTH else "…" + text[-HOST_LENGTH + 1 :]


def visible(text: str, length: int) -> str:
    r"""For developers: what cannot be seen is spelt out, as ``\u{202e}``."""
    spelt = "".join(
        character if character.isprintable() else f"\\u{{{ord(character):x}}}" for character in text[: length + 1]
    )
    return spelt if len(spelt) <= length else spelt[: max(length - 1, 0)] + "…"


def web_address(url: str | None) -> str:
    """An address that a link may carry: http or https with a host, else nothing."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return ""
    return url or "" if parts.scheme in {"https", "http"} and parts.hostname else ""


def way_out(location: str) -> Markup:
    """Escape the address that answers leave to.

    It was matched exactly long before; this is the last look. Raises ValueError: a scheme that a browser
    runs, or a character that browsers drop before they read the scheme.
    """
    scheme, colon, _ = location.partition(":")
    if not colon or scheme.lower() in _ACTIVE_SCHEMES or not location.isprintable() or " " in location:
        message = f"no answer leaves by {scheme[:NAME_LENGTH]!r}"
        raise ValueError(message)
    return escape(location)


def utc(instant: Instant) -> str:
    """For machines: ``2026-11-22T21:40:08Z``."""
    return _datetime(instant).strftime("%Y-%m-%dT%H:%M:%SZ")


def date(instant: Instant) -> str:
    """For people who compare it with a log: ``22 November 2026, 21:40 UTC``."""
    moment = _datetime(instant)
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"


def _datetime(instant: Instant) -> datetime:
    return datetime.fromtimestamp(instant // SECOND, UTC)


_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


class Spans:
    """Lengths of time in words, in one language."""

    def __init__(self, translations: NullTranslations) -> None:
        self._gettext = translations.gettext
        self._ngettext = translations.ngettext

    def ago(self, microseconds: int) -> str:
        """``40 seconds ago``; a time that has not come yet is now."""
        seconds = microseconds // SECOND
        if seconds < 1:
            return self._gettext("just now")
        return self._gettext("%(time)s ago") % {"time": self.lasting(seconds)}

    def lasting(self, seconds: int) -> str:
        """``30 days``: the largest unit of which there are two, else seconds."""
        if seconds < 2 * _MINUTE:
            number, words = seconds, self._ngettext("%(number)d second", "%(number)d seconds", seconds)
        elif seconds < 2 * _HOUR:
            number = seconds // _MINUTE
            words = self._ngettext("%(number)d minute", "%(number)d minutes", number)
        elif seconds < 2 * _DAY:
            number = seconds // _HOUR
            words = self._ngettext("%(number)d hour", "%(number)d hours", number)
        else:
            number = seconds // _DAY
            words = self._ngettext("%(number)d day", "%(number)d days", number)
        return words % {"number": number}
