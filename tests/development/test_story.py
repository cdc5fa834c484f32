"""A story tells everything but secrets."""

from __future__ import annotations

import json

import pytest

from licet.client.transport import Answer, Exchange
from licet.development.story import Story
from licet.protocol import jose
from licet.protocol.access_token import make

SECRETS = {
    "code": "lctac_aaaaaaaaaaaaaaaaaaaaaaaa",
    "code_verifier": "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv",
    "client_secret": "lctcs_ssssssssssssssssssssss",
    "password": "bamo-tiki-hopa-lufa-seni",
    "device_code": "lctdc_dddddddddddddddddddddd",
    "refresh_token": "lctrt_rrrrrrrrrrrrrrrrrrrrrr",
    "access_token": "eyJhbGciOiJFUzI1NiJ9.aaaaaaaa.bbbbbbbb",
    "csrf": "cccccccccccccccccccccc",
}
QUERY = "&".join(f"{name}={value}" for name, value in SECRETS.items())


def exchange(kind: str) -> Exchange:
    body = json.dumps(SECRETS | {"scope": "openid", "expires_in": 600}).encode()
    return Exchange(
        method="POST",
        url=f"http://127.0.0.1:1/x?{QUERY}&state=seen",
        headers=(
            ("Authorization", f"Bearer {SECRETS['access_token']}"),
            ("Cookie", f"licet-1-session={SECRETS['code']}"),
        ),
        form=(*SECRETS.items(), ("grant_type", "seen_too")),
        answer=Answer(
            status=200,
            headers=(("content-type", kind), ("location", f"http://127.0.0.1:2/cb?{QUERY}")),
            body=body if "json" in kind else b"<title>A page</title>" + body,
        ),
    )


@pytest.mark.parametrize("kind", ["application/json", "text/html; charset=utf-8"])
def test_secrets_are_shortened_wherever_they_stand(kind: str) -> None:
    lines: list[str] = []
    story = Story(lines.append, show_tokens=False)
    story.tell("Something happens")
    story.watch(exchange(kind))
    for told in ("\n".join(lines), json.dumps(story.steps)):
        assert "seen" in told
        assert "seen_too" in told
        for secret in SECRETS.values():
            assert secret not in told
            assert secret[:6] in told or secret == SECRETS["csrf"]


def test_they_are_shown_to_whoever_asks() -> None:
    lines: list[str] = []
    story = Story(lines.append, show_tokens=True)
    story.watch(exchange("application/json"))
    assert all(secret in json.dumps(story.steps) for secret in SECRETS.values())


@pytest.mark.parametrize("show", [False, True])
def test_a_jwt_is_opened_up(show: bool) -> None:
    key = jose.SigningKey(jose.generate_es256(), "ES256", "k")
    token = make(
        key,
        issuer="http://i",
        subject="s",
        audience=("a",),
        client_id="c",
        scope=("x",),
        jti="j",
        issued_at_s=1,
        expires_at_s=2,
    )
    story = Story(lambda _line: None, show_tokens=show)
    story.decode("access_token", token)
    story.decode("refresh_token", "lctrt_secret")
    story.decode("id_token", None)
    assert story.tokens["access_token"]["claims"]["sub"] == "s"
    assert story.tokens["refresh_token"]["opaque"] is True
    assert "id_token" not in story.tokens
    assert ("value" in story.tokens["access_token"]) is show
    assert (token in json.dumps(story.tokens)) is show
