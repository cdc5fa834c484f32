"""Promises of the protocol's words: redirect URIs, scopes, resources, PKCE, secrets, user codes."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

from licet.protocol import pkce, redirect_uri, resource, scope, secret_token, user_code
from licet.protocol.errors import InvalidRequest, InvalidScope, InvalidTarget
from prove.fuzz.targets.model import Target, text

_LOOPBACK_PORT = re.compile(r"^(http://(?:127\.0\.0\.1|\[::1\]|localhost))(?::[0-9]+)?(?=[/?]|$)")
_WORD = re.compile(r"[\x21\x23-\x5B\x5D-\x7E]+")
_KINDS = ("at", "rt", "ac", "dc", "cs", "se")


def registering(raw: bytes) -> None:
    """What may be registered is harmless as every reader of URIs reads it, and takes an answer without loss."""
    uri = text(raw)
    for native, development in ((False, False), (True, False), (False, True)):
        if redirect_uri.acceptable(uri, native=native, development=development) is not None:
            continue
        parts = urlsplit(uri)
        assert not parts.fragment
        assert "@" not in parts.netloc
        assert "\\" not in uri
        assert uri.isascii()
        assert uri.isprintable()
        assert not set(uri) & set(' *#<>"')
        if parts.scheme == "http":
            assert native or development
            assert parts.hostname in {"127.0.0.1", "::1", "localhost"}
        elif parts.scheme != "https":
            assert native
            assert "." in parts.scheme
        _takes_an_answer(uri)


def _takes_an_answer(uri: str) -> None:
    answer = [("code", "a b&c"), ("iss", "https://id.example.com"), ("state", "é\n#")]
    address = redirect_uri.with_parameters(uri, answer)
    assert address.startswith(uri)
    assert urlsplit(address)[:3] == urlsplit(uri)[:3]
    assert parse_qsl(urlsplit(address).query, keep_blank_values=True)[-3:] == answer
    assert redirect_uri.kind(uri) in {"https", "loopback", "private-use"}
    assert redirect_uri.display_host(uri)
    assert redirect_uri.find((uri,), uri, native=False) == uri


def comparing(raw: bytes) -> None:
    """Two lines, two addresses: they match if they are one string, or one but for a loopback port."""
    registered, _, requested = text(raw).partition("\n")
    assert redirect_uri.matches(registered, requested, native=False) == (registered == requested)
    if redirect_uri.matches(registered, requested, native=True) and registered != requested:
        assert _LOOPBACK_PORT.sub(r"\1", registered) == _LOOPBACK_PORT.sub(r"\1", requested)
        assert _LOOPBACK_PORT.match(registered)


def words(raw: bytes, parse: Callable[[str], tuple[str, ...]] = scope.parse) -> None:
    """Words, each once, that are written as they were read; or refused."""
    said = text(raw)
    try:
        read = parse(said)
    except InvalidScope:
        return
    assert read
    assert len(read) == len(set(read))
    assert all(_WORD.fullmatch(word) for word in read)
    assert list(dict.fromkeys(said.split(" "))) == list(read)
    assert parse(scope.format(read)) == read
    assert scope.within(read, read)


def resources(raw: bytes) -> None:
    """An absolute URI without a fragment, or refused."""
    uri = text(raw)
    try:
        resource.check(uri)
    except InvalidTarget:
        return
    assert urlsplit(uri).scheme
    assert "#" not in uri
    assert uri.isascii()


def proof_key(raw: bytes) -> None:
    """Two lines, challenge and verifier: no verifier answers but the one the challenge was made of."""
    challenge, _, verifier = text(raw).partition("\n")
    try:
        pkce.check_challenge(challenge, "S256")
        pkce.check_verifier(verifier)
    except InvalidRequest:
        assert not pkce.verify(verifier, challenge) or pkce.challenge_of(verifier) == challenge
        return
    assert pkce.verify(verifier, challenge) == (pkce.challenge_of(verifier) == challenge)


def secrets(raw: bytes) -> None:
    """Of one kind at most, and then just what its 32 bytes are written as."""
    token = text(raw)
    kinds = [kind for kind in _KINDS if secret_token.well_formed(kind, token)]
    assert len(kinds) <= 1
    for kind in _KINDS:
        payload = secret_token.payload(kind, token)
        assert (payload is not None) == (kind in kinds)
        if payload is not None:
            assert secret_token.make(kind, payload) == token


def user_codes(raw: bytes) -> None:
    """A code as it would be shown, or None."""
    code = user_code.normalise(text(raw))
    if code is not None:
        assert len(code) == user_code.LENGTH
        assert set(code) <= set(user_code.ALPHABET)
        assert user_code.normalise(user_code.display(code)) == code


_URIS = (
    b"https://client.example.com/cb",
    b"https://client.example.com/cb?tenant=7",
    b"http://127.0.0.1:51004/oauth2redirect/example-provider",
    b"http://[::1]:61023/callback",
    b"http://localhost/callback",
    b"com.example.app:/oauth2redirect/example-provider",
)

TARGETS = {
    "redirect_uri": Target(registering, _URIS),
    "redirect_match": Target(comparing, tuple(b"\n".join((one, one)) for one in _URIS)),
    "scope": Target(words, (b"openid profile email", b"read:all read", b"https://api.example.com/x a\x7f")),
    "resource": Target(resources, (b"https://cal.example.com/", b"urn:example:api", b"https://a@b/#c")),
    "pkce": Target(
        proof_key,
        (b"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\ndBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",),
    ),
    "secret_token": Target(
        secrets,
        (
            secret_token.make("at", bytes(32)).encode(),
            secret_token.make("rt", bytes(range(32))).encode(),
            secret_token.make("se", b"\xff" * 32).encode(),
        ),
    ),
    "user_code": Target(user_codes, (b"WDJB-MJHT", b"wdjb mjht", " w d\u2011j_b.MJHT".encode())),
}
