"""What ``licet serve`` needs for the admin API: whether it is on, and the token that the environment holds."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from licet.ambient import Entropy
from licet.registration.mistakes import Place
from licet.registration.model import Manifest
from licet.registration.references import SECRET_BITS, weakness

if TYPE_CHECKING:
    from licet.authorization_server.presented import Lookup

TOKEN = "LICET_ADMIN_TOKEN"
_SENDABLE = re.compile(r"[A-Za-z0-9._~+/-]+=*")


def troubles(manifest: Manifest, environment: Mapping[str, str] = os.environ) -> Iterator[tuple[bool, str, str, str]]:
    """What is wrong with the token: whether that stops a start, what, why, and the fix. Says nothing of what it is."""
    token = environment.get(TOKEN, "")
    if not token:
        return
    if not manifest.server.admin:
        yield (
            False,
            f"{TOKEN} is set and opens nothing",
            "the admin API is off",
            "write admin = true in [server], or unset it",
        )
    elif not _SENDABLE.fullmatch(token) or weakness(token, Place(file=TOKEN)) is not None:
        yield (
            True,
            f"{TOKEN} is not good enough",
            f"whoever guesses it has the whole server: {SECRET_BITS} bits are needed, in letters that a header carries",
            "make one with: openssl rand -base64 33",
        )


def rows(
    manifest: Manifest, entropy: Entropy, environment: Mapping[str, str] = os.environ
) -> Callable[[Lookup], tuple[Any, ...]] | None:
    """What ``app.build`` adds to the table of paths; None where the admin API is off."""
    if not manifest.server.admin:
        return None
    from licet.administration.routes import routes  # noqa: PLC0415  --help must not load a server

    return routes(entropy, file=manifest.path.name, token=environment.get(TOKEN, ""))
