"""``[app.ID]``: something that asks for tokens (RFC 6749 §1.1 client).

The words of the file are read one by one, then judged together against what the app is; what comes out
is the client metadata they amount to.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from licet.protocol import redirect_uri
from licet.protocol.client_metadata import ClientMetadata
from licet.registration import app_authentication, app_openid, app_policy, expert
from licet.registration.addresses import unacceptable
from licet.registration.kinds import BY_NAME, KINDS, REFRESH, Kind
from licet.registration.mistakes import shown
from licet.registration.model import DesiredApp
from licet.registration.references import credentials
from licet.registration.reserved_scopes import ADMINISTRATION
from licet.registration.scopes import OWN
from licet.registration.table import Item, Table, nearest

API_PREFIX = "api."
"""APIs authenticate as ``api.NAME``: no client's id begins so."""

NAME_LENGTH = 60
"""Characters of a name that the pages show."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,99}")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What of the rest of the configuration an app is judged by."""

    scopes: frozenset[str] | None
    """Every scope of every API; None where not all of them could be read."""
    development: bool
    """The issuer is on loopback: then apps may be, too."""
    administration: bool = False
    """Whether the server is an API of its own, so that its scopes exist."""


def read(table: Table, client_id: str, around: Surroundings) -> DesiredApp | None:
    """Read one app; None if not even its kind is known."""
    if not _ID.fullmatch(client_id) or client_id.startswith(API_PREFIX):
        why = f": ids that begin with {API_PREFIX} are APIs'" if client_id.startswith(API_PREFIX) else ""
        table.wrong(
            None,
            f"{shown(client_id)} cannot be a client_id{why}",
            rule="RFC 6749 §2.2, §A.1",
            fix="use letters, digits and . _ ~ -, 100 at most",
        )
    kind = _kind(table)
    proofs = credentials(table)
    method = app_authentication.method(table, kind)
    overrides = table.table("expert")
    raw = (
        {}
        if overrides is None
        else expert.read(overrides, kind, public=method == "none", development=around.development)
    )
    words = _words(table, kind, around, raw)
    refresh = app_policy.refresh(table, kind, words["scope"])
    consent = app_policy.consent(table, kind, method, words["redirect_uris"])
    because = _because(table, kind)
    lifetime = app_policy.access_token_s(table, kind)
    owner = table.text("owner") or ""
    sector = app_openid.sector(table, kind)
    profile = app_openid.profile(table, method)
    expertly = tuple(sorted(raw))
    app_openid.subjects(table, sector, words, raw)
    table.close()
    if kind is None:
        return None
    if refresh == "none":
        words["grant_types"] = tuple(grant for grant in words["grant_types"] if grant != REFRESH)
    return DesiredApp(
        client_id=client_id,
        kind=kind,
        metadata=ClientMetadata(token_endpoint_auth_method=method, **(words | raw)),
        credentials=proofs,
        refresh=refresh,
        consent=consent,
        rotate=kind.rotates(public=method == "none"),
        owner=owner,
        access_token_s=lifetime,
        because=because,
        expert=expertly,
        sector=sector,
        profile=profile,
        place=table.place(),
    )


def _kind(table: Table) -> Kind | None:
    word = table.choice("is", BY_NAME)
    if "is" not in table:
        table.missing(
            "is",
            "it must say what it is",
            fix=f'write is = "web-app", or another of {", ".join(kind.name for kind in KINDS[1:])}',
        )
    return BY_NAME[word] if word else None


def _words(table: Table, kind: Kind | None, around: Surroundings, raw: dict[str, Any]) -> dict[str, Any]:
    """Everything but authentication, by IANA names."""
    url = table.text("url")
    if url is not None and (reason := unacceptable(url, development=around.development)):
        table.wrong(
            "url",
            f"{shown(url)} {reason}",
            rule="RFC 7591 §2 (client_uri)",
            fix='write url = "https://shop.example.com"',
        )
    native = raw.get("application_type", kind.application_type if kind else "web") == "native"
    alg = table.choice("id_token_alg", ("RS256", "ES256"))
    return {
        "client_name": _name(table),
        "client_uri": url,
        "redirect_uris": _callbacks(table, kind, url, native=native, development=around.development),
        "scope": _may(table, kind, around),
        "grant_types": kind.grant_types if kind else (),
        "response_types": ("code",) if kind and kind.redirects else (),
        "application_type": kind.application_type if kind else "web",
        "id_token_signed_response_alg": alg or "RS256",
        "require_pushed_authorization_requests": kind.pushes if kind else False,
    }


def _name(table: Table) -> str:
    name = table.text("name")
    if name is not None and len(name) > NAME_LENGTH:
        table.wrong("name", f"{shown(name)} is longer than people are shown", fix=f"{NAME_LENGTH} characters at most")
    return name or str(table.path[-1])


def _callbacks(table: Table, kind: Kind | None, url: str | None, *, native: bool, development: bool) -> tuple[str, ...]:
    items = table.texts("callback")
    if kind is None:
        return ()
    if not kind.redirects:
        if items:
            table.wrong(
                "callback",
                f"a {kind.name} has none: no browser comes back to it",
                rule="RFC 6749 §3.1.2",
                fix="leave callback out",
            )
        return ()
    if "callback" not in table and not kind.callbacks:
        table.missing(
            "callback",
            "people must be brought back to it",
            rule="OAuth 2.1 draft-16 §2.3",
            fix='write callback = "/callback" and url = "https://shop.example.com"',
        )
    found = {
        uri
        for item in items
        if (uri := _callback(table, item, url, native=native, development=development)) is not None
    }
    return tuple(sorted(found or kind.callbacks))


def _callback(table: Table, item: Item, url: str | None, *, native: bool, development: bool) -> str | None:
    """One redirect URI, whole: what begins with a slash goes on the app's own address."""
    uri = item.text
    if uri.startswith("/") and not uri.startswith("//"):
        if url is None:
            if "url" not in table:
                table.wrong(
                    item.place,
                    f"{shown(uri)} is relative, and the app has no url",
                    fix='write url = "https://shop.example.com", or the whole address here',
                )
            return None
        uri = (redirect_uri.origin(url) or "") + uri
    reason = redirect_uri.acceptable(uri, native=native, development=development)
    if reason:
        table.wrong(
            item.place,
            f"{shown(uri)} {reason}",
            rule="OAuth 2.1 draft-16 §2.3; RFC 9700 §4.1.3",
            fix="write the one https address where answers arrive, exactly"
            + (", or loopback such as http://127.0.0.1/callback" if native else ""),
        )
    return uri


def _may(table: Table, kind: Kind | None, around: Surroundings) -> tuple[str, ...]:
    items = table.texts("may")
    if "may" not in table:
        fix = 'write may = ["orders:read"]' if kind and not kind.for_people else 'write may = ["openid"]'
        table.missing("may", "it must say what the app may ask for", rule="RFC 6749 §3.3", fix=fix)
    names = {item.text for item in items}
    for item in items:
        if item.text in ADMINISTRATION:
            _judge_administration(table, item, kind, around)
        else:
            _judge_scope(table, item, kind, around.scopes, names)
    return tuple(sorted(names))


def _judge_administration(table: Table, item: Item, kind: Kind | None, around: Surroundings) -> None:
    """Only programs administer, and only where that is on: nobody is asked to agree to it (licet ruling W)."""
    if kind is not None and kind.for_people:
        table.wrong(
            item.place,
            f"{shown(item.text)} is the server's administration, and a {kind.name} acts for whoever signs in",
            rule="licet ruling W",
            fix='give it to an app that is = "service"',
        )
    elif not around.administration:
        table.wrong(
            item.place,
            f"{shown(item.text)} is the server's administration, which is off",
            rule="licet ruling W",
            fix="write admin = true in [server]",
        )


def _judge_scope(table: Table, item: Item, kind: Kind | None, known: frozenset[str] | None, names: set[str]) -> None:
    scope = item.text
    if scope in OWN:
        if kind and not kind.for_people:
            table.wrong(
                item.place,
                f"{shown(scope)} is about a person, and nobody signs in to a {kind.name}",
                rule="RFC 6749 §4.4",
                fix="name scopes of APIs only",
            )
        elif scope not in {"openid", "offline_access"} and "openid" not in names:
            table.wrong(
                item.place,
                f"{shown(scope)} is read where openid is",
                rule="OpenID Connect Core 1.0 §5.4",
                fix='add "openid"',
            )
    elif known is not None and scope not in known:
        near = nearest(scope, (*known, *OWN))
        table.wrong(
            item.place,
            f"{shown(scope)} is no scope of any API here",
            rule="RFC 6749 §3.3",
            fix=f"did you mean {near}?" if near else f'declare it: [api.NAME.scopes] {shown(scope)} = "…"',
        )


def _because(table: Table, kind: Kind | None) -> str:
    because = table.text("because")
    if kind is not None and kind.needs_reason and "because" not in table:
        table.missing(
            "because", f"a {kind.name} app needs a written reason", fix='write because = "…", or choose another is ='
        )
    elif kind is not None and because and not kind.needs_reason:
        table.wrong("because", f"a {kind.name} needs no excuse", fix="leave because out")
    return because or ""
