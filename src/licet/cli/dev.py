"""``licet dev``: a server to try things with; needs no file and asks nothing."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from licet import ambient
from licet.cli.main import INCOMPLETE

if TYPE_CHECKING:
    from licet.app import Server
    from licet.authorization_server.web.kernel import Kernel
    from licet.development.place import Place
    from licet.development.seed import Seeded

_BEGUN = ambient.monotonic()

_EXAMPLES = """\b
Examples:
  licet dev
  licet dev --port 0 --dir /tmp/licet-play     a free port, another place
  licet dev --log                              a line for each request
"""


@click.command(epilog=_EXAMPLES)
@click.option("--port", type=click.IntRange(0, 65535), default=8414, show_default=True, help="0 takes a free one.")
@click.option(
    "--dir",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".licet"),
    show_default=True,
    help="Where everything is kept; remove it to start afresh.",
)
@click.option("--log/--no-log", "log", default=None, help="A line for each request; by itself on a terminal only.")
def dev(*, port: int, directory: Path, log: bool | None) -> None:
    """Start a server on this machine alone, with two people, three apps and an API.

    Everything in it is random and yours: no password, secret or key is the same anywhere else. DIR/dev.json
    says to scripts what the screen says to people, and is there while the server accepts connections.
    """
    from licet.authorization_server.web import log as logs  # noqa: PLC0415 - --help must not load a server
    from licet.cli.serving import CannotListenError, run  # noqa: PLC0415
    from licet.development.place import Broken, Held, Place  # noqa: PLC0415
    from licet.storage.schema.fresh import SchemaNewer  # noqa: PLC0415
    from licet.storage.sqlite import StoreBusy  # noqa: PLC0415

    logs.configure(sys.stderr, human=True, access=sys.stderr.isatty() if log is None else log)
    development = _Development(Place(directory), click.echo)
    try:
        development.place.open()
        sys.exit(run(development.build, port=port, on_ready=development.ready))
    except (Broken, CannotListenError, Held, OSError, SchemaNewer, StoreBusy) as reason:
        click.echo(str(reason), err=True)
        sys.exit(INCOMPLETE)
    finally:
        development.close()


class _Development:
    """A development server from its first file to its last."""

    def __init__(self, place: Place, say: Callable[[str], object]) -> None:
        self.place = place
        self._say = say
        self._published = b""
        self._seeded: Seeded | None = None
        self._server: Server | None = None

    async def build(self, origin: str) -> Kernel:
        """Fill the store for the issuer at *origin*, and wire the server and the demo API over it."""
        from licet.development.seed import seeded  # noqa: PLC0415 - --help must not load a server

        # Keys and hashes are made in threads without the interpreter's lock: the rest of the server loads meanwhile.
        loading = asyncio.to_thread(import_module, "licet.app")
        at, _ = await asyncio.gather(seeded(self.place, origin), loading)
        self._seeded = at

        from licet.app import build  # noqa: PLC0415
        from licet.development import demo_api, documents  # noqa: PLC0415

        self._server = await build(
            at.store,
            at.issuer,
            at.vault,
            at.clock,
            entropy=at.entropy,
            settings=documents.settings(at.issuer),
            extra=demo_api.routes,
        )
        return self._server.app

    def ready(self, _origin: str) -> None:
        """Connections are answered: say so to scripts and to people."""
        from licet.development.banner import banner  # noqa: PLC0415 - --help must not load a server
        from licet.development.description import describe  # noqa: PLC0415

        assert self._seeded is not None
        description = describe(self._seeded)
        self._published = self.place.publish(description)
        with suppress(BrokenPipeError):  # nobody reads: dev.json says it all
            self._say(banner(description, self.place.directory, ambient.monotonic() - _BEGUN))

    def close(self) -> None:
        """Take ``dev.json`` away and close the store; whoever comes next finds everything in order."""
        if self._published:
            self.place.withdraw(self._published)
        if self._seeded is not None:
            asyncio.run(self._seeded.store.close())
        if self._server is not None:
            self._server.close()
