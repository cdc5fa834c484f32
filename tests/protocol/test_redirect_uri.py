"""Redirect URIs (RFC 8252 §7, §8.4; RFC 9700 §2.1, §4.1; rulings G)."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licet.protocol import redirect_uri

CALLBACK = "https://client.example.com/cb"
LOOPBACK = "http://127.0.0.1/callback"

ports = st.integers(1, 65535)
texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]))
uris = st.from_regex(
    r"(?:https?|com\.example\.app|javascript):(?://(?:localhost|127\.0\.0\.1|\[::1\]|a\.example|u@h)(?::[0-9]{0,5})?)?"
    r"[/a-z.%;*#?&=@\\ 0-9]{0,20}",
    fullmatch=True,
)


# Comparing


@pytest.mark.parametrize(
    ("registered", "requested"),
    [
        # The examples of RFC 8252 §7.3, and the literal localhost
        ("http://127.0.0.1/oauth2redirect/example-provider", "http://127.0.0.1:51004/oauth2redirect/example-provider"),
        ("http://[::1]/oauth2redirect/example-provider", "http://[::1]:61023/oauth2redirect/example-provider"),
        ("http://localhost/callback", "http://localhost:8080/callback"),
        ("http://127.0.0.1:8080/callback", "http://127.0.0.1:51004/callback"),
        ("http://127.0.0.1:8080/callback", "http://127.0.0.1/callback"),
        ("http://127.0.0.1", "http://127.0.0.1:1"),
        ("http://127.0.0.1/cb?flow=1", "http://127.0.0.1:65535/cb?flow=1"),
    ],
)
def test_a_native_app_may_listen_on_any_port(registered: str, requested: str) -> None:
    assert redirect_uri.matches(registered, requested, native=True)
    assert not redirect_uri.matches(registered, requested, native=False)


@pytest.mark.parametrize(
    "requested",
    [
        "https://client.example.com/cb/",
        "https://client.example.com/CB",
        "https://client.example.com/cb?",
        "https://client.example.com/cb?extra=1",
        "https://client.example.com/cb#",
        "https://client.example.com/cb#x",
        "https://client.example.com/cb;evil=1",
        "https://client.example.com/x/../cb",
        "https://client.example.com/./cb",
        "https://client.example.com//cb",
        "https://client.example.com/%63b",
        "https://client.example.com/cb%2f",
        "https://client.example.com/cb%2e",
        "https://client.example.com\\cb",
        "https://client.example.com/cb\\",
        "https://client.example.com:443/cb",
        "https://CLIENT.example.com/cb",
        "HTTPS://client.example.com/cb",
        "http://client.example.com/cb",
        "https://client.example.com.evil.example/cb",
        "https://client.example.com@evil.example/cb",
        "https://evil.example/cb",
        "https://client。example.com/cb",
        " https://client.example.com/cb",
        "https://client.example.com/cb\n",
        "//client.example.com/cb",
        "/cb",
        "",
    ],
)
@pytest.mark.parametrize("native", [True, False])
def test_every_other_spelling_is_another_address(requested: str, native: bool) -> None:
    assert not redirect_uri.matches(CALLBACK, requested, native=native)
    assert redirect_uri.find((CALLBACK, LOOPBACK), requested, native=native) is None


@pytest.mark.parametrize(
    "requested",
    [
        "http://localhost:80/callback",
        "http://[::1]:80/callback",
        "http://127.0.0.1:80/callback/",
        "http://127.0.0.1:80/other",
        "http://127.0.0.1:80/callback?x=1",
        "http://127.0.0.1:80/callback#x",
        "http://127.0.0.1:80",
        "http://127.0.0.1:/callback",
        "http://127.0.0.1:0/callback",
        "http://127.0.0.1:080/callback",
        "http://127.0.0.1:65536/callback",
        "http://127.0.0.1:999999/callback",
        "http://127.0.0.1:8o/callback",
        "http://127.0.0.1:٨٠/callback",
        "http://127.0.0.1:80@evil.example/callback",
        "http://localhost:80@evil.example/callback",
        "http://user@127.0.0.1:80/callback",
        "http://127.0.0.1.evil.example:80/callback",
        "http://127.0.0.2:80/callback",
        "http://127.1:80/callback",
        "http://2130706433:80/callback",
        "http://0.0.0.0:80/callback",
        "https://127.0.0.1:80/callback",
        "HTTP://127.0.0.1:80/callback",
        "http://127.0.0.1:80/callback\n",
        "http://127.0.0.1:80\\@evil.example/callback",
    ],
)
def test_only_the_port_of_a_loopback_address_may_differ(requested: str) -> None:
    assert not redirect_uri.matches(LOOPBACK, requested, native=True)


@pytest.mark.parametrize(
    "zone", ["http://[::1%25lo]/callback", "http://[::1%lo]:80/callback", "http://[0:0:0:0:0:0:0:1]:80/callback"]
)
def test_an_address_with_a_zone_or_spelt_out_is_another(zone: str) -> None:
    assert not redirect_uri.matches("http://[::1]/callback", zone, native=True)


def test_the_localhosts_do_not_stand_for_each_other() -> None:
    hosts = ("127.0.0.1", "[::1]", "localhost")
    for one in hosts:
        for other in hosts:
            assert redirect_uri.matches(f"http://{one}/cb", f"http://{other}:1234/cb", native=True) == (one == other)


@given(st.sampled_from(["127.0.0.1", "[::1]", "localhost"]), ports, ports)
def test_any_port_is_as_good_as_another(host: str, registered: int, requested: int) -> None:
    assert redirect_uri.matches(f"http://{host}:{registered}/cb", f"http://{host}:{requested}/cb", native=True)


@given(uris, uris, st.booleans())
def test_what_matches_is_equal_but_for_a_loopback_port(registered: str, requested: str, native: bool) -> None:
    if redirect_uri.matches(registered, requested, native=native) and registered != requested:
        one, other = urlsplit(registered), urlsplit(requested)
        assert native
        assert one.scheme == "http"
        assert one.hostname in {"127.0.0.1", "::1", "localhost"}
        assert one._replace(netloc="") == other._replace(netloc="")
        assert (one.hostname, one.username) == (other.hostname, other.username)


def test_the_registered_address_is_what_is_found() -> None:
    assert redirect_uri.find((CALLBACK, LOOPBACK), "http://127.0.0.1:4711/callback", native=True) == LOOPBACK
    assert redirect_uri.find((CALLBACK, LOOPBACK), CALLBACK, native=False) == CALLBACK
    assert redirect_uri.find((), CALLBACK, native=False) is None


# Registering


@pytest.mark.parametrize(
    "uri",
    [
        "https://client.example.com/cb",
        "https://client.example.com",
        "https://client.example.com:8443/cb",
        "https://client.example.com/cb?tenant=7&x=%20y",
        "https://xn--bcher-kva.example/cb",
        "https://192.0.2.7/cb",
        "https://[2001:db8::1]/cb",
        "https://localhost/cb",
        "https://a_b.example/~user/cb.php",
        "https://client.example.com/a%20b/c@d",
    ],
)
@pytest.mark.parametrize("native", [True, False])
def test_https_is_for_everyone(uri: str, native: bool) -> None:
    assert redirect_uri.acceptable(uri, native=native) is None


@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1/cb",
        "http://127.0.0.1:8080/cb",
        "http://[::1]/cb",
        "http://localhost:3000",
        "http://localhost/cb?x=1",
    ],
)
def test_http_is_for_native_apps_at_home_and_for_development(uri: str) -> None:
    assert redirect_uri.acceptable(uri, native=True) is None
    assert redirect_uri.acceptable(uri, native=False, development=True) is None
    assert "only a native app" in (redirect_uri.acceptable(uri, native=False) or "")


@pytest.mark.parametrize(
    "uri",
    [
        "com.example.app:/oauth2redirect/example-provider",  # RFC 8252 §7.1
        "com.example.app:/",
        "com.example.app://callback",
        "com.example-2.app://callback/path?x=1",
    ],
)
def test_a_scheme_with_a_dot_is_for_native_apps(uri: str) -> None:
    assert redirect_uri.acceptable(uri, native=True) is None
    assert redirect_uri.acceptable(uri, native=False) is not None
    assert redirect_uri.acceptable(uri, native=False, development=True) is not None


@pytest.mark.parametrize(
    ("uri", "because"),
    [
        ("", "empty"),
        ("https://client.example.com/" + "a" * 2048, "longer"),
        ("https://client.example.com/cb#", "fragment"),
        ("https://client.example.com/cb#x", "fragment"),
        ("https://*.example.com/cb", "wildcard"),
        ("https://client.example.com/*", "wildcard"),
        ("https://client.example.com/c b", "white space"),
        (" https://client.example.com/cb", "white space"),
        ("https://client.example.com/cb\n", "white space"),
        ("https://client.example.com/\tcb", "white space"),
        ("https://client.example.com\\cb", "backslash"),
        ("https://client.example.com/<cb>", "percent-encoded"),
        ('https://client.example.com/"', "percent-encoded"),
        ("https://client.example.com/%zz", "percent-encoded"),
        ("https://client.example.com/%", "percent-encoded"),
        ("https://bücher.example/cb", "percent-encoded"),
        ("https://client.example.com/\x00", "percent-encoded"),
        ("/cb", "absolute"),
        ("//client.example.com/cb", "absolute"),
        ("client.example.com/cb", "absolute"),
        ("https://client.example.com/[x]", "absolute"),
        ("HTTPS://client.example.com/cb", "capital letters"),
        ("https://CLIENT.example.com/cb", "capital letters"),
        ("https:/client.example.com/cb", "no host"),
        ("https:client.example.com", "no host"),
        ("https://", "no host"),
        ("https:///cb", "no host"),
        ("https://:443/cb", "no host"),
        ("https://client.example.com:/cb", "port"),
        ("https://client.example.com:0/cb", "port"),
        ("https://client.example.com:0443/cb", "port"),
        ("https://client.example.com:65536/cb", "port"),
        ("https://client.example.com:x/cb", "port"),
        ("https://good.example@evil.example/cb", "user"),
        ("https://good.example:pw@evil.example/cb", "user"),
        ("http://localhost:80@evil.example/cb", "user"),
        ("https://client..example.com/cb", "neither"),
        ("https://.example.com/cb", "neither"),
        ("https://client.example.com./cb", "neither"),
        ("https://-client.example.com/cb", "neither"),
        ("https://127.1/cb", "neither"),
        ("https://0x7f.0.0.1/cb", "neither"),
        ("https://2130706433/cb", "neither"),
        ("https://192.0.2.07/cb", "neither"),
        ("https://[::1%25lo]/cb", "no host"),
        ("https://[0:0:0:0:0:0:0:1]/cb", "neither"),
        ("https://[::g]/cb", "no host"),
        ("https://[::1::]/cb", "neither"),
        ("https://client.example.com/../cb", "two ways"),
        ("https://client.example.com/a/..", "two ways"),
        ("https://client.example.com/./cb", "two ways"),
        ("https://client.example.com/%2e%2e/cb", "two ways"),
        ("https://client.example.com/a%2Fb", "two ways"),
        ("https://client.example.com/a%5cb", "two ways"),
        ("https://client.example.com/a%252fb", "two ways"),
        ("https://client.example.com/a%0d%0ab", "two ways"),
        ("https://client.example.com/a%00", "two ways"),
        ("https://client.example.com//cb", "two ways"),
        ("https://client.example.com/cb;evil=1", "two ways"),
        ("https://client.example.com/cb%3bevil=1", "two ways"),
        ("https://client.example.com/cb?code=1", "already says code"),
        ("https://client.example.com/cb?a=b&state=1", "already says state"),
        ("https://client.example.com/cb?iss", "already says iss"),
        ("https://client.example.com/cb?error=", "already says error"),
        ("https://client.example.com/cb?response=x", "already says response"),
        ("https://client.example.com/cb?%63ode=1", "already says code"),
        ("https://client.example.com/cb?CODE=1", "already says code"),
        ("https://client.example.com/cb?a;code=1", "already says code"),
        ("https://client.example.com/cb?+code=1", "already says code"),
        ("https://client.example.com/cb?a=%0d%0a", "control"),
        ("http://client.example.com/cb", "is http"),
        ("http://127.0.0.2/cb", "is http"),
        ("http://127.0.0.1.example/cb", "is http"),
        ("http://localhost.example/cb", "is http"),
        ("http://[::ffff:127.0.0.1]/cb", "is http"),
        ("http://127.0.0.1:99999/cb", "port"),
        ("http://127.0.0.1:0/cb", "no host"),
        ("javascript:alert(1)", "javascript"),
        ("JavaScript:alert(1)", "javascript"),
        ("data:text/html,hello", "data"),
        ("vbscript:msgbox", "vbscript"),
        ("file:///etc/passwd", "file"),
        ("blob:https://client.example.com/1", "blob"),
        ("about:blank", "about"),
        ("filesystem:https://client.example.com/", "filesystem"),
        ("urn:ietf:wg:oauth:2.0:oob", "urn"),
        ("intent://scan/", "intent"),
        ("myapp:/cb", "without a dot"),
        ("myapp://cb", "without a dot"),
        ("com..app:/cb", "without a dot"),
        ("com.example.app:", "no path"),
        ("com.example.app:callback", "no path"),
        ("com.example.app://user@host/cb", "user"),
        ("com.example.app://[:cb", "brackets"),
        ("com.example.app://[::1]/cb", "brackets"),
        ("com.example.app:/cb;x", "two ways"),
        ("com.example.app:/cb?code=1", "already says code"),
        ("Com.Example.App:/cb", "capital letters"),
    ],
)
def test_what_may_be_misread_cannot_be_registered(uri: str, because: str) -> None:
    assert because in (redirect_uri.acceptable(uri, native=True, development=True) or "accepted")


@given(uris, st.booleans(), st.booleans())
def test_what_is_accepted_is_harmless(uri: str, native: bool, development: bool) -> None:
    if redirect_uri.acceptable(uri, native=native, development=development) is not None:
        return
    parts = urlsplit(uri)
    assert uri.isascii()
    assert uri.isprintable()
    assert not set(uri) & set(" #*\\")
    assert "@" not in parts.netloc
    assert parts.scheme != "javascript"
    if parts.scheme == "http":
        assert parts.hostname in {"127.0.0.1", "::1", "localhost"}
        assert native or development
    if redirect_uri.kind(uri) == "private-use":
        assert native
        assert "." in parts.scheme


@given(st.text())
def test_any_text_is_judged_without_a_fuss(text: str) -> None:
    redirect_uri.acceptable(text, native=True)
    redirect_uri.matches(text, text + "x", native=True)
    redirect_uri.display_host(text)


# Using


@pytest.mark.parametrize(
    ("uri", "kind", "origin", "shown"),
    [
        ("https://client.example.com/cb", "https", "https://client.example.com", "client.example.com"),
        ("https://client.example.com:443/cb", "https", "https://client.example.com", "client.example.com"),
        ("https://client.example.com:8443/cb", "https", "https://client.example.com:8443", "client.example.com:8443"),
        ("https://xn--bcher-kva.example", "https", "https://xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("http://127.0.0.1:3000/cb", "loopback", "http://127.0.0.1:3000", "127.0.0.1:3000"),
        ("http://[::1]:80/cb", "loopback", "http://[::1]", "[::1]"),
        ("com.example.app:/cb", "private-use", None, "com.example.app"),
        ("com.example.app://host/cb", "private-use", None, "com.example.app"),
    ],
)
def test_what_an_address_is_called(uri: str, kind: str, origin: str | None, shown: str) -> None:
    assert redirect_uri.kind(uri) == kind
    assert redirect_uri.origin(uri) == origin
    assert redirect_uri.display_host(uri) == shown


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("https://c.example/cb", "https://c.example/cb?code=x&state=a%20b%26c"),
        ("https://c.example", "https://c.example?code=x&state=a%20b%26c"),
        ("https://c.example/cb?", "https://c.example/cb?code=x&state=a%20b%26c"),
        ("https://c.example/cb?t=7", "https://c.example/cb?t=7&code=x&state=a%20b%26c"),
        ("https://c.example/cb?t=7&", "https://c.example/cb?t=7&code=x&state=a%20b%26c"),
        ("https://c.example/cb?t=why?", "https://c.example/cb?t=why?&code=x&state=a%20b%26c"),
        ("com.example.app:/cb", "com.example.app:/cb?code=x&state=a%20b%26c"),
    ],
)
def test_the_answer_is_added_to_what_the_query_says(uri: str, expected: str) -> None:
    assert redirect_uri.with_parameters(uri, (("code", "x"), ("state", "a b&c"))) == expected


@given(st.lists(st.tuples(texts, texts)))
def test_every_reader_gets_back_what_was_added(pairs: list[tuple[str, str]]) -> None:
    """Nothing a client sends as state can leave its place: no line ends, no second parameter, no fragment."""
    uri = redirect_uri.with_parameters("https://c.example/cb?dummy=1", pairs)
    assert uri.isascii()
    assert uri.isprintable()
    assert "#" not in uri
    assert parse_qsl(urlsplit(uri).query, keep_blank_values=True) == [("dummy", "1"), *pairs]


@pytest.mark.parametrize(
    ("uri", "host"),
    [
        ("https://Shop.example.com/cb", "shop.example.com"),
        ("https://shop.example.com:8443/cb?a=b", "shop.example.com"),
        ("https://[2001:db8::1]:8443/cb", "[2001:db8::1]"),
        ("http://127.0.0.1/cb", None),
        ("com.example.app:/cb", None),
        ("https:[", None),
        ("https://", None),
        ("https://alice@shop.example.com/", None),
    ],
)
def test_the_host_of_an_https_address(uri: str, host: str | None) -> None:
    assert redirect_uri.https_host(uri) == host


@given(st.text(max_size=60) | st.text(max_size=40).map("https://".__add__))
def test_no_address_breaks_whoever_asks_for_its_host(uri: str) -> None:
    found = redirect_uri.https_host(uri)
    assert found is None or found
