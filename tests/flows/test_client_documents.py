"""Clients that are known by their metadata document (OAuth Client ID Metadata Document; features: MCP 2026-07-28)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import Any

import msgspec
import pytest

from licet.ambient import SECOND, Instant
from licet.authorization_server.settings import ClientDocuments
from licet.events import EventType
from licet.protocol import client_assertion, jose
from licet.requirements import (
    DOCUMENT_CACHED_WITHIN_BOUNDS,
    DOCUMENT_CHANGE_NOTICED,
    DOCUMENT_FETCHED_SAFELY,
    DOCUMENT_HOST_SHOWN,
    DOCUMENT_NAMES_ITS_ADDRESS,
    DOCUMENT_VISITS_BOUNDED,
)
from licet.storage.ending import ending
from tests.attacks.watch import row
from tests.egress.conftest import Authority, saying, serving
from tests.flows.documents import HOST, POLICY, Story, bare, telling
from tests.flows.test_consent_page import Reader
from tests.visitor import Form, Visitor, verifier
from tests.world import DEVICE_CODE, ISSUER, world
from tests.world import SECRET as SECRET_OF_APIS

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
async def story(tmp_path: Path, authority: Authority) -> AsyncIterator[Story]:
    async with telling(tmp_path, authority) as told:
        yield told


async def test_a_coding_agent_signs_somebody_in(story: Story) -> None:
    """Portless localhost in the document, a random port in use, nothing registered beforehand; then refresh."""
    tokens = await story.signed_in()
    assert tokens["token_type"] == "Bearer"
    again = await story.refresh(tokens)
    assert again.status_code == 200
    assert again.json()["refresh_token"] != tokens["refresh_token"]
    assert story.publisher.visits == ["/oauth/client.json"]
    assert await story.rows() == 1


async def test_metadata_says_so(story: Story) -> None:
    async with story.here.visitor() as http:
        said = (await http.get("/.well-known/oauth-authorization-server")).json()
    assert said["client_id_metadata_document_supported"] is True
    assert "none" in said["token_endpoint_auth_methods_supported"]


@pytest.mark.witness(DOCUMENT_HOST_SHOWN)
async def test_people_are_shown_both_hosts_and_that_nobody_checked(story: Story) -> None:
    """RG-04: the host of the document, where the answer goes, and the warning about this device."""
    async with story.here.visitor() as http:
        alice = Reader(http)
        page = await alice.asked(**story.request())
    assert "Not registered with the operator" in page
    assert f"<b>{HOST}</b>" in page
    assert "<b>localhost:49321</b>" in page
    assert "a program on this device" in page
    assert "Any program on this device can call itself" in page
    assert "We ask you each time" in page


async def test_a_document_of_a_website_is_shown_with_its_host_and_remembered(story: Story) -> None:
    """An https redirect on the document's own host is assured (rulings C)."""
    at_home = f"https://{HOST}/callback"
    story.publisher.members = {"redirect_uris": [at_home]}
    async with story.here.visitor() as http:
        alice = Reader(http)
        page = await alice.asked(**(story.request() | {"redirect_uri": at_home}))
        assert "Not registered with the operator" in page
        assert "on this device" not in page
        again = await alice.authorize(**(story.request() | {"redirect_uri": at_home}))
        assert len(alice.read) == 1
    assert "code" in again.parameters


async def test_prompt_none_is_refused_to_who_could_be_anybody(story: Story) -> None:
    await story.signed_in()
    async with story.here.visitor() as http:
        alice = Visitor(http)
        await alice.authorize(**story.request())
        answered = await alice.authorize(**(story.request() | {"prompt": "none"}))
    assert answered.parameters["error"] == "consent_required"


BROKEN: tuple[tuple[str, dict[str, Any]], ...] = (
    ("a redirect", {"status": "302 Found", "headers": ("Location: /other",)}),
    ("not found", {"status": "404 Not Found"}),
    ("no content", {"status": "204 No Content"}),
    ("6 kB", {"members": {"padding": "x" * 6000}}),
    ("a page", {"kind": "text/html"}),
    ("compressed", {"headers": ("Content-Encoding: gzip",)}),
)


@pytest.mark.parametrize(("what", "says"), BROKEN, ids=[what for what, _ in BROKEN])
@pytest.mark.witness(DOCUMENT_FETCHED_SAFELY)
async def test_what_is_no_document_makes_no_client(story: Story, what: str, says: dict[str, Any]) -> None:
    """RG-02: shown to the person, never redirected; the same words whatever it was."""
    for name, value in says.items():
        setattr(story.publisher, name, value)
    page = await story.refused()
    assert page.status_code == 400, what
    assert "location" not in page.headers
    assert story.publisher.visits == ["/oauth/client.json"]
    assert "code=" not in page.text
    assert await story.rows() == 0


async def test_a_more_specific_json_type_is_taken(story: Story) -> None:
    story.publisher.kind = "application/oauth-client+json; charset=utf-8"
    assert (await story.signed_in())["access_token"]


@pytest.mark.witness(DOCUMENT_NAMES_ITS_ADDRESS)
@pytest.mark.parametrize("said", ["https://agent.example.com/oauth/client.json", "", None, 7])
async def test_a_document_for_another_address_is_nobodys(story: Story, said: object) -> None:
    """RG-04, LA-150: ``client_id`` is the address, letter by letter; a default port is another address."""
    story.publisher.members = {"client_id": said}
    page = await story.refused()
    assert page.status_code == 400
    assert await story.rows() == 0


@pytest.mark.parametrize("name", ["127.0.0.1", "10.0.0.8", "169.254.169.254", "::1", "100.64.0.1", "0.0.0.0"])
@pytest.mark.witness(DOCUMENT_FETCHED_SAFELY)
async def test_a_private_address_is_not_visited(tmp_path: Path, authority: Authority, name: str) -> None:
    """RG-02: whatever the name leads to; nobody learns more than that there is no document."""
    found = [name]

    async def resolve(_host: str, _port: int) -> tuple[str, ...]:
        return tuple(found)

    async with telling(tmp_path, authority, resolve=resolve, networks=()) as story:
        private = await story.refused()
        assert story.publisher.visits == []
        found[:] = ["93.184.215.14", name]
        mixed = await story.refused(client_id=story.publisher.client_id + "?2")
        found[:] = []
        absent = await story.refused(client_id=story.publisher.client_id + "?3")
        assert private.status_code == mixed.status_code == absent.status_code == 400
        assert words(private.text) == words(mixed.text) == words(absent.text)
        assert name not in private.text


def words(page: str) -> str:
    """What a page says, without its reference."""
    return re.sub(r"[0-9A-Z]{4}-[0-9A-Z]{4}", "", re.sub(r"<time.*?</time>", "", page.partition("<main")[2]))


@pytest.mark.witness(DOCUMENT_FETCHED_SAFELY)
async def test_a_name_that_changes_its_mind_changes_nothing(tmp_path: Path, authority: Authority) -> None:
    """RG-03, DNS rebinding: resolved once a visit, and the judged address is the one that is visited."""
    answers: list[str] = []

    async def rebinding(_host: str, _port: int) -> tuple[str, ...]:
        answers.append("192.0.2.7" if answers else "127.0.0.1")
        return (answers[-1],)

    async with telling(tmp_path, authority, resolve=rebinding) as story:
        assert (await story.signed_in())["access_token"]
        assert answers == ["127.0.0.1"]
        story.here.clock.ahead_s += 3700
        page = await story.refused(client_id=story.publisher.client_id + "?again")
        assert page.status_code == 400
        assert story.publisher.visits == ["/oauth/client.json"]


async def test_a_hundred_requests_cost_one_visit(story: Story) -> None:
    """Single flight: whoever comes meanwhile waits for the same document."""
    story.publisher.waits = asyncio.Event()
    asking = [asyncio.create_task(story.refused(prompt="none")) for _ in range(100)]
    await story.publisher.arrived.get()
    story.publisher.waits.set()
    answers = await asyncio.gather(*asking)
    assert {answer.status_code for answer in answers} == {303}
    assert all("error=login_required" in answer.headers["location"] for answer in answers)
    assert len(story.publisher.visits) == 1


TABLES = ("clients", "registrations", "credentials", "grants", "consents", "transactions", "events")


@pytest.mark.witness(DOCUMENT_VISITS_BOUNDED)
async def test_ten_thousand_unknown_ids_leave_no_row(story: Story) -> None:
    """A loop over made-up addresses is told to wait, in little time, and the store is as it was."""
    before = {table: row(story.here, f"SELECT count(*) FROM {table}") for table in TABLES}
    story.publisher.status = "404 Not Found"
    codes: list[int] = []
    with story.here.clock.held():
        for n in range(10_000):
            status, headers = await bare(story.here, f"{story.publisher.client_id}?{n}")
            codes.append(status)
            assert status == 400 or int(headers[b"retry-after"]) > 0
    assert set(codes) == {400, 429}
    assert codes.count(400) == len(story.publisher.visits) == 20
    assert {table: row(story.here, f"SELECT count(*) FROM {table}") for table in TABLES} == before
    assert row(story.here, "SELECT count(*) <= 2 FROM throttles") == (1,), "a network's bucket, and everybody's"
    assert len(story.documents._failed) == 20
    story.publisher.status = "200 OK"
    assert (await story.ask("198.51.100.9")).parameters["code"], "another network still may"


@pytest.mark.witness(DOCUMENT_VISITS_BOUNDED)
async def test_good_documents_of_many_are_bounded_in_memory_and_leave_no_row(
    tmp_path: Path, authority: Authority
) -> None:
    few = ClientDocuments(policy=POLICY, kept=5, at_once=1000)
    async with telling(tmp_path, authority, few) as story:
        for n in range(12):
            story.publisher.path = f"/{n}.json"
            assert (await story.refused(prompt="none")).status_code == 303
        assert len(story.documents._good) == 5
        assert await story.rows() == 0


async def test_more_at_once_than_may_be_are_told_to_come_back(tmp_path: Path, authority: Authority) -> None:
    """Slow hosts hold up a few visits, not the server."""
    two = ClientDocuments(policy=POLICY, visits=2)
    async with telling(tmp_path, authority, two) as story:
        story.publisher.waits = asyncio.Event()
        asking = []
        for n in range(2):
            ident = f"{story.publisher.client_id}?{n}"
            asking.append(asyncio.create_task(story.refused(client_id=ident)))
        for _ in range(2):
            await story.publisher.arrived.get()
        third = await story.refused(client_id=f"{story.publisher.client_id}?3")
        assert third.status_code == 503
        assert int(third.headers["retry-after"]) > 0
        async with story.here.visitor() as http:
            assert (await Visitor(http).authorize()).parameters["code"], "who is registered pays nothing"
        story.publisher.waits.set()
        await asyncio.gather(*asking)


@pytest.mark.witness(DOCUMENT_CACHED_WITHIN_BOUNDS)
@pytest.mark.parametrize(
    ("control", "fresh_s", "stale_s"),
    [
        ("max-age=600", 590, 610),
        ("no-store", 55, 65),
        ("max-age=5", 55, 65),
        ("max-age=9999999", 86300, 86500),
        ("", 3590, 3610),
    ],
)
async def test_it_is_kept_as_http_says_within_bounds(story: Story, control: str, fresh_s: int, stale_s: int) -> None:
    story.publisher.headers = (f"Cache-Control: {control}",) if control else ()
    with story.here.clock.held():
        await story.refused(prompt="none")
        story.here.clock.ahead_s += fresh_s
        await story.refused(prompt="none")
        assert len(story.publisher.visits) == 1
        story.here.clock.ahead_s += stale_s - fresh_s
        await story.refused(prompt="none")
        assert len(story.publisher.visits) == 2


@pytest.mark.witness(DOCUMENT_CACHED_WITHIN_BOUNDS)
async def test_what_is_not_good_is_never_kept_as_a_client(story: Story) -> None:
    """An address that had no document is left in peace for a moment, then looked at anew."""
    story.publisher.body = b"{}"
    story.publisher.headers = ("Cache-Control: max-age=3600",)
    with story.here.clock.held():
        assert (await story.refused()).status_code == 400
        assert (await story.refused()).status_code == 400
        assert len(story.publisher.visits) == 1
        story.publisher.body = None
        story.here.clock.ahead_s += 16
        assert (await story.refused(prompt="none")).status_code == 303
        assert len(story.publisher.visits) == 2


@pytest.mark.witness(DOCUMENT_CACHED_WITHIN_BOUNDS)
async def test_a_client_goes_on_for_a_day_without_its_document(story: Story) -> None:
    tokens = await story.signed_in()
    story.publisher.status = "503 Service Unavailable"
    for hours in (2, 12, 11):
        story.here.clock.ahead_s += hours * 3600
        answer = await story.refresh(tokens)
        assert answer.status_code == 200, answer.text
        tokens = answer.json()
    story.here.clock.ahead_s += 14 * 3600
    assert (await story.refresh(tokens)).status_code == 401
    story.publisher.status = "200 OK"
    story.here.clock.ahead_s += 20
    assert (await story.refresh(tokens)).status_code == 200


@pytest.mark.witness(DOCUMENT_CHANGE_NOTICED)
async def test_a_document_that_says_something_else_is_asked_about_again(story: Story) -> None:
    """RG-04: another name or address, and what was remembered counts no more; tokens go on."""
    at_home = f"https://{HOST}/callback"
    story.publisher.members = {"redirect_uris": [at_home]}
    async with story.here.visitor() as http:
        alice = Reader(http)
        request = story.request() | {"redirect_uri": at_home}
        first = await alice.authorize(**request)
        tokens = (await story.redeem(first, redirect_uri=at_home)).json()
        await alice.authorize(**request)
        assert len(alice.read) == 1
        story.publisher.members = {"redirect_uris": [at_home, f"https://{HOST}/other"], "client_name": "Other"}
        story.here.clock.ahead_s += 3700
        await alice.authorize(**request)
        assert len(alice.read) == 2
        assert "Other" in alice.read[1]
    assert (await story.refresh(tokens)).status_code == 200
    assert len(await story.here.events(EventType.CLIENT_CHANGED)) == 1


async def test_an_address_taken_out_of_the_document_is_not_answered(story: Story) -> None:
    await story.signed_in()
    story.publisher.members = {"redirect_uris": ["http://127.0.0.1/callback"]}
    story.here.clock.ahead_s += 3700
    page = await story.refused()
    assert page.status_code == 400
    assert "location" not in page.headers


async def test_a_restarted_server_goes_on(story: Story, tmp_path: Path) -> None:
    """Nothing in memory is needed: refresh, introspection and revocation work from what is written down."""
    tokens = await story.signed_in()
    story.documents._good.clear()
    story.here.server.upkeep.directory._clients.clear()
    answer = await story.refresh(tokens)
    assert answer.status_code == 200
    assert len(story.publisher.visits) == 2
    async with story.here.visitor() as http:
        told = await http.post(
            "/introspect", data={"token": answer.json()["access_token"]}, auth=("api.orders", SECRET_OF_APIS)
        )
        assert told.json()["client_id"] == story.publisher.client_id
        form = {"token": answer.json()["refresh_token"], "client_id": story.publisher.client_id}
        assert (await http.post("/revoke", data=form)).status_code == 200
    assert (await story.refresh(answer.json())).status_code == 400


class Keys:
    """An agent that proves itself with keys of its own."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.keys: list[jose.SigningKey] = []

    def key(self, kid: str) -> jose.SigningKey:
        made = jose.SigningKey(jose.generate_es256(), "ES256", kid)
        self.keys.append(made)
        return made

    def publish(self, **more: Any) -> None:
        jwks = {"keys": [key.public_jwk() for key in self.keys]}
        self.story.publisher.members = {"token_endpoint_auth_method": "private_key_jwt", "jwks": jwks} | more

    def proof(self, key: jose.SigningKey) -> dict[str, str]:
        now_s = self.story.here.clock.now() // SECOND
        assertion = client_assertion.make(key, self.story.publisher.client_id, ISSUER, token_hex(8), now_s)
        return {
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion,
        }


@pytest.fixture
def agent(story: Story) -> Keys:
    return Keys(story)


async def test_an_agent_with_keys_proves_itself(story: Story, agent: Keys) -> None:
    """``private_key_jwt`` by the document's ``jwks`` at PAR and the token endpoint; naming itself is not enough."""
    key = agent.key("one")
    agent.publish()
    code_verifier, challenge = verifier()
    asked = {"response_type": "code", "state": "st", "code_challenge": challenge, "code_challenge_method": "S256"}
    async with story.here.visitor() as http:
        pushed = await http.post("/par", data=asked | story.request() | agent.proof(key))
        assert pushed.status_code == 201, pushed.text
        handle = {"client_id": story.publisher.client_id, "request_uri": pushed.json()["request_uri"]}
        answered = await Visitor(http).walk(await http.get("/authorize", params=handle))
    answered.code_verifier = code_verifier
    assert (await story.redeem(answered)).status_code == 401
    tokens = await story.redeem(answered, **agent.proof(key))
    assert tokens.status_code == 200, tokens.text
    assert (await story.refresh(tokens.json())).status_code == 401
    again = await story.refresh(tokens.json(), **agent.proof(key))
    assert again.status_code == 200


async def test_an_agent_with_keys_at_an_address_proves_itself(story: Story, agent: Keys) -> None:
    key = agent.key("one")
    async with serving(
        saying(msgspec.json.encode({"keys": [key.public_jwk()]})), story.authority.server_context(HOST)
    ) as port:
        agent.publish(jwks=None, jwks_uri=f"https://{HOST}:{port}/jwks")
        answered = await story.ask()
        assert (await story.redeem(answered, **agent.proof(agent.key("foreign")))).status_code == 401
        assert (await story.redeem(answered, **agent.proof(key))).status_code == 200


@pytest.mark.witness(DOCUMENT_CHANGE_NOTICED)
async def test_when_all_keys_are_replaced_everything_ends(story: Story, agent: Keys) -> None:
    """RG-04: who holds the host now is not who people allowed; every token ends, on every road."""
    old = agent.key("old")
    agent.publish()
    tokens = (await story.redeem(await story.ask(), **agent.proof(old))).json()
    agent.keys.clear()
    new = agent.key("new")
    agent.publish()
    story.here.clock.ahead_s += 500
    assert (await story.refresh(tokens, **agent.proof(old))).status_code == 200, "still fresh"
    story.here.clock.ahead_s += 3700
    assert (await story.refresh(tokens, **agent.proof(old))).status_code == 401
    refused = await story.refresh(tokens, **agent.proof(new))
    assert refused.json()["error"] == "invalid_grant"
    (changed,) = await story.here.events(EventType.CLIENT_CHANGED)
    assert changed.reason == "keys replaced"
    kinds = [(line.kind, line.key) for line in await story.here.store.revocations.since(1, 0, 10)]
    assert ("client", story.publisher.client_id) in kinds
    renewed = await story.redeem(await story.ask(), **agent.proof(new))
    assert renewed.status_code == 200, "asked again, it goes on"
    assert (await story.refresh(renewed.json(), **agent.proof(new))).status_code == 200


@pytest.mark.witness(DOCUMENT_CHANGE_NOTICED)
async def test_keys_that_overlap_are_a_rotation(story: Story, agent: Keys) -> None:
    old = agent.key("old")
    agent.publish()
    tokens = (await story.redeem(await story.ask(), **agent.proof(old))).json()
    new = agent.key("new")
    agent.publish()
    story.here.clock.ahead_s += 3700
    assert (await story.refresh(tokens, **agent.proof(new))).status_code == 200
    agent.keys.remove(old)
    agent.publish()
    story.here.clock.ahead_s += 3700
    assert (await story.refresh(tokens, **agent.proof(old))).status_code == 401, "a key that was taken out is none"
    assert (await story.refresh(tokens, **agent.proof(new))).status_code == 200


async def test_a_device_is_asked_about_with_its_document(story: Story) -> None:
    """The device grant, where the document names it: always asked, always said that nobody checked."""
    story.publisher.members = {"grant_types": ["authorization_code", "refresh_token", DEVICE_CODE]}
    asked = {"client_id": story.publisher.client_id, "scope": "openid orders.read"}
    async with story.here.visitor() as http:
        given = (await http.post("/device_authorization", data=asked)).json()
        assert await story.rows() == 0
        page = await http.get(given["verification_uri_complete"])
        for _ in range(8):
            if page.status_code == 303:
                page = await http.get(page.headers["location"])
                continue
            if "Is this your device?" in page.text:
                break
            page = await Visitor(http).fill(Form(page.text), page)
        assert "Not registered with the operator" in page.text
        assert HOST in page.text
        form = Form(page.text)
        await Visitor(http).press(form, "consent-allow")
    assert await story.rows() == 1
    got = await story.token({"grant_type": DEVICE_CODE, "device_code": given["device_code"]})
    assert got.status_code == 200, got.text
    assert (await story.refresh(got.json())).status_code == 200


async def test_a_device_is_not_served_where_the_document_does_not_name_it(story: Story) -> None:
    async with story.here.visitor() as http:
        answer = await http.post("/device_authorization", data={"client_id": story.publisher.client_id})
    assert answer.json()["error"] == "unauthorized_client"


async def test_what_an_operator_disables_ends_on_every_road_and_stays_ended(story: Story) -> None:
    """Refresh, introspection, a new request; and no document brings it back, not after years."""
    tokens = await story.signed_in()
    at = story.here.clock.now()
    client_id = story.publisher.client_id
    disabled = EventType.CLIENT_DISABLED
    told = ending(1, "client", client_id, at=at, cause="disabled", event=disabled, actor="operator", client=client_id)
    assert await story.here.store.clients.end(told, story.publisher.client_id)
    await story.here.server.upkeep.directory.refresh()
    assert (await story.refresh(tokens)).status_code == 401
    async with story.here.visitor() as http:
        form = {"token": tokens["access_token"]}
        told_api = await http.post("/introspect", data=form, auth=("api.orders", SECRET_OF_APIS))
        assert told_api.json() == {"active": False}
    assert (await story.refused()).status_code == 400
    later = Instant(at + 400 * 24 * 3600 * SECOND)
    while await story.here.store.purge(later, 1000):
        pass
    story.here.server.upkeep.directory._clients.clear()
    assert (await story.refused()).status_code == 400
    assert story.publisher.visits == ["/oauth/client.json"]


async def test_what_nobody_uses_goes_and_what_is_used_stays(story: Story) -> None:
    tokens = await story.signed_in()
    (client,) = await story.here.store.clients.of_source(1, "cimd")
    lives_s = (client.client.expires_at or 0) // SECOND - story.here.clock.now() // SECOND
    assert lives_s // (24 * 3600) in (91, 92), "as long as its refresh tokens may live"
    story.here.clock.ahead_s += 20 * 24 * 3600
    assert (await story.refresh(tokens)).status_code == 200
    (again,) = await story.here.store.clients.of_source(1, "cimd")
    assert (again.client.expires_at or 0) > (client.client.expires_at or 0)
    await story.ask()
    story.publisher.path = "/another.json"
    await story.ask("198.51.100.9")
    assert await story.rows() == 2
    while await story.here.store.purge(Instant(story.here.clock.now() + 8 * 24 * 3600 * SECOND), 1000):
        pass
    (left,) = await story.here.store.clients.of_source(1, "cimd")
    assert left.client.client_id == again.client.client_id


@pytest.mark.witness(DOCUMENT_VISITS_BOUNDED)
async def test_there_are_no_more_clients_than_there_may_be(tmp_path: Path, authority: Authority) -> None:
    """Counted with those that registered themselves; the person reads why, and nothing is granted."""
    one = ClientDocuments(policy=POLICY, clients=1)
    async with telling(tmp_path, authority, one) as story:
        await story.signed_in()
        story.publisher.path = "/another.json"
        before = row(story.here, "SELECT count(*) FROM grants")
        async with story.here.visitor() as http:
            alice = Visitor(http, decision="never")
            page = await http.get("/authorize", params=(await asked_of(story)))
            while page.status_code == 303:
                page = await http.get(page.headers["location"])
            page = await alice.fill(Form(page.text), page)
            while page.status_code == 303:
                page = await http.get(page.headers["location"])
            full = await alice.press(Form(page.text), "consent-allow")
        assert full.status_code == 503
        assert int(full.headers["retry-after"]) > 0
        assert row(story.here, "SELECT count(*) FROM grants") == before
        assert await story.rows() == 1


async def asked_of(story: Story) -> dict[str, Any]:
    asked = {"response_type": "code", "state": "st", "code_challenge": verifier()[1], "code_challenge_method": "S256"}
    return asked | story.request()


async def test_hosts_are_listed_and_refused(tmp_path: Path, authority: Authority) -> None:
    """Whose documents are taken is the operator's to say, beforehand and afterwards."""
    listed = ClientDocuments(policy=POLICY, hosts=frozenset({HOST}))
    async with telling(tmp_path, authority, listed) as story:
        tokens = await story.signed_in()
        assert (await story.refused(client_id="https://other.example.com/client.json")).status_code == 400
        assert story.publisher.visits == ["/oauth/client.json"]
        directory = story.here.server.upkeep.directory
        for closed in (replace(listed, hosts=frozenset()), replace(listed, refused=frozenset({"example.com"}))):
            story.documents.limits = closed
            directory.lets_in = partial(closed.lets_in, development=False)
            directory._clients.clear()
            assert (await story.refused()).status_code == 400
            assert (await story.refresh(tokens)).status_code == 401
            async with story.here.visitor() as http:
                form = {"token": tokens["access_token"]}
                told = await http.post("/introspect", data=form, auth=("api.orders", SECRET_OF_APIS))
            assert told.json() == {"active": False}
        directory.documents = directory.lets_in = None
        assert (await story.refresh(tokens)).status_code == 401


async def test_the_token_endpoint_introduces_nobody(story: Story) -> None:
    """Only where a person may come to agree is an unknown client looked for; elsewhere it is unknown."""
    story.publisher.members = {"grant_types": ["authorization_code", "client_credentials"]}
    for form in ({"grant_type": "client_credentials"}, {"grant_type": "refresh_token", "refresh_token": "x"}):
        assert (await story.token(form)).status_code == 401
    async with story.here.visitor() as http:
        client = {"client_id": story.publisher.client_id}
        assert (await http.post("/revoke", data=client | {"token": "x"})).status_code == 401
        assert (await http.get("/logout", params=client)).status_code < 500
    assert story.publisher.visits == []


async def test_a_client_credential_is_never_a_documents(story: Story, agent: Keys) -> None:
    """A client that acts for itself is registered by hand, whatever its document asks for."""
    key = agent.key("one")
    agent.publish(grant_types=["authorization_code", "client_credentials"])
    await story.redeem(await story.ask(), **agent.proof(key))
    answer = await story.token({"grant_type": "client_credentials", "scope": "orders.read"} | agent.proof(key))
    assert answer.json()["error"] == "unauthorized_client"


async def test_it_is_off_unless_it_is_switched_on(tmp_path: Path) -> None:
    async with world(tmp_path) as here, here.visitor() as http:
        said = (await http.get("/.well-known/oauth-authorization-server")).json()
        assert "client_id_metadata_document_supported" not in said
        page = await http.get("/authorize", params={"client_id": "https://agent.example.com/c.json"})
        assert page.status_code == 400


async def test_a_yes_is_to_the_document_that_was_shown(story: Story) -> None:
    """RG-04, AZ-41: a document that changes between the page and the yes is shown again, not agreed to."""
    with story.here.clock.held():
        async with story.here.visitor() as http:
            page = await http.get("/authorize", params=await asked_of(story))
            while "Consent" not in Form(page.text).title:
                if page.status_code == 303:
                    page = await http.get(page.headers["location"])
                else:
                    page = await Visitor(http).fill(Form(page.text), page)
            story.publisher.members = {"client_name": "Somebody Else"}
            story.here.clock.ahead_s += 1700
            story.publisher.headers = ("Cache-Control: no-store",)
            story.documents._good.clear()
            answered = await Visitor(http).press(Form(page.text), "consent-allow")
        assert answered.status_code == 403
        assert await story.rows() == 0


async def test_two_people_agree_at_once_to_a_client_that_is_new(story: Story) -> None:
    """One of them writes it down, both are answered."""
    answered = await asyncio.gather(*(story.ask(f"192.0.2.{n}") for n in range(1, 9)))
    assert all("code" in one.parameters for one in answered)
    assert await story.rows() == 1
    created = [one for one in await story.here.events(EventType.CLIENT_CREATED) if one.client.startswith("https:")]
    assert len(created) == 1
    codes = await asyncio.gather(*(story.redeem(one) for one in answered))
    assert {one.status_code for one in codes} == {200}


async def test_scripts_of_a_documents_website_may_read_answers_while_it_is_let_in(story: Story) -> None:
    """Rulings Q: the origin of a browser app's redirect, and no longer than the operator lets its host in."""
    at_home = f"https://{HOST}/callback"
    story.publisher.members = {"redirect_uris": [at_home], "application_type": "web"}
    await story.ask(redirect_uri=at_home)
    directory = story.here.server.upkeep.directory
    assert await directory.allows_origin(f"https://{HOST}")
    directory.lets_in, directory._origins = None, None
    assert not await directory.allows_origin(f"https://{HOST}")
