"""The attacks licet is tried with, as data: ``python -m tests.attacks.rows > docs/security.md``.

A row is met where a test names its id, in its docstring or in the comment that heads its part of the file; or it says
in ``NOT_YET`` what is missing before it could be tried. ``test_rows.py`` holds both to it.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
_ID = re.compile(r"\b(AZ|TK|JW|IR|DV|SE|RG)-(\d\d)(?: to \1-(\d\d))?")


class Row(NamedTuple):
    """An attack and how licet answers it."""

    id: str
    attack: str
    reaction: str


PARTS: Mapping[str, tuple[Row, ...]] = {
    "The authorization endpoint and consent": (
        Row("AZ-01", "A redirect URI that is not registered", "a page of ours, no redirect"),
        Row("AZ-02", "Path tricks: slashes, dot segments, encodings, backslashes, Unicode dots", "a page of ours"),
        Row("AZ-03", "Other capitals in scheme, host or path", "a page of ours: strings are compared"),
        Row("AZ-04", "A query added or changed", "a page of ours"),
        Row("AZ-05", "A fragment, at the request or at registration", "a page of ours; not registrable"),
        Row("AZ-06", "A user before the host", "refused"),
        Row("AZ-07", "A path parameter", "a page of ours"),
        Row("AZ-08", "A wildcard registered", "not registrable"),
        Row("AZ-09", "Another loopback address than the registered one", "only the port may differ, for native apps"),
        Row("AZ-10", "`javascript:`, `data:`, `file:`, `blob:` and the like", "not registrable"),
        Row(
            "AZ-11",
            "A custom scheme without a dot, or taken by a second app",
            "not registrable; PKCE, and asked each time",
        ),
        Row("AZ-12", "`http` to another host", "not registrable"),
        Row("AZ-13", "Parameters sent twice", "a page where it is unclear whom to tell, else `invalid_request`"),
        Row("AZ-14", "A registered address that says `code`, `state`, `iss` itself", "not registrable"),
        Row("AZ-15", "No `redirect_uri` though several are registered", "a page of ours"),
        Row("AZ-16", "Errors before client and address are known", "a page of ours: no code that redirects is reached"),
        Row("AZ-17", "Implicit and hybrid response types", "`unsupported_response_type`"),
        Row(
            "AZ-18",
            "Editing what the browser holds while it signs in",
            "the request is kept here; nothing else is read",
        ),
        Row("AZ-19", "Another response mode", "`invalid_request`"),
        Row("AZ-20", "No `code_challenge`", "`invalid_request`"),
        Row("AZ-21", "`plain`, or no method", "`invalid_request`"),
        Row("AZ-22", "A challenge that is none", "`invalid_request`"),
        Row("AZ-23", "One challenge for every request", "refused once it bought tokens; a reload before works"),
        Row("AZ-24", "A scope the client is not registered for", "`invalid_scope`; narrowing is said in `scope`"),
        Row("AZ-25", "Scopes with tabs, commas, wildcards, in thousands", "`invalid_scope`"),
        Row("AZ-26", "An unknown resource, or several", "`invalid_target`; a token is for one API"),
        Row("AZ-27", "`prompt=none` with nobody here, or nothing agreed", "`login_required`, `consent_required`"),
        Row(
            "AZ-28",
            "`max_age` and `prompt=login` met by an old visit or another tab",
            "a sign-in within the request; `auth_time` true",
        ),
        Row("AZ-29", "A half-finished sign-in obtains a code", ""),
        Row("AZ-30", "Somebody else's `id_token_hint`", "`login_required`, and nothing learnt"),
        Row("AZ-31", "Line breaks, markup, kilobytes in `state`", "goes round encoded, or `invalid_request`"),
        Row("AZ-32", "Scripts that read the authorization endpoint", "no CORS header, ever"),
        Row("AZ-33", "A redirect that repeats the password elsewhere", "303, or a page with a link"),
        Row("AZ-34", "The server as open redirector for a client that registered itself", ""),
        Row("AZ-35", "An answer without `iss`", "always there, in errors too"),
        Row("AZ-36", "Code or state leaked by Referer", "`no-referrer`, nothing loaded from elsewhere"),
        Row("AZ-37", "Pages in a frame", "`frame-ancestors 'none'`, errors too"),
        Row("AZ-38", "A forged yes", "403; the question stays open"),
        Row("AZ-39", "Yes twice, by double click, history or tab", "one code; the rest is a page of ours"),
        Row("AZ-40", "A remembered yes for a client nobody can be sure of", "asked each time (rulings C)"),
        Row("AZ-41", "Consent phishing", "what is agreed to is what was shown; scopes are assigned by the operator"),
        Row("AZ-42", "A brokered sign-in is completed for somebody else", ""),
        Row("AZ-43", "Another client's pushed request", "a page of ours; it stays its own client's"),
        Row("AZ-44", "A pushed request used twice", "a page of ours; reloading before the answer works"),
        Row("AZ-45", "A pushed request that expired or was guessed", "a page of ours after 60 s; 256 bits"),
        Row("AZ-46", "A plain request where a pushed one is demanded", "`invalid_request`"),
        Row("AZ-47", "`request_uri` of an internal address", "`request_uri_not_supported`; nothing is fetched"),
        Row(
            "AZ-48",
            "Request objects, forged, replayed or amended",
            "`invalid_request_object`; only what is inside counts",
        ),
        Row("AZ-49", "`authorization_details` unknown or changed", ""),
        Row("AZ-50", "One issuer's artefacts at another", ""),
    ),
    "The token endpoint, grants and client authentication": (
        Row("TK-01", "A used code, with everything right", "`invalid_grant`; what it bought ends, once, on record"),
        Row("TK-02", "A used code without verifier or client", "`invalid_grant`; nothing ends"),
        Row("TK-03", "Many redemptions at once", "one succeeds; its tokens end, for the rest were replays"),
        Row("TK-04", "The same with wrong verifiers", "one succeeds and keeps its tokens"),
        Row("TK-05", "An expired code", "`invalid_grant` after 60 s"),
        Row("TK-06", "Another client's code; every condition alone", "each refuses by itself"),
        Row(
            "TK-07",
            "Verifiers that are missing, empty, too short, too long",
            "`invalid_grant` or `invalid_request`; nothing burnt",
        ),
        Row("TK-08", "A verifier where no challenge was", "`invalid_request` (OAuth 2.1 §3.2.4)"),
        Row("TK-09", "Another `redirect_uri` with the code", "`invalid_grant`"),
        Row("TK-10", "A code cut, grown or flipped", "`invalid_grant`"),
        Row("TK-11", "GET, JSON, query, parameters twice", "405, `invalid_request`"),
        Row("TK-12", "Two ways to authenticate", "`invalid_request`"),
        Row("TK-13", "Another method than registered", "401"),
        Row("TK-14", "Empty, padded, huge secrets", "401, bounded work"),
        Row("TK-15", "Guessing secrets", "counted by client; the right one always passes"),
        Row("TK-16", "The stored digest as the secret", "401"),
        Row("TK-17", "Basic encoded otherwise", "only the specification's reading"),
        Row("TK-18", "An assertion twice, also at once", "good once"),
        Row("TK-19", "An assertion for another audience", "401: the issuer, as one string"),
        Row("TK-20", "An assertion unsigned or by another algorithm", "401"),
        Row("TK-21", "An assertion without end, or from the future", "401; 8 seconds of clock are forgiven"),
        Row("TK-22", "An assertion about somebody else", "401"),
        Row("TK-23", "An assertion by another key of the same name", "401, nothing fetched"),
        Row("TK-24", "Certificates of other clients", ""),
        Row("TK-25", "Forged certificate headers", ""),
        Row("TK-26", "`password`, implicit, unknown grants", "`unsupported_grant_type`"),
        Row("TK-27", "A grant the client does not have", "`unauthorized_client`"),
        Row("TK-28", "Client credentials of a public client", "`unauthorized_client`"),
        Row("TK-29", "A client taken for a person", "ids do not meet; a client's token has no `auth_time`"),
        Row("TK-30", "A client that chooses its own id", "the operator names clients"),
        Row("TK-31", "A superseded refresh token", "`invalid_grant`; family and grant end"),
        Row("TK-32", "Its predecessor", "likewise"),
        Row("TK-33", "A retry whose answer was lost", "the same successor, for a minute and while it is unused"),
        Row("TK-34", "A retry after the successor was used", "family and grant end"),
        Row("TK-35", "An explicitly revoked refresh token", "`invalid_grant`"),
        Row("TK-36", "Many refreshes at once", "one line, no fork, no 500"),
        Row("TK-37", "A used token after a restart", "`invalid_grant`"),
        Row("TK-38", "Other hands: another client, a public twin, a disabled one", "refused, nothing ends"),
        Row("TK-39", "More scope or another resource than granted", "`invalid_scope`, `invalid_target`"),
        Row(
            "TK-40", "Refresh after an ending, or after a scope was taken away", "`invalid_grant`; the scope is dropped"
        ),
        Row("TK-41", "Sliding for ever", "ninety days at most"),
        Row("TK-42", "Token exchange", ""),
        Row("TK-43", "The jwt-bearer grant", ""),
        Row(
            "TK-44", "Answers kept by caches or read by scripts", "`no-store`; registered origins, without credentials"
        ),
        Row("TK-45", "Learning which clients there are", "one status and one body for all who prove nothing"),
        Row("TK-46", "Huge, cut and joined tokens", "refused before they are read"),
        Row("TK-47", "Injection into every parameter", "data is data, in answers, store and log"),
        Row("TK-48", "Endings that overtake a request", "every write judges again what it hangs on"),
    ),
    "Signed tokens": (
        Row("JW-01", "No signature", "refused"),
        Row("JW-02", "A public key as shared secret", "refused"),
        Row("JW-03", "The key in the header", "never used"),
        Row("JW-04", "Addresses of keys in the header", "never fetched"),
        Row("JW-05", "`crit`", "refused"),
        Row("JW-06", "Detached payloads", "refused"),
        Row("JW-07", "Another algorithm than the key's", "header, key and context agree"),
        Row("JW-08", "Traversal and injection in `kid`", "looked up, bounded"),
        Row("JW-09", "Signatures that are none", "refused"),
        Row("JW-10", "A token of one kind taken for another", "`typ` decides"),
        Row("JW-11", "Almost the issuer", "compared whole"),
        Row("JW-12", "Another audience, none, or ours among others", "refused"),
        Row("JW-13", "Times that are none", "refused"),
        Row("JW-14", "JSON that reads two ways", "refused"),
        Row("JW-15", "Base64 that reads two ways", "refused"),
        Row("JW-16", "JSON serialisation", "compact only"),
        Row("JW-17", "Compressed tokens", "no `zip`"),
        Row("JW-18", "PBES2 with billions of rounds", "no such algorithm"),
        Row("JW-19", "RSA1_5 oracles", "nothing is decrypted"),
        Row("JW-20", "Encrypted taken for signed", "refused"),
        Row("JW-21", "`at_hash` of an unknown algorithm", "refused"),
        Row("JW-22", "A flood of unknown key names", "one visit, then none for a while; the keys that are known stay"),
        Row("JW-23", "A poisoned key set", "refused whole"),
        Row("JW-24", "A retired key that still verifies", "it verifies hints alone; a revoked one nothing"),
        Row("JW-25", "Weak keys", "not imported, do not sign"),
        Row("JW-26", "Hooks that overwrite registered claims", ""),
    ),
    "Introspection, revocation, userinfo, metadata": (
        Row("IR-01", "Introspection without a credential", "401"),
        Row("IR-02", "Introspection of another's token", '`{"active": false}`'),
        Row("IR-03", "Scanning", "one answer for all that is not one's own"),
        Row("IR-04", "Fences that are combined wrongly", "the latest of issuer, client, person, visit counts"),
        Row("IR-05", "Revoking somebody else's token", "200, nothing happens"),
        Row(
            "IR-06",
            "What goes along with a revoked token",
            "a refresh token takes its grant along, an access token goes alone",
        ),
        Row("IR-07", "Revocation that was not written", "503, never 200"),
        Row(
            "IR-08",
            "A JWT that APIs believe after its end",
            "an API that follows the feed hears within 5 s; a silent feed closes it",
        ),
        Row("IR-09", "Userinfo with a token for something else", "401, 403"),
        Row("IR-10", "Userinfo about somebody else", ""),
        Row("IR-11", "A Host header that moves the issuer", "421; the issuer is configured"),
        Row("IR-12", "Metadata that promises too much or too little", "read off what is wired"),
        Row("IR-13", "Metadata at almost the right path", "404"),
        Row("IR-14", "Private keys published", "public ones, kept five minutes"),
    ),
    "Devices": (
        Row("DV-01", "Guessing user codes", "five tries by network, five hundred in all"),
        Row("DV-02", "Predictable user codes", "every letter as likely, from the system's random source"),
        Row("DV-03", "Somebody else decides", "entering claims; only that person decides"),
        Row("DV-04", "A link that decides", "always the page, with the code, never focused"),
        Row(
            "DV-05", "Device phishing", "off unless the client has the grant; who, what, from where; the refusal first"
        ),
        Row("DV-06", "Floods of polls", "`slow_down`, for good"),
        Row(
            "DV-07",
            "A device code in other hands, twice, too late",
            "`invalid_grant`, `access_denied`, `expired_token`",
        ),
        Row("DV-08", "One code sent to many", "one claim; a second person's try is on record"),
        Row("DV-09", "The code in addresses", "moved into a transaction at once"),
        Row("DV-10", "Push bombing", ""),
    ),
    "Sign-in, sessions, accounts": (
        Row("SE-01", "A planted session", "a new value at every proof; `__Host-`; of two cookies neither counts"),
        Row("SE-02", "Being signed in as somebody else", "token, transaction and origin must be ours"),
        Row("SE-03", "Brute force and spraying", "by account, network, browser; owners are not locked out"),
        Row("SE-04", "Another bucket by another spelling", "counted by what is looked up"),
        Row("SE-05", "Learning who has an account", "one answer, the same work"),
        Row("SE-06", "Password reset", ""),
        Row("SE-07", "One-time codes", ""),
        Row("SE-08", "Passkeys", ""),
        Row("SE-09", "Choosing a weaker factor", ""),
        Row("SE-10", "Linking accounts by mail address", ""),
        Row("SE-11", "Subjects of another provider", ""),
        Row("SE-12", "Replayed upstream callbacks", ""),
        Row("SE-13", "Upstream tokens without nonce or audience", ""),
        Row("SE-14", "A disabled person who is still signed in", "all of it ends at once"),
        Row(
            "SE-15",
            "Being signed out by another site",
            "asked first, unless an app shows this session's ID token; no cookie is taken that did not come",
        ),
        Row(
            "SE-16",
            "Logout notices to dead, slow or internal addresses",
            "judged addresses only; bounded, and in nobody's way",
        ),
        Row("SE-17", "Sessions without end", "8 hours idle, 24 in all; what died with one stays dead"),
        Row("SE-18", "Careless cookies", "`__Host-`, Secure, HttpOnly, SameSite"),
        Row("SE-19", "Openers and leaks across windows", "COOP, one answer for all"),
        Row("SE-20", "Open redirects after sign-in", "ids, never addresses"),
    ),
    "Registration and documents": (
        Row("RG-01", "Anybody registers clients", "off by default; with a token, or within limits"),
        Row(
            "RG-02",
            "An address that a client names leads to a private network, by a redirect, or to too much",
            "never visited; one sentence for all of it, nothing redirected, nothing kept",
        ),
        Row("RG-03", "A name that changes its mind between check and visit", "the judged address is the one visited"),
        Row(
            "RG-04",
            "A document that is another client's, or whose keys or addresses change",
            "refused; asked again; where the keys were replaced everything ends",
        ),
        Row("RG-05", "A registration access token used for another client", "401"),
        Row("RG-06", "An update takes more than the registration might have", "the policy of the first day holds"),
    ),
    "Administration": (
        Row(
            "RG-07", "An identity that the body names is believed", "who asks is who the token is; unknown members: 400"
        ),
        Row(
            "RG-09",
            "Ids of another owner's objects in a path of one's own",
            "404, to the byte as for one that never was",
        ),
        Row("RG-11", "A cursor that says something else", "400, and nothing of it is a statement"),
        Row("RG-12", "Live secrets and tokens looked up", "a secret is said once; only digests are kept"),
        Row("RG-13", "A configuration that reads the server's files and variables", "refused, or not read"),
        Row(
            "RG-14", "A default credential, or a token that can be guessed", "there is none; a weak one stops the start"
        ),
    ),
}

_UPSTREAM = "no sign-in elsewhere yet"
_ONE_FACTOR = "a password is the only factor yet"
NOT_YET: Mapping[str, str] = {
    "AZ-29": _ONE_FACTOR,
    "AZ-34": "registration is off by default; an error goes to who registered itself as to every other client",
    "AZ-42": _UPSTREAM,
    "AZ-49": "`authorization_details` is not read",
    "AZ-50": "a server is one issuer",
    "TK-24": "no client certificates yet",
    "TK-25": "no header names a certificate yet; addresses in headers: SE-03",
    "TK-42": "no token exchange yet",
    "TK-43": "no such grant yet",
    "JW-26": "no hooks",
    "IR-10": "the client library reads no userinfo yet",
    "DV-10": "no back-channel sign-in",
    "SE-06": "an operator sets passwords",
    "SE-07": _ONE_FACTOR,
    "SE-08": _ONE_FACTOR,
    "SE-09": _ONE_FACTOR,
    "SE-10": _UPSTREAM,
    "SE-11": _UPSTREAM,
    "SE-12": _UPSTREAM,
    "SE-13": _UPSTREAM,
}

ALSO: Mapping[str, tuple[str, ...]] = {
    "SE-16": (
        "flows/test_backchannel_logout.py:test_private_addresses_are_not_visited",
        "flows/test_backchannel_logout.py:test_a_dead_app_holds_up_nobody",
        "flows/test_backchannel_logout.py:test_attempts_come_to_an_end",
    ),
    "AZ-23": ("flows/test_authorization_code.py:test_a_challenge_that_bought_tokens_is_not_taken_again",),
    "TK-03": ("flows/test_concurrency.py:test_one_code_and_a_crowd_that_holds_all_it_takes",),
    "TK-04": ("flows/test_concurrency.py:test_one_code_and_a_crowd_that_guesses",),
    "TK-36": ("flows/test_concurrency.py:test_one_refresh_token_and_a_crowd",),
    "JW-18": ("protocol/test_jws.py:test_an_algorithm_that_is_not_ours_is_refused",),
    "JW-19": ("protocol/test_jws.py:test_an_algorithm_that_is_not_ours_is_refused",),
    "JW-23": ("protocol/test_jwk.py:test_a_poisoned_set_is_refused_whole",),
    "JW-24": ("flows/test_keys.py:test_a_retired_key_verifies_nothing",),
    "JW-25": (
        "protocol/test_jwk.py:test_weak_private_and_contradictory_keys_are_refused",
        "protocol/test_jwk.py:test_points_of_small_order_are_refused",
        "protocol/test_jwk.py:test_weak_keys_do_not_sign",
    ),
}
"""Tests that meet a row and do not name it."""


def ids(text: str) -> Iterator[str]:
    """The rows that *text* names; ``JW-10 to JW-13`` are four."""
    for found in _ID.finditer(text):
        first, last = int(found[2]), int(found[3] or found[2])
        yield from (f"{found[1]}-{number:02}" for number in range(first, last + 1))


def named_in(source: str) -> Iterator[tuple[str, str]]:
    """Each test in *source* with each row it names."""
    headings = [(n, line) for n, line in enumerate(source.splitlines(), 1) if line.startswith("# ")]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            heading = next((line for n, line in reversed(headings) if n < node.lineno), "")
            for row in (*ids(ast.get_docstring(node) or ""), *ids(heading)):
                yield row, node.name


def met(root: Path = ROOT) -> dict[str, list[str]]:
    """The tests that meet each row."""
    table: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted((root / "tests").rglob("test_*.py")):
        if "node_modules" not in path.parts:
            for row, name in named_in(path.read_text(encoding="utf-8")):
                table[row].append(f"{path.relative_to(root / 'tests').as_posix()}:{name}")
    for row, names in ALSO.items():
        table[row] += names
    return {row: list(dict.fromkeys(names)) for row, names in table.items()}


def render(table: Mapping[str, list[str]]) -> str:
    """The page, as Markdown."""
    lines = [
        "# Attacks and answers",
        "",
        "What licet is attacked with on every build, how it answers, and which test sees it. A test that expects a refusal",
        "also looks at the store behind it: nothing was given out, and the refusal was remembered. Rows for what is not",
        "built yet say so. Made by `python -m tests.attacks.rows`.",
        "",
    ]
    for title, rows in PARTS.items():
        lines += [f"## {title}", "", "| | attack | answer | seen by |", "|---|---|---|---|"]
        for row in rows:
            seen = "<br>".join(f"`{name}`" for name in table.get(row.id, ()))
            missing = f"not yet: {NOT_YET[row.id]}" if row.id in NOT_YET else seen
            lines.append(f"| {row.id} | {row.attack} | {row.reaction or '–'} | {missing} |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(render(met()))
