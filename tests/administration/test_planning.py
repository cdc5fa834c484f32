"""A whole configuration over HTTP: planned, applied, drifted from, and no more than the caller may."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec.structs import replace

from licet.cli.remote import _tables
from licet.events import EventType
from licet.registration import over_the_wire
from licet.registration.key_places import owned, secret_key
from licet.registration.manifest import read
from licet.requirements import (
    ADMINISTRATION_AS_THE_FILE,
    ADMINISTRATION_CONDITIONAL,
    ADMINISTRATION_NOT_BEYOND_ITSELF,
    ADMINISTRATION_OWNED,
)
from tests.administration.conftest import Administered
from tests.administration.test_objects import NEW, NIGHTLY
from tests.world import ISSUER

pytestmark = pytest.mark.anyio

SECRET = "a secret that was made for this test, 0123456789"
WANTED: dict[str, Any] = {
    "issuer": ISSUER,
    "api": {"orders": {"audience": "https://orders.example.com", "scopes": {"orders.read": "Read your orders"}}},
    "app": {
        "nightly": {"is": "service", "secret": {"env": "NIGHTLY"}, "may": ["orders.read"]},
        "shop": {
            "is": "web-app",
            "name": "Corner Shop",
            "callback": "https://shop.example.com/callback",
            "secret": {"file": "/etc/licet/shop.secret"},
            "may": ["openid", "orders.read"],
        },
    },
    "secrets": {"app.nightly.secret[0]": SECRET},
}


async def planned(here: Administered, wanted: dict[str, Any], scope: str = "") -> dict[str, Any]:
    answer = await here.call("POST", "/plan", scope, json=wanted)
    assert answer.status_code == 200, answer.text
    plan: dict[str, Any] = answer.json()
    return plan


async def test_what_was_planned_is_done_and_then_there_is_nothing_to_do(here: Administered) -> None:
    plan = await planned(here, WANTED, "licet:plan")
    assert {(one["what"], one["name"], one["change"]) for one in plan["changes"]} >= {
        ("app", "nightly", "added"),
        ("app", "shop", "changed"),
        ("app", "spa", "gone"),
        ("api", "invoices", "gone"),
    }
    assert [one["of"] for one in plan["secrets_kept"]] == ["app.shop"]
    before = await here.call("GET", "/apps/nightly")
    assert before.status_code == 404, "a plan changes nothing"
    answer = await here.call("POST", "/apply", json=WANTED | {"fingerprint": plan["fingerprint"]})
    assert answer.status_code == 200, answer.text
    done = answer.json()
    assert done["done"] == {
        "added": 1,
        "changed": len([c for c in plan["changes"] if c["change"] == "changed"]),
        "deleted": 0,
    }
    assert done["skipped_deletions"] == len([c for c in plan["changes"] if c["change"] == "gone"])
    async with here.world.visitor() as http:
        token = await http.post("/token", data={"grant_type": "client_credentials"}, auth=("nightly", SECRET))
    assert token.status_code == 200, token.text
    assert (await here.call("GET", "/apps/nightly")).json()["source"] == "file"
    assert (await here.call("GET", "/apps/spa")).status_code == 200
    event = (await here.world.events(EventType.CONFIGURATION_APPLIED))[-1]
    assert (event.actor, event.request_id) == ("token", answer.headers["x-request-id"])
    rest = await planned(here, WANTED)
    assert {one["change"] for one in rest["changes"]} == {"gone"}
    gone = WANTED | {"fingerprint": rest["fingerprint"], "allow_delete": True}
    assert (await here.call("POST", "/apply", json=gone)).status_code == 200
    assert (await here.call("GET", "/apps/spa")).status_code == 404
    assert (await planned(here, WANTED))["changes"] == []


@pytest.mark.witness(ADMINISTRATION_CONDITIONAL)
async def test_a_plan_that_is_no_longer_true_is_not_done(here: Administered) -> None:
    plan = await planned(here, WANTED)
    other = deepcopy(WANTED)
    other["app"]["shop"]["name"] = "Another Shop"
    drifted = await here.call("POST", "/apply", json=other | {"fingerprint": plan["fingerprint"]})
    assert (drifted.status_code, drifted.json()["error"]) == (409, "drifted")
    assert drifted.json()["plan"]["fingerprint"] == (await planned(here, other))["fingerprint"]
    shop = await here.world.store.clients.find(1, "shop")
    assert shop is not None
    await here.world.put(replace(shop.client, owner="somebody"), *shop.credentials)
    late = await here.call("POST", "/apply", json=WANTED | {"fingerprint": plan["fingerprint"]})
    assert (late.status_code, late.json()["error"]) == (409, "drifted")
    assert (await here.call("GET", "/apps/nightly")).status_code == 404


async def test_what_is_taken_by_something_that_stays_is_a_clash(here: Administered) -> None:
    wanted = deepcopy(WANTED)
    wanted["api"]["billing"] = {"audience": "https://invoices.example.com", "scopes": {}}
    plan = await planned(here, wanted)
    body = wanted | {"fingerprint": plan["fingerprint"]}
    refused = await here.call("POST", "/apply", json=body)
    assert (refused.status_code, refused.json()["error"]) == (409, "conflict")
    assert (await here.call("POST", "/apply", json=body | {"allow_delete": True})).status_code == 200


async def test_the_rules_judge_the_result(here: Administered) -> None:
    findings = (await planned(here, WANTED))["findings"]
    assert all(one["rule"] and one["message"] for one in findings)
    assert not [one for one in findings if "licet:" in one["message"]]
    wanted = deepcopy(WANTED)
    wanted["app"]["deploy"] = {"is": "service", "secret": {"env": "D"}, "may": ["licet:apply"]}
    assert not [one for one in (await planned(here, wanted))["findings"] if "licet:" in one["message"]]


async def test_secrets_that_are_nowhere_are_made_for_it(here: Administered) -> None:
    wanted = WANTED | {"secrets": {}}
    plan = await planned(here, wanted)
    assert plan["secrets_to_make"] == [{"of": "app.nightly", "kind": "env", "name": "NIGHTLY"}]
    bare = await here.call("POST", "/apply", json=wanted | {"fingerprint": plan["fingerprint"]})
    assert bare.status_code == 409
    assert "app.nightly.secret[0]" in bare.json()["detail"]
    weak = wanted | {"fingerprint": plan["fingerprint"], "made": {"app.nightly.secret[0]": "short"}}
    assert (await here.call("POST", "/apply", json=weak)).status_code == 422
    made = wanted | {"fingerprint": plan["fingerprint"], "made": {"app.nightly.secret[0]": SECRET}}
    answer = await here.call("POST", "/apply", json=made)
    assert answer.status_code == 200, answer.text
    assert SECRET not in answer.text
    assert {one["change"] for one in (await planned(here, wanted))["changes"]} <= {"gone"}


@pytest.mark.witness(ADMINISTRATION_NOT_BEYOND_ITSELF)
async def test_nobody_applies_more_of_the_administration_than_they_have(here: Administered) -> None:
    wanted = deepcopy(WANTED)
    wanted["app"]["nightly"]["may"] = ["licet:people"]
    plan = await planned(here, wanted, "licet:apply")
    wanted["fingerprint"] = plan["fingerprint"]
    refused = await here.call("POST", "/apply", "licet:apply", json=wanted)
    assert refused.status_code == 403
    assert 'scope="licet:people"' in refused.headers["www-authenticate"]
    assert (await here.call("POST", "/apply", json=wanted)).status_code == 200


@pytest.mark.witness(ADMINISTRATION_NOT_BEYOND_ITSELF)
async def test_nobody_deletes_an_administrator_who_may_more(here: Administered) -> None:
    plan = await planned(here, WANTED, "licet:apply")
    body = WANTED | {"fingerprint": plan["fingerprint"], "allow_delete": True}
    assert (await here.call("POST", "/apply", "licet:apply", json=body)).status_code == 403
    assert (await here.call("GET", "/apps/licet-people")).status_code == 200


@pytest.mark.witness(ADMINISTRATION_OWNED)
async def test_what_came_in_another_way_is_not_taken(here: Administered) -> None:
    assert (await here.call("PUT", "/apps/nightly", json=NIGHTLY, headers=NEW)).status_code == 201
    plan = await planned(here, WANTED)
    refused = await here.call("POST", "/apply", json=WANTED | {"fingerprint": plan["fingerprint"]})
    assert refused.status_code == 409
    assert "nightly is there already" in refused.json()["detail"]
    assert (await here.call("GET", "/apps/nightly")).json()["source"] == "api"


@pytest.mark.witness(ADMINISTRATION_AS_THE_FILE)
async def test_every_mistake_comes_back_by_its_key(here: Administered) -> None:
    wanted = deepcopy(WANTED)
    wanted["issuer"] = "https://other.example"
    answer = await here.call("POST", "/plan", json=wanted)
    assert [one["path"] for one in answer.json()["mistakes"]] == ["issuer"]
    wanted = deepcopy(WANTED)
    wanted["app"]["shop"]["callback"] = ["https://shop.example.com/cb", "http://shop.example.com/cb"]
    wanted["app"]["nightly"]["mya"] = []
    wanted["api"]["orders"]["audience"] = f"{ISSUER}/admin"
    answer = await here.call("POST", "/plan", json=wanted)
    assert answer.status_code == 422
    assert {"app.shop.callback[1]", "app.nightly.mya", "api.orders.audience"} <= {
        one["path"] for one in answer.json()["mistakes"]
    }


async def test_no_file_and_no_variable_of_the_server_is_read(
    here: Administered, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RG-13."""
    secret = tmp_path / "of-the-server"
    secret.write_text(SECRET)
    monkeypatch.setenv("NIGHTLY", SECRET)
    wanted = deepcopy(WANTED) | {"secrets": {}}
    wanted["app"]["other"] = {"is": "service", "secret": {"file": str(secret)}, "may": ["orders.read"]}
    plan = await planned(here, wanted)
    assert {one["of"] for one in plan["secrets_to_make"]} == {"app.nightly", "app.other"}
    wanted["app"]["other"] = {"is": "service", "key": {"file": str(secret)}, "may": ["orders.read"]}
    answer = await here.call("POST", "/plan", json=wanted)
    assert [one["path"] for one in answer.json()["mistakes"]] == ["app.other.key"]


async def test_a_large_configuration_comes_through_and_a_larger_one_does_not(here: Administered) -> None:
    wanted = deepcopy(WANTED)
    for number in range(300):
        wanted["app"][f"job-{number}"] = NIGHTLY | {"secret": {"env": f"JOB_{number}"}, "owner": "x" * 300}
    assert len((await planned(here, wanted))["secrets_to_make"]) == 300
    for number in range(3000):
        wanted["app"][f"job-{number}"] = NIGHTLY | {"secret": {"env": f"JOB_{number}"}, "owner": "x" * 300}
    assert (await here.call("POST", "/plan", json=wanted)).status_code == 413


def test_what_is_sent_says_what_the_file_says(tmp_path: Path) -> None:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    (tmp_path / "shop.pub.pem").write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "licet.toml").write_text(
        'issuer = "https://id.example.com"\n'
        '[api.orders]\naudience = "https://orders.example.com"\nscopes = { "orders.read" = "Read" }\n'
        '[app.shop]\nis = "web-app"\ncallback = "https://shop.example/cb"\nkey = { file = "shop.pub.pem" }\n'
        'may = ["openid", "orders.read"]\n'
    )
    (tmp_path / "conf.d" / "jobs.toml").write_text(
        '[app.nightly]\nis = "service"\nsecret = [{ file = "a.secret" }, { env = "B" }]\nmay = ["orders.read"]\n'
    )
    here = read(tmp_path / "licet.toml")
    there = over_the_wire.read(over_the_wire.sent(here, _tables(here.path)))
    assert (there.issuer, there.apps, there.apis, there.scopes) == (here.issuer, here.apps, here.apis, here.scopes)
    keys = {secret_key(one.reference) for one in owned(there)}
    assert (
        keys == {secret_key(one.reference) for one in owned(here)} == {"app.nightly.secret[0]", "app.nightly.secret[1]"}
    )
