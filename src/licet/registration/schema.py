"""``licet.toml`` as a JSON Schema (2020-12), for editors: made from the same tables that the reader judges by.

Whatever the reader takes, the schema takes; what the schema refuses, the reader refuses with a better reason. What needs
a look elsewhere (a scope of another table, a key in a file) only the reader sees.
"""

from __future__ import annotations

from typing import Any

from licet.registration import kinds
from licet.registration.api_section import LONGEST_TOKEN_S, SHORTEST_TOKEN_S
from licet.registration.app_authentication import PINS
from licet.registration.app_openid import PROFILES
from licet.registration.app_section import NAME_LENGTH
from licet.registration.schema_expert import expert
from licet.registration.schema_words import (
    DURATION,
    TEXT,
    a_table,
    choice,
    described,
    duration,
    flag,
    integer,
    names,
    ref,
    text,
    texts,
)
from licet.registration.scopes import OWN
from licet.registration.server_section import LIFETIMES
from licet.registration.waiver_section import WAIVABLE

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FILE = "licet.schema.json"
"""What ``licet init`` calls it, beside ``licet.toml``."""

Schema = dict[str, Any]


def schema(*, part: bool = False) -> Schema:
    """The schema of ``licet.toml``, or of a *part* of it in ``conf.d``."""
    properties: Schema = {
        "api": described("What is protected, by name.", names(_api())),
        "app": described("What asks for tokens, by client_id.", names(_app())),
        "waiver": {
            "type": "array",
            "description": "Departures from a requirement, each with an end.",
            "items": _waiver(),
        },
    }
    if not part:
        properties = {
            "issuer": text("The server's own address: https, no trailing slash. Every token names it.", minLength=1),
            "server": _server(),
            "lifetimes": _lifetimes(),
            "scopes": a_table("Other words for the issuer's own scopes.", {name: ref("words") for name in OWN}),
        } | properties
    return {
        "$schema": DIALECT,
        "title": "conf.d/*.toml of licet" if part else "licet.toml",
        **a_table("Apps and APIs of one team." if part else "A server, its APIs and its apps.", properties),
        "required": [] if part else ["issuer"],
        "$defs": _shared(),
    }


def _shared() -> Schema:
    secret = {
        "description": "Where a secret is: the file never holds one.",
        "oneOf": [
            a_table(
                "In an environment variable.", {"env": text("Its name.", pattern="^[A-Za-z_][A-Za-z0-9_]*$")}, "env"
            ),
            a_table("In a file.", {"file": text("Its path, relative to this file.")}, "file"),
            a_table(
                "Handed over by the service manager (LoadCredential=).",
                {"credential": text("Its name.", pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.@-]*$")},
                "credential",
            ),
        ],
    }
    key = {
        "description": "A public key.",
        "oneOf": [
            a_table("In a file, as PEM.", {"file": text("Its path, relative to this file.")}, "file"),
            a_table("Written out as a JWK.", {"jwk": {"type": "object", "required": ["kty"]}}, "jwk"),
            a_table("Published by its owner.", {"jwks_url": text("An https address.")}, "jwks_url"),
        ],
    }
    words = a_table(
        "Words, and whether people are asked each time.",
        {"says": text("The words people read."), "sensitive": flag("Asked for each time.")},
        "says",
    )
    return {
        "text": TEXT,
        "duration": DURATION,
        "secret": secret,
        "secrets": {"anyOf": [ref("secret"), {"type": "array", "items": ref("secret"), "minItems": 2, "maxItems": 2}]},
        "key": key,
        "keys": {"anyOf": [ref("key"), {"type": "array", "items": ref("key"), "minItems": 2, "maxItems": 2}]},
        "words": {"description": 'What people read: "App may …".', "anyOf": [ref("text"), words]},
    }


def _credentials(whose: str) -> Schema:
    return {
        "key": described(f"The public key that {whose} signs with; two while one is rotated out.", ref("keys")),
        "secret": described(f"The secret of {whose}, by reference; two while one is rotated out.", ref("secrets")),
    }


def _server() -> Schema:
    registration = a_table(
        "Clients may register themselves (RFC 7591).",
        {
            "who": choice(
                "Who may: whoever has an initial access token, anybody, or nobody.", ("token", "anybody", "nobody")
            ),
            "may": texts('The scopes such a client may ask for; only where who = "anybody".'),
            "clients": integer("How many there may be at a time.", 1, 1_000_000),
            "unused": duration("How long one stays that never got a token.", 3600, 365 * 24 * 3600),
            "documents": choice(
                "Whose metadata documents make a client known: those of document_hosts, or anybody's.",
                ("off", "listed", "anybody"),
            ),
            "document_hosts": texts("Hosts whose documents are taken, each whole, in lower case."),
            "refuse_hosts": texts("Hosts whose documents are not taken, with every host below them."),
        },
    )
    egress = a_table(
        "Where the server goes itself.",
        {
            "allow": texts("Private hosts and networks that it may visit."),
            "ca_file": text("Certificates (PEM) that are believed beside the system's."),
        },
    )
    tls = a_table(
        "The server does TLS itself.",
        {"certificate": text("PEM, relative to this file."), "key": text("PEM, relative to this file.")},
        "certificate",
        "key",
    )
    return a_table(
        "How the server runs.",
        {
            "listen": text('Host and port: "127.0.0.1:8414" or "[::1]:8414".', pattern=":[0-9]{1,5}$"),
            "store": text('"sqlite:PATH", relative to this file.', pattern="^sqlite:."),
            "secrets": described("The master secret, by reference.", ref("secret")),
            "tls": tls,
            "proxies": texts("Addresses and networks of the proxies in front."),
            "log": choice("For people or for machines.", ("text", "json")),
            "registration": registration,
            "admin": flag("The admin API is served."),
            "require_pushed_authorization_requests": flag("No request is taken that was not pushed (RFC 9126 §5)."),
            "egress": egress,
        },
    )


def _lifetimes() -> Schema:
    rows = {
        row.name: integer(f"Seconds; {row.default} by default. {row.rule}.", row.least, row.most)
        | {"default": row.default}
        for row in LIFETIMES
    }
    return a_table("How long things live, in seconds.", rows)


def _api() -> Schema:
    return a_table(
        "Something that is protected.",
        {
            "audience": text("The aud of its tokens: an absolute URI, each API's own (RFC 8707 §2)."),
            "token": choice("A JWT that the API checks itself, or opaque and asked about.", ("jwt", "opaque")),
            "alg": choice("What its JWTs are signed with.", ("ES256", "RS256")),
            "access_token": duration("How long its tokens live.", SHORTEST_TOKEN_S, LONGEST_TOKEN_S),
            **_credentials("the API"),
            "scopes": described("Its scopes, with the words people read.", names(ref("words"))),
        },
        "audience",
    )


def _app() -> Schema:
    of_kind = "; ".join(f"{kind.name}: {kind.because}" for kind in kinds.KINDS)
    table = a_table(
        "Something that asks for tokens.",
        {
            "is": choice(f"What it is; the flow follows. {of_kind}.", tuple(kinds.BY_NAME)),
            "name": text("What people are shown.", maxLength=NAME_LENGTH),
            "url": text("Where it lives; callbacks that begin with a slash are relative to it."),
            "callback": texts("Where people are brought back to, exactly."),
            **_credentials("the app"),
            "auth": choice("How it authenticates; leave it out, it follows from the rest.", tuple(PINS)),
            "may": texts("The scopes that it may ask for, at most."),
            "refresh": choice("When it gets refresh tokens.", ("offline", "online", "none")),
            "consent": choice("When people are asked.", ("remember", "always", "trusted")),
            "token_lifetime": duration("How long its access tokens live.", SHORTEST_TOKEN_S, LONGEST_TOKEN_S),
            "id_token_alg": choice("What its ID tokens are signed with.", ("RS256", "ES256")),
            "owner": text("Whom to ask."),
            "sector": text("Apps with the same one know a person by the same pairwise identifier."),
            "profile": choice("What it is held to.", PROFILES),
            "because": text("Why it is legacy."),
            "expert": expert(),
        },
        "is",
        "may",
    )
    return table | {"allOf": [_of_kind(kind) for kind in kinds.KINDS]}


def _of_kind(kind: kinds.Kind) -> Schema:
    """What goes with a kind and what does not."""
    never = [*(["key", "secret"] if kind.proof == "none" else []), *([] if kind.needs_reason else ["because"])]
    if not kind.for_people:
        never += ["refresh", "consent", "sector"]
    then: Schema = {"properties": dict.fromkeys(never, False)}
    if kind.proof == "required":
        then["anyOf"] = [{"required": ["key"]}, {"required": ["secret"]}]
    needed = [
        *(["callback"] if kind.redirects and not kind.callbacks else []),
        *(["because"] if kind.needs_reason else []),
    ]
    if needed:
        then["required"] = needed
    return {"if": {"properties": {"is": {"const": kind.name}}, "required": ["is"]}, "then": then}


def _waiver() -> Schema:
    return a_table(
        "A departure from one requirement, for one app.",
        {
            "requirement": choice("What is waived.", WAIVABLE),
            "client": text("The app's id."),
            "reason": text("Why, in a sentence.", pattern=r"\S\s+\S"),
            "until": {"type": "string", "format": "date", "description": "Its last day, a year away at most."},
        },
        "requirement",
        "client",
        "reason",
        "until",
    )
