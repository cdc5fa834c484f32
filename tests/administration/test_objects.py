"""What can be made, changed and ended, and by which version."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from licet.events import EventType
from licet.requirements import (
    ADMINISTRATION_AS_THE_FILE,
    ADMINISTRATION_CONDITIONAL,
    ADMINISTRATION_NOT_BEYOND_ITSELF,
    ADMINISTRATION_OWNED,
    ADMINISTRATION_WELL_FORMED,
)
from licet.storage.ports import Configuring
from tests.administration.conftest import Administered
from tests.visitor import Visitor
from tests.world import SECRET

pytestmark = pytest.mark.anyio

NEW = {"If-None-Match": "*"}
ANY = {"If-Match": "*"}
PARTNER = {
    "is": "partner-app",
    "name": "Wholesale Ltd",
    "callback": ["https://wholesale.example/cb"],
    "may": ["openid", "orders.read"],
}
NIGHTLY = {"is": "service", "may": ["orders.read"]}
NOTES = {"audience": "https://notes.example.com", "scopes": {"notes.read": "Read your notes"}}


async def made(here: Administered, path: str, words: dict[str, Any]) -> None:
    answer = await here.call("PUT", path, json=words, headers=NEW)
    assert answer.status_code == 201, answer.text


async def test_an_app_is_made_given_a_secret_used_changed_and_ended(here: Administered) -> None:
    """RG-12: the secret is in one answer and in no other."""
    await made(here, "/apps/nightly", NIGHTLY)
    assert (await here.token("nightly", scope="orders.read")).json()["error"] == "invalid_client"
    answer = await here.call("POST", "/apps/nightly/secrets", headers={"If-Match": await here.etag("/apps/nightly")})
    assert answer.status_code == 201, answer.text
    secret = answer.json()["secret"]
    assert secret not in (await here.call("GET", "/apps/nightly")).text
    assert secret not in (await here.call("GET", "/events")).text
    async with here.world.visitor() as http:
        good = await http.post("/token", data={"grant_type": "client_credentials"}, auth=("nightly", secret))
        assert good.status_code == 200, good.text
    tag = await here.etag("/apps/nightly")
    changed = await here.call(
        "PUT", "/apps/nightly", json=NIGHTLY | {"may": ["orders.write"]}, headers={"If-Match": tag}
    )
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag
    assert len(changed.json()["credentials"]) == 1
    async with here.world.visitor() as http:
        now = await http.post("/token", data={"grant_type": "client_credentials"}, auth=("nightly", secret))
        assert now.status_code == 200
        assert (await here.call("DELETE", "/apps/nightly", headers=ANY)).status_code == 204
        over = await http.post("/token", data={"grant_type": "client_credentials"}, auth=("nightly", secret))
        assert over.json()["error"] == "invalid_client"
    assert (await here.call("GET", "/apps/nightly")).status_code == 404
    recorded = [
        (event.type, event.actor)
        for event in await here.world.events(EventType.CLIENT_CREATED)
        if event.client == "nightly"
    ]
    assert recorded == [(EventType.CLIENT_CREATED, "token")]
    (end,) = await here.world.events(EventType.CLIENT_REMOVED)
    assert (end.actor, end.client) == ("token", "nightly")


async def test_the_record_names_the_app_that_did_it(here: Administered) -> None:
    answer = await here.call("PUT", "/apps/nightly", "licet:apply", json=NIGHTLY, headers=NEW)
    assert answer.status_code == 201
    (event,) = [e for e in await here.world.events(EventType.CLIENT_CREATED) if e.client == "nightly"]
    assert (event.actor, event.request_id) == ("client:licet-apply", answer.headers["x-request-id"])


async def test_secrets_rotate_without_a_gap(here: Administered) -> None:
    await made(here, "/apps/nightly", NIGHTLY)
    secrets = [(await here.call("POST", "/apps/nightly/secrets", headers=ANY)).json() for _ in range(2)]
    async with here.world.visitor() as http:
        for one in secrets:
            good = await http.post("/token", data={"grant_type": "client_credentials"}, auth=("nightly", one["secret"]))
            assert good.status_code == 200
        third = await here.call("POST", "/apps/nightly/secrets", headers=ANY)
        assert third.status_code == 409
        gone = await here.call("DELETE", f"/apps/nightly/secrets/{secrets[0]['id']}", headers=ANY)
        assert gone.status_code == 204
        old, new = [
            await http.post("/token", data={"grant_type": "client_credentials"}, auth=("nightly", one["secret"]))
            for one in secrets
        ]
    assert (old.status_code, new.status_code) == (401, 200)


async def test_an_api_introspects_with_the_secret_that_was_made_for_it(here: Administered) -> None:
    await made(here, "/apis/notes", NOTES)
    await made(here, "/apps/nightly", NIGHTLY | {"may": ["notes.read"]})
    api = (await here.call("POST", "/apis/notes/secrets", headers=ANY)).json()
    app = (await here.call("POST", "/apps/nightly/secrets", headers=ANY)).json()
    async with here.world.visitor() as http:
        token = (
            await http.post("/token", data={"grant_type": "client_credentials"}, auth=("nightly", app["secret"]))
        ).json()["access_token"]

        async def active() -> bool:
            answer = await http.post("/introspect", data={"token": token}, auth=("api.notes", api["secret"]))
            return bool(answer.status_code == 200 and answer.json()["active"])

        assert await active()
        gone = await here.call("DELETE", "/scopes/notes.read", headers=ANY)
        assert gone.status_code == 204
        assert not await active()
        back = {"api": "notes", "says": "Read notes"}
        assert (await here.call("PUT", "/scopes/notes.read", json=back, headers=ANY)).status_code == 200
        assert await active()
        assert (await here.call("DELETE", "/apis/notes", headers=ANY)).status_code == 204
        assert not await active()
        assert (await here.call("GET", "/apis/notes")).status_code == 404
        await made(here, "/apis/notes", NOTES)
        assert not await active(), "its secret went with it"


async def test_what_is_shown_can_be_sent_back_and_changes_nothing(here: Administered) -> None:
    key = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    described = [
        ("/apps/nightly", NIGHTLY),
        ("/apps/signed", NIGHTLY | {"key": {"jwk": key}}),
        ("/apps/published", NIGHTLY | {"key": {"jwks_url": "https://app.example/jwks.json"}, "token_lifetime": "5m"}),
        ("/apps/wholesale", PARTNER),
        ("/apps/phone", {"is": "mobile-app", "callback": "com.example.shop:/callback", "may": ["openid"]}),
        ("/apps/cli", {"is": "cli", "may": ["openid", "offline_access"], "owner": "ops"}),
        ("/apps/tv2", {"is": "tv", "may": ["openid"], "refresh": "none"}),
        ("/apps/helper", {"is": "agent", "callback": "https://agent.example/cb", "may": ["orders.read"]}),
        (
            "/apps/web",
            {
                "is": "web-app",
                "url": "https://web.example",
                "callback": ["/cb"],
                "may": ["openid", "email"],
                "auth": "basic",
                "consent": "trusted",
                "id_token_alg": "ES256",
                "sector": "web.example",
                "expert": {"contacts": ["ops@web.example"], "default_max_age": 60, "response_modes": ["form_post"]},
            },
        ),
        ("/apis/notes", NOTES | {"token": "opaque", "access_token": 300}),
        ("/scopes/orders.sign", None),
    ]
    for path, words in described:
        if words is None:
            continue
        await made(here, path, words)
        shown = (await here.call("GET", path)).json()
        again = await here.call("PUT", path, json=shown["words"], headers={"If-Match": await here.etag(path)})
        assert again.status_code == 200, again.text
        assert again.json() == shown, path


@pytest.mark.witness(ADMINISTRATION_CONDITIONAL)
async def test_a_change_says_which_version_it_changes(here: Administered) -> None:
    bare = await here.call("PUT", "/apps/nightly", json=NIGHTLY)
    assert bare.status_code == 428
    await made(here, "/apps/nightly", NIGHTLY)
    twice = await here.call("PUT", "/apps/nightly", json=NIGHTLY, headers=NEW)
    assert twice.status_code == 412
    first = await here.etag("/apps/nightly")
    other = NIGHTLY | {"owner": "ops"}
    assert (await here.call("PUT", "/apps/nightly", json=other, headers={"If-Match": first})).status_code == 200
    for method, path in (("PUT", "/apps/nightly"), ("DELETE", "/apps/nightly"), ("POST", "/apps/nightly/secrets")):
        late = await here.call(method, path, json=NIGHTLY, headers={"If-Match": first})
        assert late.status_code == 412, (method, late.text)
        assert (await here.call(method, path, json=NIGHTLY)).status_code == 428
        weak = await here.call(
            method, path, json=NIGHTLY, headers={"If-Match": f"W/{await here.etag('/apps/nightly')}"}
        )
        assert weak.status_code == 400
    assert (await here.call("GET", "/apps/nightly")).json()["words"]["owner"] == "ops"
    listed = f'"other", {await here.etag("/apps/nightly")}'
    assert (await here.call("PUT", "/apps/nightly", json=NIGHTLY, headers={"If-Match": listed})).status_code == 200


@pytest.mark.witness(ADMINISTRATION_CONDITIONAL)
async def test_of_many_changes_to_one_version_one_is_made(here: Administered) -> None:
    await made(here, "/apps/nightly", NIGHTLY)
    tag = await here.etag("/apps/nightly")
    answers = await asyncio.gather(
        *(
            here.call("PUT", "/apps/nightly", json=NIGHTLY | {"owner": f"team {n}"}, headers={"If-Match": tag})
            for n in range(12)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, *[412] * 11]
    won = next(answer for answer in answers if answer.status_code == 200)
    assert (await here.call("GET", "/apps/nightly")).json() == won.json()
    new = await asyncio.gather(*(here.call("PUT", "/apps/fresh", json=NIGHTLY, headers=NEW) for _ in range(6)))
    assert sorted(answer.status_code for answer in new) == [201, *[412] * 5]


@pytest.mark.witness(ADMINISTRATION_CONDITIONAL)
async def test_a_change_by_another_process_meanwhile_is_noticed(
    here: Administered, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between judging and writing somebody else writes: the judgement is made again, and says that it is stale."""
    await made(here, "/apps/nightly", NIGHTLY)
    tag = await here.etag("/apps/nightly")
    store = here.world.store
    configure, between = store.configure, []

    async def slow(change: Configuring) -> bool:
        if not between:
            between.append(True)
            found = await store.clients.find(1, "nightly")
            assert found is not None
            await here.world.put(replace(found.client, owner="somebody else"), *found.credentials)
        return await configure(change)

    monkeypatch.setattr(store, "configure", slow)
    answer = await here.call("PUT", "/apps/nightly", json=NIGHTLY | {"owner": "me"}, headers={"If-Match": tag})
    assert answer.status_code == 412
    assert (await here.call("GET", "/apps/nightly")).json()["words"]["owner"] == "somebody else"


@pytest.mark.witness(ADMINISTRATION_OWNED)
async def test_what_the_file_owns_is_read_only_here(here: Administered) -> None:
    for method, path, body in (
        ("PUT", "/apps/shop", PARTNER),
        ("DELETE", "/apps/shop", None),
        ("POST", "/apps/shop/secrets", None),
        ("DELETE", "/apps/shop/secrets/shop-1", None),
        ("PUT", "/apis/orders", NOTES),
        ("DELETE", "/apis/orders", None),
        ("POST", "/apis/orders/secrets", None),
        ("DELETE", "/apis/orders/secrets/orders-1", None),
        ("PUT", "/scopes/orders.read", {"api": "orders", "says": "x"}),
        ("DELETE", "/scopes/orders.read", None),
        ("PUT", "/scopes/openid", {"api": "orders", "says": "x"}),
        ("DELETE", "/scopes/openid", None),
        ("DELETE", "/scopes/licet:read", None),
    ):
        answer = await here.call(method, path, json=body, headers=ANY)
        assert answer.status_code == 409, (method, path, answer.text)
        assert "licet.toml owns" in answer.json()["detail"]
    async with here.world.visitor() as http:
        good = await http.post("/token", data={"grant_type": "client_credentials"}, auth=("billing", SECRET))
    assert good.json()["error"] != "invalid_client"


@pytest.mark.witness(ADMINISTRATION_OWNED)
async def test_a_client_that_registered_itself_is_ended_and_not_changed(here: Administered) -> None:
    found = await here.world.store.clients.find(1, "billing")
    assert found is not None
    await here.world.put(replace(found.client, source="dcr"), *found.credentials)
    assert (await here.call("PUT", "/apps/billing", json=NIGHTLY, headers=ANY)).status_code == 409
    assert (await here.call("DELETE", "/apps/billing", headers=ANY)).status_code == 204


@pytest.mark.witness(ADMINISTRATION_AS_THE_FILE)
@pytest.mark.parametrize(
    ("words", "path"),
    [
        (PARTNER | {"callback": "https://*.example/cb"}, "app.x.callback"),
        (PARTNER | {"callback": ["https://a.example/cb", "javascript:alert(1)"]}, "app.x.callback[1]"),
        (PARTNER | {"may": ["openid", "orders.raed"]}, "app.x.may[1]"),
        (PARTNER | {"may": ["openid", "licet:read"]}, "app.x.may[1]"),
        (NIGHTLY | {"may": ["openid"]}, "app.x.may[0]"),
        (NIGHTLY | {"is": "srevice"}, "app.x.is"),
        (NIGHTLY | {"token_lifetime": "9h"}, "app.x.token_lifetime"),
        (NIGHTLY | {"key": {"jwk": {"kty": "oct", "k": "AAAA"}}}, "app.x.key.jwk"),
        (PARTNER | {"expert": {"jwks_uri": "https://a.example"}}, "app.x.expert.jwks_uri"),
    ],
)
async def test_it_is_judged_as_the_file_is(here: Administered, words: dict[str, Any], path: str) -> None:
    answer = await here.call("PUT", "/apps/x", json=words, headers=NEW)
    assert answer.status_code == 422, answer.text
    assert path in [mistake["path"] for mistake in answer.json()["mistakes"]]
    assert all(mistake["fix"] and mistake["rule"] for mistake in answer.json()["mistakes"])
    assert (await here.call("GET", "/apps/x")).status_code == 404


@pytest.mark.witness(ADMINISTRATION_WELL_FORMED)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"is": "service", "is": "cli", "may": []}',
        b'{"is": "service"}',
        b'{"is": "service", "may": ["orders.read"], "surprise": 1}',
        b'{"is": "service", "may": ["orders.read"], "secret": {"env": "PATH"}}',
        b'{"is": "service", "may": ["orders.read"], "key": {"file": "/etc/passwd"}}',
        b'{"is": "service", "may": "orders.read"}',
        b'{"is": "service", "may": ["\xff"]}',
        b'{"is": "service", "may": ["orders.read"], "token_lifetime": 1.5}',
    ],
)
async def test_a_body_of_another_shape_is_refused(here: Administered, body: bytes) -> None:
    """RG-07: a member that nobody knows is not passed over."""
    headers = NEW | {"Content-Type": "application/json"}
    answer = await here.call("PUT", "/apps/x", content=body, headers=headers)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"] == "invalid_request"


@pytest.mark.witness(ADMINISTRATION_WELL_FORMED)
async def test_a_form_a_long_body_and_strange_parameters_are_refused(here: Administered) -> None:
    """RG-11: cursors among them."""
    form = await here.call("PUT", "/apps/x", data={"is": "service"}, headers=NEW)
    assert (form.status_code, form.headers["content-type"]) == (400, "application/problem+json")
    long = await here.call("PUT", "/apps/x", json={"name": "x" * 70_000}, headers=NEW)
    assert long.status_code == 413
    for query in ("limit=0", "limit=201", "limit=x", "limit=5&limit=6", "order=asc", "after=" + "x" * 301):
        assert (await here.call("GET", f"/apps?{query}")).status_code == 400, query
    assert (await here.call("GET", "/grants?after=x")).status_code == 400
    assert (await here.call("GET", "/events?after=1.x")).status_code == 400
    assert (await here.call("GET", "/apps/shop?x=1")).status_code == 400
    method = await here.call("PATCH", "/apps/shop")
    assert (method.status_code, method.headers["content-type"]) == (405, "application/problem+json")


@pytest.mark.witness(ADMINISTRATION_NOT_BEYOND_ITSELF)
async def test_nobody_hands_out_more_of_the_administration_than_they_have(here: Administered) -> None:
    wide = NIGHTLY | {"may": ["licet:apply", "licet:people"]}
    answer = await here.call("PUT", "/apps/mine", "licet:apply", json=wide, headers=NEW)
    assert answer.status_code == 403
    assert 'scope="licet:people"' in answer.headers["www-authenticate"]
    await made(here, "/apps/mine", wide)
    narrow = NIGHTLY | {"may": ["licet:apply"]}
    for method, path, body in (
        ("PUT", "/apps/mine", narrow),
        ("POST", "/apps/mine/secrets", None),
        ("DELETE", "/apps/mine", None),
    ):
        assert (await here.call(method, path, "licet:apply", json=body, headers=ANY)).status_code == 403
    assert (await here.call("PUT", "/apps/peer", "licet:apply", json=narrow, headers=NEW)).status_code == 201
    assert (await here.call("POST", "/apps/peer/secrets", "licet:apply", headers=ANY)).status_code == 201


async def test_lists_go_on_where_the_page_before_ended(here: Administered) -> None:
    async with here.world.visitor() as http:
        for _ in range(3):
            await Visitor(http).authorize(prompt="login")
    for path, key in (
        ("/apps", "id"),
        ("/apis", "name"),
        ("/scopes", "name"),
        ("/people", "id"),
        ("/sessions", "id"),
        ("/grants", "id"),
        ("/keys", "kid"),
        ("/events", "id"),
        ("/apps/shop/grants", "id"),
        (f"/people/{here.world.subjects['alice']}/grants", "id"),
        (f"/people/{here.world.subjects['alice']}/sessions", "id"),
    ):
        whole = [one[key] for one in (await here.call("GET", f"{path}?limit=200")).json()["items"]]
        found, after = [], ""
        while True:
            page = (await here.call("GET", f"{path}?limit=2&after={after}")).json()
            assert len(page["items"]) <= 2
            found += [one[key] for one in page["items"]]
            if page["next"] is None:
                break
            after = page["next"]
        if path == "/events":
            found = found[-len(whole) :] if len(found) > len(whole) else found
            whole = whole[: len(found)]
        assert found == whole, path
        assert whole, path


async def test_people_and_what_they_allowed_are_ended(here: Administered) -> None:
    alice = here.world.subjects["alice"]
    async with here.world.visitor() as http:
        await Visitor(http).authorize(scope="openid orders.read")
    session = (await here.call("GET", f"/people/{alice}/sessions")).json()["items"][0]
    grant = (await here.call("GET", f"/people/{alice}/grants")).json()["items"][0]
    (consent,) = (await here.call("GET", f"/people/{alice}/consents")).json()["items"]
    assert (session["alive"], grant["alive"], consent["alive"]) == (True, True, True)
    assert grant["app"] == consent["app"] == "shop"
    path = f"/apps/shop/grants/{grant['id']}"
    assert (await here.call("DELETE", path, headers={"If-Match": await here.etag(path)})).status_code == 204
    assert (await here.call("GET", f"/grants/{grant['id']}")).json()["why"] == "grant ended: ended by operator"
    assert (await here.call("DELETE", f"/people/{alice}/consents/shop", headers=ANY)).status_code == 204
    assert (await here.call("GET", f"/people/{alice}/consents/shop")).status_code == 404
    assert (await here.call("DELETE", f"/sessions/{session['id']}", headers=ANY)).status_code == 204
    assert not (await here.call("GET", f"/sessions/{session['id']}")).json()["alive"]
    assert (await here.call("DELETE", f"/people/{alice}/sessions", headers=ANY)).status_code == 204
    assert (await here.call("DELETE", f"/people/{alice}", headers=ANY)).status_code == 204
    assert (await here.call("GET", f"/people/{alice}")).json()["status"] == "disabled"
    ended = [
        event.actor
        for kind in (
            EventType.GRANT_ENDED,
            EventType.SESSION_ENDED,
            EventType.CONSENT_WITHDRAWN,
            EventType.ACCOUNT_SIGNED_OUT,
            EventType.ACCOUNT_DISABLED,
        )
        for event in await here.world.events(kind)
    ]
    assert ended == ["token"] * 5
