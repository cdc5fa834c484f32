"""The benchmark's own honesty: a wrong answer is counted as wrong, and no load outgrows its bounds."""

import asyncio
import base64
import json
import sys
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))  # the benchmark is not installed

from bench import load, people, report, services, tokens
from bench.browser import Browser, Page
from bench.load import Journey, Plan, Window, drive
from bench.measure import Round, Settings
from bench.target import Confidential, Public, Target, Unavailable
from bench.wire import Answer, Wrong, take

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood"
BAD = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad"
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"

Respond = Callable[[int, asyncio.StreamWriter], Awaitable[None]]


def ask(lane: int) -> Journey:
    """One request, whose answer must be ``good``."""
    del lane
    answer = yield REQUEST
    if answer.body != b"good":
        msg = "not good"
        raise Wrong(msg)


def answering(*answers: bytes) -> Respond:
    """Answer the nth request with the nth of *answers*, over and over."""

    async def respond(number: int, writer: asyncio.StreamWriter) -> None:
        writer.write(answers[number % len(answers)])

    return respond


def loaded(
    respond: Respond,
    plan: Plan,
    journey: Callable[[int], Journey] = ask,
    mark: Callable[[], None] = lambda: None,
) -> tuple[Window, int]:
    """Put a tiny server under load: what was seen, and how many requests arrived."""
    arrived = 0
    talks: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal arrived
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while await reader.readuntil(b"\r\n\r\n"):
                arrived += 1
                await respond(arrived - 1, writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.add(asyncio.ensure_future(talk(reader, writer)))

    async def story() -> Window:
        async with await asyncio.start_server(accept, "127.0.0.1", 0) as server:
            host, port = server.sockets[0].getsockname()
            window = await drive(journey, (host, port), plan, mark)
            await asyncio.gather(*talks)
        return window

    return load.run(story()), arrived


def test_right_answers_are_counted_and_no_more_are_asked_for_than_the_limit() -> None:
    """The limit is exact, over all lanes together."""
    seen, arrived = loaded(answering(GOOD), Plan(connections=4, seconds=5, limit=101))
    assert (seen.completed, seen.wrong, arrived) == (101, 0, 101)
    assert len(seen.latencies_s) == 101
    assert seen.seconds < 5, "it ends when there is nothing left to do"


def test_wrong_answers_are_counted_as_wrong_and_never_as_completed() -> None:
    """One in five is bad; each is seen."""
    seen, arrived = loaded(answering(GOOD, GOOD, GOOD, GOOD, BAD), Plan(connections=1, seconds=5, limit=100))
    assert (seen.completed, seen.wrong, arrived) == (80, 20, 100)
    assert seen.reasons == {"not good": 20}


def test_a_hopeless_window_is_given_up() -> None:
    """Only bad answers: a bounded number of requests is wasted on them."""
    seen, arrived = loaded(answering(BAD), Plan(connections=4, seconds=5))
    assert seen.completed == 0
    assert load.MAX_WRONG <= seen.wrong <= load.MAX_WRONG + 4
    assert arrived == seen.wrong


def test_the_time_is_bounded() -> None:
    """Without a limit in sight, the window closes by the clock."""
    began = time.perf_counter()
    seen, _ = loaded(answering(GOOD), Plan(connections=2, seconds=0.2))
    assert 0.15 < seen.seconds < 5
    assert time.perf_counter() - began < 10
    assert seen.completed > 0


def test_warming_up_is_verified_but_neither_counted_nor_timed() -> None:
    """A wrong answer before the window opens still makes the run wrong."""
    seen, _ = loaded(answering(BAD, *[GOOD] * 9), Plan(connections=1, seconds=1, warm_s=5, limit=10))
    assert (seen.completed, seen.wrong, seen.latencies_s) == (0, 1, [])


def test_an_answer_may_come_in_pieces() -> None:
    """Byte by byte, it is still one answer."""

    async def dribble(number: int, writer: asyncio.StreamWriter) -> None:
        del number
        for byte in GOOD:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0)

    seen, _ = loaded(dribble, Plan(connections=2, seconds=5, limit=6))
    assert (seen.completed, seen.wrong) == (6, 0)


def test_a_connection_lost_half_way_is_a_wrong_answer() -> None:
    """A server that hangs up has not answered."""

    async def hang_up(number: int, writer: asyncio.StreamWriter) -> None:
        del number
        writer.write(GOOD[:-2])
        writer.close()

    seen, _ = loaded(hang_up, Plan(connections=3, seconds=5))
    assert (seen.completed, seen.wrong) == (0, 3)
    assert seen.reasons == {"connection lost before the answer": 3}


def test_silence_is_a_wrong_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is still under way when patience ends counts."""
    monkeypatch.setattr(load, "PATIENCE_S", 0.1)

    async def silence(number: int, writer: asyncio.StreamWriter) -> None:
        """Say nothing."""

    seen, _ = loaded(silence, Plan(connections=2, seconds=0.1))
    assert (seen.completed, seen.wrong) == (0, 2)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (GOOD + b"HTTP", "bytes that nobody asked for"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "not an HTTP/1.1 answer"),
        (b"HTTP/1.1 200 OK\r\n\r\ngood", "an answer of unknown length"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "a chunk without a size"),
        (GOOD.replace(b"OK", b"OK\r\nConnection: close"), "the server closed a keep-alive connection"),
    ],
)
def test_broken_http_is_a_wrong_answer(answer: bytes, reason: str) -> None:
    """Nothing is guessed about what cannot be told apart."""
    seen, _ = loaded(answering(answer), Plan(connections=1, seconds=5, limit=1))
    assert seen.reasons == {reason: 1}


def test_a_journey_of_several_requests_is_one_unit_of_work() -> None:
    """Three requests, one completed journey."""

    def thrice(lane: int) -> Journey:
        for _ in range(3):
            yield from ask(lane)

    seen, arrived = loaded(answering(GOOD), Plan(connections=2, seconds=5, limit=7), thrice)
    assert (seen.completed, arrived) == (7, 21)


def test_the_window_is_marked_when_it_opens_and_when_it_closes() -> None:
    """So that processor time is read at the same moments."""
    marks: list[float] = []
    plan = Plan(connections=1, seconds=0.2, warm_s=0.1)
    seen, _ = loaded(answering(GOOD), plan, mark=lambda: marks.append(time.perf_counter()))
    assert len(marks) == 2
    assert marks[1] - marks[0] == pytest.approx(seen.seconds, abs=0.05)


def test_take_cuts_exactly_one_answer() -> None:
    """The rest stays for the next."""
    buffer = bytearray(GOOD + BAD)
    first, second = take(buffer), take(buffer)
    assert (first and first.body, second and second.body, bytes(buffer)) == (b"good", b"bad", b"")
    assert take(buffer) is None


@pytest.mark.parametrize("cut", range(1, 75, 7))
def test_take_reads_chunks_and_waits_for_the_last_one(cut: int) -> None:
    """Chunked bodies are put together; a part of one is not an answer."""
    whole = b"HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n2\r\ngo\r\n2;x=y\r\nod\r\n0\r\n\r\n"
    buffer = bytearray(whole[:-cut])
    assert take(buffer) is None
    buffer += whole[-cut:]
    answer = take(buffer)
    assert answer is not None
    assert (answer.body, bytes(buffer)) == (b"good", b"")


def test_header_values_are_found_whatever_their_case() -> None:
    """Also when there are several, and not inside other names."""
    answer = Answer(200, b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nX-Set-Cookie: b=2\r\nset-cookie:c=3 ", b"")
    assert answer.values("SET-COOKIE") == ["a=1", "c=3"]


# What the workloads call wrong, fed by hand: a journey is a generator.

ISSUER = "http://127.0.0.1:1"


def target_at(issuer: str = ISSUER, **metadata: str) -> Target:
    """Make a target that is never loaded."""
    client = Public("spa", "https://app.example/cb", "openid")
    return Target(
        name="fake",
        issuer=issuer,
        pid=0,
        service=Confidential("service", "secret"),
        api=Confidential("api", "secret"),
        access_tokens={"opaque": {"scope": "read"}, "ES256": {"scope": "read"}},
        browsers={"ES256": client},
        rotating=client,
        login="alice",
        password="wonderland",
        metadata={"token_endpoint": f"{issuer}/token"} | metadata,
    )


def fed(journey: Journey, *answers: Answer) -> None:
    """Send *answers* to a journey, which must then be over."""
    next(journey)
    for answer in answers:
        try:
            journey.send(answer)
        except StopIteration:
            return
    pytest.fail("the journey wants more answers")


def document(**said: object) -> Answer:
    """Make a JSON answer that no cache keeps."""
    return Answer(
        200 if "error" not in said else 400, b"HTTP/1.1 200 OK\r\ncache-control: no-store", json.dumps(said).encode()
    )


def granted(**said: object) -> Answer:
    """Make a token response."""
    return document(**({"access_token": "a" * 43, "token_type": "Bearer", "expires_in": 600} | said))


def jws(**claims: object) -> str:
    """Make something that looks signed."""
    header = {"alg": claims.pop("alg", "ES256"), "typ": claims.pop("typ", "at+jwt")}
    parts = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, claims))
    return ".".join([*parts, "c2lnbmF0dXJl"])


def test_opaque_tokens_must_be_new_and_opaque() -> None:
    """The same token twice, a JWT, a short one, another scope, a cacheable answer: all wrong."""
    work = services.ClientCredentials(target_at(), tokens.OPAQUE, b"x", "read")
    fed(work.journey(0), granted())
    cacheable = granted(access_token="b" * 43)
    cacheable.head = b"HTTP/1.1 200 OK"
    for wrong in (
        granted(),
        granted(access_token=jws()),
        granted(access_token="short"),
        granted(access_token="c" * 43, scope="write"),
        granted(access_token="d" * 43, token_type="DPoP"),
        document(error="invalid_client"),
        cacheable,
    ):
        with pytest.raises(Wrong):
            fed(work.journey(0), wrong)


def test_jwt_access_tokens_must_say_whose_and_for_whom_they_are() -> None:
    """A claim that is off makes the answer wrong."""
    work = services.ClientCredentials(target_at(), "ES256", b"x", "read")
    right = {"iss": ISSUER, "client_id": "service", "aud": "https://api", "iat": 1, "exp": 2}
    fed(work.journey(0), granted(access_token=jws(jti="1", **right)))
    for off in (
        {"jti": "1"},
        {"jti": "2", "iss": "http://other"},
        {"jti": "3", "client_id": "other"},
        {"jti": "4", "aud": []},
        {"jti": "5", "exp": 1},
        {"jti": "6", "alg": "none"},
        {"jti": "7", "typ": "JWT"},
    ):
        with pytest.raises(Wrong):
            fed(work.journey(0), granted(access_token=jws(**right | off)))


def test_introspection_must_say_active() -> None:
    """``active: false`` for a live token is wrong, and so is another client's."""
    work = services.Introspection(target_at(), pool=1, requests=[b"x"])
    fed(work.journey(0), document(active=True, client_id="service", iat=1, exp=2))
    for wrong in (document(active=False), document(active="true"), document(active=True, client_id="x", iat=1, exp=2)):
        with pytest.raises(Wrong):
            fed(work.journey(0), wrong)


def test_refresh_must_rotate() -> None:
    """The refresh token that was presented must not come back."""
    work = people.Refresh(target_at(), people.People(target_at()), "/token", "spa", [deque(["r0"], maxlen=3)])
    fed(work.journey(0), granted(refresh_token="r1"))
    with pytest.raises(Wrong, match="issued before"):
        fed(work.journey(0), granted(access_token="b" * 43, refresh_token="r1"))
    with pytest.raises(Wrong, match="access token"):
        fed(work.journey(0), granted(refresh_token="r2"))


def test_sign_in_must_carry_its_own_state_and_nonce() -> None:
    """An ID token for another request is wrong, though everything else is right."""
    target = target_at()
    work = people.SignIn(target, people.People(target), "ES256", target.browsers["ES256"], ("/a", "/t", "/u"))

    def trip(**off: str) -> None:
        journey = work.journey(0)
        asked = parse_qs(urlsplit(next(journey).split(b" ")[1].decode()).query)
        state = off.get("state", asked["state"][0])
        head = f"HTTP/1.1 303 See Other\r\nlocation: https://app.example/cb?code=c&state={state}"
        journey.send(Answer(303, head.encode(), b""))
        said = {"iss": ISSUER, "aud": "spa", "sub": "alice", "nonce": asked["nonce"][0]} | off
        journey.send(granted(access_token=off.get("token", "a" * 43), id_token=jws(**said)))
        with pytest.raises(StopIteration):
            journey.send(document(sub="alice"))

    trip()
    for off in ({"state": "x"}, {"nonce": "x"}, {"aud": "x"}, {"sub": "bob"}, {"iss": "x"}, {"alg": "RS256"}, {}):
        with pytest.raises(Wrong):
            trip(**off)


# Around the load: pages to walk, controls, medians.


@contextmanager
def site(answer: Callable[[str, str, dict[str, list[str]], str], tuple[int, dict[str, str], str]]) -> Iterator[str]:
    """Serve *answer*(method, url, form, cookie) on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("content-length", 0))
            form = parse_qs(self.rfile.read(length).decode())
            status, headers, text = answer(self.command, self.path, form, self.headers.get("cookie", ""))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *args: object) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


LOGIN = """<form action="/search"><input name="q"><button>Search</button></form>
<form action="/login" method="post"><input type="hidden" name="csrf" value="k&amp;v"><input name="login">
<input name="password" type="password"><button id="login-submit">Sign in</button></form>"""
CONSENT = """<form action="/consent" method="post"><input type="hidden" name="csrf" value="k&amp;v">
<input type="radio" name="keep" value="session"><input type="radio" name="keep" value="90d" checked>
<button id="consent-deny" name="decision" value="deny">Cancel</button>
<button id="consent-allow" name="decision" value="allow">Allow</button></form>"""


def pages(method: str, url: str, form: dict[str, list[str]], cookie: str) -> tuple[int, dict[str, str], str]:
    """Play the pages of the page contract: sign-in, consent, and the way back."""
    path = urlsplit(url).path
    if path == "/authorize":
        if "session=alice" in cookie:
            return 303, {"location": "https://app.example/cb?code=second"}, ""
        return 303, {"location": "/login?transaction=1", "set-cookie": "t=1; Path=/login; HttpOnly"}, ""
    if (method, path) == ("POST", "/login"):
        right = form == {"csrf": ["k&v"], "login": ["alice"], "password": ["wonderland"]} and "t=1" in cookie
        return (303, {"location": "/consent", "set-cookie": "session=alice; Path=/"}, "") if right else (200, {}, LOGIN)
    if (method, path) == ("POST", "/consent"):
        if form != {"csrf": ["k&v"], "keep": ["90d"], "decision": ["allow"]} or "t=1" in cookie:
            return 400, {}, "no"
        return 200, {}, '<a id="continue" href="https://app.example/cb?code=first&amp;state=s">Continue</a>'
    return 200, {}, {"/login": LOGIN, "/consent": CONSENT}.get(path, "lost")


def test_the_browser_signs_in_consents_and_is_remembered() -> None:
    """The first authorization walks the pages; the second one is answered at once."""
    with site(pages) as issuer:
        target = target_at(issuer, authorization_endpoint=f"{issuer}/authorize")
        browser = Browser(target)
        assert browser.authorize(target.browsers["ES256"]) == {"code": "first", "state": "s"}
        assert browser.authorize(target.browsers["ES256"]) == {"code": "second"}


def test_the_browser_stops_where_nobody_would_go_on() -> None:
    """A page without a known form ends the walk, and so does a walk in circles."""
    for answer in ((200, {}, "<form><button>?</button></form>"), (303, {"location": "/authorize"}, "")):
        with site(lambda *_, answer=answer: answer) as issuer:
            target = target_at(issuer, authorization_endpoint=f"{issuer}/authorize")
            with pytest.raises(Unavailable):
                Browser(target).authorize(target.browsers["ES256"])


def test_a_page_may_hold_no_form_at_all() -> None:
    """The parser makes nothing up."""
    page = Page.read("<p>Sorry</p>")
    assert (page.forms, page.onward) == ([], None)


def test_a_replayed_refresh_token_that_still_works_is_reported() -> None:
    """The control after the window: a server that rotates, but lets the old one live."""
    body = json.dumps({"access_token": "a"})
    with site(lambda *_: (200, {"content-length": str(len(body))}, body)) as issuer:
        target = target_at(issuer)
        work = people.Refresh(target, people.People(target), "/token", "spa", [deque("abc", maxlen=3)])
        assert work.afterwards() == [
            "a replayed refresh token did not end its family",
            "a superseded refresh token is still good",
        ]


def test_rotation_that_nobody_saw_is_not_called_proved() -> None:
    """Too few refreshes to replay one: say so."""
    work = people.Refresh(target_at(), people.People(target_at()), "/token", "spa", [deque("a", maxlen=3)])
    assert len(work.afterwards()) == 1


def test_a_signature_that_the_jwks_does_not_vouch_for_is_reported() -> None:
    """Looks alone do not convince."""
    from joserfc import jwt
    from joserfc.jwk import ECKey, KeySet

    key, other = (ECKey.generate_key("P-256", {"alg": "ES256"}, auto_kid=True) for _ in range(2))
    token = jwt.encode({"alg": "ES256", "kid": key.kid}, {"iss": ISSUER, "exp": int(time.time()) + 60}, key)
    stale = jwt.encode({"alg": "ES256", "kid": key.kid}, {"iss": ISSUER, "exp": 1}, key)
    ours, theirs = ({"keys": list(KeySet([one]).as_dict(private=False)["keys"])} for one in (key, other))
    assert tokens.verify([token], ours, "ES256") == []
    assert len(tokens.verify([token, token], theirs, "ES256")) == 1
    assert len(tokens.verify([stale], ours, "ES256")) == 1
    assert len(tokens.verify([token], ours, "RS256")) == 1


def test_ratios_are_of_medians_and_wrong_answers_are_shown() -> None:
    """Three rounds each; the outlier does not count, the wrong answer does."""

    def played(target: str, number: int, rate: float, wrong: int = 0) -> Round:
        row = {"workload": "W1", "connections": 16, "completed": 1, "rate": rate, "p50_ms": 1.0, "p99_ms": 2.0}
        row |= {"server_cpu_ms": 1000 / rate, "server_load": 1.0, "generator_load": 0.2, "others_load": 0.0}
        reasons = {"not good": wrong} if wrong else {}
        return Round(target, number, rows=[row | {"wrong": wrong, "reasons": reasons}])

    rounds = [played("licet", n, rate) for n, rate in enumerate((6000, 100, 6100))]
    rounds += [played("oidc-provider", n, rate, wrong=n) for n, rate in enumerate((3000, 3100))]
    settings = Settings(workloads=("W1",), connections=(16,), seconds=1, rounds=3, limit=1)
    (entry,) = report.summary(rounds, settings)
    assert entry["ratio"] == pytest.approx(6000 / 3050)
    assert entry["held"] is True
    assert report.held([entry]) is True
    assert report.complaints(rounds) == ["oidc-provider W1 x16 round 1: 1 x not good"]
    assert "!3050" in report.table([entry], {})


def test_a_floor_is_not_judged_on_a_disturbed_machine() -> None:
    """Neither held nor lost: --hold must not pass on it."""
    entry = {"workload": "W1", "connections": 16, "held": None}
    assert report.held([entry]) is None
    assert report.held([]) is None
    assert report.held([entry, entry | {"held": False}]) is False
