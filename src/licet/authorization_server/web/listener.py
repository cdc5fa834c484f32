"""uvicorn, set the way this server needs it. Imported only when something is about to be served."""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
from collections.abc import Callable, Iterator

import uvicorn

from licet.authorization_server.web.connections import bounded
from licet.authorization_server.web.kernel import Kernel
from licet.authorization_server.web.limits import Patience


class Listener(uvicorn.Server):
    """Accepts connections for *app* until told to stop; signals are the caller's."""

    def __init__(
        self,
        app: Kernel,
        *,
        certificate: tuple[str, str] | None,
        drain_s: int,
        on_ready: Callable[[], None],
        patience: Patience | None = None,
    ) -> None:
        super().__init__(_config(app, certificate, drain_s, patience or Patience()))
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the application, accept connections, and say so."""
        await super().startup(sockets)
        if self.started and not self.should_exit:
            self._on_ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone: uvicorn's own handlers would raise them again at the end, and exit with a signal's code."""
        yield

    def stop(self) -> None:
        """Accept nothing more, finish what is in flight, close the application."""
        self.should_exit = True

    @property
    def failed(self) -> bool:
        """Whether the application could not be closed."""
        return bool(self.lifespan.should_exit)


def _config(app: Kernel, certificate: tuple[str, str] | None, drain_s: int, patience: Patience) -> uvicorn.Config:
    chain, key = certificate or (None, None)
    config = uvicorn.Config(
        app,
        http=bounded(app, patience),
        ws="none",
        lifespan="on",
        interface="asgi3",
        workers=1,  # one process to a store; also deaf to WEB_CONCURRENCY
        log_config=None,
        access_log=False,  # it would log queries
        proxy_headers=False,  # the kernel reads them itself, from named proxies only
        server_header=False,
        timeout_graceful_shutdown=drain_s,
        ssl_certfile=chain,
        ssl_keyfile=key,
        ssl_context_factory=_modern if chain else None,
    )
    # A warning for every malformed request would let strangers write the log.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    return config


def _modern(_config: uvicorn.Config, default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    """TLS 1.2 or later (RFC 9325 §3.1.1)."""
    context = default()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
