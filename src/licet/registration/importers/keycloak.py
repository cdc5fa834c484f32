"""A realm as Keycloak exports it: ``kc.sh export --realm R``, or *Realm settings, Action, Partial export*."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from licet.registration.expert import SIGNED, SIGNING
from licet.registration.importers.foreign import ForeignApi, ForeignClient, ForeignScope, Realm, SecretState
from licet.registration.importers.node import Node, Unreadable
from licet.registration.kinds import CODE, CREDENTIALS, DEVICE, REFRESH
from licet.registration.public_keys import Unusable, from_pem
from licet.registration.scopes import OWN

PRODUCT = "Keycloak"

_OWN_CLIENTS = frozenset({
    "account", "account-console", "admin-cli", "broker", "realm-management", "security-admin-console",
})  # fmt: skip
"""Keycloak's own; they administer Keycloak."""
_OWN_SCOPES = frozenset({
    "acr", "basic", "microprofile-jwt", "offline_access", "organization", "role_list", "roles", "saml_organization",
    "service_account", "web-origins", *OWN,
})  # fmt: skip
"""There in every realm; what they do is done here otherwise, or is one of OpenID Connect's."""
_MASKED = "*" * 10
"""What stands for a secret in a partial export."""
_SEPARATOR = "##"
_METHODS = {
    "client-secret": "client_secret",
    "client-jwt": "private_key_jwt",
    "client-secret-jwt": "client_secret_jwt",
    "client-x509": "tls_client_auth",
}
_LIFETIMES = {
    "accessTokenLifespan": "access_token_s",
    "accessCodeLifespan": "authorization_code_s",
    "ssoSessionIdleTimeout": "session_idle_s",
    "ssoSessionMaxLifespan": "session_absolute_s",
    "offlineSessionIdleTimeout": "refresh_idle_s",
    "oauth2DeviceCodeLifespan": "device_code_s",
    "oauth2DevicePollingInterval": "device_interval_s",
}
_PAIRWISE = "oidc-sha256-pairwise-sub-mapper"
_AUDIENCE = "oidc-audience-mapper"


def read(document: Node) -> Realm:
    """Read an export; raises Unreadable with everything that is not as Keycloak writes it."""
    if not isinstance(document.value, dict) or not isinstance(document.value.get("realm"), str):
        raise Unreadable(["$  is not a realm: an object with realm and clients"])
    if not isinstance(document.value.get("clients"), list):
        raise Unreadable(["$.clients  is missing: export the realm with its clients"])
    realm = document.text("realm")
    nodes = [one for one in document.each("clients") if one.text("clientId") not in _OWN_CLIENTS]
    saml = [one.text("clientId") for one in nodes if one.text("protocol") == "saml"]
    nodes = [one for one in nodes if one.text("protocol") in {"", "openid-connect"}]
    apis = tuple(_api(one, realm) for one in nodes if one.flag("bearerOnly"))
    scopes = tuple(_scope(one, apis) for one in document.each("clientScopes") if _is_custom(one))
    known = {scope.name for scope in scopes}
    return Realm(
        product=PRODUCT,
        name=realm,
        clients=tuple(_client(one, known) for one in nodes if not one.flag("bearerOnly")),
        apis=apis,
        scopes=scopes,
        lifetimes=_lifetimes(document),
        endless=document.value.get("offlineSessionMaxLifespanEnabled") is False,
        rotates=document.flag("revokeRefreshToken"),
        notes=tuple(_notes(document, saml)),
    )


def _notes(document: Node, saml: list[str]) -> list[str]:
    people, roles = document.at("users").value, document.table("roles").value
    notes = [f"{name} speaks SAML, which is not spoken here" for name in saml]
    if isinstance(people, list) and people:
        notes.append(f"{len(people)} people are not imported: make them with licet user add")
    if roles:
        notes.append(
            "roles are not carried: what an app may do is its scopes, what a person may do is the API's to say"
        )
    if document.at("identityProviders").value:
        notes.append("identity providers are not carried: nobody signs in elsewhere yet")
    return notes


def _lifetimes(document: Node) -> dict[str, tuple[int, str]]:
    names = dict(_LIFETIMES)
    if document.flag("offlineSessionMaxLifespanEnabled"):
        names["offlineSessionMaxLifespan"] = "refresh_absolute_s"
    found = {ours: (document.seconds(theirs), theirs) for theirs, ours in names.items()}
    return {ours: (seconds, theirs) for ours, (seconds, theirs) in found.items() if seconds}


def _is_custom(scope: Node) -> bool:
    return scope.text("protocol") in {"", "openid-connect"} and scope.text("name") not in _OWN_SCOPES


def _scope(node: Node, apis: tuple[ForeignApi, ...]) -> ForeignScope:
    """A client scope; an audience mapper in it says which API it is of."""
    said = node.table("attributes").text("consent.screen.text") or node.text("description")
    for mapper in node.each("protocolMappers"):
        config = mapper.table("config")
        named = config.text("included.client.audience") or config.text("included.custom.audience")
        for api in apis:
            if mapper.text("protocolMapper") == _AUDIENCE and named and named in {api.was, api.audience}:
                return ForeignScope(name=node.text("name"), says=said, api=api.name)
    return ForeignScope(name=node.text("name"), says=said)


def _api(node: Node, realm: str) -> ForeignApi:
    client_id = node.text("clientId")
    secret, state = _secret(node)
    url = _address(node)
    return ForeignApi(
        name=client_id,
        audience=url or f"urn:keycloak:{realm}:{client_id}",
        was=client_id,
        where=node.path,
        secret=secret,
        secret_state=state,
    )


def _address(node: Node) -> str:
    """Where it lives, as far as that is an address."""
    root, base, admin = node.text("rootUrl"), node.text("baseUrl"), node.text("adminUrl")
    first = next((url for url in (root, base, admin) if url.startswith(("http://", "https://"))), "")
    return first if "${" not in first else ""


def _secret(node: Node) -> tuple[str, SecretState]:
    secret = node.text("secret")
    if not secret:
        return "", "none"
    return ("", "masked") if secret == _MASKED else (secret, "plain")


def _client(node: Node, known: set[str]) -> ForeignClient:
    attributes = node.table("attributes")
    public = node.flag("publicClient")
    method = "none" if public else _METHODS.get(node.text("clientAuthenticatorType") or "client-secret", "unknown")
    secret, state = _secret(Node({}) if public or method == "private_key_jwt" else node)
    asked_for = (*node.texts("defaultClientScopes"), *node.texts("optionalClientScopes"))
    grants = _grants(node, attributes)
    keys, uri, trouble = _keys(attributes) if method == "private_key_jwt" else ((), "", ())
    redirects = tuple(_whole(uri, node) for uri in node.texts("redirectUris"))
    pkce = attributes.text("pkce.code.challenge.method")
    people = bool(grants - {CREDENTIALS})
    return ForeignClient(
        where=node.path,
        client_id=node.text("clientId"),
        name=_worded(node.text("name")),
        enabled=node.flag("enabled", default=True),
        public=public,
        grants=grants,
        method=method,
        redirect_uris=redirects,
        post_logout_redirect_uris=_after_logout(attributes, redirects, node),
        origins=node.texts("webOrigins"),
        url=_address(node),
        scope=tuple(dict.fromkeys((*(("openid",) if people else ()), *(s for s in asked_for if s in {*OWN, *known})))),
        secret=secret,
        secret_state=state,
        jwks=keys,
        jwks_uri=uri,
        pkce="S256" if pkce == "S256" else "plain" if pkce == "plain" else "none",
        asked=node.flag("consentRequired"),
        everything=node.flag("fullScopeAllowed"),
        access_token_s=attributes.seconds("access.token.lifespan"),
        id_token_alg=attributes.text("id.token.signed.response.alg"),
        sector=_sector(node),
        expert=_expert(attributes),
        notes=(*trouble, *_left(node, attributes)),
    )


def _grants(node: Node, attributes: Node) -> frozenset[str]:
    switches = {
        CODE: node.flag("standardFlowEnabled", default=True),
        "implicit": node.flag("implicitFlowEnabled"),
        "password": node.flag("directAccessGrantsEnabled"),
        CREDENTIALS: node.flag("serviceAccountsEnabled"),
        DEVICE: attributes.flag("oauth2.device.authorization.grant.enabled"),
        "urn:openid:params:grant-type:ciba": attributes.flag("oidc.ciba.grant.enabled"),
    }
    found = {grant for grant, on in switches.items() if on}
    return frozenset(found | ({REFRESH} if found & {CODE, DEVICE, "password"} else set()))


def _worded(name: str) -> str:
    """``${client_account}`` names a translation that only Keycloak has."""
    return "" if "${" in name else name


def _whole(uri: str, node: Node) -> str:
    """A redirect URI that begins with a slash is on the client's own address."""
    return node.text("rootUrl").rstrip("/") + uri if uri.startswith("/") else uri


def _after_logout(attributes: Node, redirects: tuple[str, ...], node: Node) -> tuple[str, ...]:
    """A plus sign stands for the redirect URIs, a minus for none."""
    said = [uri.strip() for uri in attributes.text("post.logout.redirect.uris").split(_SEPARATOR)]
    found: list[str] = []
    for uri in said:
        found += redirects if uri == "+" else [] if uri in {"", "-"} else [_whole(uri, node)]
    return tuple(dict.fromkeys(found))


def _keys(attributes: Node) -> tuple[tuple[dict[str, Any], ...], str, tuple[str, ...]]:
    """Its public keys, or where they are; and what was wrong with them."""
    if attributes.flag("use.jwks.url") and (url := attributes.text("jwks.url")):
        return (), url, ()
    if text := attributes.text("jwks.string"):
        try:
            keys = json.loads(text)["keys"]
            return tuple(key for key in keys if isinstance(key, dict) and key.get("use") != "enc"), "", ()
        except (ValueError, TypeError, KeyError, RecursionError):
            return (), "", ("its key set could not be read",)
    if certificate := attributes.text("jwt.credential.certificate"):
        try:
            return (_of_certificate(certificate),), "", ()
        except (ValueError, TypeError, Unusable):
            return (), "", ("its certificate could not be read",)
    return (), "", ()


def _of_certificate(text: str) -> dict[str, Any]:
    public = x509.load_der_x509_certificate(base64.b64decode(text)).public_key()
    return from_pem(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())


def _sector(node: Node) -> str:
    """The sector of a client that knows people by pairwise identifiers."""
    for mapper in node.each("protocolMappers"):
        if mapper.text("protocolMapper") == _PAIRWISE:
            uri = mapper.table("config").text("sectorIdentifierUri")
            try:
                return urlsplit(uri).hostname or ""
            except ValueError:
                return ""
    return ""


def _expert(attributes: Node) -> dict[str, Any]:
    """What has a registered name; the values of algorithms only where they are known here."""
    levels = tuple(level for level in attributes.text("default.acr.values").split(_SEPARATOR) if level)
    found: dict[str, Any] = {
        "backchannel_logout_uri": attributes.text("backchannel.logout.url"),
        "logo_uri": attributes.text("logoUri"),
        "policy_uri": attributes.text("policyUri"),
        "tos_uri": attributes.text("tosUri"),
        "default_acr_values": levels,
        "require_pushed_authorization_requests": attributes.flag("require.pushed.authorization.requests"),
        "userinfo_signed_response_alg": _known(attributes.text("user.info.response.signature.alg"), SIGNED),
        "request_object_signing_alg": _known(attributes.text("request.object.signature.alg"), SIGNING),
        "token_endpoint_auth_signing_alg": _known(attributes.text("token.endpoint.auth.signing.alg"), SIGNING),
    }
    return {name: value for name, value in found.items() if value}


def _known(algorithm: str, known: tuple[str, ...]) -> str:
    return algorithm if algorithm in known else ""


def _left(node: Node, attributes: Node) -> list[str]:
    """What a client had that has no place here."""
    notes = []
    if attributes.flag("dpop.bound.access.tokens"):
        notes.append("its tokens were bound by DPoP, which is not enforced by this version yet")
    if attributes.flag("tls.client.certificate.bound.access.tokens"):
        notes.append("its tokens were bound to a TLS certificate, which is not enforced by this version yet")
    if attributes.text("frontchannel.logout.url"):
        notes.append("front-channel logout is not done here: back-channel logout tells it, by backchannel_logout_uri")
    if node.flag("authorizationServicesEnabled"):
        notes.append("its authorization services (UMA) are not carried: the API decides by scopes")
    mappers = [one.text("name") for one in node.each("protocolMappers") if one.text("protocolMapper") != _PAIRWISE]
    if mappers:
        notes.append(f"protocol mappers are not carried: {', '.join(mappers)}")
    if node.flag("fullScopeAllowed") and node.flag("serviceAccountsEnabled"):
        notes.append("the roles of its service account are not carried: name the scopes it may have")
    return notes
