"""``licet advise``, as people and scripts call it."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Self

import pytest
import requests

from licet.registration import snippets
from licet.registration.kinds import BY_NAME
from tests.clients import snippets as made
from tests.clients.person import Person
from tests.clients.played import needs
from tests.conftest import DevServer


def licet(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "licet", *words]
    return subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=60, cwd=cwd, stdin=subprocess.DEVNULL
    )


def as_json(*words: str) -> dict[str, Any]:
    run = licet("advise", *words, "--json")
    assert run.returncode == 0, run.stderr
    said: dict[str, Any] = json.loads(run.stdout)
    assert said.pop("version") == 1
    advice: dict[str, Any] = said.pop("advice")
    assert not said
    return advice


@pytest.fixture(scope="module")
def every(dev_server: DevServer) -> dict[str, dict[str, Any]]:
    return {kind: as_json("--is", kind, "--issuer", dev_server.issuer) for kind in BY_NAME}


def test_the_three_flows_of_the_seed_are_three_lines(every: dict[str, dict[str, Any]]) -> None:
    assert every["web-app"]["grant_types"] == ["authorization_code", "refresh_token"]
    assert every["service"]["grant_types"] == ["client_credentials"]
    assert every["tv"]["grant_types"] == ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"]


def test_names_of_the_json_are_stable(every: dict[str, dict[str, Any]]) -> None:
    for advice in every.values():
        assert list(advice) == [
            "is", "because", "grant_types", "token_endpoint_auth_method", "access_token_s", "choices", "rejected",
            "instead", "residual", "toml", "code",
        ]  # fmt: skip
        assert set(advice["code"]) == set(snippets.STACKS)
        for choice in advice["choices"]:
            assert list(choice) == ["topic", "value", "because", "advised_not_enforced", "requirements", "sources"]
            assert choice["sources"]


def test_only_what_metadata_advertises_is_advised(every: dict[str, dict[str, Any]], dev_server: DevServer) -> None:
    metadata = requests.get(f"{dev_server.issuer}/.well-known/openid-configuration", timeout=10).json()
    assert "dpop_signing_alg_values_supported" not in metadata, "then advise may choose it"
    for advice in every.values():
        assert set(advice["grant_types"]) <= set(metadata["grant_types_supported"])
        assert advice["token_endpoint_auth_method"] in metadata["token_endpoint_auth_methods_supported"]
    assert "pushed_authorization_request_endpoint" in metadata


def test_people_read_reasons_sources_and_risks() -> None:
    said = licet("advise", "--is", "browser-app").stdout
    for words in (
        "It is a browser-app", "because", "per pkce-required, RFC 9700 §2.1.1", "Rejected:", "implicit grant",
        "tokens kept in local storage", "Instead:", "web-app", "What remains:", "[app.my-browser-app]",
        "advised DPoP: not enforced by this version of licet yet", "no javascript: these run on servers",
    ):  # fmt: skip
        assert words in said, words


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("--runs computer --user --browser --typing --no-secret", "desktop-app"),
        ("--runs tv --user --no-browser --constrained --no-secret", "tv"),
        ("--runs server --no-user --no-browser --constrained --secret", "service"),
        ("--runs server --user --browser --typing --secret --third-party", "partner-app"),
        ("--runs server --user --browser --typing --secret --mcp", "mcp-client"),
        ("--runs terminal --user --browser --typing --no-secret --agent", "agent"),
    ],
)
def test_answers_lead_to_a_kind(words: str, kind: str) -> None:
    assert as_json(*words.split())["is"] == kind


def test_a_contradiction_is_named_with_its_fix() -> None:
    run = licet("advise", "--is", "tv", "--secret")
    assert (run.returncode, run.stdout) == (1, "")
    assert "secret-in-the-open; RFC 8252 §8.5" in run.stderr
    assert "fix  say --no-secret" in run.stderr
    run = licet("advise", "--is", "tv", "--secret", "--json")
    assert run.returncode == 1
    assert json.loads(run.stdout)["contradiction"]["name"] == "secret-in-the-open"


def test_nobody_there_to_answer_is_told_the_flags() -> None:
    run = licet("advise", "--runs", "tv")
    assert run.returncode == 2
    assert "--is KIND" in run.stderr
    assert "--browser|--no-browser" in run.stderr
    assert licet("advise", "--is", "teapot").returncode == 2
    assert "--issuer" in licet("advise", "--is", "tv", "--issuer", "http://id.example.com").stderr


def test_no_code_where_a_stack_cannot() -> None:
    run = licet("advise", "--is", "web-app", "--stack", "curl")
    assert (run.returncode, run.stdout) == (1, "")
    assert "No code: a shell has no page" in run.stderr


def test_an_app_of_the_file_gets_its_own_code(tmp_path: Path) -> None:
    (tmp_path / "licet.toml").write_text(
        'issuer = "https://id.example.com"\n[app.shop]\nis = "web-app"\nsecret = { env = "X" }\n'
        'callback = "https://shop.example.com/cb"\nmay = ["openid", "email"]\n'
    )
    said = licet("advise", "--id", "shop", "--stack", "python-requests", cwd=tmp_path).stdout
    for line in ('ISSUER = "https://id.example.com"', 'CLIENT_ID = "shop"', 'SCOPE = "email openid"'):
        assert line in said
    assert 'REDIRECT_URI = "https://shop.example.com/cb"' in said
    assert "in licet.toml already" in licet("advise", "--id", "shop", cwd=tmp_path).stdout


def test_code_is_for_one_api(tmp_path: Path) -> None:
    """Without a resource such a request for a token is refused (rulings B): nothing is printed that would not run."""
    (tmp_path / "licet.toml").write_text(
        'issuer = "https://id.example.com"\n'
        '[api.one]\naudience = "https://one.example.com"\nscopes = { "one:read" = "See one" }\n'
        '[api.two]\naudience = "https://two.example.com"\nscopes = { "two:read" = "See two" }\n'
        '[app.job]\nis = "service"\nsecret = { env = "X" }\nmay = ["one:read", "two:read"]\n'
    )
    run = licet("advise", "--id", "job", "--stack", "curl", cwd=tmp_path)
    assert (run.returncode, run.stdout) == (1, "")
    assert "several APIs (one, two)" in run.stderr
    run = licet("advise", "--id", "job", "--stack", "curl", "--may", "one:read", cwd=tmp_path)
    assert run.returncode == 0
    assert "SCOPE=one:read" in run.stdout


def test_the_lines_that_print_code_lead_to_the_same_advice(tmp_path: Path) -> None:
    words = [
        "--is",
        "web-app",
        "--regulated",
        "--proof",
        "secret",
        "--may",
        "openid",
        "--callback",
        "https://a.example/b",
    ]
    said = licet("advise", *words, cwd=tmp_path).stdout
    [line] = [line for line in said.splitlines() if "--stack javascript" in line]
    again = line.partition(" > ")[0].split()[1:]
    code = licet(*again, cwd=tmp_path).stdout
    assert 'SCOPE = "openid"' in code
    assert "ClientSecretPost" in code
    assert "buildAuthorizationUrlWithPAR" in code
    assert "https://a.example/b" in code


def test_nothing_that_is_said_becomes_code(tmp_path: Path) -> None:
    """Ids and addresses are data in every language."""
    evil = "x'\"; $(touch pwned) `touch pwned` \\ @client_id@ ${PWNED}"
    for stack in snippets.STACKS:
        code = licet("advise", "--is", "tv", "--id", evil, "--stack", stack).stdout
        file = tmp_path / f"{stack}.{'mjs' if stack == 'javascript' else 'x'}"
        file.write_text(code)
        if stack == "curl":
            check = ["sh", "-c", f'eval "$(grep ^CLIENT_ID= {file})"; printf %s "$CLIENT_ID"']
        elif stack == "javascript":
            needs("openid-client")
            check = ["node", "-e", f"{_line(code, 'const CLIENT_ID')}; process.stdout.write(CLIENT_ID)"]
        else:
            check = [sys.executable, "-c", f"{_line(code, 'CLIENT_ID =')}; print(CLIENT_ID, end='')"]
        assert subprocess.run(check, cwd=tmp_path, capture_output=True, text=True, check=True).stdout == evil
    assert not (tmp_path / "pwned").exists()


def _line(code: str, begins: str) -> str:
    return next(line for line in code.splitlines() if line.startswith(begins)).rstrip(";")


DEV = [
    ("service", "demo-service", "api.read"),
    ("tv", "demo-tv", "openid api.read"),
    ("desktop-app", "demo-web", "openid api.read"),
]


@pytest.mark.parametrize("stack", snippets.STACKS)
@pytest.mark.parametrize(("kind", "client_id", "scope"), DEV, ids=[kind for kind, _, _ in DEV])
def test_printed_code_runs_as_printed_against_licet_dev(
    dev_server: DevServer, tmp_path: Path, kind: str, client_id: str, scope: str, stack: str
) -> None:
    """The three flows, each at the demo API."""
    dev, suffix = dev_server.dev, {"javascript": "mjs", "curl": "sh"}.get(stack, "py")
    if stack == "javascript":
        needs("openid-client")
    may = [word for one in scope.split() for word in ("--may", one)]
    words = ["--is", kind, "--id", client_id, "--issuer", dev_server.issuer, *may, "--stack", stack]
    run = licet("advise", *words)
    if (kind, stack) == ("desktop-app", "curl"):
        assert run.returncode == 1
        return
    assert run.returncode == 0, run.stderr
    environ = {"API_URL": dev["api"]["url"], "DEMO_SERVICE_SECRET": dev["apps"]["service"]["client_secret"]}
    who = dev["people"][0]
    code = snippets.Snippet(f"{client_id}.{suffix}", "", run.stdout)
    with (
        Person(dev_server.issuer, who["login"], who["password"]) as alice,
        made.Program(code, tmp_path, environ) as program,
    ):
        if kind == "tv":
            match = program.says(r"open (\S+) and enter (\S+)")
            threading.Thread(target=alice.connects, args=match.groups()).start()
        elif kind == "desktop-app":
            requests.get(alice.opens(program.says(r"Sign in at (\S+)")[1]), timeout=10)
        assert program.ends() == 0, program.text
    assert "The API answered 200" in program.text


class Terminal:
    """``licet advise`` on a terminal of its own."""

    def __init__(self, *words: str) -> None:
        self.side, far = pty.openpty()
        command = [sys.executable, "-m", "licet", "advise", *words]
        self.process = subprocess.Popen(command, stdin=far, stdout=far, stderr=far, close_fds=True)
        os.close(far)
        self.seen = ""

    def until(self, words: str) -> None:
        deadline = time.monotonic() + 30
        while words not in self.seen:
            assert time.monotonic() < deadline, self.seen
            self._read()

    def types(self, word: str, after: str) -> None:
        self.until(after)
        self.seen = self.seen.partition(after)[2]
        self.until("> ")
        os.write(self.side, f"{word}\n".encode())

    def ends(self) -> int:
        while self._read():
            pass
        return self.process.wait(30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.side)
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def _read(self) -> bool:
        try:
            read = os.read(self.side, 4096).decode(errors="replace")
        except OSError:
            return False
        self.seen += read
        return bool(read)


def test_on_a_terminal_it_asks_one_thing_at_a_time() -> None:
    with Terminal() as at:
        at.types("fridge", "Where does it run?")
        at.types("tv", "Say one of: server")
        at.types("1", "Does it act for a person")
        at.types("back", "have a browser there?")
        at.types("yes", "Does it act for a person")
        at.types("no", "Why: in a browser people see the address")
        at.types("no", "Can the person type there")
        at.types("", "Does it decide by itself")
        at.types("own", "Whose is it?")
        at.types("no", "supervised?")
        at.until("It is a tv:")
        assert at.ends() == 0


def test_on_a_terminal_what_is_said_is_not_asked_and_one_may_quit() -> None:
    with Terminal("--runs", "server", "--user") as at:
        at.types("quit", "Can it keep a secret?")
        assert at.ends() == 1
        assert "It is a" not in at.seen


def test_help_has_examples() -> None:
    said = licet("advise", "--help").stdout
    assert "licet advise --is service --stack curl" in said
    assert "Configure" in licet("--help").stdout
