"""User codes: eight letters to read off one screen and type on another (RFC 8628 §6.1).

Twenty consonants: no vowels, so no words; no digits, so nothing that looks like another. 34.5 bits: short lives and
few guesses make up for the rest.
"""

from __future__ import annotations

import math
import re

ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
LENGTH = 8
BITS = LENGTH * math.log2(len(ALPHABET))
"""What guessing one costs."""
RANDOM_BYTES = 32
"""What ``make`` should be given: it runs out less than once in 2⁷⁰ times."""

_FAIR = 256 - 256 % len(ALPHABET)
_FILLING = re.compile("[\\s\u2010-\u2015\u2212_.-]+")
_CODE = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")
_MAX_TYPED = 64


def make(random: bytes) -> str:
    """Eight letters, each as likely as any other: bytes that would favour some are passed over.

    Raises ValueError where *random* has too few others.
    """
    letters = [ALPHABET[byte % len(ALPHABET)] for byte in random if byte < _FAIR][:LENGTH]
    if len(letters) < LENGTH:
        raise ValueError("too few random bytes for a user code")
    return "".join(letters)


def display(code: str) -> str:
    """*code* as it is shown: ``WDJB-MJHT``."""
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"


def normalise(text: str) -> str | None:
    """The code somebody typed, whatever its case, dashes and spaces; None if it cannot be one."""
    if len(text) > _MAX_TYPED:
        return None
    letters = _FILLING.sub("", text)
    # Before upper(): there are letters elsewhere whose capital is one of ours.
    if not letters.isascii():
        return None
    letters = letters.upper()
    return letters if _CODE.fullmatch(letters) else None
