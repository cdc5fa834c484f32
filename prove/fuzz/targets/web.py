"""Promises of the edge: forms, cookies, Basic, Bearer, challenges, addresses behind proxies."""

from __future__ import annotations

import re
from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import parse_qsl, urlencode

from licet.authorization_server.web import forms
from licet.authorization_server.web.limits import Proxies
from licet.authorization_server.web.peers import Peers
from licet.protocol import basic, challenge
from licet.protocol.errors import InvalidRequest
from licet.protocol.parameters import REPEATABLE, Parameters
from licet.resource_server import bearer
from prove.fuzz.targets.model import Target, text

_VISIBLE = re.compile(r"[\x20-\x7e]*")
_TOKEN68 = re.compile(r"[A-Za-z0-9._~+/-]+=*")


def form(raw: bytes) -> None:
    """Read as the standard library reads it, or refused; and what was read can be written and read again."""
    try:
        read = forms.parameters(raw)
    except InvalidRequest:
        return
    pairs = parse_qsl(raw.decode(), keep_blank_values=True, errors="strict")
    for name in REPEATABLE:
        assert read.every(name) == tuple(value for said, value in pairs if said == name and value)
    said_once = [(name, value) for name, value in pairs if name not in REPEATABLE]
    names = [name for name, _ in said_once]
    for name, value in said_once:
        if names.count(name) > 1:
            _refused(read, name)
        else:
            assert read.get(name) == (value or None)
    if len(names) == len(set(names)):
        assert dict(forms.parameters(urlencode(dict(read)).encode())) == dict(read)


def _refused(read: Parameters, name: str) -> None:
    """Whoever asks for what came twice is refused, and so is who asks for all."""
    for ask in (lambda: read.get(name), read.refuse_repeated):
        try:
            ask()
        except InvalidRequest:
            continue
        raise AssertionError(f"{name!r} came twice and was read")


def body(raw: bytes) -> None:
    """The first line is the media type: only a form is read, and as its parameters are."""
    media_type, _, content = raw.partition(b"\n")
    try:
        read = forms.form(content, media_type)
    except InvalidRequest:
        return
    assert media_type.lower().lstrip().startswith(b"application/x-www-form-urlencoded")
    assert dict(read._values) == dict(forms.parameters(content)._values)


def cookies(raw: bytes) -> None:
    """Ours alone, as they are written, and none that came twice."""
    pairs = [pair.strip().partition("=") for pair in raw.decode("latin-1").split(";")]
    written = [(name, value) for name, equals, value in pairs if equals]
    for name, value in forms.cookies(raw).items():
        assert name.startswith(("licet-", "__Host-licet-"))
        assert [(n, v) for n, v in written if n == name] == [(name, value)]


def basic_credentials(raw: bytes) -> None:
    """A pair of visible text or None, and a pair is what a client would have written."""
    pair = basic.decode(text(raw))
    if pair is None:
        return
    assert pair[0]
    assert all(_VISIBLE.fullmatch(half) for half in pair)
    assert basic.decode(basic.encode(*pair)) == pair


def bearer_token(raw: bytes) -> None:
    """One token, none, or refused; a token is all there is behind the scheme."""
    header = text(raw)
    try:
        token = bearer.token(header)
    except InvalidRequest:
        return
    if token is not None:
        assert _TOKEN68.fullmatch(token)
        assert header[7:] == token
        assert header[:7].lower() == "bearer "


def www_authenticate(raw: bytes) -> None:
    """Read without a fuss; what we can write of it reads the same."""
    read = challenge.read(text(raw))
    with suppress(ValueError):  # not everything that is read is what we would say
        assert challenge.read(challenge.write(*read))[: len(read)] == read


def forwarded(raw: bytes) -> None:
    """From a proxy of ours: an address or the proxy's own; from anybody else: their own, whatever they write."""
    for header in ("x-forwarded-for", "forwarded"):
        peers = Peers(Proxies(trusted=("192.0.2.0/24",), header=header))  # type: ignore[arg-type]
        for client, vouched in (("192.0.2.9", True), ("198.51.100.7", False)):
            assert peers.trusted(client) == vouched
            address = peers.address(client, [(header.encode(), raw)], trusted=vouched)
            ip_address(address)
            assert vouched or address == client


TARGETS = {
    "form": Target(
        form,
        (
            b"grant_type=authorization_code&code=Splx&redirect_uri=https%3A%2F%2Fclient%2Eexample%2Ecom%2Fcb",
            b"resource=https%3A%2F%2Fcal.example.com%2F&resource=https%3A%2F%2Fcontacts.example.com%2F",
            b"a=+%25%26%2B%C2%A3%E2%82%AC&b=&=c&&a=2",
        ),
    ),
    "body": Target(
        body,
        (
            b"application/x-www-form-urlencoded\ntoken=45ghiukldjahdnhzdauz&token_type_hint=refresh_token",
            b'application/x-www-form-urlencoded; charset="UTF-8"\na=%f0%9f%98%80',
            b'application/json\n{"token":"x"}',
        ),
    ),
    "cookies": Target(cookies, (b"a=b; licet-12345678-session=lctse_1; __Host-licet-12345678-t-abcd=x; a=c",)),
    "basic": Target(
        basic_credentials, (b"Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3", b"basic OmE=", b"Basic JTNBOiUyNSs=")
    ),
    "bearer": Target(bearer_token, (b"Bearer mF_9.B5f-4.1JqM", b"bearer a==", b"DPoP x", b"Bearer a, Bearer b")),
    "challenge": Target(
        www_authenticate,
        (
            b'Bearer realm="example", error="invalid_token", error_description="The access token expired"',
            b'Basic realm="a\\"b", DPoP algs="ES256 PS256", Negotiate abc==',
            b'Newauth realm="apps", type=1, title="Login to \\"apps\\"", Basic realm="simple"',
        ),
    ),
    "forwarded": Target(
        forwarded,
        (b'for="[2001:db8:cafe::17]:4711";proto=https, for=192.0.2.60', b"203.0.113.1, 192.0.2.1, [2001:db8::1]:80"),
    ),
}
