"""A running server, asked by its admin API: what ``plan --server`` and ``apply --server`` speak with.

The token comes from the environment, never from the command line, where every process of the machine could read it.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from licet.cli.administering import TOKEN
from licet.cli.main import FOUND, INCOMPLETE, SIGN_IN_NEEDED, WRONG_CALL
from licet.cli.opening import fail
from licet.cli.servers import CLIENT, SECRET
from licet.client import authentication, client_credentials
from licet.client.discovery import Untrusted, discover
from licet.client.token_request import RefusedError
from licet.client.transport import Answer, Transport, Unreachable, Unsafe
from licet.registration import over_the_wire
from licet.registration.documents import PARTS
from licet.registration.key_places import owned, secret_key
from licet.registration.manifest import Manifest
from licet.registration.mistakes import ManifestErrors, Mistake, Place, dotted
from licet.registration.references import Unresolved, resolver
from licet.registration.table import Source

_OK, _UNAUTHORIZED, _FORBIDDEN, _CONFLICT, _MISTAKEN = 200, 401, 403, 409, 422


@dataclass(frozen=True, slots=True)
class Drifted(Exception):  # noqa: N818  a finding about the world, not a mistake of the caller
    """The server holds something else, or was told something else, than when the plan was made."""

    plan: dict[str, Any]


@dataclass(slots=True)
class Remote:
    """One server, as whoever holds *token*."""

    issuer: str
    manifest: Manifest
    transport: Transport
    token: str = field(repr=False)
    document: dict[str, Any] = field(repr=False)
    """What is sent, read once: what is applied must be what was planned, though secrets are written meanwhile."""

    def plan(self) -> dict[str, Any]:
        """What applying the file would do. Exits with the reason where that cannot be said."""
        return self._ask("plan", {})

    def apply(self, fingerprint: str, made: Mapping[str, str], *, allow_delete: bool) -> dict[str, Any]:
        """Do what was planned. Raises Drifted, and nothing was done, if that is something else by now."""
        return self._ask("apply", {"fingerprint": fingerprint, "made": dict(made), "allow_delete": allow_delete})

    def _ask(self, verb: str, more: Mapping[str, Any]) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = self.transport.post_json(f"{self.issuer}/admin/v1/{verb}", {**self.document, **more}, headers)
        body = answer.json()
        if answer.status == _OK:
            return body
        if answer.status == _CONFLICT and "plan" in body:
            raise Drifted(body["plan"])
        return _refused(answer, body, self.manifest)


@contextmanager
def remote(server: str, manifest: Manifest, environment: Mapping[str, str] = os.environ) -> Iterator[Remote]:
    """The server at *server*. Exits 2 if the file is another issuer's, 3 where nothing answers, 4 without a token."""
    issuer = server.rstrip("/")
    if issuer != manifest.issuer:
        fail(f"{manifest.path.name} is {manifest.issuer}'s; {issuer} is another server.", WRONG_CALL)
    try:
        with Transport() as transport:
            yield Remote(issuer, manifest, transport, _token(issuer, transport, environment), _document(manifest))
    except (Unreachable, Unsafe, Untrusted) as reason:
        fail(f"{reason}. Nothing is known of what it would have done.", INCOMPLETE)


def _token(issuer: str, transport: Transport, environment: Mapping[str, str]) -> str:
    token, client_id, secret = (environment.get(name, "") for name in (TOKEN, CLIENT, SECRET))
    if token:
        return token
    if not (client_id and secret):
        fail(f"Say who asks: set {TOKEN}, or {CLIENT} and {SECRET} of a service that may licet:apply.", SIGN_IN_NEEDED)
    proof = authentication.client_secret_basic(client_id, secret)
    metadata = discover(issuer, transport)
    for scope in ("licet:apply", "licet:plan"):  # whoever may do it may plan it
        try:
            return client_credentials.ask(metadata, scope, proof, transport, f"{issuer}/admin").access_token
        except RefusedError as refused:
            if refused.error not in {"invalid_scope", "invalid_target"}:
                fail(f"{client_id} got no token: {refused}", SIGN_IN_NEEDED)
    return fail(
        f'{client_id} may not: write may = ["licet:apply"] for it, and admin = true in [server].', SIGN_IN_NEEDED
    )


def _document(manifest: Manifest) -> dict[str, Any]:
    return over_the_wire.sent(manifest, _tables(manifest.path)) | {"secrets": _secrets(manifest)}


def _secrets(manifest: Manifest) -> dict[str, str]:
    """Those that can be read here; the server keeps the others as they are."""
    read, found = resolver(), {}
    for one in owned(manifest):
        try:
            found[secret_key(one.reference)] = read(one.reference)
        except Unresolved:
            continue
    return found


def _tables(path: Path) -> dict[str, Any]:
    """The tables of the file and its parts; that they can be read, and fit together, is known."""
    merged: dict[str, Any] = {}
    for file in _files(path):
        for name, value in tomllib.loads(file.read_text(encoding="utf-8")).items():
            merged[name] = {**merged.get(name, {}), **value} if isinstance(value, dict) else value
    return merged


def _files(path: Path) -> list[Path]:
    return [path, *sorted((path.parent / PARTS).glob("*.toml"))]


def _refused(answer: Answer, body: dict[str, Any], manifest: Manifest) -> NoReturn:
    """Say why, with the exit code that scripts go by."""
    detail = f"{manifest.issuer} says: {body.get('detail') or body.get('error_description') or answer.status}"
    if "reference" in body:
        detail += f" (reference {body['reference']})"
    if answer.status == _MISTAKEN and body.get("mistakes"):
        fail(str(ManifestErrors(_located(body["mistakes"], manifest.path))), WRONG_CALL)
    if answer.status in {_UNAUTHORIZED, _FORBIDDEN}:
        fail(detail, SIGN_IN_NEEDED)
    fail(detail, FOUND if answer.status == _CONFLICT else INCOMPLETE)


def _located(told: list[dict[str, str]], path: Path) -> list[Mistake]:
    """Mistakes that the server found, at the lines where their keys stand here."""
    places = {}
    for file in reversed(_files(path)):
        name = file.name if file == path else f"{PARTS}/{file.name}"
        source = Source(name, file.parent, file.read_text(encoding="utf-8").replace("\r\n", "\n"))
        for key in source.paths():
            hidden = any(part in {"secret", "key"} for part in key)
            places[dotted(key)] = source.place(key, hidden=hidden)
    return [Mistake(_nearest(places, one["path"]), one["message"], one["rule"], one["fix"]) for one in told]


def _nearest(places: Mapping[str, Place], key: str) -> Place:
    """Where *key* stands, or the table that it ought to stand in."""
    while key not in places and "." in key:
        key = key.rpartition(".")[0]
    return places.get(key, Place(file="licet.toml", path=key))
