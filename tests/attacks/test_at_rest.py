"""What lies in the store: nothing of what strangers type, and no key that was not sealed here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

import httpx2
import msgspec
import pytest

from licet.authorization_server.keys import Ring
from licet.protocol import jose
from licet.storage.records import Key
from licet.storage.sqlite import SQLiteStore
from licet.storage.vault import Unsealable
from tests.attacks.watch import asked, row
from tests.visitor import Form
from tests.world import PASSWORD, SECRET, World

pytestmark = pytest.mark.anyio

CLIENT = {"grant_type": "client_credentials", "client_id": "billing", "client_secret": SECRET}


async def _typed_as_name(http: httpx2.AsyncClient) -> None:
    response = await http.get("/authorize", params=asked())
    form = Form((await http.get(response.headers["location"])).text).with_button("login-submit")
    await http.post(form["action"], data=form["fields"] | {"login": PASSWORD, "password": PASSWORD})


MISPLACED: dict[str, Callable[[httpx2.AsyncClient], Awaitable[Any]]] = {
    "a password in the field of the name": _typed_as_name,
    "id and secret exchanged": lambda http: http.post("/token", data=CLIENT, auth=httpx2.BasicAuth(SECRET, "billing")),
    "the secret as client_id": lambda http: http.post("/token", data=CLIENT | {"client_id": SECRET}),
    "the secret as client_id of a page": lambda http: http.get("/authorize", params=asked(client_id=SECRET)),
    "the secret as scope": lambda http: http.post("/token", data=CLIENT | {"scope": SECRET.replace(" ", "-")}),
    "the secret as grant_type": lambda http: http.post("/token", data=CLIENT | {"grant_type": SECRET}),
}


@pytest.mark.parametrize("where", MISPLACED)
async def test_what_is_typed_into_the_wrong_field_is_not_kept(here: World, where: str) -> None:
    async with here.visitor() as http:
        await MISPLACED[where](http)
    await here.store.flush()
    reader = cast("SQLiteStore", here.store)._reader
    tables = [name for (name,) in reader.rows("SELECT name FROM sqlite_master WHERE type = 'table'", ())]
    kept = repr([reader.rows(f"SELECT * FROM {table}", ()) for table in tables])
    for secret in (PASSWORD, SECRET, SECRET.replace(" ", "-")):
        assert secret not in kept


async def test_a_scope_that_exists_is_named(here: World) -> None:
    """The operator's words are no secret: that a client lacks a scope is worth knowing."""
    async with here.visitor() as http:
        assert (await http.post("/token", data=CLIENT | {"scope": "profile"})).status_code == 400
    await here.store.flush()
    assert row(here, "SELECT client_id, detail FROM refusals") == ("billing", "profile")


@pytest.mark.parametrize("fault", ["a key of their own", "another public key", "one that was sealed elsewhere"])
async def test_a_key_that_was_not_sealed_here_is_not_believed(
    here: World, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """Whoever can write rows, but has no master key, cannot have a key of theirs verify tokens or be published."""
    stolen = jose.SigningKey(jose.generate_es256(), "ES256", "theirs")
    keys = await here.store.keys.every(1)
    mine = next(key for key in keys if (key.purpose, key.alg) == ("access_token", "ES256"))
    other = next(key for key in keys if (key.purpose, key.alg) == ("id_token", "ES256"))
    planted = {
        "a key of their own": msgspec.structs.replace(
            mine, kid="theirs", state="retiring", public_jwk=stolen.public_jwk(), sealed=None
        ),
        "another public key": msgspec.structs.replace(
            mine, public_jwk=jose.SigningKey(stolen._private, "ES256", mine.kid).public_jwk()
        ),
        "one that was sealed elsewhere": msgspec.structs.replace(mine, sealed=other.sealed),
    }[fault]
    ring = Ring(here.vault, workers=1)
    try:
        await ring.load(here.store, 1)

        async def every(issuer_id: int) -> tuple[Key, ...]:
            return (*(key for key in keys if key.kid != planted.kid), planted)

        monkeypatch.setattr(here.store.keys, "every", every)
        with pytest.raises(Unsealable):
            await ring.load(here.store, 1)
    finally:
        ring.close()
    assert b"theirs" not in ring.jwks
