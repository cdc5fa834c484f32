"""Issue 3.6: with write access to the store but without the keys, no session and no token can be planted."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from secrets import token_bytes

import pytest

from bench.target import Unavailable
from licet.protocol import access_token, jose, secret_token
from prove.leaks.misplaced import SCOPE
from prove.leaks.plants import PLANTS, Row, bearer, guesses, insert, silent, templates
from prove.single_use.person import Person, tokens
from prove.single_use.served import Served, running, until
from tests.world import ORDERS

pytestmark = pytest.mark.timeout(600)


@dataclass
class Scene:
    """A server with a life of its own, and bob, who has got into its store. What bob has of his own is honestly his."""

    served: Served
    cookie: str
    templates: dict[str, Row]
    own: dict[str, str]
    """What bob was given for himself."""
    alice: str
    bob: str
    """Their subjects."""


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    home = tmp_path_factory.mktemp("planted") / "server"
    with running(home) as served, Person(served) as alice, Person(served, "bob") as bob:
        for person in (alice, bob):
            tokens(served, person, "shop", SCOPE)
        spa = tokens(served, bob, "spa", SCOPE)
        asked = served.ask("/device_authorization", served.mine("tv") | {"scope": "openid"}).json()
        bob.press(bob.device(asked["user_code"], "consent-allow"), "consent-allow")
        code = bob.authorize("shop", SCOPE).parameters["code"]
        own = {
            "session": bob.cookie("session"),
            "access token": spa["access_token"],
            "refresh token": spa["refresh_token"],
            "code": code,
            "device code": asked["device_code"],
            "client secret": served.secrets["billing"],
        }
        people = dict(served.rows("SELECT login, subject_id FROM accounts"))
        yield Scene(served, bob.cookie_name("session"), templates(served), own, people["alice"], people["bob"])


@pytest.mark.parametrize("name", PLANTS)
def test_a_row_that_was_made_without_the_key_is_worth_nothing(scene: Scene, name: str) -> None:
    plant, served = PLANTS[name], scene.served
    template = scene.templates[plant.table]
    key_id = template[plant.column][:4]
    planted = []
    for make in guesses(served, key_id):
        payload = token_bytes(32)
        planted.append((plant.value(payload), plant.row(template, payload, make(plant.kind, plant.value(payload)))))
    assert len(planted) > 50
    payload = token_bytes(32)
    real = plant.value(payload)
    control = plant.row(template, payload, served.vault.digest(1, plant.kind, real))
    insert(served, plant.table, [control, *(row for _, row in planted)])
    try:
        # A client's secrets are read anew within a moment; everything else is there at once.
        until(lambda: plant.taken(served, real, scene.cookie), "the control: with the key it is taken")
        assert [value for value, _ in planted if plant.taken(served, value, scene.cookie)] == []
    finally:
        if plant.table == "credentials":
            served.write("DELETE FROM credentials WHERE credential_id LIKE 'planted%'")


@pytest.mark.parametrize(("mine", "theirs"), [pair for pair in product(PLANTS, PLANTS) if pair[0] != pair[1]])
def test_what_one_has_is_not_good_for_something_else(scene: Scene, mine: str, theirs: str) -> None:
    """A digest that was moved to another table: bob knows what it is of, but it was made for another kind."""
    own, plant, value = PLANTS[mine], PLANTS[theirs], scene.own[mine]
    digest = scene.served.vault.digest(1, own.kind, value)
    column = {"pending": "device_digest", "families": "current_digest"}.get(own.table, "digest")
    assert scene.served.rows(f"SELECT count(*) FROM {own.table} WHERE {column} = ?", digest)[0][0] == 1
    payload = secret_token.payload(own.prefix, value) or token_bytes(32)
    insert(scene.served, plant.table, [plant.row(scene.templates[plant.table], payload, digest)])
    for presented in {value, plant.value(payload)}:
        assert not plant.taken(scene.served, presented, scene.cookie)


def forged(served: Served, key: jose.SigningKey, subject: str) -> str:
    """An access token that bob signs for himself, in alice's name."""
    now = int(time.time())
    return access_token.make(
        key, issuer=served.issuer, subject=subject, audience=(ORDERS,), client_id="billing", scope=("orders:read",),
        jti="forged", issued_at_s=now, expires_at_s=now + 300,
    )  # fmt: skip


KEYS = {
    "a key of his own beside ours": "INSERT INTO keys SELECT issuer_id, 'forged', purpose, alg, 'retiring', :jwk, NULL, "
    "publish_at, active_at, retire_at, destroy_at, hints_until, ext FROM keys WHERE kid = :kid",
    "one that is only announced": "INSERT INTO keys SELECT issuer_id, 'forged', purpose, alg, 'pending', :jwk, sealed, "
    "publish_at, active_at, retire_at, destroy_at, hints_until, ext FROM keys WHERE kid = :kid",
    "his public key in our row": "UPDATE keys SET public_jwk = :jwk WHERE kid = :kid",
    "and nothing sealed": "UPDATE keys SET public_jwk = :jwk, sealed = NULL WHERE kid = :kid",
    "another row's private key": "UPDATE keys SET sealed = (SELECT sealed FROM keys WHERE purpose = 'id_token' "
    "AND alg = 'ES256') WHERE kid = :kid",
    "one that he sealed himself": "UPDATE keys SET sealed = CAST(substr(sealed, 1, 4) || randomblob(166) AS BLOB), public_jwk = :jwk "
    "WHERE kid = :kid",
}


def test_a_signing_key_of_his_own_is_not_believed(scene: Scene) -> None:
    """The server would rather not start than publish it or verify with it; one that runs has its own in memory."""
    served = scene.served
    ((kid, was, sealed),) = served.rows(
        "SELECT kid, public_jwk, sealed FROM keys WHERE purpose = 'access_token' AND alg = 'ES256'"
    )
    restored = ("UPDATE keys SET public_jwk = ?, sealed = ? WHERE kid = ?", (was, sealed, kid))
    forgeries = []
    for change in KEYS.values():
        own = jose.SigningKey(jose.generate_es256(), "ES256", kid if "UPDATE" in change else "forged")
        planted = (change, {"jwk": json.dumps(own.public_jwk()), "kid": kid})
        served.write(planted)
        forgeries.append((forged(served, own, scene.alice), planted))
        assert not alive(served, forgeries[-1][0])
        served.write("DELETE FROM keys WHERE kid = 'forged'", restored)
    served.stop()
    try:
        for _, planted in forgeries:
            served.write(planted)
            with pytest.raises(Unavailable, match="somebody wrote into this one"):
                served.start()
            served.write("DELETE FROM keys WHERE kid = 'forged'", restored)
    finally:
        served.start()
    assert [token for token, _ in forgeries if alive(served, token)] == []


def alive(served: Served, token: str) -> bool:
    return bool(served.ask("/introspect", served.mine("api.orders") | {"token": token}).json()["active"])


def test_the_forgery_is_good_but_for_its_key(scene: Scene) -> None:
    """The control: signed with the key that is sealed in the store, the same token is alive."""
    served = scene.served
    ((kid, sealed),) = served.rows("SELECT kid, sealed FROM keys WHERE purpose = 'access_token' AND alg = 'ES256'")
    private = served.vault.open("signing-key", sealed, f"1/{kid}/access_token/ES256".encode())
    assert alive(served, forged(served, jose.from_pkcs8(private, "ES256", kid), scene.alice))


class TestWhatRowsSayIsBelieved:
    """Where the limit is: digests say that a secret was issued here, and rows say to whom. Somebody who can write rows and
    has something of their own can have it speak of somebody else, or give somebody else their password. Nothing but the
    database's own protection stands before that. Here so that the day on which it changes is noticed."""

    def test_an_own_session_that_speaks_of_somebody_else(self, scene: Scene) -> None:
        own = scene.served.vault.digest(1, "session", scene.own["session"])
        change = "UPDATE sessions SET subject_id = ? WHERE digest = ?"
        scene.served.write((change, (scene.alice, own)))
        assert silent(scene.served, scene.own["session"], scene.cookie)
        scene.served.write((change, (scene.bob, own)))

    def test_an_own_token_that_speaks_of_somebody_else(self, scene: Scene) -> None:
        own = scene.served.vault.digest(1, "access-token", scene.own["access token"])
        change = (
            "UPDATE grants SET subject_id = ? WHERE grant_id = (SELECT grant_id FROM access_tokens WHERE digest = ?)"
        )
        scene.served.write((change, (scene.alice, own)))
        assert bearer(scene.served, scene.own["access token"]).status_code == 200
        scene.served.write((change, (scene.bob, own)))

    def test_an_own_password_for_somebody_else(self, scene: Scene) -> None:
        was = scene.served.rows("SELECT secret FROM authenticators WHERE subject_id = ?", scene.alice)[0][0]
        change = "UPDATE authenticators SET secret = ? WHERE subject_id = ?"
        mine = scene.served.rows("SELECT secret FROM authenticators WHERE subject_id = ?", scene.bob)[0][0]
        scene.served.write((change, (mine, scene.alice)))
        passwords = dict(scene.served.passwords)
        scene.served.passwords["alice"] = passwords["bob"]
        try:
            with Person(scene.served) as person:
                assert person.authorize("shop", "openid").parameters["code"]
        finally:
            scene.served.passwords.update(passwords)
            scene.served.write((change, (was, scene.alice)))

    def test_a_known_secret_for_another_client(self, scene: Scene) -> None:
        known = scene.served.vault.digest(1, "client-secret", scene.served.secrets["billing"])
        was = scene.served.rows("SELECT digest FROM credentials WHERE owner = 'shop'")[0][0]
        change = "UPDATE credentials SET digest = ? WHERE owner = 'shop'"
        grow = "UPDATE issuers SET generation = generation + 1"
        form = {"client_id": "shop", "client_secret": scene.served.secrets["billing"], "token": "x"}

        def status() -> int:
            return scene.served.ask("/introspect", form).status_code

        scene.served.write((change, (known,)), grow)
        until(lambda: status() == 200, "the other client's secret is taken")
        scene.served.write((change, (was,)), grow)
        until(lambda: status() == 401, "and no more, when the row is as it was")
