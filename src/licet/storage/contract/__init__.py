"""The suite every backend must pass (pytest and anyio are needed). A backend of one's own is tested so::

from licet.storage.contract import StoreContract

class TestMine(StoreContract):
    @pytest.fixture
    async def store(self, tmp_path):
        store = await MyStore.open(tmp_path)
        yield store
        await store.close()

    async def tamper(self, store, seq):
        ...  # change the event with this number behind the store's back
"""

import pytest

from licet.storage.contract.configuring import ConfiguringAll
from licet.storage.contract.devices import Devices
from licet.storage.contract.endings import Endings
from licet.storage.contract.endings_of_all import EndingsOfAll
from licet.storage.contract.journal import Journal
from licet.storage.contract.listing import Listing
from licet.storage.contract.once import Once
from licet.storage.contract.outbox import Outbox
from licet.storage.contract.pushed import Pushed
from licet.storage.contract.registration import Registration
from licet.storage.contract.registrations import Registrations
from licet.storage.contract.rotation import Rotation
from licet.storage.contract.sessions import Sessions
from licet.storage.contract.single_use import SingleUse
from licet.storage.contract.subjects import Subjects

__all__ = ["StoreContract"]


@pytest.mark.anyio
class StoreContract(
    SingleUse,
    Rotation,
    Devices,
    Registration,
    ConfiguringAll,
    Registrations,
    Pushed,
    Sessions,
    Subjects,
    Endings,
    EndingsOfAll,
    Outbox,
    Once,
    Journal,
    Listing,
):
    """All of it; a subclass brings the ``store`` fixture."""

    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    def __init_subclass__(cls) -> None:
        """A name that two groups share would hide one of the tests: better to fail at import."""
        super().__init_subclass__()
        names = [name for group in StoreContract.__bases__ for name in vars(group) if name.startswith("test_")]
        assert len(names) == len(set(names))
