"""Every program that ``licet advise`` prints runs as printed: each kind of app, in each stack, at a real server."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import pytest
import requests

from licet.registration import snippets
from tests.clients import snippets as made
from tests.clients.operated import LOGIN, PASSWORD, Operated, _free_port, serving
from tests.clients.person import Person
from tests.clients.played import needs

IDS = tuple(app.client_id for app in made.apps(1))
PRINTED = {
    "web": ("web-app", "web-app-with-key", "strict-web-app", "partner-app", "legacy", "agent-on-a-server", "mcp-client-on-a-server"),
    "loopback": ("desktop-app", "plain-desktop-app", "cli", "tv-with-browser", "agent", "mcp-client"),
    "device": ("tv", "device"),
    "service": ("service", "service-with-key"),
}  # fmt: skip
STACKS = ("python-requests", "python-httpx2", "javascript")


def matrix(flow: str) -> list[tuple[str, str]]:
    return [(one, stack) for one in PRINTED[flow] for stack in STACKS]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    server: Operated
    apps: dict[str, made.App]
    environ: dict[str, str]
    port: int

    def code(self, client_id: str, stack: str) -> snippets.Snippet:
        if stack == "javascript":
            needs("openid-client")
        if stack == "curl" and not (shutil.which("curl") and shutil.which("jq")) and os.environ.get("CI") != "true":
            pytest.skip("curl and jq are not here")
        code = made.code(stack, self.apps[client_id], self.server.issuer)
        assert isinstance(code, snippets.Snippet), code
        return code

    def alive(self, token: str) -> dict[str, object]:
        answer = requests.post(
            f"{self.server.issuer}/introspect", data={"token": token}, auth=("api.orders", made.API_SECRET), timeout=10
        )
        said: dict[str, object] = answer.json()
        return said


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    directory, port = tmp_path_factory.mktemp("printed"), _free_port()
    apps = made.apps(port)
    environ = made.environment(apps, made.keys(directory))
    with serving(directory, made.configuration(apps), environ) as server:
        environ["PORT"] = str(port)
        yield World(server=server, apps={app.client_id: app for app in apps}, environ=environ, port=port)


@pytest.fixture
def alice(world: World) -> Iterator[Person]:
    with Person(world.server.issuer, LOGIN, PASSWORD) as alice:
        yield alice


@pytest.fixture
def api() -> Iterator[made.Api]:
    with made.api() as api:
        yield api


def shows_nothing(program: made.Program, api: made.Api) -> None:
    """What it said holds no token and no secret."""
    for secret in (*api.tokens, made.SECRET):
        assert secret not in program.text


def changed(address: str, **parameters: str) -> str:
    parts = urlsplit(address)
    return urlunsplit(parts._replace(query=urlencode(dict(parse_qsl(parts.query)) | parameters)))


@pytest.mark.parametrize(("client_id", "stack"), matrix("web"))
def test_a_web_app(world: World, alice: Person, api: made.Api, tmp_path: Path, client_id: str, stack: str) -> None:
    home = f"http://127.0.0.1:{world.port}"
    with made.Program(world.code(client_id, stack), tmp_path, world.environ | {"API_URL": api.url}) as program:
        program.says("Ready at")
        with requests.Session() as browser:
            begun = browser.get(f"{home}/login", allow_redirects=False, timeout=10)
            assert begun.status_code == 303
            flags = begun.headers["set-cookie"]
            assert "HttpOnly" in flags and "SameSite=Lax" in flags
            sent = dict(parse_qsl(urlsplit(begun.headers["location"]).query))
            pushed = client_id in {"strict-web-app", "partner-app"}
            assert ("request_uri" in sent) is pushed
            assert ("code_challenge" in sent) is not pushed
            back = alice.opens(begun.headers["location"])
            assert requests.get(back, timeout=10).status_code == 400, "another browser did not begin this"
            page = browser.get(back, timeout=20)
            assert page.status_code == 200, page.text
            assert "Signed in as" in page.text
            assert browser.get(back, timeout=10).status_code == 400, "an answer counts once"
            for wrong in ({"state": "x"}, {"iss": "https://elsewhere.example"}, {"error": "access_denied"}):
                again = browser.get(f"{home}/login", allow_redirects=False, timeout=10)
                back = alice.opens(again.headers["location"])
                refused = browser.get(changed(back, **wrong), timeout=10)
                assert refused.status_code == 403, wrong
    [token] = api.tokens
    said = world.alive(token)
    assert (said["active"], said["client_id"], said["scope"]) == (True, client_id, "orders:read")
    shows_nothing(program, api)


@pytest.mark.parametrize(("client_id", "stack"), matrix("loopback"))
def test_an_app_on_loopback(
    world: World, alice: Person, api: made.Api, tmp_path: Path, client_id: str, stack: str
) -> None:
    with made.Program(world.code(client_id, stack), tmp_path, world.environ | {"API_URL": api.url}) as program:
        back = alice.opens(program.says(r"Sign in at (\S+)")[1])
        assert requests.get(f"http://{urlsplit(back).netloc}/favicon.ico", timeout=10).status_code == 404
        assert "close this window" in requests.get(back, timeout=10).text
        assert program.ends() == 0, program.text
    assert "Signed in as" in program.text
    [token] = api.tokens
    assert world.alive(token)["client_id"] == client_id
    shows_nothing(program, api)


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize(
    "wrong", [{"state": "x"}, {"iss": "https://elsewhere.example"}, {"code": "x"}, {"error": "access_denied"}], ids=str
)
def test_a_wrong_answer_on_loopback(
    world: World, alice: Person, api: made.Api, tmp_path: Path, wrong: dict[str, str], stack: str
) -> None:
    environ = world.environ | {"API_URL": api.url}
    with made.Program(world.code("desktop-app", stack), tmp_path, environ) as program:
        back = alice.opens(program.says(r"Sign in at (\S+)")[1])
        requests.get(changed(back, **wrong), timeout=10)
        assert program.ends() == 1, program.text
    assert "Not signed in" in program.text
    assert "Traceback" not in program.text
    assert api.tokens == []


@pytest.mark.parametrize(
    ("client_id", "stack"), [*matrix("device"), ("tv", "curl"), ("device", "curl"), ("cli", "curl")]
)
def test_a_device(world: World, alice: Person, api: made.Api, tmp_path: Path, client_id: str, stack: str) -> None:
    with made.Program(world.code(client_id, stack), tmp_path, world.environ | {"API_URL": api.url}) as program:
        match = program.says(r"open (\S+) and enter (\S+)")
        threading.Thread(target=alice.connects, args=match.groups()).start()
        assert program.ends() == 0, program.text
    assert "Signed in" in program.text
    [token] = api.tokens
    assert world.alive(token)["client_id"] == client_id
    shows_nothing(program, api)


@pytest.mark.parametrize("stack", [*STACKS, "curl"])
def test_a_device_that_is_refused(world: World, tmp_path: Path, stack: str) -> None:
    with (
        Person(world.server.issuer, LOGIN, PASSWORD, decision="consent-deny") as alice,
        made.Program(world.code("tv", stack), tmp_path, world.environ) as program,
    ):
        alice.connects(*program.says(r"open (\S+) and enter (\S+)").groups())
        assert program.ends() == 1, program.text
    assert "Not signed in" in program.text
    assert "access_denied" in program.text


@pytest.mark.parametrize(("client_id", "stack"), [*matrix("service"), ("service", "curl")])
def test_a_service(world: World, api: made.Api, tmp_path: Path, client_id: str, stack: str) -> None:
    with made.Program(world.code(client_id, stack), tmp_path, world.environ | {"API_URL": api.url}) as program:
        assert program.ends() == 0, program.text
    assert "Got a token for 600 seconds, good for orders:read" in program.text
    assert "The API answered 200" in program.text
    [token] = api.tokens
    assert world.alive(token)["client_id"] == client_id
    shows_nothing(program, api)


@pytest.mark.parametrize("stack", [*STACKS, "curl"])
def test_a_service_with_a_wrong_secret(world: World, api: made.Api, tmp_path: Path, stack: str) -> None:
    environ = world.environ | {"API_URL": api.url, "SERVICE_SECRET": "another one, 0123456789abcdefghij"}
    with made.Program(world.code("service", stack), tmp_path, environ) as program:
        assert program.ends() == 1, program.text
    assert "No token: invalid_client" in program.text
    assert "Traceback" not in program.text
    assert api.tokens == []


@pytest.mark.parametrize("stack", snippets.STACKS)
def test_no_program_begins_without_its_secret(world: World, tmp_path: Path, stack: str) -> None:
    environ = {name: value for name, value in world.environ.items() if name != "SERVICE_SECRET"}
    with made.Program(world.code("service", stack), tmp_path, environ) as program:
        assert program.ends() != 0
    assert "SERVICE_SECRET" in program.text


def test_whatever_is_printed_is_run_here() -> None:
    """A kind or a stack that is printed and not played above fails."""
    played = {(one, stack) for flow in PRINTED for one, stack in matrix(flow)}
    played |= {("tv", "curl"), ("device", "curl"), ("cli", "curl"), ("service", "curl")}
    printed = {
        (app.client_id, stack)
        for app in made.apps(1)
        for stack in snippets.STACKS
        if isinstance(made.code(stack, app, "http://127.0.0.1:8414"), snippets.Snippet)
    }
    assert printed == played


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("uri", ["com.example.app:/callback", "https://app.example.com/cb", "http://127.0.0.1/cb?x=1"])
def test_code_that_listens_needs_an_address_to_listen_at(stack: str, uri: str) -> None:
    app = next(one for one in made.apps(1) if one.client_id == "desktop-app")
    code = made.code(stack, replace(app, names=replace(app.names, callbacks=(uri,))), "https://id.example.com")
    assert isinstance(code, snippets.NotPrinted)
    assert "register http://127.0.0.1/callback" in code.why


@pytest.mark.parametrize(
    ("client_id", "stack", "why"),
    [
        ("web-app", "curl", "no page"),
        ("desktop-app", "curl", "no page"),
        ("service-with-key", "curl", "does not sign"),
        *(("mobile-app", stack, "phones") for stack in STACKS),
        *(("browser-app", stack, "oidc-client-ts") for stack in STACKS),
    ],
)
def test_what_is_not_printed_says_why(client_id: str, stack: str, why: str) -> None:
    app = next(one for one in made.apps(1) if one.client_id == client_id)
    code = made.code(stack, app, "https://id.example.com")
    assert isinstance(code, snippets.NotPrinted)
    assert why in code.why
