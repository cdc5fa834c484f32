"""Secrets and keys by reference: ``{ env = "X" }``, ``{ file = "path" }``, ``{ credential = "name" }`` of the service
manager, ``{ jwk = {…} }``; never a secret itself."""

from __future__ import annotations

import math
import os
import re
import string
from collections.abc import Mapping
from pathlib import Path

from licet.registration.addresses import unacceptable
from licet.registration.mistakes import Mistake, Place, shown
from licet.registration.model import Credentials, PublicKey, Reference, ResolveSecret
from licet.registration.public_keys import Unusable, from_jwk, from_pem
from licet.registration.table import Table

SECRET_BITS = 128
"""The least a client secret is worth, by length and alphabet (rulings P)."""

CREDENTIALS = "CREDENTIALS_DIRECTORY"
"""The variable in which the service manager says where it put a service's credentials (systemd.exec(5))."""

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CREDENTIAL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]{0,254}")
"""One name in that directory: no way out of it, and nothing hidden."""
_ROTATION = 2
_FILE_LENGTH = 64 * 1024
_ALPHABETS = (string.ascii_lowercase, string.ascii_uppercase, string.digits, string.punctuation)


class Unresolved(Exception):  # noqa: N818  a condition of the environment
    """A secret is not where the file says it is; the text says what to do."""


def credentials(table: Table) -> Credentials:
    """Read ``key`` and ``secret`` of an app or an API, each one or two."""
    secrets = tuple(reference for item in _items(table, "secret") if (reference := _reference(item)))
    keys = tuple(key for item in _items(table, "key") if (key := _public_key(item)))
    if "key" in table and "secret" in table:
        table.wrong(
            "secret",
            "there is a key as well: one client proves itself in one way",
            rule="RFC 7591 §2 (token_endpoint_auth_method)",
            fix="keep key and drop secret: a key cannot leak from here",
        )
    return Credentials(keys, secrets)


def secret_reference(table: Table, key: str) -> Reference | None:
    """Read one reference to a secret."""
    if isinstance(table.take(key), list):
        table.wrong(table.place(key, hidden=True), "one secret is meant", fix=f'write {key} = {{ file = "…" }}')
        return None
    return next((reference for item in _items(table, key) if (reference := _reference(item))), None)


def resolver(environment: Mapping[str, str] = os.environ) -> ResolveSecret:
    """Look secrets up in *environment*, in files and among the credentials that the service manager handed over."""

    def resolve(reference: Reference) -> str:
        if reference.kind == "env":
            value = environment.get(reference.name, "")
            if not value:
                message = f"the variable {reference.name} is not set"
                raise Unresolved(message)
            return value
        path = Path(reference.name) if reference.kind == "file" else credential_path(reference.name, environment)
        return read_text(path).rstrip("\r\n")

    return resolve


def credential_path(name: str, environment: Mapping[str, str]) -> Path:
    """Where the service manager put the credential *name*; raises Unresolved where it handed over none."""
    directory = environment.get(CREDENTIALS, "")
    if not directory.startswith("/"):
        message = (
            f"there is no credential {shown(name)}: {CREDENTIALS} is not set, so the service manager handed none over"
        )
        raise Unresolved(message)
    return Path(directory) / name


def strength_bits(secret: str) -> float:
    """What guessing *secret* costs at most: length times the size of its alphabet; a repetition counts once."""
    period = (secret + secret).find(secret, 1)
    length = min(period, len(secret)) if period > 0 else len(secret)
    used = set(secret)
    if used <= set(string.hexdigits.lower()) or used <= set(string.hexdigits.upper()):
        size = 10 if used <= set(string.digits) else 16
    else:
        size = sum(len(alphabet) for alphabet in _ALPHABETS if used & set(alphabet))
    return length * math.log2(size) if size else 0.0


def weakness(secret: str, place: Place) -> Mistake | None:
    """Why *secret* is not good enough, if it is not. Says nothing of what it is."""
    fix = "make one with: openssl rand -base64 33"
    if not (secret.isascii() and secret.isprintable()):
        return Mistake(place, "the secret holds characters that no client can send", "RFC 6749 §A.2", fix)
    bits = int(strength_bits(secret))
    if bits < SECRET_BITS:
        return Mistake(
            place,
            f"the secret is worth {bits} bits by its length and alphabet, {SECRET_BITS} are needed",
            "licet ruling P; RFC 6749 §10.10",
            fix,
        )
    return None


def read_text(path: Path) -> str:
    """Read a small text file; raises Unresolved with the reason."""
    try:
        with path.open("rb") as file:
            content = file.read(_FILE_LENGTH + 1)
        if len(content) > _FILE_LENGTH:
            message = f"{shown(str(path))} is larger than {_FILE_LENGTH} bytes"
            raise Unresolved(message)
        return content.decode()
    except OSError as error:
        message = f"{shown(str(path))} cannot be read: {(error.strerror or 'no such file').lower()}"
        raise Unresolved(message) from None
    except ValueError:  # not UTF-8, or a path that no file can have
        message = f"{shown(str(path))} is not a text file"
        raise Unresolved(message) from None


def _items(table: Table, key: str) -> tuple[Table, ...]:
    value = table.take(key)
    if isinstance(value, list) and len(value) != _ROTATION:
        table.wrong(
            table.place(key, hidden=True),
            f"a list of {len(value)} is meant to rotate from one to the next",
            fix=f"write one {key}, or the old and the new one",
        )
        return ()
    if isinstance(value, dict | list | None):
        return table.items(key)
    table.wrong(
        table.place(key, hidden=True),
        "a secret does not belong in this file" if key != "key" else "a key is named, not written out",
        rule="docs/configuration.md, secrets",
        fix=f'write {key} = {{ file = "…" }}' + (' or { env = "…" }' if key != "key" else " or { jwk = { … } }"),
    )
    return ()


def _reference(item: Table) -> Reference | None:
    given = {word: item.text(word) for word in ("env", "file", "credential")}
    item.close()
    if sum(word in item for word in given) != 1:
        if not item.unknown():
            item.wrong(
                item.place(hidden=True),
                "a secret is in a variable, in a file or with the service manager",
                fix='write { env = "…" }, { file = "…" } or { credential = "…" }',
            )
        return None
    match next(((word, name) for word, name in given.items() if name is not None), None):
        case ("file", path):
            return Reference("file", str(item.source.directory / path), item.place("file"))
        case ("env", variable) if _VARIABLE.fullmatch(variable):
            return Reference("env", variable, item.place("env"))
        case ("env", _):
            item.wrong(
                item.place("env", hidden=True),
                "this is no variable's name",  # and not repeated: somebody may have written the secret itself
                fix='write { env = "NAME" }: letters, digits and _',
            )
        case ("credential", name) if _CREDENTIAL.fullmatch(name):
            return Reference("credential", name, item.place("credential"))
        case ("credential", _):
            item.wrong(
                item.place("credential", hidden=True),
                "this is no credential's name",
                fix='write { credential = "NAME" }, as in LoadCredential=NAME:PATH: letters, digits and _ . @ -',
            )
    return None


def _public_key(item: Table) -> PublicKey | None:
    file, jwk, url = item.text("file"), item.take("jwk"), item.text("jwks_url")
    item.close()
    if sum(word in item for word in ("file", "jwk", "jwks_url")) != 1:
        if not item.unknown():
            item.wrong(
                item.place(hidden=True),
                "a key is in a file or written as a JWK, or fetched",
                fix='write { file = "….pub.pem" } or { jwks_url = "https://…" }',
            )
        return None
    if "jwks_url" in item:
        return _published(item, url)
    where = "jwk" if jwk is not None else "file"
    try:
        if jwk is not None:
            return PublicKey(from_jwk(jwk), item.place(where))
        if file is not None:
            return PublicKey(from_pem(read_text(item.source.directory / file)), item.place(where))
    except (Unusable, Unresolved) as reason:
        item.wrong(
            item.place(where, hidden=where == "jwk"),
            str(reason),
            rule="licet ruling H; RFC 7517",
            fix="name the public key: PEM, EC P-256, RSA of 2048 bits or more, or Ed25519",
        )
    return None


def _published(item: Table, url: str | None) -> PublicKey | None:
    """Keys that their owner publishes; loopback is for trying things out, and must be allowed to the server, too."""
    if url is None:
        return None
    if reason := unacceptable(url, development=True):
        item.wrong(
            "jwks_url",
            f"{shown(url)} {reason}",
            rule="RFC 7591 §2 (jwks_uri)",
            fix='write jwks_url = "https://billing.example.com/jwks.json"',
        )
        return None
    return PublicKey({"jwks_uri": url}, item.place("jwks_url"))
