"""``licet session|grant|user|token|event|explain``: what an operator sees and ends, beside a server that serves."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from licet.protocol import pkce
from licet.requirements import CATALOGUE, REDIRECT_URI_REGISTERED
from tests.cli.test_serve import PASSWORD, free_port, issuer, licet, serving
from tests.docs.test_blocks import person

ALICE, BOB = "alice@example.com", "bob@example.com"
CALLBACK = "http://127.0.0.1:9/callback"
SHOP = f"""
[app.shop]
is = "web-app"
name = "Corner Shop"
callback = "{CALLBACK}"
secret = {{ file = "secrets/nightly.secret" }}
may = ["openid", "offline_access", "notes:read"]
"""


@dataclass
class House:
    """A server that serves, and what people did there."""

    home: Path
    secret: str

    def licet(self, *words: str, feed: str | None = None, code: int = 0) -> str:
        said = licet(*words, where=self.home, feed=feed)
        assert said.returncode == code, (words, said.stdout, said.stderr)
        return said.stdout if code == 0 else said.stdout + said.stderr

    def json(self, *words: str, feed: str | None = None, code: int = 0) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.licet(*words, "--output", "json", feed=feed, code=code))
        assert body["version"] == 1
        return body

    def tokens(self, who: str = ALICE, scope: str = "openid offline_access notes:read") -> dict[str, str]:
        """*who* allows the shop what it asks for; the shop's tokens."""
        verifier = pkce.make_verifier(time.time_ns().to_bytes(8) * 4)
        asked = {
            "response_type": "code", "client_id": "shop", "redirect_uri": CALLBACK, "scope": scope, "prompt": "consent",
            "code_challenge": pkce.challenge_of(verifier), "code_challenge_method": "S256",
        }  # fmt: skip
        browser = {"issuer": issuer(self.home), "people": [{"login": who, "password": PASSWORD}]}
        address = person(browser, f"{issuer(self.home)}/authorize?{urlencode(asked)}")
        code = parse_qs(urlsplit(address).query)["code"][0]
        return self.token(grant_type="authorization_code", code=code, redirect_uri=CALLBACK, code_verifier=verifier)

    def token(self, **form: str) -> dict[str, str]:
        form |= {"client_id": "shop", "client_secret": self.secret}
        answer: dict[str, str] = requests.post(issuer(self.home) + "/token", data=form, timeout=10).json()
        return answer

    def refresh(self, tokens: dict[str, str]) -> dict[str, str]:
        return self.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])

    def dies(self, tokens: dict[str, str]) -> None:
        """Within a second of the command's end a running server takes the token no more."""
        until = time.monotonic() + 1
        while self.refresh(tokens).get("error") != "invalid_grant":
            assert time.monotonic() < until
            time.sleep(0.05)


@contextmanager
def opened_house(home: Path) -> Iterator[House]:
    """A server in *home*, with a shop and two people."""
    made = licet("init", "--yes", "--app", "service", "--app-id", "nightly", where=home)
    assert made.returncode == 0, made.stderr
    file = home / "licet.toml"
    file.write_text(file.read_text().replace("127.0.0.1:8414", f"127.0.0.1:{free_port()}") + SHOP)
    it = House(home, (home / "secrets" / "nightly.secret").read_text().strip())
    for who in (ALICE, BOB):
        it.licet("user", "add", who, "--password-stdin", feed=PASSWORD + "\n")
    with serving(home):
        yield it


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with opened_house(tmp_path_factory.mktemp("operators")) as made:
        yield made


def test_a_person_and_what_hangs_on_them(house: House) -> None:
    tokens = house.tokens()
    people = house.json("user", "list", "--limit", "1")
    assert [one["login"] for one in people["people"]] == [ALICE]
    assert [one["login"] for one in house.json("user", "list", "--after", people["next"])["people"]] == [BOB]
    told = house.json("user", "show", ALICE)
    (grant,) = [one for one in told["grants"] if one["alive"]]
    assert (grant["client"], grant["access"]) == ("shop", "offline")
    assert grant["session"] in [one["id"] for one in told["sessions"] if one["alive"]]
    assert [one["client"] for one in told["consents"]] == ["shop"]
    shown = house.json("grant", "show", grant["id"])
    assert shown == json.loads(house.licet("grant", "show", "-o", "json", "--", grant["handle"]))
    (family,) = shown["refresh tokens"]
    assert family["alive"]
    assert family["idle_until"] < family["absolute_until"]
    table = house.licet("session", "list", "--user", ALICE, "--alive")
    assert table.splitlines()[0].split() == [
        "ID",
        "USER",
        "ALIVE",
        "WHY",
        "SIGNED_IN_AT",
        "IDLE_UNTIL",
        "ABSOLUTE_UNTIL",
    ]
    assert grant["session"] in table
    inside = house.json("session", "show", grant["session"])["grants"]
    assert [one["id"] for one in inside] == [grant["id"]]
    nothing_secret(house, tokens)


def nothing_secret(house: House, tokens: dict[str, str]) -> None:
    said = house.licet("user", "show", ALICE, "-o", "json") + house.licet(
        "event", "list", "-o", "json", "--limit", "500"
    )
    with closing(sqlite3.connect(f"file:{next(house.home.rglob('*.db'))}?mode=ro", uri=True)) as store:
        digests = [value.hex() for (value,) in store.execute("SELECT current_digest FROM families").fetchall()]
        digests += [value.hex() for (value,) in store.execute("SELECT digest FROM sessions").fetchall()]
        phcs = [value for (value,) in store.execute("SELECT secret FROM authenticators").fetchall()]
    assert digests
    for secret in (tokens["access_token"], tokens["refresh_token"], *digests, *phcs, PASSWORD):
        assert secret not in said


def test_a_token_is_alive_until_its_grant_ends(house: House) -> None:
    tokens = house.tokens(BOB)
    for name in ("access_token", "refresh_token"):
        told = house.json("token", "show", feed=tokens[name] + "\n")
        assert told["token"]["alive"], told
    grant = told["grant"][0]["id"]
    assert "Nobody is here to confirm" in house.licet("grant", "end", grant, code=2)
    ended = house.json("grant", "end", grant, "--yes")
    assert ended["ended"]["why"] == "grant ended: ended by operator"
    assert not ended["refresh tokens"][0]["alive"]
    for name in ("access_token", "refresh_token"):
        told = house.json("token", "show", feed=tokens[name], code=1)
        assert not told["token"]["alive"]
        assert told["token"]["why"] in ("grant ended: ended by operator", "revoked")
    house.dies(tokens)
    assert "was over" in house.licet("grant", "end", grant, "--yes", code=1)
    (event,) = [
        json.loads(line)
        for line in house.licet("event", "list", "--type", "grant.ended", "--user", BOB, "-o", "json").splitlines()
    ]
    assert (event["actor"], event["client"], event["reason"]) == ("operator", "shop", "ended by operator")
    assert event["request_id"]


def test_what_is_no_token(house: House) -> None:
    told = house.json("token", "show", feed="lctat_nonsense", code=1)
    assert told["token"]["kind"] == "unknown"
    tokens = house.tokens()
    changed = tokens["access_token"].replace(".", ".e", 1)
    assert house.json("token", "show", feed=changed, code=1)["token"]["why"] != told["token"]["why"]
    assert "unexpected extra argument" in house.licet("token", "show", tokens["access_token"], code=2)


def test_the_end_of_a_session_ends_what_lived_by_it(house: House) -> None:
    online, offline = house.tokens(scope="openid notes:read"), house.tokens()
    for tokens, access, left in ((online, "online", 1), (offline, "offline", 0)):
        told = house.json("token", "show", feed=tokens["access_token"])
        session = told["grant"][0]["session"]
        assert told["grant"][0]["access"] == access
        ended = house.json("session", "end", session, "--yes")
        assert ended["ended"]["why"] == "session ended"
        assert len(ended["grants ended with it"]) == left
        assert "was over" in house.licet("session", "end", session, "--yes", code=1)
    house.json("token", "show", feed=online["access_token"], code=1)
    house.json("token", "show", feed=offline["access_token"])


def test_a_withdrawn_decision(house: House) -> None:
    tokens = house.tokens()
    listed = house.json("grant", "consents", "--user", ALICE)
    assert [(one["client"], one["alive"]) for one in listed["consents"]] == [("shop", True)]
    ended = house.json("grant", "withdraw", "--user", ALICE, "--client", "shop", "--yes")
    assert ended["grants"]
    house.dies(tokens)
    assert not house.json("grant", "consents", "--user", ALICE)["consents"][0]["alive"]
    assert not house.json("grant", "list", "--user", ALICE, "--client", "shop", "--alive")["grants"]
    house.licet("grant", "withdraw", "--user", ALICE, "--client", "shop", "--yes", code=1)


def test_signed_out_everywhere_disabled_and_back(house: House) -> None:
    tokens = house.tokens(BOB)
    ended = house.json("user", "end-sessions", BOB, "--yes")
    assert ended["user"]["status"] == "active"
    assert ended["sessions ended"]
    assert ended["grants ended"]
    house.dies(tokens)
    time.sleep(1.1)
    tokens = house.tokens(BOB)
    assert house.json("user", "disable", BOB, "--yes")["user"]["status"] == "disabled"
    house.dies(tokens)
    house.licet("user", "disable", BOB, "--yes", code=1)
    house.licet("user", "end-sessions", BOB, "--yes", code=1)
    assert "may sign in again" in house.licet("user", "enable", BOB)
    house.licet("user", "enable", BOB, code=1)
    assert "error" in house.refresh(tokens), "what had ended stays ended"
    time.sleep(1.1)
    assert "refresh_token" in house.tokens(BOB)


def test_pages_and_filters(house: House) -> None:
    for _ in range(3):
        house.tokens()
    every = [one["id"] for one in house.json("grant", "list")["grants"]]
    paged: list[str] = []
    after: list[str] = []
    while True:
        page = house.json("grant", "list", "--limit", "2", *after)
        paged += [one["id"] for one in page["grants"]]
        if page["next"] is None:
            break
        after = ["--after", page["next"]]
    assert paged == every
    dead = [one["id"] for one in house.json("grant", "list", "--dead")["grants"]]
    alive = [one["id"] for one in house.json("grant", "list", "--alive")["grants"]]
    assert sorted(dead + alive) == sorted(every)
    assert house.json("grant", "list", "--client", "nobody") == {"version": 1, "grants": [], "next": None}
    assert "No grants." in house.licet("grant", "list", "--client", "nobody")
    for words in (("session", "list"), ("grant", "list"), ("session", "show"), ("grant", "show")):
        named = ("--after", "gone") if words[1] == "list" else ("gone",)
        assert "There is no" in house.licet(*words, *named, code=1)
    assert "There is nobody" in house.licet("session", "list", "--user", "carl", code=1)


def test_a_refusal_is_explained(house: House) -> None:
    refused = requests.get(
        issuer(house.home) + "/authorize",
        params={"client_id": "shop", "redirect_uri": "http://127.0.0.1:9/other"},
        timeout=10,
    )
    reference = next(
        word
        for word in refused.text.replace("<", " ").replace(">", " ").split()
        if len(word) == 9 and word[4] == "-" and word.isupper()
    )
    house.tokens()  # what is refused is written with the next commit
    told = house.json("explain", reference.lower())["refusal"]
    assert told["client"] == "shop"
    assert told["requirement"] in {one.id for one in CATALOGUE}
    assert told["requirement_remedy"]
    assert house.json("explain", REDIRECT_URI_REGISTERED.id)["requirement"]["title"] == REDIRECT_URI_REGISTERED.title
    assert "Did you mean: licet explain pkce-required" in house.licet("explain", "pkce-requird", code=1)
    assert "are kept" in house.licet("explain", "0000-0000", code=1)


def test_the_record_is_read_and_checked(house: House) -> None:
    assert "unbroken" in house.licet("event", "verify")
    table = house.licet("event", "list", "--limit", "2")
    after = table.splitlines()[-1].removeprefix("More: --after ")
    (line,) = house.licet("event", "list", "--limit", "1", "--after", after, "-o", "json").splitlines()
    assert int(json.loads(line)["id"].split(".")[1]) == int(after.split(".")[1]) - 1
    assert house.licet("event", "list", "--since", "2999-01-01") == "No events.\n"
    house.licet("event", "list", "--after", "x", code=2)


def test_zz_the_end_of_everything(house: House) -> None:
    """Last: nobody is signed in after it."""
    tokens = house.tokens()
    house.licet("session", "end", code=2)
    house.licet("session", "end", "x", "--all", code=2)
    assert house.json("session", "end", "--all", "--yes")["ended"]["issuer"] == issuer(house.home)
    house.dies(tokens)
    told = house.json("token", "show", feed=tokens["access_token"], code=1)["token"]
    assert told["why"] == "issuer ended everything"
    assert not house.json("session", "list", "--alive")["sessions"]
    time.sleep(1.1)
    assert "access_token" in house.tokens(), "and life goes on"


def test_a_command_looks_at_so_many_rows_and_says_where_to_go_on() -> None:
    """The walk is bounded whatever the filter lets through."""
    import asyncio

    from licet.cli import desk

    async def read(last: int | None, limit: int) -> range:
        begin = 0 if last is None else last + 1
        return range(begin, begin + limit)

    async def keep(n: int) -> bool:
        return n == 30_000

    first = asyncio.run(desk.walk(read, keep, limit=5, after=None))
    assert (first.found, first.last) == ((), desk.LOOKED_AT_MOST - 1)
    second = asyncio.run(desk.walk(read, keep, limit=5, after=first.last))
    assert (second.found, second.last) == ((30_000,), 2 * desk.LOOKED_AT_MOST - 1)
