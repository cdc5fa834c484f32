"""Every attack meets a server of its own, like every story."""

from tests.flows.conftest import anyio_backend, here

__all__ = ["anyio_backend", "here"]
