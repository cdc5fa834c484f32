"""What ``licet dev`` says when it is ready: only what is true."""

from __future__ import annotations

from pathlib import Path

from licet import __version__
from licet.development.description import Description

_TRY = (
    ("web", "a web shop signs alice in", "authorization code + PKCE"),
    ("service", "a nightly job calls the demo API", "client credentials"),
    ("tv", "a TV shows a code and a QR", "device"),
)


def banner(description: Description, directory: Path, took_s: float) -> str:
    """The lines for the terminal."""
    here = str(directory)
    elsewhere = "" if here == ".licet" else f" --dir {here}"
    people = ", ".join(person.login for person in description.people)
    width = max(len(name) for name, _, _ in _TRY) + len(elsewhere)
    tries = "\n".join(f"  licet try {name + elsewhere:<{width}}   {story:<34} ({flow})" for name, story, flow in _TRY)
    return (
        f"licet {__version__} · development mode · everything in {_dotted(here)}, nothing leaves this machine\n"
        "\n"
        f"  Issuer   {description.issuer}          people  {people}   (passwords in {here}/dev.json)\n"
        f"  API      {description.api.url}   scopes  {', '.join(description.api.scopes)}\n"
        "\n"
        "Try it in another terminal:\n"
        f"{tries}\n"
        "\n"
        f"Ready in {took_s:.1f} s. Ctrl-C stops.   Next: licet init"
    )


def _dotted(path: str) -> str:
    return path if path.startswith(("/", ".", "~")) and path != ".licet" else f"./{path}"
