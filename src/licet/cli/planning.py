"""What ``plan`` and ``apply`` both begin with: the file and the store, side by side, and what lies between."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from licet.ambient import SystemClock, SystemEntropy
from licet.cli.main import INCOMPLETE, WRONG_CALL
from licet.cli.opening import ISSUER_ID, Opened, fail, opened, vault_of
from licet.registration import applying, plan
from licet.registration.addresses import is_loopback
from licet.registration.applying import Change
from licet.registration.desired import Configuration
from licet.registration.facts import judged
from licet.registration.mistakes import ManifestErrors
from licet.registration.model import Manifest, Reference
from licet.registration.references import resolver
from licet.registration.unread import Unread, wanted
from licet.rules import Finding
from licet.storage import open_store
from licet.storage.ports import Unavailable
from licet.storage.records import Issuer


@dataclass(frozen=True, slots=True)
class Planning:
    """An opened store beside the configuration that it is to hold."""

    at: Opened
    present: Configuration

    def desired(self, made: Mapping[Reference, str]) -> tuple[Configuration, Unread]:
        """What the file wants, with the secrets that were *made* for it; exits 2 where one is too weak."""
        read = resolver()
        try:
            return wanted(
                self.at.manifest,
                self.at.issuer.issuer_id,
                self.at.vault,
                entropy=self.at.entropy,
                now=self.at.clock.now(),
                resolve_secret=lambda reference: made.get(reference) or read(reference),
                stored=self.present,
            )
        except ManifestErrors as errors:
            fail(str(errors), WRONG_CALL)

    async def plan(self) -> plan.Plan:
        """What lies between."""
        desired, unread = self.desired({})
        if why := await applying.taken(self.at.store, self.at.issuer.issuer_id, desired, self.present):
            fail(f"{why}. Choose another id, or end that one first.", WRONG_CALL)
        return await plan.make(
            self.at.store,
            self.at.issuer.issuer_id,
            desired=desired,
            present=self.present,
            unread=unread,
            now=self.at.clock.now(),
            judge=self._judged,
        )

    def _judged(self, after: Configuration) -> tuple[Finding, ...]:
        """What the rules say of everything that is served then."""
        development = is_loopback(self.at.manifest.issuer)
        return judged(after, self.at.clock.now(), development=development)

    def change(self, made: Mapping[Reference, str], *, deletes: bool) -> Change:
        """What is to be done; only while the store is as it was when this began."""
        desired, _ = self.desired(made)
        return Change(
            issuer_id=self.at.issuer.issuer_id,
            desired=desired,
            present=self.present,
            digest=self.at.manifest.digest,
            now=self.at.clock.now(),
            request_id=self.at.request_id,
            deletes=deletes,
        )


@asynccontextmanager
async def planning(manifest: Manifest, *, create: bool) -> AsyncIterator[Planning]:
    """The store that *manifest* names, beside a server that may be running; *create*: made where there is none yet.

    Without, a store that is not there holds nothing, and stays not there.
    """
    if create or _holds_something(manifest.server.store):
        at = await opened(manifest, lock=False, create=create)
    else:
        at = await _nothing_yet(manifest)
    try:
        yield Planning(at, await applying.stored(at.store, at.issuer.issuer_id))
    finally:
        await at.store.close()


def _holds_something(store: Path) -> bool:
    """Whether there is a store: whoever was killed while one was made leaves an empty file."""
    from licet.storage.schema import upgrade  # noqa: PLC0415  --help must not load a backend
    from licet.storage.sqlite import StoreMissing  # noqa: PLC0415

    try:
        return upgrade.status(store).revision is not None
    except StoreMissing:
        return False
    except Unavailable as reason:
        fail(str(reason), INCOMPLETE)


async def _nothing_yet(manifest: Manifest) -> Opened:
    entropy = SystemEntropy()
    vault = vault_of(manifest, entropy)
    return Opened(
        store=await open_store("memory:", vault.vouching()),
        issuer=Issuer(issuer_id=ISSUER_ID, url=manifest.issuer),
        vault=vault,
        clock=SystemClock(),
        entropy=entropy,
        manifest=manifest,
        request_id=entropy.bytes(8).hex(),
    )
