"""A development store is filled once, finished if it was interrupted, and moved with its port."""

from __future__ import annotations

from pathlib import Path

import pytest

from licet.authorization_server.client_authentication.model import Candidate
from licet.authorization_server.client_authentication.secrets import matches
from licet.development import apps
from licet.development.description import NotRunning, describe, read
from licet.development.people import PEOPLE
from licet.development.place import Broken, Place
from licet.development.seed import Seeded, seeded
from licet.resource_owner.claims import CLAIMS

ONE, OTHER = "http://127.0.0.1:8414", "http://127.0.0.1:9999"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


pytestmark = pytest.mark.anyio


async def opened(directory: Path, url: str = ONE) -> Seeded:
    place = Place(directory)
    place.open()
    return await seeded(place, url)


async def snapshot(at: Seeded) -> dict[str, object]:
    issuer_id = at.issuer.issuer_id
    return {
        "keys": await at.store.keys.every(issuer_id),
        "clients": await at.store.clients.every(issuer_id),
        "people": [await at.store.accounts.find_by_login(issuer_id, person.login) for person in PEOPLE],
        "secrets": at.secrets,
        "api credentials": (await at.store.resources.every(issuer_id))[0].credentials,
    }


async def test_people_have_every_standard_claim(tmp_path: Path) -> None:
    at = await opened(tmp_path)
    for person in PEOPLE:
        found = await at.store.accounts.find_by_login(1, person.login)
        assert found is not None
        assert found.account.profile.keys() == {claim for claims in CLAIMS.values() for claim in claims}
        assert type(found.account.profile["updated_at"]) is int
    await at.store.close()


async def test_the_apps_are_what_they_say(tmp_path: Path) -> None:
    at = await opened(tmp_path)
    clients = {one.client.client_id: one for one in await at.store.clients.every(1)}
    assert {name: (one.client.kind, one.client.metadata.public) for name, one in clients.items()} == {
        "demo-web": ("browser-app", True),
        "demo-service": ("service", False),
        "demo-tv": ("tv", True),
    }
    assert {one.client.source for one in clients.values()} == {"dev"}
    service = clients["demo-service"]
    candidate = Candidate(issuer_id=1, id="demo-service", methods=frozenset(), credentials=service.credentials)
    assert matches(at.vault, candidate, at.secrets.service, at.clock.now())
    assert not matches(at.vault, candidate, at.secrets.api, at.clock.now())
    await at.store.close()


async def test_a_second_start_changes_nothing(tmp_path: Path) -> None:
    at = await opened(tmp_path)
    before, generation = await snapshot(at), await at.store.issuers.generation(1)
    await at.store.close()
    at = await opened(tmp_path)
    assert await snapshot(at) == before
    assert await at.store.issuers.generation(1) == generation
    await at.store.close()


async def test_on_another_port_the_issuer_and_its_api_move_and_the_rest_stays(tmp_path: Path) -> None:
    at = await opened(tmp_path)
    before = await snapshot(at)
    await at.store.close()
    at = await opened(tmp_path, OTHER)
    assert await snapshot(at) == before
    issuer = await at.store.issuers.only()
    (api,) = await at.store.resources.every(1)
    assert issuer is not None
    assert (issuer.url, api.resource.identifier) == (OTHER, f"{OTHER}/demo/orders")
    assert {scope.resource for scope in api.scopes} == {f"{OTHER}/demo/orders"}
    await at.store.close()


async def test_an_interrupted_first_start_is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def interrupted(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("the power went")

    with monkeypatch.context() as patched:
        patched.setattr("licet.development.seed.keys.create", interrupted)
        patched.setattr("licet.development.seed.accounts.create", interrupted)
        with pytest.raises(ExceptionGroup):
            await opened(tmp_path)
    at = await opened(tmp_path)
    found = await snapshot(at)
    assert len(found["keys"]) == 6  # type: ignore[arg-type]
    assert None not in found["people"]  # type: ignore[operator]
    await at.store.close()


async def test_a_store_that_dev_did_not_make_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from licet.development import seed
    from licet.storage.records import Issuer

    def production(**fields: object) -> Issuer:
        return Issuer(**{**fields, "development": False})  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(seed, "Issuer", production)
        with pytest.raises(Broken, match="licet serve runs it"):
            await opened(tmp_path)
    with pytest.raises(Broken, match="licet serve runs it"):
        await opened(tmp_path)


async def test_the_description_says_what_scripts_need(tmp_path: Path) -> None:
    at = await opened(tmp_path)
    place, said = Place(tmp_path), describe(at)
    with pytest.raises(NotRunning, match="Start it first"):
        read(place)
    place.publish(said)
    assert read(place) == said
    assert said.issuer == ONE
    assert {person.login: person.password for person in said.people} == at.secrets.people
    assert said.apps.web.redirect_uri == "http://127.0.0.1/callback"
    assert said.apps.service.client_secret == at.secrets.service
    assert (said.api.url, said.api.audience) == (f"{ONE}/demo/orders",) * 2
    assert said.api.scopes == (apps.READ, apps.WRITE)
    await at.store.close()


async def test_dev_json_of_a_server_that_was_killed_is_gone_at_the_next_start(tmp_path: Path) -> None:
    at = await opened(tmp_path)
    Place(tmp_path).publish(describe(at))
    await at.store.close()
    at = await opened(tmp_path)
    assert not Place(tmp_path).dev_json.exists()
    await at.store.close()
