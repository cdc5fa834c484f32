"""What a plan says becomes possible is what the server accepts afterwards and did not before: asked of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, assume, example, given, settings

from licet.ambient import SystemEntropy
from licet.authorization_server.settings import Settings, Throttles
from licet.registration import applying, manifest, plan
from licet.registration.applying import Change
from licet.registration.authority import Power, Shift, powers
from licet.registration.desired import Configuration, records
from licet.registration.mistakes import ManifestErrors
from licet.registration.references import resolver
from licet.registration.unread import Unread
from tests.registration.edits import Edit, edits
from tests.registration.interrogation import accepted, observable, public
from tests.registration.random_files import SECRETS
from tests.world import CHEAP, World, world

PATIENT = Settings(passwords=CHEAP, throttles=Throttles(secret_per_client=1_000_000))
"""Wrong secrets are asked about as often as there are questions."""


WRITE = 'write = { says = "Do it", sensitive = false }\n'
OTHER = '[api.y]\naudience = "urn:two:x"\n[api.y.scopes]\n'
SHOP = f"""\
issuer = "https://id.example.com"
[api.x]
audience = "urn:one:x"
secret = {{ env = "C" }}
[api.x.scopes]
read = {{ says = "Do it", sensitive = true }}
{WRITE}{OTHER}[app.shop]
is = "web-app"
callback = ["https://a.example.com/cb"]
secret = {{ env = "A" }}
consent = "trusted"
may = ["openid", "read", "write"]
"""


def edited(old: str, new: str) -> Edit:
    """One edit of the shop's file."""
    assert old in SHOP
    return Edit(SHOP, SHOP.replace(old, new))


def nothing(_: Configuration) -> tuple[()]:
    """What the rules say is asked elsewhere."""
    return ()


async def wanted(world: World, read: manifest.Manifest) -> tuple[Configuration, Configuration]:
    """What the file says and what the server's store holds."""
    present = await applying.stored(world.store, 1)
    desired = records(
        read, 1, world.vault, entropy=SystemEntropy(), now=world.clock.now(), resolve_secret=resolver(SECRETS),
        known=present.digests,
    )  # fmt: skip
    return desired, present


async def applied(world: World, read: manifest.Manifest) -> Shift:
    """The file in force, and what its plan said that this lets happen and no more."""
    desired, present = await wanted(world, read)
    now = world.clock.now()
    made = await plan.make(world.store, 1, desired=desired, present=present, unread=Unread(), now=now, judge=nothing)
    change = Change(issuer_id=1, desired=desired, present=present, digest=read.digest, now=now, deletes=True)
    assert await applying.apply(world.store, change) is not None
    await world.server.upkeep.directory.refresh()
    return made.shift


def readable(directory: Path, text: str) -> manifest.Manifest | None:
    (directory / "licet.toml").write_text(text)
    try:
        return manifest.read(directory / "licet.toml")
    except ManifestErrors:
        return None


async def compared(directory: Path, edit: Edit) -> tuple[frozenset[Power], frozenset[Power]]:
    """What became possible and impossible, by the server's answers; equal to what was said, or it fails."""
    first, second = readable(directory, edit.before), readable(directory, edit.after)
    assume(first is not None)
    assume(second is not None)
    assert first is not None
    assert second is not None
    async with world(directory, PATIENT) as running:
        await applied(running, first)
        said = powers(await applying.stored(running.store, 1))
        before = await accepted(running)
        same(before, said, public(said))
        shift = await applied(running, second)
        after = await accepted(running)
        unseen = public(said) | public(powers(await applying.stored(running.store, 1)))
        same(after - before, shift.gained, unseen)
        same(before - after, shift.lost, unseen)
        return after - before, before - after


def same(answers: Iterable[Power], said: Iterable[Power], unseen: frozenset[str]) -> None:
    """No more and no less, by name."""
    here, there = observable(answers, unseen), observable(said, unseen)
    more, less = (sorted(map(str, one)) for one in (here - there, there - here))
    assert (more, less) == ([], []), f"accepted, and not said: {more}; said, and not accepted: {less}"


def agree(edit: Edit) -> None:
    with TemporaryDirectory() as directory:
        asyncio.run(compared(Path(directory), edit))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(edit=edits())
@example(edit=edited("true", "false")).via("what was asked is given without a question")
@example(edit=edited("a.example", "b.example")).via("answers go elsewhere")
@example(edit=edited('"A"', '"B"')).via("somebody else proves to be it")
@example(edit=edited(WRITE + OTHER, OTHER + WRITE)).via("a scope moves to another API")
@example(edit=edited(SHOP[SHOP.index("[app") :], "")).via("the app leaves the file")
def test_the_server_accepts_what_the_plan_says(edit: Edit) -> None:
    agree(edit)
