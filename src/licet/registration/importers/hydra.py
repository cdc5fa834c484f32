"""Clients of Ory Hydra: ``hydra list oauth2-clients --format json``, or what ``GET /admin/clients`` answers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from licet.registration.expert import SIGNED, SIGNING
from licet.registration.importers.foreign import ForeignApi, ForeignClient, ForeignScope, Realm
from licet.registration.importers.node import Node, Unreadable
from licet.registration.kinds import CODE
from licet.registration.scopes import OWN

PRODUCT = "Ory Hydra"

_DURATION = re.compile(r"(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,9})(?:\.\d{1,9})?s)?")
_OFFLINE = {"offline": "offline_access"}
"""Hydra's older word for it."""
_METHODS = {"client_secret_basic", "client_secret_post", "private_key_jwt", "none"}
_EXPERT = ("backchannel_logout_uri", "logo_uri", "policy_uri", "tos_uri")
_TOKENS = ("authorization_code", "client_credentials", "refresh_token_grant")


def read(document: Node) -> Realm:
    """Read a list of clients; raises Unreadable with everything that is not as Hydra writes it."""
    nodes = list(_listed(document))
    if not any("client_id" in node.value for node in nodes):
        raise Unreadable(["$  holds no client: an object with client_id, a list of them, or items with them"])
    apis = _apis(nodes)
    return Realm(
        product=PRODUCT,
        name="hydra",
        clients=tuple(_client(node) for node in nodes),
        apis=apis,
        scopes=_scopes(nodes, apis),
        notes=("lifetimes of the whole server are in hydra.yml (ttl), not in this export",),
    )


def _listed(document: Node) -> Iterable[Node]:
    if isinstance(document.value, list):
        return document.objects()
    if isinstance(document.value, dict):
        return document.each("items") if "items" in document.value else [document]
    raise Unreadable(["$  is not a list of clients"])


def _scope(node: Node) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_OFFLINE.get(word, word) for word in node.text("scope").split()))


def _apis(nodes: list[Node]) -> tuple[ForeignApi, ...]:
    """Every audience that some client may ask for is an API."""
    audiences = sorted({audience for node in nodes for audience in node.texts("audience")})
    return tuple(ForeignApi(name=_called(one), audience=one, was=one) for one in audiences)


def _called(audience: str) -> str:
    """A name for the API at *audience*: the first word of its host, or what there is."""
    try:
        host = urlsplit(audience).hostname
    except ValueError:
        host = None
    return (host or audience).split(".")[0]


def _scopes(nodes: list[Node], apis: tuple[ForeignApi, ...]) -> tuple[ForeignScope, ...]:
    """Scopes belong to no audience there: one goes to the API that all who may have it share, if that is one."""
    shared: dict[str, list[set[str]]] = {}
    for node in nodes:
        audiences = set(node.texts("audience"))
        for name in _scope(node):
            if name not in OWN:  # who named no audience says nothing about it
                shared.setdefault(name, []).extend([audiences] if audiences else [])
    named = {api.audience: api.name for api in apis}
    found = []
    for name, sets in sorted(shared.items()):
        common = set.intersection(*sets) if sets else set()
        found.append(ForeignScope(name=name, says="", api=named[next(iter(common))] if len(common) == 1 else ""))
    return tuple(found)


def _client(node: Node) -> ForeignClient:
    method = node.text("token_endpoint_auth_method") or "client_secret_basic"
    public, secret = method == "none", node.text("client_secret")
    proves = method.startswith("client_secret")
    seconds = [one for name in _TOKENS if (one := _lifetime(node, name, "access_token")) is not None]
    return ForeignClient(
        where=node.path,
        client_id=node.text("client_id"),
        name=node.text("client_name"),
        public=public,
        grants=_grants(node),
        method=method if method in _METHODS else "unknown",
        redirect_uris=node.texts("redirect_uris"),
        post_logout_redirect_uris=node.texts("post_logout_redirect_uris"),
        origins=node.texts("allowed_cors_origins"),
        url=node.text("client_uri"),
        scope=_scope(node),
        secret=secret if proves else "",
        secret_state="none" if not proves else "plain" if secret else "hashed",
        jwks=tuple(key.value for key in node.table("jwks").each("keys") if key.value.get("use") != "enc"),
        jwks_uri=node.text("jwks_uri"),
        skips_consent=node.flag("skip_consent"),
        access_token_s=max(seconds) if seconds else None,
        refresh_token_s=_lifetime(node, "authorization_code", "refresh_token"),
        owner=node.text("owner"),
        sector=_sector(node),
        expert=_expert(node),
        notes=tuple(_left(node)),
    )


def _grants(node: Node) -> frozenset[str]:
    """What it may use; a token at the authorization endpoint is the implicit grant by another name."""
    grants = set(node.texts("grant_types") or (CODE,))
    for answer in node.texts("response_types"):
        if {"token", "id_token"} & set(answer.split()):
            grants.add("implicit")
    return frozenset(grants)


def _lifetime(node: Node, grant: str, token: str) -> int | None:
    """How long a token lives, as in ``1h30m0s``."""
    grant = grant if grant.endswith("_grant") else f"{grant}_grant"
    name = f"{grant}_{token}_lifespan"
    text = node.text(name)
    if not text:
        return None
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()):
        node.at(name).wrong("is not a length of time such as 1h30m0s")
        return None
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds


def _sector(node: Node) -> str:
    if node.text("subject_type") != "pairwise":
        return ""
    uris = (node.text("sector_identifier_uri"), *node.texts("redirect_uris"))
    for uri in uris:
        try:
            if host := urlsplit(uri).hostname:
                return host
        except ValueError:
            continue
    return ""


def _expert(node: Node) -> dict[str, Any]:
    found: dict[str, Any] = {name: node.text(name) for name in _EXPERT}
    found["contacts"] = node.texts("contacts")
    found["userinfo_signed_response_alg"] = _known(node.text("userinfo_signed_response_alg"), SIGNED)
    found["request_object_signing_alg"] = _known(node.text("request_object_signing_alg"), SIGNING)
    found["token_endpoint_auth_signing_alg"] = _known(node.text("token_endpoint_auth_signing_alg"), SIGNING)
    return {name: value for name, value in found.items() if value}


def _known(algorithm: str, known: tuple[str, ...]) -> str:
    return algorithm if algorithm in known else ""


def _left(node: Node) -> list[str]:
    notes = []
    if node.text("frontchannel_logout_uri"):
        notes.append("front-channel logout is not done here: back-channel logout tells it, by backchannel_logout_uri")
    if node.texts("request_uris"):
        notes.append("requests by reference are not fetched here: it pushes them (RFC 9126), or sends them by value")
    if node.table("metadata").value:
        notes.append("its metadata is not carried")
    return notes
