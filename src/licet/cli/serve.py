"""``licet serve``: the server that ``licet.toml`` describes (product §1, rulings T)."""

from __future__ import annotations

import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import click

from licet.ambient import Instant
from licet.cli import administering, waived
from licet.cli.doctor import told
from licet.cli.main import FOUND, INCOMPLETE
from licet.cli.opening import CONFIG, Opened, fail, opened, read
from licet.cli.preflight import troubles
from licet.events import Event, EventType
from licet.registration import applying
from licet.registration.desired import Configuration, records
from licet.registration.differences import Difference, compare
from licet.registration.mistakes import ManifestErrors
from licet.registration.model import Manifest
from licet.registration.references import resolver
from licet.storage.ports import Conflict

if TYPE_CHECKING:
    from licet.app import Server
    from licet.authorization_server.policy import Policy
    from licet.authorization_server.settings import ClientDocuments, DynamicRegistration, Settings
    from licet.authorization_server.web.kernel import Kernel


@click.command()
@CONFIG
@click.option("--apply", "apply_", is_flag=True, help="Add and update what the file says; never deletes.")
def serve(config: Path, *, apply_: bool) -> None:
    """Run the server that licet.toml describes.

    The store is what is served. An empty one is filled from the file; one that differs is served as it is, and the
    difference is said. SIGTERM lets requests in flight finish.

    \b
    Examples:
      licet serve
      licet serve --config /etc/licet/licet.toml --apply
    """
    from licet.authorization_server.web import log  # noqa: PLC0415  --help must not load a server
    from licet.cli.serving import CannotListenError, Certificate, run  # noqa: PLC0415

    manifest = read(config)
    _refuse(manifest)
    server = manifest.server
    log.configure(sys.stderr, human=server.log == "text", access=True)
    service = _Service(manifest, apply=apply_)
    tls = Certificate(str(server.tls.certificate), str(server.tls.key)) if server.tls else None
    try:
        sys.exit(
            run(
                service.build, host=server.listen.host, port=server.listen.port, certificate=tls, on_ready=service.ready
            )
        )
    except CannotListenError as reason:
        fail(str(reason), INCOMPLETE)
    finally:
        service.close()


def _refuse(manifest: Manifest) -> None:
    """Stop before anything is opened where something stands in the way; say what the rules find otherwise."""
    found = troubles(manifest)
    refused = [one for one in found if one.level == "refused"]
    if refused:
        fail("\n".join(told(one) for one in refused) + "licet serve does not start like this.", FOUND)
    for notice in found:
        _say(f"{notice.what}  (licet doctor says more)")


class _Service:
    """A server from its store to its end."""

    def __init__(self, manifest: Manifest, *, apply: bool) -> None:
        self._manifest = manifest
        self._apply = apply
        self._opened: Opened | None = None
        self._server: Server | None = None

    async def build(self, _origin: str) -> Kernel:
        """Open the store, bring it to the file where that is asked, and wire the server over it."""
        from licet.app import build  # noqa: PLC0415  --help must not load a server
        from licet.authorization_server.web.limits import Proxies  # noqa: PLC0415
        from licet.storage.vault import Unsealable  # noqa: PLC0415

        self._opened = at = await opened(self._manifest, lock=True, create=True)
        await self._configure(at)
        await self._waive(at, at.clock.now())
        proxies = Proxies(trusted=tuple(str(network) for network in self._manifest.server.proxies))
        try:
            self._server = await build(
                at.store,
                at.issuer,
                at.vault,
                at.clock,
                entropy=at.entropy,
                settings=settings(self._manifest),
                policy=policy(self._manifest),
                proxies=proxies,
                extra=administering.rows(self._manifest, at.entropy),
            )
        except Unsealable as reason:
            fail(
                f"{self._manifest.server.store} has a signing key that these secrets did not seal: {reason}. "
                "Either [server] secrets is another store's, or somebody wrote into this one.",
                FOUND,
            )
        return self._server.app

    async def _configure(self, at: Opened) -> None:
        present = await applying.stored(at.store, at.issuer.issuer_id)
        now = at.clock.now()
        try:
            desired = records(
                self._manifest,
                at.issuer.issuer_id,
                at.vault,
                entropy=at.entropy,
                now=now,
                resolve_secret=resolver(),
                known=present.digests,
            )
        except ManifestErrors as errors:
            fail(str(errors), FOUND)
        if present.empty or self._apply:
            change = applying.Change(
                issuer_id=at.issuer.issuer_id,
                desired=desired,
                present=present,
                digest=self._manifest.digest,
                now=now,
                request_id=at.request_id,
            )
            try:
                done = await applying.apply(at.store, change)
            except Conflict:
                await at.store.close()
                fail(
                    "Something that the file no longer names still has an audience or a scope that it gives to something "
                    "else; nothing was applied. Look at: licet apply --allow-delete",
                    FOUND,
                )
            if done is None:
                fail("Somebody else changed the store just now; nothing was applied. Start again.", INCOMPLETE)
            _say(f"{len(done)} applied from {self._manifest.path.name}" if done else "")
        self._compare(desired, await applying.stored(at.store, at.issuer.issuer_id))

    async def _waive(self, at: Opened, now: Instant) -> None:
        """Say every waiver, and record those that hold: the file has them, so each start is when they begin."""
        for notice in waived.notices(self._manifest, waived.day(now)):
            _say(f"{notice.what} ({notice.why})")
        if holding := waived.holding(self._manifest, waived.day(now)):
            event = Event(
                issuer_id=at.issuer.issuer_id,
                type=EventType.CONFIGURATION_APPLIED,
                at=now,
                actor="operator",
                object="waivers",
                request_id=at.request_id,
                data={"manifest": self._manifest.digest.hex(), "waivers": list(holding)},
            )
            await at.store.events.record(event)

    def _compare(self, desired: Configuration, present: Configuration) -> None:
        left = compare(desired, present)
        if left:
            _say(
                f"{len(left)} change{'s' if len(left) > 1 else ''} not applied: {_named(left)}"
                + ("" if self._apply else "  (look at: licet plan)")
            )

    def ready(self, _origin: str) -> None:
        """Connections are answered."""
        assert self._opened is not None
        listen = self._manifest.server.listen
        _say(f"licet serves {self._opened.issuer.url} on {listen.host}:{listen.port}")

    def close(self) -> None:
        """Close the store; runs after the loop has ended."""
        import asyncio  # noqa: PLC0415  --help must not load a server

        if self._server is not None:
            self._server.close()
        if self._opened is not None:
            asyncio.run(self._opened.store.close())


def settings(manifest: Manifest) -> Settings:
    """The server's settings with what ``[lifetimes]`` overrides."""
    from licet.authorization_server.settings import Lifetimes, Pushing, Settings  # noqa: PLC0415
    from licet.resource_owner.sessions import SessionLives  # noqa: PLC0415

    given = dict(manifest.lifetimes)
    of_tokens = {field.name for field in fields(Lifetimes)}
    sessions = {name.removeprefix("session_"): value for name, value in given.items() if name.startswith("session_")}
    return Settings(
        lifetimes=Lifetimes(**{name: value for name, value in given.items() if name in of_tokens}),
        sessions=SessionLives(**sessions),
        registration=_registration(manifest),
        administration=manifest.server.admin,
        documents=documents(manifest),
        pushing=Pushing(required=manifest.server.pushed_only),
        egress=manifest.server.egress,
    )


def policy(manifest: Manifest) -> Policy:
    """What is demanded, minus the waivers of the file; each ends by itself, whenever the server was started."""
    from licet.authorization_server.policy import Policy  # noqa: PLC0415  --help must not load a server

    return Policy(waivers=tuple(one.waiver for one in manifest.waivers))


def _registration(manifest: Manifest) -> DynamicRegistration | None:
    from licet.authorization_server.settings import DynamicRegistration  # noqa: PLC0415
    from licet.storage.records import RegistrationPolicy  # noqa: PLC0415

    section = manifest.server.registration
    if section is None or not section.registers:
        return None
    return DynamicRegistration(
        anybody=section.anybody,
        policy=RegistrationPolicy(scope=section.may),
        clients=section.clients,
        unused_s=section.unused_s,
    )


def documents(manifest: Manifest) -> ClientDocuments | None:
    """Whose metadata documents are taken; None: nobody's."""
    from licet.authorization_server.settings import DOCUMENT_GRANTS, ClientDocuments  # noqa: PLC0415
    from licet.storage.records import RegistrationPolicy  # noqa: PLC0415

    section = manifest.server.registration
    if section is None or not section.documents:
        return None
    return ClientDocuments(
        hosts=None if section.document_hosts is None else frozenset(section.document_hosts),
        refused=frozenset(section.refuse_hosts),
        policy=RegistrationPolicy(scope=section.may, grant_types=DOCUMENT_GRANTS),
        clients=section.clients,
        unused_s=section.unused_s,
    )


def _named(differences: tuple[Difference, ...]) -> str:
    shown = ", ".join(f"{one.change} {' '.join(one.key)}" for one in differences[:5])
    return shown + (f" and {len(differences) - 5} more" if len(differences) > 5 else "")  # noqa: PLR2004


def _say(line: str) -> None:
    if line:
        click.echo(line, err=True)
