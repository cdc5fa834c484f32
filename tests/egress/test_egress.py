"""What the server fetches for itself: from where, how much, how long, and what it never does."""

from __future__ import annotations

import asyncio
import time
from ipaddress import ip_network

import pytest

from licet.egress import Egress, EgressLimits, Fetched, Unreachable
from tests.egress.conftest import Authority, saying, serving

JSON = ("application/json",)
LOOPBACK = EgressLimits(networks=(ip_network("127.0.0.0/8"),))


async def fetch(url: str, limits: EgressLimits = LOOPBACK, **options: object) -> Fetched:
    egress = Egress(limits, **options)  # type: ignore[arg-type]
    try:
        return await egress.get(url, accept=JSON, max_bytes=1000)
    finally:
        egress.close()


async def refusal(url: str, limits: EgressLimits = LOOPBACK, **options: object) -> str:
    with pytest.raises(Unreachable) as caught:
        await fetch(url, limits, **options)
    return caught.value.reason


def resolving(*addresses: str) -> object:
    async def resolve(host: str, port: int) -> tuple[str, ...]:
        return addresses

    return resolve


def run(coroutine: object) -> None:
    asyncio.run(coroutine)  # type: ignore[arg-type]


def test_a_document_is_fetched() -> None:
    async def story() -> None:
        async with serving(saying(b"{}", "Cache-Control: public, max-age=60", kind="application/json; q=1")) as port:
            found = await fetch(f"http://127.0.0.1:{port}/keys?x=1")
        assert (found.status, found.content_type, found.body, found.cache_s) == (200, "application/json", b"{}", 60)

    run(story())


@pytest.mark.parametrize(
    ("control", "kept"),
    [("no-store", 0), ("max-age=9, no-cache", 0), ("max-age=abc", None), ("s-maxage=5", None), ('max-age="7"', 7)],
)
def test_how_long_it_may_be_kept(control: str, kept: int | None) -> None:
    async def story() -> None:
        async with serving(saying(b"{}", f"Cache-Control: {control}")) as port:
            assert (await fetch(f"http://127.0.0.1:{port}/")).cache_s == kept

    run(story())


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",
        "100.100.100.200",
        "168.63.129.16",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2001::1",
        "fe80::1",
        "fd00:ec2::254",
        "::7f00:1",
        "ff02::1",
        "fec0::1",
        "255.255.255.255",
        "192.0.0.192",
        "198.18.0.1",
        "fe80::1%eth0",
    ],
)
def test_no_private_address_is_visited(address: str) -> None:
    """Nor is any other address of a host that has one private: which one is taken is not the publisher's to choose."""
    reasons = [
        asyncio.run(refusal("https://keys.example.com/", EgressLimits(), resolve=resolving(*found)))
        for found in ((address,), ("93.184.215.14", address), (address, "93.184.215.14"))
    ]
    assert all("not public" in reason or "no address" in reason for reason in reasons)


@pytest.mark.parametrize("host", ["127.1", "0x7f000001", "2130706433", "localhost", "[::ffff:127.0.0.1]", "0"])
def test_no_other_way_to_write_loopback_helps(host: str) -> None:
    assert "not public" in asyncio.run(refusal(f"https://{host}/", EgressLimits()))


@pytest.mark.parametrize(
    "url",
    [
        "ftp://keys.example.com/",
        "file:///etc/passwd",
        "https://",
        "https://a@b/",
        "https://a/#b",
        "https://a\\b/",
        "x",
        "https://a b/",
        "https://[::1/",
        "https://a:99999/",
        "https://münchen.example/",
        "https://%31/",
        "https://a/\n",
        "https://a/" + "a" * 2048,
        "//a/",
    ],
)
def test_what_is_no_plain_address_is_not_visited(url: str) -> None:
    assert asyncio.run(refusal(url, resolve=resolving("93.184.215.14")))


def test_plain_http_is_for_loopback_that_is_allowed() -> None:
    assert "not https" in asyncio.run(refusal("http://keys.example.com/", resolve=resolving("93.184.215.14")))
    assert "not public" in asyncio.run(refusal("http://127.0.0.1/", EgressLimits()))


def test_a_host_that_is_allowed_may_be_private_but_never_a_metadata_service() -> None:
    async def story() -> None:
        limits = EgressLimits(hosts=frozenset(["keys.internal"]))
        async with serving(saying(b"{}")) as port:
            found = await fetch(f"http://KEYS.internal:{port}/", limits, resolve=resolving("127.0.0.1"))
            assert found.body == b"{}"
            assert "not public" in await refusal(
                f"http://other.internal:{port}/", limits, resolve=resolving("127.0.0.1")
            )
        for address in ("169.254.169.254", "fd00:ec2::254", "100.100.100.200", "fe80::1", "0.0.0.0"):
            assert "not public" in await refusal("https://keys.internal/", limits, resolve=resolving(address))

    run(story())


def test_a_name_is_resolved_once_and_the_judged_address_is_visited() -> None:
    """DNS rebinding: the second answer is never asked for."""

    async def story() -> None:
        answers = [("127.0.0.1",), ("169.254.169.254",)]

        async def resolve(host: str, port: int) -> tuple[str, ...]:
            return answers.pop(0)

        heads: list[bytes] = []

        async def answer(head: bytes, writer: asyncio.StreamWriter) -> None:
            heads.append(head)
            await saying(b"{}")(head, writer)

        async with serving(answer) as port:
            await fetch(f"http://rebound.example.com:{port}/a", resolve=resolve)
        assert f"\r\nHost: rebound.example.com:{port}\r\n".lower().encode() in heads[0].lower()
        assert len(answers) == 1

    run(story())


def test_the_next_address_is_tried_where_one_takes_no_connection() -> None:
    async def story() -> None:
        async with serving(saying(b"{}")) as port:
            found = await fetch(f"http://a.example.com:{port}/", resolve=resolving("127.0.0.2", "127.0.0.1"))
        assert found.body == b"{}"

    run(story())


def test_the_certificate_is_the_hosts(authority: Authority) -> None:
    """TLS is asked for the name, though the connection goes to the address."""

    async def story() -> None:
        limits = EgressLimits(networks=LOOPBACK.networks, ca_file=authority.file)
        async with serving(saying(b"{}"), authority.server_context("keys.example.com")) as port:
            found = await fetch(f"https://keys.example.com:{port}/", limits, resolve=resolving("127.0.0.1"))
            assert found.body == b"{}"
            assert "certificate" in (
                await refusal(f"https://other.example.com:{port}/", limits, resolve=resolving("127.0.0.1"))
            )
            assert "certificate" in await refusal(f"https://127.0.0.1:{port}/", limits)
            assert "certificate" in (
                await refusal(f"https://keys.example.com:{port}/", LOOPBACK, resolve=resolving("127.0.0.1"))
            )
        async with serving(saying(b"{}"), authority.server_context("127.0.0.1")) as port:
            assert (await fetch(f"https://127.0.0.1:{port}/", limits)).body == b"{}"

    run(story())


def test_a_redirect_is_no_answer() -> None:
    async def story() -> None:
        visited: list[bytes] = []

        async def answer(head: bytes, writer: asyncio.StreamWriter) -> None:
            visited.append(head)
            away = saying(b"", "Location: http://169.254.169.254/latest/meta-data/", status="302 Found")
            await away(head, writer)

        async with serving(answer) as port:
            assert await refusal(f"http://127.0.0.1:{port}/") == "status 302"
        assert len(visited) == 1

    run(story())


def test_what_is_sent_is_little_and_says_nothing_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """No cookie of an earlier answer, no proxy and no credential of the environment."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")

    async def story() -> None:
        heads: list[bytes] = []

        async def answer(head: bytes, writer: asyncio.StreamWriter) -> None:
            heads.append(head)
            await saying(b"{}", "Set-Cookie: a=1; Path=/")(head, writer)

        egress = Egress(LOOPBACK)
        async with serving(answer) as port:
            for _ in range(2):
                await egress.get(f"http://127.0.0.1:{port}/", accept=JSON, max_bytes=10)
        egress.close()
        names = {line.split(b":")[0].lower() for line in heads[1].split(b"\r\n")[1:] if line}
        assert names == {b"host", b"user-agent", b"accept", b"accept-encoding", b"connection"}

    run(story())


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (saying(b"x" * 1001), "more than 1000 bytes"),
        (saying(b"{}", kind="text/html"), "content type"),
        (saying(b"{}", "Content-Encoding: gzip"), "compressed"),
        (saying(b"{}", status="404 Not Found"), "status 404"),
        (saying(b"{}", status="nonsense"), "Protocol"),
    ],
)
def test_an_answer_that_is_not_what_was_asked_for(answer: object, why: str) -> None:
    async def story() -> None:
        async with serving(answer) as port:  # type: ignore[arg-type]
            assert why in await refusal(f"http://127.0.0.1:{port}/")

    run(story())


def test_an_endless_body_is_cut_off() -> None:
    async def story() -> None:
        sent = 0

        async def endless(_head: bytes, writer: asyncio.StreamWriter) -> None:
            nonlocal sent
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
            while True:
                writer.write(b"x" * 4096)
                await writer.drain()
                sent += 4096

        async with serving(endless) as port:
            assert "more than" in await refusal(f"http://127.0.0.1:{port}/")
        assert sent < 50_000_000

    run(story())


@pytest.mark.parametrize(
    "drip", [b"H", b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n"]
)
def test_a_slow_answer_is_none(drip: bytes) -> None:
    """A byte now and then keeps no visit alive: the whole has its time, not each part."""

    async def slow(_head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(drip)
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    async def story() -> None:
        async with serving(slow) as port:
            begun = time.monotonic()
            limits = EgressLimits(networks=LOOPBACK.networks, total_s=0.4)
            assert "no whole answer" in await refusal(f"http://127.0.0.1:{port}/", limits)
            assert time.monotonic() - begun < 3

    run(story())


def test_a_slow_name_server_is_waited_for_no_longer() -> None:
    async def resolve(host: str, port: int) -> tuple[str, ...]:
        await asyncio.sleep(60)
        return ("127.0.0.1",)

    limits = EgressLimits(total_s=0.2)
    assert "no whole answer" in asyncio.run(refusal("https://keys.example.com/", limits, resolve=resolve))


def test_only_so_many_visits_at_once() -> None:
    async def story() -> None:
        under_way = most = 0

        async def answer(head: bytes, writer: asyncio.StreamWriter) -> None:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0.05)
            under_way -= 1
            await saying(b"{}")(head, writer)

        egress = Egress(EgressLimits(networks=LOOPBACK.networks, at_once=2))
        async with serving(answer) as port:
            visits = [egress.get(f"http://127.0.0.1:{port}/", accept=JSON, max_bytes=10) for _ in range(8)]
            assert len(await asyncio.gather(*visits)) == 8
        egress.close()
        assert most == 2

    run(story())


def test_a_notice_is_posted_and_its_status_told() -> None:
    async def story() -> None:
        bodies: list[bytes] = []

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = await reader.readuntil(b"\r\n\r\n")
            bodies.append(await reader.readexactly(len(b"logout_token=a.b%26c")))
            assert b"content-type: application/x-www-form-urlencoded" in head.lower()
            await saying(b"no", status="400 Bad Request")(head, writer)
            writer.close()

        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        egress = Egress(LOOPBACK)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/logout"
        assert await egress.post_form(url, {"logout_token": "a.b&c"}) == 400
        egress.close()
        server.close()
        assert bodies == [b"logout_token=a.b%26c"]

    run(story())


def test_a_port_that_nobody_listens_on() -> None:
    assert asyncio.run(refusal("http://127.0.0.1:9/"))
