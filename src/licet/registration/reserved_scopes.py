"""The scopes of the server's own administration (licet ruling W): in no file, and for services that may them alone."""

from __future__ import annotations

from typing import Final

RESERVED: Final = "licet:"
"""Begins all of them, and no other scope."""

ADMINISTRATION: Final = {
    "licet:read": "Look at apps, APIs, scopes, keys and the record of events",
    "licet:plan": "Compute what a change of the configuration would do",
    "licet:apply": "Change the configuration: apps, APIs, scopes, and what they prove themselves with",
    "licet:people": "Look at people, their sessions and what they allowed, and end it",
}
"""Each in people's words."""
