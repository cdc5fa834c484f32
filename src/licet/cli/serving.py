"""A process that serves: sockets first, then the application, then signals (rulings T).

The sockets come first because a taken port is the commonest mistake, and because a port chosen by the system is
part of a development issuer's address: the application cannot be built before it is known.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from licet.authorization_server.web.limits import Patience
from licet.authorization_server.web.sockets import CannotListenError, bracketed, listening

if TYPE_CHECKING:  # dear to import
    from licet.authorization_server.web.kernel import Kernel
    from licet.authorization_server.web.listener import Listener

__all__ = ["COULD_NOT_COMPLETE", "CannotListenError", "Certificate", "run"]

_SIGNALS = (signal.SIGTERM, signal.SIGINT)

COULD_NOT_COMPLETE = 3


@dataclass(frozen=True, slots=True)
class Certificate:
    """Files in PEM, for a server that ends TLS itself."""

    chain: str
    key: str


def run(
    build: Callable[[str], Awaitable[Kernel]],
    *,
    host: str = "127.0.0.1",
    port: int = 8414,
    certificate: Certificate | None = None,
    drain_s: int = 10,
    patience: Patience | None = None,
    on_ready: Callable[[str], None] = lambda _origin: None,
) -> int:
    """Serve what *build* makes of its own origin (``http://127.0.0.1:8414``), until SIGTERM or SIGINT.

    *on_ready* is told the origin once connections are answered. The first signal lets requests in flight finish for
    *drain_s* seconds and closes the application, a second one ends the process at once. Returns the exit code.
    Raises CannotListenError.
    """
    sockets = listening(host, port)
    try:
        scheme = "https" if certificate else "http"
        origin = f"{scheme}://{bracketed(host)}:{sockets[0].getsockname()[1]}"

        def listener(app: Kernel) -> Listener:
            from licet.authorization_server.web.listener import Listener  # noqa: PLC0415 - dear to import

            return Listener(
                app,
                certificate=(certificate.chain, certificate.key) if certificate else None,
                drain_s=drain_s,
                on_ready=lambda: on_ready(origin),
                patience=patience,
            )

        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            return runner.run(_serve(build(origin), sockets, listener))
    finally:
        for each in sockets:
            each.close()


async def _serve(
    building: Awaitable[Kernel], sockets: list[socket.socket], listen: Callable[[Kernel], Listener]
) -> int:
    stop = _Stop()
    stop.hear()
    try:
        app = await building
    except asyncio.CancelledError:
        if stop.asked:  # nothing was open yet that needs closing
            return 0
        raise
    gc.collect()
    gc.freeze()  # all that is loaded by now stays: the collector need not walk through it for every few requests
    listener = listen(app)
    stop.gently(app, listener)
    try:
        await listener.serve(sockets)
    except SystemExit:  # how uvicorn says that the application did not open; the log says why
        return COULD_NOT_COMPLETE
    return COULD_NOT_COMPLETE if listener.failed else 0


class _Stop:
    """What the first signal does; the second is left to the system, which ends the process at once."""

    def __init__(self) -> None:
        self.asked = False
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        self._do: Callable[[], object] | None = None

    def hear(self) -> None:
        """Begin to hear signals; in a thread other than the main one there are none."""
        if threading.current_thread() is threading.main_thread():
            for each in _SIGNALS:
                self._loop.add_signal_handler(each, self._heard)

    def gently(self, app: Kernel, listener: Listener) -> None:
        """From now on there is something to close."""

        def close() -> None:
            app.drain()
            listener.stop()

        self._do = close

    def _heard(self) -> None:
        self.asked = True
        for each in _SIGNALS:
            self._loop.remove_signal_handler(each)
            signal.signal(each, signal.SIG_DFL)
        if self._do is not None:
            self._do()
        elif self._task is not None:
            self._task.cancel()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Twice as fast where there is uvloop; the rest works the same without."""
    try:
        import uvloop  # noqa: PLC0415 - dear to import
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
