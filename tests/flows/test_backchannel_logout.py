"""Apps are told that a session ended (OpenID Connect Back-Channel Logout 1.0), by a real receiver on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from licet.ambient import SECOND
from licet.authorization_server.settings import Settings
from licet.authorization_server.upkeep.notices import AGAIN_AFTER_S, AT_ONCE, HELD_S
from licet.egress import EgressLimits
from licet.events import EventType
from licet.protocol import jose, logout_token
from licet.requirements import LOGOUT_TOKEN_WELL_FORMED, LOGOUT_TOLD, METADATA_TRUE
from licet.storage.ending import ending
from licet.storage.records import Notice
from tests.attacks.test_code_injection import redeem
from tests.attacks.watch import disable, row
from tests.flows.openid import registered
from tests.flows.test_authorization_code import id_claims
from tests.visitor import Form, Visitor
from tests.world import CHEAP, ISSUER, World, world

pytestmark = pytest.mark.anyio

SPA = {"client_id": "spa", "redirect_uri": "https://spa.example.com/"}


@dataclass
class Receiver:
    """An app's back-channel endpoint: writes down what comes, answers as it is told, then with 200."""

    answers: list[int] = field(default_factory=list)
    came: list[dict[str, list[str]]] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    silent: bool = False
    """Takes connections and never answers."""
    url: str = ""
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open.add(writer)
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(int(v) for k, _, v in (x.partition(": ") for x in head.split("\r\n")) if k == "Content-Length")
        self.heads.append(head)
        self.came.append(parse_qs((await reader.readexactly(length)).decode()))
        self.heard.set()
        if self.silent:
            await self.over.wait()
            return
        status = self.answers.pop(0) if self.answers else 200
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    def tokens(self) -> list[str]:
        return [form["logout_token"][0] for form in self.came]


@asynccontextmanager
async def receiving(*answers: int, silent: bool = False) -> AsyncIterator[Receiver]:
    receiver = Receiver(list(answers), silent=silent)
    server = await asyncio.start_server(receiver.answer, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/logged-out?tenant=1"
    try:
        yield receiver
    finally:
        receiver.over.set()
        server.close()
        for writer in receiver.open:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
        await server.wait_closed()


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    """A server that may visit this machine."""
    egress = EgressLimits(hosts=frozenset({"127.0.0.1"}), total_s=1.0)
    async with world(tmp_path, Settings(passwords=CHEAP, egress=egress)) as made:
        yield made


async def say(here: World) -> None:
    """What the server does twice a second, until the visits that are under way are over."""
    notices = here.server.upkeep.notices
    await notices.say()
    while notices._under_way:
        await asyncio.wait(notices._under_way.values())


async def signed_in(here: World, receiver: Receiver, **parameters: Any) -> str:
    """Alice is at the shop, which wants to be told; her ID token there."""
    await registered(here, backchannel_logout_uri=receiver.url)
    async with here.visitor() as http:
        body = (await redeem(here, await Visitor(http).authorize(**parameters))).json()
    return str(body["id_token"])


async def sign_out(here: World) -> None:
    """The newest visit ends, by an operator's hand."""
    session_id = row(here, "SELECT session_id FROM sessions WHERE status = 'active' ORDER BY created_at DESC")[0]
    end = ending(
        1,
        "session",
        session_id,
        at=here.clock.now(),
        cause="signed out",
        event=EventType.SESSION_ENDED,
        actor="operator",
        subject=here.subjects["alice"],
        about=session_id,
        request_id="r1",
    )
    assert await here.store.sessions.end(end, session_id)


async def notices(here: World) -> tuple[Notice, ...]:
    session_id = row(here, "SELECT session_id FROM sessions ORDER BY created_at DESC")[0]
    return await here.store.outbox.about(1, "logout", session_id)


async def checked(here: World, token: str, client_id: str = "shop", alg: str = "RS256") -> logout_token.LogoutClaims:
    """As the app would, with the published keys."""
    async with here.visitor() as http:
        jwks = (await http.get("/jwks")).json()["keys"]
    keys = {jwk["kid"]: jose.VerifyingKey.from_jwk(jwk) for jwk in jwks}
    return logout_token.check(
        token, keys, issuer=ISSUER, client_id=client_id, algs=frozenset({alg}), now_s=here.clock.now() // SECOND
    )


@pytest.mark.witness(METADATA_TRUE)
async def test_discovery_says_so(here: World) -> None:
    async with here.visitor() as http:
        said = (await http.get("/.well-known/openid-configuration")).json()
    assert said["backchannel_logout_supported"] is True
    assert said["backchannel_logout_session_supported"] is True


@pytest.mark.witness(LOGOUT_TOLD, LOGOUT_TOKEN_WELL_FORMED)
@pytest.mark.parametrize("alg", ["RS256", "ES256"])
@pytest.mark.parametrize("subject_type", ["public", "pairwise"])
async def test_an_app_hears_of_a_sign_out(here: World, alg: str, subject_type: str) -> None:
    """A form with one token; its sub and sid are those of the ID token, its algorithm the one that was registered."""
    async with receiving() as receiver:
        await registered(here, id_token_signed_response_alg=alg, subject_type=subject_type)
        hint = await signed_in(here, receiver)
        await say(here)
        assert receiver.came == [], "nobody has signed out yet"
        await sign_out(here)
        await say(here)
    (form,) = receiver.came
    assert list(form) == ["logout_token"]
    assert receiver.heads[0].startswith("POST /logged-out?tenant=1 ")
    assert "content-type: application/x-www-form-urlencoded" in receiver.heads[0].lower()
    told, hinted = await checked(here, form["logout_token"][0], alg=alg), await id_claims(here, hint, alg=alg)
    assert (told.sub, told.sid) == (hinted["sub"], hinted["sid"])
    assert told.exp - told.iat <= 120
    (event,) = await here.events(EventType.LOGOUT_SENT)
    assert (event.client, event.reason, event.data) == ("shop", "status 200", {"attempts": 1})
    (notice,) = await notices(here)
    assert (notice.outcome, notice.about) == ("sent", event.object)


@pytest.mark.witness(LOGOUT_TOLD)
async def test_by_the_page_and_by_a_replaced_visit(here: World) -> None:
    """What a browser does: the button, an app's hint, somebody else's sign-in. Each ends one visit, told once."""
    async with receiving() as receiver:
        await registered(here, backchannel_logout_uri=receiver.url)
        async with here.visitor() as http:
            await Visitor(http).authorize()
            page = Form((await http.get("/logout")).text)
            await Visitor(http).press(page, "logout-yes")
            await say(here)
            assert len(receiver.came) == 1
            body = (await redeem(here, await Visitor(http).authorize())).json()
            await http.get("/logout", params={"id_token_hint": body["id_token"]})
            await say(here)
            assert len(receiver.came) == 2
            await Visitor(http).authorize()
            await Visitor(http, login="bob").authorize(prompt="login")
            await say(here)
    tokens = [await checked(here, token) for token in receiver.tokens()]
    assert len({token.sid for token in tokens}) == len({token.jti for token in tokens}) == 3
    assert {token.sub for token in tokens} == {here.subjects["alice"]}


@pytest.mark.witness(LOGOUT_TOLD)
async def test_it_is_tried_again_until_it_is_heard(here: World) -> None:
    """Fails twice, then answers: a fresh token each time, later each time, and one event in the end."""
    async with receiving(503, 302) as receiver:
        await signed_in(here, receiver)
        await sign_out(here)
        await say(here)
        (notice,) = await notices(here)
        assert (notice.attempts, notice.reason, notice.done_at) == (1, "status 503", None)
        await say(here)
        assert len(receiver.came) == 1, "not before its time"
        here.clock.ahead_s += AGAIN_AFTER_S[0]
        await say(here)
        (notice,) = await notices(here)
        assert (notice.attempts, notice.reason) == (2, "status 302"), "a redirect is not followed, and no yes"
        assert await here.events(EventType.LOGOUT_SENT) == []
        here.clock.ahead_s += AGAIN_AFTER_S[1]
        await say(here)
        assert len({(await checked(here, token)).jti for token in receiver.tokens()}) == 3
    (event,) = await here.events(EventType.LOGOUT_SENT)
    assert event.data == {"attempts": 3}
    assert await here.events(EventType.LOGOUT_FAILED) == []


@pytest.mark.witness(LOGOUT_TOKEN_WELL_FORMED)
async def test_a_late_token_is_as_fresh_as_the_first(here: World) -> None:
    async with receiving(*[500] * 5) as receiver:
        await signed_in(here, receiver)
        await sign_out(here)
        for after_s in (0, *AGAIN_AFTER_S[:5]):
            here.clock.ahead_s += after_s
            await say(here)
        assert (await checked(here, receiver.tokens()[-1])).iat * SECOND <= here.clock.now()
        with pytest.raises(jose.InvalidJWT):
            await checked(here, receiver.tokens()[0])


async def test_attempts_come_to_an_end(here: World) -> None:
    """SE-16: a dead app is visited eight times in two hours; that it could not be told is on record."""
    async with receiving(*[500] * 20) as receiver:
        await signed_in(here, receiver)
        await sign_out(here)
        for after_s in (0, *AGAIN_AFTER_S, 86_400, 86_400):
            here.clock.ahead_s += after_s
            await say(here)
    assert len(receiver.came) == len(AGAIN_AFTER_S) + 1 == 8
    assert sum(AGAIN_AFTER_S) < 2 * 3600
    (event,) = await here.events(EventType.LOGOUT_FAILED)
    assert (event.client, event.reason, event.outcome) == ("shop", "status 500", "refused")
    (notice,) = await notices(here)
    assert (notice.outcome, notice.attempts) == ("failed", 8)


async def test_whoever_takes_it_up_and_dies_is_followed_by_another(here: World) -> None:
    """A claim that nobody settles is due again when it is over, and does not go on for ever."""
    async with receiving() as receiver:
        await signed_in(here, receiver)
        await sign_out(here)

        async def takes_up_and_dies() -> int:
            now = here.clock.now()
            until = now + HELD_S * SECOND
            return len(await here.store.outbox.claim(1, now, until, limit=9, busy=frozenset()))  # type: ignore[arg-type]

        assert await takes_up_and_dies() == 1
        await say(here)
        assert receiver.came == []
        here.clock.ahead_s += HELD_S
        await say(here)
        assert len(receiver.came) == 1
        await signed_in(here, receiver)
        await sign_out(here)
        for _ in range(len(AGAIN_AFTER_S) + 1):
            assert await takes_up_and_dies() == 1
            here.clock.ahead_s += HELD_S
        await say(here)
        assert len(receiver.came) == 1
    (event,) = await here.events(EventType.LOGOUT_FAILED)
    assert event.reason == "no attempt came to its end"


async def test_who_is_not_told(here: World) -> None:
    """SE-16: who does not want to be told any more, is switched off, or never asked; where to is what is registered now."""
    async with receiving() as receiver, receiving() as moved:
        await signed_in(here, receiver, scope="openid")
        await sign_out(here)
        await registered(here, backchannel_logout_uri=moved.url)
        await say(here)
        assert (len(receiver.came), len(moved.came)) == (0, 1)
        await signed_in(here, receiver)
        await sign_out(here)
        await registered(here, backchannel_logout_uri=None)
        await say(here)
        (event,) = await here.events(EventType.LOGOUT_FAILED)
        assert event.reason == "the client does not want to be told any more"
        async with here.visitor() as http:
            await Visitor(http).authorize()
        await sign_out(here)
        await say(here)
        await signed_in(here, receiver)
        await sign_out(here)
        await disable(here, "shop")
        await here.server.upkeep.directory.refresh()
        await say(here)
        assert len(await here.events(EventType.LOGOUT_FAILED)) == 2
        assert receiver.came == []


async def test_private_addresses_are_not_visited(tmp_path: Path) -> None:
    """SE-16: a logout address that leads into our own network is not reached, and tells nothing but that."""
    async with world(tmp_path, Settings(passwords=CHEAP)) as here, receiving() as receiver:
        await signed_in(here, receiver)
        await sign_out(here)
        await say(here)
        (notice,) = await notices(here)
        assert receiver.came == []
        assert "not public" in notice.reason
        assert notice.done_at is None


async def test_a_dead_app_holds_up_nobody(here: World) -> None:
    """Many visits of one that never answers: another is told at once, and one visit is under way where it is dead."""
    async with receiving(silent=True) as dead, receiving() as alive:
        for _ in range(6):
            await signed_in(here, dead)
            await sign_out(here)
        await registered(here, "spa", backchannel_logout_uri=alive.url)
        async with here.visitor() as http:
            await Visitor(http).authorize(**SPA)
        await sign_out(here)
        sender = here.server.upkeep.notices
        started = asyncio.create_task(sender.say())
        await asyncio.wait_for(alive.heard.wait(), 5)
        assert len(sender._under_way) <= AT_ONCE
        assert len(dead.came) <= 1
        started.cancel()
        await sender.stop()
    assert (await checked(here, alive.tokens()[0], "spa")).sub == here.subjects["alice"]
