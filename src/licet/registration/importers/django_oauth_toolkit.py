"""Applications of django-oauth-toolkit: ``manage.py dumpdata oauth2_provider.application``."""

from __future__ import annotations

import re

from licet.registration.importers.foreign import ForeignClient, ForeignScope, Realm
from licet.registration.importers.node import Node, Unreadable
from licet.registration.kinds import CODE, CREDENTIALS, DEVICE, REFRESH

PRODUCT = "django-oauth-toolkit"

_GRANTS = {
    "authorization-code": frozenset({CODE, REFRESH}),
    "implicit": frozenset({"implicit"}),
    "password": frozenset({"password", REFRESH}),
    "client-credentials": frozenset({CREDENTIALS}),
    "openid-hybrid": frozenset({CODE, REFRESH, "implicit"}),
    DEVICE: frozenset({DEVICE, REFRESH}),
    "device-code": frozenset({DEVICE, REFRESH}),
}
_HASHED = re.compile(r"(pbkdf2_|argon2|bcrypt|scrypt|md5\$|sha1\$|unsalted_|!)")
_SCOPES = (
    ForeignScope(name="read", says="Read what is yours"),
    ForeignScope(name="write", says="Change what is yours"),
)
"""Scopes are in the settings, not in the database: these are what it has where nobody wrote any."""
_NOTES = (
    "scopes are not in this export: read and write are the product's own; write yours from OAUTH2_PROVIDER['SCOPES']",
    "lifetimes are not in this export: its access tokens live ten hours unless told otherwise, here an hour at most",
)


def read(document: Node) -> Realm:
    """Read an export; raises Unreadable with everything that is not as Django writes it."""
    if not isinstance(document.value, list):
        raise Unreadable(["$  is not what dumpdata writes: a list of objects with model and fields"])
    applications = [one for one in document.objects() if _is_application(one)]
    if not applications:
        raise Unreadable(["$  holds no application: run manage.py dumpdata oauth2_provider.application"])
    return Realm(
        product=PRODUCT,
        name="django",
        clients=tuple(_client(one.table("fields"), one) for one in applications),
        scopes=_SCOPES,
        notes=_NOTES,
    )


def _is_application(node: Node) -> bool:
    """Projects bring a model of their own; its fields are the same."""
    return "client_id" in node.table("fields").value and "authorization_grant_type" in node.table("fields").value


def _client(fields: Node, node: Node) -> ForeignClient:
    grant = fields.text("authorization_grant_type")
    grants = _GRANTS.get(grant, frozenset({grant} if grant else ()))
    public = fields.text("client_type") == "public"
    secret = fields.text("client_secret")
    hashed = _HASHED.match(secret) is not None
    signs = fields.text("algorithm")
    people = grants != {CREDENTIALS}
    own = ("openid", "profile", "email") if signs else ("openid",)
    return ForeignClient(
        where=node.path,
        client_id=fields.text("client_id"),
        name=fields.text("name"),
        public=public,
        grants=grants,
        method="none" if public else "client_secret",
        redirect_uris=_words(fields.text("redirect_uris")),
        post_logout_redirect_uris=_words(fields.text("post_logout_redirect_uris")),
        origins=_words(fields.text("allowed_origins")),
        scope=(*(own if people else ()), "read", "write"),
        secret="" if public or hashed else secret,
        secret_state="none" if public or not secret else "hashed" if hashed else "plain",
        skips_consent=fields.flag("skip_authorization"),
        id_token_alg=signs,
        notes=tuple(_left(fields)),
    )


def _words(text: str) -> tuple[str, ...]:
    """Addresses in one text, between spaces or line ends."""
    return tuple(dict.fromkeys(text.split()))


def _left(fields: Node) -> list[str]:
    notes = []
    if fields.at("user").value is not None:
        notes.append("the Django user it belongs to is not carried: write owner for whoever answers for it")
    return notes
