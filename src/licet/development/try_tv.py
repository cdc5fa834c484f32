"""``licet try tv``: a TV shows a code, somebody enters it elsewhere, and the TV is signed in."""

from __future__ import annotations

from io import StringIO
from threading import Event

import segno

from licet.client import authentication, device
from licet.client.device import Shown
from licet.development.apps import READ
from licet.development.play import Play

SCOPE = f"openid profile offline_access {READ}"


def tv(play: Play) -> None:
    """Play it. Raises what the client raises, Stuck and Unexpected."""
    client_id = play.dev.apps.tv.client_id
    credentials = authentication.none(client_id)
    metadata = play.discover("The TV")
    play.story.tell("The TV asks for a code to show")
    shown = device.begin(metadata, SCOPE, credentials, play.transport)
    play.found["user_code"] = shown.user_code
    play.found["browser"] = "played" if play.alone else "elsewhere"
    if play.alone:
        _approve(play, shown)
    else:
        _show(play, shown)
    play.story.tell("The TV asks whether somebody has decided, at the pace the server set")
    tokens = device.poll(shown, metadata, credentials, play.transport, Event().wait)
    for name in ("access_token", "id_token", "refresh_token"):
        play.story.decode(name, getattr(tokens, name))
    play.call(tokens.access_token)


def _approve(play: Play, shown: Shown) -> None:
    play.story.tell(f"Alice opens {shown.verification_uri} on another device and types {shown.user_code}")
    alice = play.alice
    knows = {"user_code": shown.user_code, "login": alice.login, "password": alice.password}
    play.visitor().go(shown.verification_uri, knows)


def _show(play: Play, shown: Shown) -> None:
    play.story.tell(f"On any browser of this machine open   {shown.verification_uri}   and enter   {shown.user_code}")
    play.story.note(qr(shown.verification_uri_complete or shown.verification_uri))
    play.story.note("A real TV shows this to a phone; a phone cannot reach 127.0.0.1 of this machine.")
    play.story.note(f"Sign in as {play.alice.login}, password {play.alice.password}. Ctrl-C stops.")


def qr(address: str) -> str:
    """*address* as a QR code of half blocks, for a terminal."""
    drawn = StringIO()
    segno.make(address, error="l", micro=False).terminal(drawn, compact=True)
    return drawn.getvalue().rstrip("\n")
