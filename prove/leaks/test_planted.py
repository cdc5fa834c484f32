"""Issue 3.6: with write access to the store but without the keys, no session and no token can be planted."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import product
from secrets import token_bytes
from typing import Any

import msgspec
import pytest

from bench.target import Unavailable
from licet.protocol import access_token, jose, secret_token
from prove.leaks.misplaced import SCOPE
from prove.leaks.plants import PLANTS, VOUCHED, Row, bearer, guesses, insert, silent, templates, vouched
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


def unkeyed(served: Served, table: str, where: str) -> dict[str, bytes | None]:
    """Vouches that bob can come by for what a row says now, without the key."""
    row = dict(
        zip(
            VOUCHED[table].fields,
            served.rows(f"SELECT {VOUCHED[table].columns} FROM {table} WHERE {where}")[0],
            strict=True,
        )
    )
    said = msgspec.msgpack.encode((table, tuple(row[name] for name in VOUCHED[table].said)))
    key_id = row["vouch"][:4]
    theirs = served.rows(f"SELECT vouch FROM {table} WHERE NOT ({where})")
    return {
        "the one it had": row["vouch"],
        "none": None,
        "an empty one": b"",
        "nothing but the key's name": key_id,
        "another row's": theirs[0][0] if theirs else key_id * 5,
        "a hash": key_id + blake2b(said, digest_size=16).digest(),
        "under a key of zeros": key_id + blake2b(said, key=bytes(32), digest_size=16).digest(),
        "under the key's name": key_id + blake2b(said, key=key_id, digest_size=16).digest(),
        "under a key of his own": bytes(4) + blake2b(said, key=b"mine", digest_size=16).digest(),
    }


@dataclass
class Change:
    """What bob would have a row say, and what it would give him."""

    table: str
    column: str
    where: str
    was: Any
    mine: Any
    taken: Callable[[], bool]


def _session(scene: Scene) -> Change:
    own = scene.served.vault.digest(1, "session", scene.own["session"]).hex()
    return Change(
        "sessions", "subject_id", f"digest = x'{own}'", scene.bob, scene.alice,
        lambda: silent(scene.served, scene.own["session"], scene.cookie),
    )  # fmt: skip


def _token(scene: Scene) -> Change:
    own = scene.served.vault.digest(1, "access-token", scene.own["access token"]).hex()
    return Change(
        "grants", "subject_id", f"grant_id = (SELECT grant_id FROM access_tokens WHERE digest = x'{own}')",
        scene.bob, scene.alice, lambda: bearer(scene.served, scene.own["access token"]).status_code == 200,
    )  # fmt: skip


def _password(scene: Scene) -> Change:
    secret = "SELECT secret FROM authenticators WHERE subject_id = ?"
    was, mine = (scene.served.rows(secret, who)[0][0] for who in (scene.alice, scene.bob))

    def taken() -> bool:
        passwords = dict(scene.served.passwords)
        scene.served.passwords["alice"] = passwords["bob"]
        try:
            with Person(scene.served) as person:
                return bool(person.authorize("shop", "openid").parameters.get("code"))
        except (AssertionError, KeyError):
            return False
        finally:
            scene.served.passwords.update(passwords)

    return Change("authenticators", "secret", f"subject_id = '{scene.alice}'", was, mine, taken)


def _secret(scene: Scene) -> Change:
    mine = scene.served.vault.digest(1, "client-secret", scene.served.secrets["billing"])
    was = scene.served.rows("SELECT digest FROM credentials WHERE owner = 'shop'")[0][0]
    form = {"client_id": "shop", "client_secret": scene.served.secrets["billing"], "token": "x"}

    def taken() -> bool:
        time.sleep(1.2)  # configuration is read anew within a second
        return scene.served.ask("/introspect", form).status_code == 200

    return Change("credentials", "digest", "owner = 'shop'", was, mine, taken)


@pytest.mark.parametrize("make", [_session, _token, _password, _secret])
def test_a_row_does_not_speak_of_somebody_else(scene: Scene, make: Callable[[Scene], Change]) -> None:
    """A digest says that a secret was issued here, the row to whom and for what: both are vouched for together. The
    control: with the key, it is believed."""
    change, served = make(scene), scene.served
    statement = f"UPDATE {change.table} SET {change.column} = ?, vouch = ? WHERE {change.where}"
    grow = "UPDATE issuers SET generation = generation + 1"
    fields = VOUCHED[change.table].fields
    row = served.rows(f"SELECT {VOUCHED[change.table].columns} FROM {change.table} WHERE {change.where}")[0]
    before = dict(zip(fields, row, strict=True))
    true = vouched(served, change.table, before | {change.column: change.mine})["vouch"]
    try:
        served.write((statement, (change.mine, true)), grow)
        assert change.taken(), "the control"
        believed = []
        for name, vouch in unkeyed(served, change.table, change.where).items():
            served.write((statement, (change.mine, before["vouch"] if name == "the one it had" else vouch)), grow)
            believed += [name] if change.taken() else []
        assert believed == []
    finally:
        served.write((statement, (change.was, before["vouch"])), grow)
