"""The log: everything an operator needs, nothing that a thief could use."""

from __future__ import annotations

import base64
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernels import Heard, ask, kernel, post, raising

from licet.authorization_server.web import log
from licet.authorization_server.web.routes import Kind, Route
from licet.protocol.errors import InvalidGrant
from licet.requirements.documents import RFC_6749

TOKEN = "lctat_" + "Zq9" * 16 + "A"
JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLXNpZ25hdHVyZQ"
SECRET = "lctcs_" + "Xw7" * 16 + "B"
BASIC = base64.b64encode(f"shop:{SECRET}".encode()).decode()
CANARIES = (
    TOKEN[6:],
    JWT,
    JWT.split(".")[2],
    SECRET[6:],
    BASIC,
    "cookie-value-canary",
    "verifier-canary",
    "pass-canary",
)


@pytest.fixture
def logged() -> Iterator[Any]:
    """Set up logging as a process does, and read what was written."""
    root, licet = logging.getLogger(), logging.getLogger("licet")
    before = (list(root.handlers), root.level, licet.level, log.ACCESS.level)

    def start(*, human: bool = False, access: bool = True) -> io.StringIO:
        stream = io.StringIO()
        log.configure(stream, human=human, access=access)
        return stream

    yield start
    root.handlers[:], root.level = before[0], before[1]
    licet.setLevel(before[2])
    log.ACCESS.setLevel(before[3])
    log.Lines.chosen = None
    logging.getLogger().setLevel(before[1])


def written(stream: io.StringIO) -> str:
    """What is in the log once the lines that wait have been written."""
    if log.Lines.chosen is not None:
        log.Lines.chosen.drain()
    return stream.getvalue()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written(stream).splitlines()]


def test_a_request_is_one_line(logged: Any) -> None:
    stream = logged()
    said = post(kernel(), "/token", "client_id=shop&code=1", query=b"state=x")
    (line,) = lines(stream)
    assert line.pop("ms") >= 0
    assert line == {
        "time": "2026-11-18T11:06:40.123Z", "request_id": said["x-request-id"], "method": "POST", "path": "/token",
        "status": 200, "peer": "203.0.113.9", "client_id": "shop",
    }  # fmt: skip


def test_a_refusal_names_its_error_and_reference(logged: Any) -> None:
    stream, heard = logged(), Heard()
    app = kernel(Route("/token", ("POST",), raising(InvalidGrant("No", per=RFC_6749("5.2"))), Kind.API), heard=heard)
    post(app, "/token", headers={"authorization": f"Basic {BASIC}"})
    (line,) = lines(stream)
    assert (line["status"], line["error"], line["client_id"]) == (400, "invalid_grant", "shop")
    assert line["reference"] == heard.refusals[0][2]


def test_for_a_person_it_is_short(logged: Any) -> None:
    stream = logged(human=True)
    post(kernel(), "/token", "client_id=shop")
    assert written(stream).startswith("11:06:40 200 POST /token ")
    assert written(stream).endswith(" ms shop\n")
    logging.getLogger("licet.x").warning("two\rlines \x1b[31m of %s", TOKEN)
    assert written(stream).splitlines()[1].startswith("warning: two\\x0dlines \\x1b[31m of lctat_…(sha256:")


def test_it_can_be_switched_off(logged: Any) -> None:
    for access, app in ((False, kernel()), (True, kernel(log=None))):
        stream = logged(access=access)
        post(app, "/token", "client_id=shop")
        assert written(stream) == ""


@pytest.mark.parametrize("client_id", ["a b", "x" * 200, "é", "a\nb", ""])
def test_a_client_id_that_could_be_anything_is_left_out(logged: Any, client_id: str) -> None:
    stream = logged()
    post(kernel(), "/token", f"client_id={client_id}".encode())
    post(kernel(), "/token", "client_id=a&client_id=b")
    assert all("client_id" not in line for line in lines(stream))


@pytest.mark.parametrize("human", [True, False])
def test_no_canary_gets_out(logged: Any, human: bool) -> None:
    """Wherever a secret stands in a request, and whatever goes wrong with it."""
    stream = logged(human=human)
    body = (
        f"client_id={SECRET}&client_secret={SECRET}&refresh_token={TOKEN}&client_assertion={JWT}"
        "&code_verifier=verifier-canary&password=pass-canary"
    )
    headers = [("authorization", f"Basic {BASIC}"), ("cookie", "licet-a-session=cookie-value-canary")]

    async def leaking(incoming: Any) -> Any:
        everything = f"{incoming.form._values} {incoming.authorization} {incoming.cookies} {body} {headers}"
        raise LookupError(everything)

    app = kernel(Route("/token", ("GET", "POST"), leaking, Kind.API))
    post(app, "/token", body, headers=headers, query=body.encode())
    ask(app, "GET", f"/{TOKEN}/{JWT}", query=body.encode(), headers=headers)
    ask(app, "GET", "/nowhere", host=TOKEN)
    logging.getLogger("some.library").warning("Authorization: Bearer %s, %s", TOKEN, {"password": "pass-canary"})
    said = written(stream)
    assert "LookupError" in said
    assert "Traceback" in said
    assert [canary for canary in CANARIES if canary in said] == []


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"token {TOKEN} refused", "token lctat_…(sha256:"),
        (f"jwt {JWT} refused", "jwt eyJ… refused"),
        ("Authorization: Basic c2hvcDpzZWNyZXQ=", "Authorization: Basic …"),
        ("dpop abcdefghijk", "dpop …"),
        ("?code=abc&state=xyz&client_id=shop", "?code=…&state=…&client_id=shop"),
        ("{'password': 'hunter2', 'login': 'alice'}", "{'password': '…', 'login': 'alice'}"),
        ('{"access_token": "abc", "expires_in": 5}', '{"access_token": "…", "expires_in": 5}'),
        ("__Host-licet-ab-session=abc; x=1", "__Host-licet-ab-session=…; x=1"),
        ("nothing secret: status 200, code 1", "nothing secret: status 200, code 1"),
    ],
)
def test_the_net(text: str, kept: str) -> None:
    assert log.redacted(text).startswith(kept)


def test_one_secret_has_one_fingerprint() -> None:
    assert log.redacted(TOKEN) == log.redacted(TOKEN) != log.redacted(SECRET)


@given(st.text(max_size=100), st.text(max_size=100))
def test_no_surroundings_hide_a_token(before: str, after: str) -> None:
    written = log.redacted(f"{before}{TOKEN}{after}")
    assert TOKEN not in written


def test_a_hostile_message_does_not_take_long() -> None:
    for text in (
        "eyJ" + "a." * 50_000,
        "eyJ" * 50_000,
        "licet-" * 50_000,
        "lctat_" * 20_000,
        "basic " * 20_000,
        "token" * 40_000,
        "_token=" * 20_000,
    ):
        log.redacted(text)


def test_exceptions_are_logged_without_their_locals(logged: Any) -> None:
    stream = logged()

    def failing() -> None:
        hidden = "local-canary"
        raise LookupError(len(hidden))

    try:
        failing()
    except LookupError:
        logging.getLogger("licet.x").exception("failed")
    (line,) = lines(stream)
    assert "LookupError: 12" in line["exception"]
    assert line["logger"] == "licet.x"
    assert "local-canary" not in line["exception"].replace('hidden = "local-canary"', "")
