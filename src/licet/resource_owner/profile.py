"""What people say of themselves, read strictly into standard claims (OpenID Connect Core §5.1). Pure.

Apps show these claims to other people and follow the addresses in them, so what could mislead is refused here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import msgspec

LONGEST = 200
"""Characters of a claim."""

_EMAIL = re.compile(r"[^@\s\"(),:;<>\[\]\\]{1,64}@[^@\s\"(),:;<>\[\]\\]{1,255}")
_PHONE = re.compile(r"[+0-9][0-9 ().-]{2,38}(;ext=[0-9]{1,8})?")
_ZONE = re.compile(r"[A-Za-z]+(/[A-Za-z0-9_+-]+){0,2}")
_LOCALE = re.compile(r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*")
_YEAR = re.compile(r"[0-9]{4}")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS = frozenset("\u200c\u200d")
"""Hidden, but Persian and the languages of India are misspelt without them."""


class Described(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A form that was read."""

    profile: dict[str, Any]
    """What is known of the person now."""
    changed: tuple[str, ...]
    wrong: tuple[str, ...] = ()
    """Fields that could not be taken; then nothing of the form counts."""


def _words(text: str) -> bool:
    return not any(unicodedata.category(c) in _HIDDEN and c not in _JOINERS for c in text)


def _address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"https", "http"} and bool(parts.hostname) and "@" not in parts.netloc and text.isascii()
    except ValueError:
        return False


def _birthdate(text: str) -> bool:
    """``YYYY-MM-DD``, ``0000-MM-DD`` where the year is nobody's business, or the year alone."""
    if _YEAR.fullmatch(text):
        return text != "0000"
    try:
        # A leap year, so that everyone has a birthday.
        return date.fromisoformat(text.replace("0000-", "2000-", 1)).isoformat()[4:] == text[4:]
    except ValueError:
        return False


def _like(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: pattern.fullmatch(text) is not None


FIELDS: Mapping[str, Callable[[str], bool]] = {
    "name": _words,
    "given_name": _words,
    "middle_name": _words,
    "family_name": _words,
    "nickname": _words,
    "preferred_username": _words,
    "gender": _words,
    "birthdate": _birthdate,
    "email": _like(_EMAIL),
    "phone_number": _like(_PHONE),
    "profile": _address,
    "picture": _address,
    "website": _address,
    "zoneinfo": _like(_ZONE),
    "locale": _like(_LOCALE),
}
"""The claims that people fill in themselves, and what each may look like."""

ADDRESS = ("street_address", "locality", "region", "postal_code", "country")
"""The members of ``address`` (§5.1.1), filled in one by one."""

_VERIFIED = {"email": "email_verified", "phone_number": "phone_number_verified"}


def read(typed: Mapping[str, str], before: Mapping[str, Any], now_s: int) -> Described:
    """What is known after *typed* was filled in over *before*: an empty field takes its claim away.

    A mail address or telephone number that is another one now is no longer verified. What has no field stays, and so does
    what was not touched, however it came to be known: nobody is made to mend what an operator wrote.
    """
    known = typed_of(before)
    fields = {name: _trimmed(typed, name) for name in known}
    wrong = tuple(name for name, text in fields.items() if text not in ("", known[name]) and not _good(name, text))
    if wrong:
        return Described(profile=dict(before), changed=(), wrong=wrong)
    said: dict[str, Any] = {name: fields[name] for name in FIELDS}
    moved = any(fields[part] != known[part] for part in ADDRESS)
    said["address"] = {part: fields[part] for part in ADDRESS if fields[part]} if moved else before.get("address")
    said |= {flag: False for name, flag in _VERIFIED.items() if said[name] and said[name] != before.get(name)}
    said |= dict.fromkeys(flag for name, flag in _VERIFIED.items() if not said[name])
    profile = {name: value for name, value in {**before, **said}.items() if value not in ("", None, {})}
    changed = tuple(sorted(name for name in said if profile.get(name) != before.get(name)))
    if changed:
        profile["updated_at"] = now_s
    return Described(profile=profile, changed=changed)


def typed_of(profile: Mapping[str, Any]) -> dict[str, str]:
    """What stands in the fields for *profile*."""
    address = profile.get("address")
    parts = address if isinstance(address, dict) else {}
    return {name: _text(profile.get(name)) for name in FIELDS} | {part: _text(parts.get(part)) for part in ADDRESS}


def _trimmed(typed: Mapping[str, str], name: str) -> str:
    return unicodedata.normalize("NFC", typed.get(name, "")).strip()


def _good(name: str, text: str) -> bool:
    return len(text) <= LONGEST and FIELDS.get(name, _words)(text)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
