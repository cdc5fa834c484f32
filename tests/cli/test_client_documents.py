"""``licet serve`` and ``licet registration`` with a client that is known by its document: processes, kills and commands."""

from __future__ import annotations

import json
import re
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from licet.protocol import pkce
from licet.protocol.jose import base64url
from licet.requirements import DOCUMENT_VISITS_BOUNDED
from tests.cli.test_serve import PASSWORD, free_port, issuer, licet, serving
from tests.docs.test_blocks import person
from tests.egress.conftest import Authority

ALICE = "alice@example.com"
CALLBACK = "http://localhost:51731/callback"


@dataclass
class Publisher:
    """The agent's website, over TLS of an authority that the server was told of."""

    client_id: str = ""
    members: dict[str, Any] = field(default_factory=dict)
    visits: int = 0


@contextmanager
def publishing(authority: Authority) -> Iterator[Publisher]:
    publisher = Publisher()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            publisher.visits += 1
            body = json.dumps(
                {
                    "client_id": publisher.client_id,
                    "client_name": "Coding Agent",
                    "redirect_uris": ["http://localhost/callback"],
                    "grant_types": ["authorization_code", "refresh_token"],
                    "token_endpoint_auth_method": "none",
                }
                | publisher.members
            ).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = authority.server_context("127.0.0.1").wrap_socket(server.socket, server_side=True)
    publisher.client_id = f"https://127.0.0.1:{server.server_port}/client.json"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield publisher
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def publisher(tmp_path: Path) -> Iterator[Publisher]:
    with publishing(Authority(tmp_path)) as made:
        yield made


@pytest.fixture
def home(tmp_path: Path, publisher: Publisher) -> Path:
    """A configuration that lets the agent's host in, and a person."""
    assert publisher.client_id
    where = tmp_path / "home"
    where.mkdir()
    made = licet("init", "--yes", "--app", "service", "--app-id", "nightly", where=where)
    assert made.returncode == 0, made.stderr
    file = where / "licet.toml"
    text = file.read_text().replace("127.0.0.1:8414", f"127.0.0.1:{free_port()}")
    file.write_text(
        f'{text}\n[server.egress]\nallow = ["127.0.0.0/8"]\nca_file = "../ca.pem"\n'
        '\n[server.registration]\nwho = "nobody"\nmay = ["openid", "offline_access", "notes:read"]\n'
        'documents = "listed"\ndocument_hosts = ["127.0.0.1"]\n'
    )
    added = licet("user", "add", ALICE, "--password-stdin", where=where, feed=PASSWORD + "\n")
    assert added.returncode == 0, added.stderr
    return where


def allowed(home: Path, client_id: str) -> dict[str, str]:
    """Alice says yes; what the agent redeems."""
    verifier = pkce.make_verifier(time.time_ns().to_bytes(8) * 4)
    asked = {
        "response_type": "code", "client_id": client_id, "redirect_uri": CALLBACK,
        "scope": "openid offline_access notes:read",
        "code_challenge": pkce.challenge_of(verifier), "code_challenge_method": "S256",
    }  # fmt: skip
    browser = {"issuer": issuer(home), "people": [{"login": ALICE, "password": PASSWORD}]}
    address = person(browser, f"{issuer(home)}/authorize?{urlencode(asked)}")
    assert address.startswith(CALLBACK)
    code = parse_qs(urlsplit(address).query)["code"][0]
    return {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": verifier}


def token(home: Path, client_id: str, form: dict[str, str]) -> requests.Response:
    return requests.post(issuer(home) + "/token", data=form | {"client_id": client_id}, timeout=10)


def refresh(home: Path, client_id: str, tokens: dict[str, str]) -> requests.Response:
    return token(home, client_id, {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]})


def listed(home: Path) -> list[dict[str, Any]]:
    said = licet("registration", "clients", "--output", "json", where=home)
    assert said.returncode == 0, said.stderr
    found: list[dict[str, Any]] = json.loads(said.stdout)["clients"]
    return found


@pytest.mark.witness(DOCUMENT_VISITS_BOUNDED)
def test_a_kill_between_consent_and_token_and_what_an_operator_does_then(home: Path, publisher: Publisher) -> None:
    """The code still buys tokens from the next process; then the client is listed, disabled and let in again."""
    client_id = publisher.client_id
    with serving(home) as process:
        unknown = requests.get(f"{issuer(home)}/authorize", params={"client_id": client_id + "?x"}, timeout=10)
        assert unknown.status_code == 400
        assert listed(home) == []
        redeems = allowed(home, client_id)
        process.send_signal(signal.SIGKILL)
    with serving(home):
        first = token(home, client_id, redeems)
        assert first.status_code == 200, first.text
        tokens = first.json()
        (shown,) = listed(home)
        assert (shown["id"], shown["source"], shown["host"]) == (client_id, "cimd", "127.0.0.1")
        assert shown["last_used_at"] is not None
        table = licet("registration", "clients", where=home).stdout
        assert client_id in table
        again = refresh(home, client_id, tokens)
        assert again.status_code == 200
        assert licet("registration", "disable", client_id, where=home).returncode == 2, "nobody is here to say yes"
        ended = licet("registration", "disable", client_id, "--yes", where=home)
        assert ended.returncode == 0, ended.stderr
        until = time.monotonic() + 1
        while refresh(home, client_id, again.json()).status_code != 401:
            assert time.monotonic() < until
            time.sleep(0.05)
        visits = publisher.visits
        page = requests.get(f"{issuer(home)}/authorize", params={"client_id": client_id}, timeout=10)
        assert page.status_code == 400
        assert publisher.visits == visits
        assert licet("registration", "disable", client_id, "--yes", where=home).returncode == 1
        assert licet("registration", "enable", client_id, where=home).returncode == 0
        assert licet("registration", "enable", client_id, where=home).returncode == 1
        time.sleep(0.6)
        assert refresh(home, client_id, again.json()).json()["error"] == "invalid_grant", "what had ended stays ended"
        assert token(home, client_id, allowed(home, client_id)).status_code == 200
        grants = licet("grant", "list", "--alive", "--output", "json", where=home)
        assert [one["client"] for one in json.loads(grants.stdout)["grants"]] == [client_id]


def test_whom_an_operator_registered_is_changed_elsewhere(home: Path) -> None:
    with serving(home):
        pass
    for verb in (("disable", "nightly", "--yes"), ("enable", "nightly")):
        said = licet("registration", *verb, where=home)
        assert said.returncode == 1
        assert "registered by the operator" in said.stderr
    said = licet("registration", "disable", "https://evil.example/c.json", "--yes", where=home)
    assert said.returncode == 1
    assert 'refuse_hosts = ["evil.example"]' in said.stderr
    assert licet("registration", "clients", where=home).stdout == "No clients.\n"


class Agent:
    """What a coding agent does (MCP 2026-07-28): discovers, listens on a port of the day, checks ``iss``, redeems."""

    def __init__(self, server: str, client_id: str) -> None:
        found = requests.get(f"{server}/.well-known/oauth-authorization-server", timeout=10).json()
        assert found["issuer"] == server
        assert found["code_challenge_methods_supported"] == ["S256"]
        assert found["client_id_metadata_document_supported"] is True
        assert "none" in found["token_endpoint_auth_methods_supported"]
        assert found["authorization_response_iss_parameter_supported"] is True
        assert "offline_access" in found["scopes_supported"]
        self.server, self.client_id = found, client_id
        self.verifier = pkce.make_verifier(time.time_ns().to_bytes(8) * 4)
        self.answers: list[dict[str, list[str]]] = []

    def tokens(self, resource: str) -> dict[str, Any]:
        agent = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                agent.answers.append(parse_qs(urlsplit(self.path).query))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=listener.serve_forever, daemon=True).start()
        try:
            back = f"http://localhost:{listener.server_port}/callback"
            asked = {
                "response_type": "code", "client_id": self.client_id, "redirect_uri": back, "state": "of the agent",
                "scope": "openid offline_access notes:read", "resource": resource,
                "code_challenge": pkce.challenge_of(self.verifier), "code_challenge_method": "S256",
            }  # fmt: skip
            browser = {"issuer": self.server["issuer"], "people": [{"login": ALICE, "password": PASSWORD}]}
            address = person(browser, f"{self.server['authorization_endpoint']}?{urlencode(asked)}")
            requests.get(address.replace("localhost", "127.0.0.1"), timeout=10)
        finally:
            listener.shutdown()
            listener.server_close()
        (answer,) = self.answers
        assert answer["state"] == ["of the agent"]
        assert answer["iss"] == [self.server["issuer"]]
        redeems = {"grant_type": "authorization_code", "code": answer["code"][0], "redirect_uri": back}
        return self.token(redeems | {"code_verifier": self.verifier, "resource": resource})

    def token(self, form: dict[str, str]) -> dict[str, Any]:
        answer = requests.post(self.server["token_endpoint"], data=form | {"client_id": self.client_id}, timeout=10)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body


def test_an_agent_finds_its_way_by_itself(home: Path, publisher: Publisher) -> None:
    """Nothing is registered: discovery, a random port, a token for one API, refresh after a restart of the server."""
    (resource,) = set(re.findall(r'^audience *= *"([^"]+)"', (home / "licet.toml").read_text(), re.MULTILINE))
    with serving(home):
        agent = Agent(issuer(home), publisher.client_id)
        tokens = agent.tokens(resource)
        claims = json.loads(base64url.decode(tokens["access_token"].split(".")[1]))
        assert (claims["aud"], claims["client_id"]) == (resource, publisher.client_id)
    with serving(home):
        refreshes = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "resource": resource}
        again = agent.token(refreshes)
        assert again["refresh_token"] != tokens["refresh_token"]
