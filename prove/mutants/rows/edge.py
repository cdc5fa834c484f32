"""Bad patches to the edge: headers, cookies, hosts, origins, sizes, forms."""

from prove.mutants.model import SERVICE, Mutant

_HEADERS = "authorization_server/web/headers.py"
_FORMS = "authorization_server/web/forms.py"
_HEARING = "authorization_server/web/hearing.py"
_COOKIES = "authorization_server/web/cookies.py"
_EDGE = "attacks/test_edge.py"

ROWS = (
    Mutant(
        "a password is carried along",
        "authorization_server/web/replies.py",
        'return _sized(303, lines, b"")',
        'return _sized(307, lines, b"")',
        "RFC 9700 §4.12",
        ("attacks/test_requests.py::test_a_password_is_never_sent_on",),
        lives=SERVICE,
    ),
    Mutant(
        "token answers may be kept",
        _HEADERS,
        'JSON: Final[Headers] = ((b"content-type", b"application/json"), *NOT_STORED)',
        'JSON: Final[Headers] = ((b"content-type", b"application/json"),)',
        "RFC 6749 §5.1",
        (f"{_EDGE}::test_answers_are_nobodys_to_keep_or_read",),
    ),
    Mutant(
        "pages may be kept",
        _HEADERS,
        "    *NOT_STORED,\n",
        "",
        "ASVS 14.3.2",
        ("attacks/test_requests.py::test_pages_are_nobody_elses",),
    ),
    Mutant(
        "pages may be framed",
        "authorization_server/web/pages.py",
        "frame-ancestors 'none'; ",
        "",
        "RFC 9700 §4.16",
        ("attacks/test_requests.py::test_pages_are_nobody_elses",),
    ),
    Mutant(
        "pages tell where somebody was",
        _HEADERS,
        '    (b"referrer-policy", b"no-referrer"),\n',
        "",
        "RFC 9700 §4.2.4",
        ("attacks/test_requests.py::test_pages_are_nobody_elses",),
    ),
    Mutant(
        "scripts read cookies",
        _COOKIES,
        '"; Path=/; HttpOnly; SameSite=Lax"',
        '"; Path=/; SameSite=Lax"',
        "ASVS 3.3.4",
        ("attacks/test_sessions.py::test_what_cookies_are_like",),
    ),
    Mutant(
        "cookies travel in the clear",
        _COOKIES,
        '("; Secure" if secure else "")',
        '""',
        "ASVS 3.3.1",
        ("attacks/test_sessions.py::test_what_cookies_are_like",),
    ),
    Mutant(
        "cookies come along from other sites",
        _COOKIES,
        '"; Path=/; HttpOnly; SameSite=Lax"',
        '"; Path=/; HttpOnly"',
        "ASVS 3.3.2",
        ("attacks/test_sessions.py::test_what_cookies_are_like",),
    ),
    Mutant(
        "a neighbour may plant cookies",
        _COOKIES,
        'prefix = "__Host-" if issuer_url.startswith("https:") else ""',
        'prefix = ""',
        "ASVS 3.3.3",
        ("attacks/test_sessions.py::test_what_cookies_are_like",),
    ),
    Mutant(
        "of two cookies the second counts",
        _FORMS,
        "                twice.add(name)\n",
        "                pass\n",
        "RFC 6265 §8.6: one of them was planted",
        ("attacks/test_sessions.py::test_cookies_that_come_twice_or_are_not_ours",),
    ),
    Mutant(
        "any Host is ours",
        _HEARING,
        "if host not in hosts and host.lower() not in hosts:",
        "if False:",
        "rulings L: DNS rebinding ends here",
        (
            "flows/test_hardening.py::test_another_host_is_sent_away",
            "attacks/test_tokens_presented.py::test_the_issuer_is_configured_and_never_heard",
        ),
    ),
    Mutant(
        "any script may read tokens",
        "authorization_server/web/cors.py",
        "if origin is None or not await self._registered(origin):",
        "if origin is None:",
        "rulings Q",
        ("authorization_server/web/test_cors.py::test_an_unregistered_origin_may_not",),
    ),
    Mutant(
        "JSON is a form",
        _FORMS,
        "if media_type.strip().lower() != MEDIA_TYPE:",
        "if False:",
        "OAuth 2.1 §3.2",
        ("attacks/test_client_impersonation.py::test_a_token_request_is_a_form_in_a_body",),
    ),
    Mutant(
        "a body has no end",
        _HEARING,
        "    if len(collected) > most:\n",
        "    if False:\n",
        "what is announced is not what is sent",
        ("authorization_server/web/test_limits.py",),
    ),
    Mutant(
        "a header may come twice",
        _HEARING,
        "if name in seen and name not in _MAY_REPEAT:",
        "if False:",
        "two readers, two requests",
        ("authorization_server/web/test_kernel.py",),
    ),
    Mutant(
        "whoever asks says who they are",
        "authorization_server/web/peers.py",
        "        if not trusted:\n",
        "        if False:\n",
        "RFC 7239 §8.1: only a proxy of ours may say so",
        ("authorization_server/web/test_peers.py::test_what_a_visitor_writes_is_not_read",),
    ),
    Mutant(
        "a line may end in a header",
        _HEADERS,
        "if not _LOCATION.fullmatch(address):",
        "if False:",
        "RFC 9110 §5.5",
        ("authorization_server/web/test_kernel.py",),
    ),
)
