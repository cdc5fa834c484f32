"""For each rule a document that breaks it, and the same one mended: the smallest change between found and fine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from licet.rules import PolicyFacts, RegistrationFacts, ServerFacts

WEB = RegistrationFacts(
    name="app.shop",
    kind="web-app",
    source="file",
    application_type="web",
    redirect_uris=("https://shop.example.com/cb",),
    post_logout_redirect_uris=("https://shop.example.com/",),
    addresses={"logo_uri": "https://shop.example.com/logo.png"},
    grant_types=("authorization_code", "refresh_token"),
    response_types=("code",),
    auth_method="private_key_jwt",
    pkce="required",
    rotates=False,
    access_token_s=600,
    scope=("openid", "orders:read"),
    known_scopes=frozenset({"openid", "orders:read", "orders:write"}),
    sensitive=frozenset({"orders:write"}),
    consent="remember",
    pushed_only=False,
    owner="shop team",
    contacts=(),
    keys=("thumbprint",),
    algorithms={"id_token_signed_response_alg": "RS256"},
)
PHONE = replace(
    WEB,
    name="app.phone",
    kind="mobile-app",
    application_type="native",
    redirect_uris=("com.example.shop:/cb", "http://127.0.0.1/cb"),
    auth_method="none",
    rotates=True,
    keys=(),
)
SERVICE = replace(
    WEB,
    name="app.job",
    kind="service",
    redirect_uris=(),
    post_logout_redirect_uris=(),
    grant_types=("client_credentials",),
    response_types=(),
    scope=("orders:read",),
    rotates=None,
    pkce=None,
    keys=("another",),
)
POLICY = PolicyFacts(
    issuer="https://id.example.com",
    authorization_code_s=60,
    access_token_s=600,
    refresh_idle_s=30 * 86400,
    refresh_absolute_s=90 * 86400,
    user_code_bits=34.5,
    user_code_guesses=500,
    registration="anybody",
    registration_scope=("openid",),
    registration_unused_s=604800,
    api_scopes=frozenset({"orders:read"}),
    egress_allow=("billing.internal", "10.1.0.0/16"),
)
DOCUMENT: dict[str, Any] = {
    "issuer": "https://id.example.com",
    "authorization_endpoint": "https://id.example.com/authorize",
    "token_endpoint": "https://id.example.com/token",
    "jwks_uri": "https://id.example.com/jwks",
    "service_documentation": "https://docs.example.org/",
    "response_types_supported": ["code"],
    "grant_types_supported": ["authorization_code", "refresh_token"],
    "code_challenge_methods_supported": ["S256"],
    "authorization_response_iss_parameter_supported": True,
    "id_token_signing_alg_values_supported": ["RS256", "ES256"],
}
KEYS: list[dict[str, Any]] = [
    {"kty": "EC", "crv": "P-256", "x": "x", "y": "y", "kid": "1", "use": "sig", "alg": "ES256"},
    {"kty": "RSA", "n": "_" + "w" * 341, "e": "AQAB", "kid": "2", "use": "sig", "alg": "RS256"},
]
SERVER = ServerFacts(issuer="https://id.example.com", metadata=DOCUMENT, openid=DOCUMENT, jwks={"keys": KEYS})

GOOD: tuple[RegistrationFacts, ...] = (WEB, PHONE, SERVICE)
OTHER = replace(
    WEB, name="app.other", owner="other team", redirect_uris=("https://other.example.com/cb",), keys=("k2",)
)

Edit = Callable[[Any], Any]


def of(good: Any, **changes: Any) -> tuple[Any, Any]:
    """What breaks it, and what does not."""
    return replace(good, **changes), good


def said(**changes: Any) -> tuple[ServerFacts, ServerFacts]:
    """A document that says something else."""
    other = {name: value for name, value in (DOCUMENT | changes).items() if value is not None}
    return replace(SERVER, metadata=other, openid=None), SERVER


def keyed(*keys: dict[str, Any]) -> tuple[ServerFacts, ServerFacts]:
    return replace(SERVER, jwks={"keys": list(keys)}), SERVER


SECRET = replace(WEB, auth_method="client_secret_basic", secrets=("s1",), secret_bits=192, keys=())

PAIRS: dict[str, list[tuple[Any, Any]]] = {
    "LA-001": [said(issuer="http://id.example.com"), said(issuer="https://id.example.com/x"), said(issuer=None)],
    "LA-002": [(replace(SERVER, openid=DOCUMENT | {"token_endpoint": "https://id.example.com/t"}), SERVER)],
    "LA-003": [
        said(token_endpoint="http://id.example.com/token"),
        said(jwks_uri="https://keys.example.org/jwks"),
    ],
    "LA-005": [said(code_challenge_methods_supported=None), said(code_challenge_methods_supported=["S256", "plain"])],
    "LA-006": [
        said(grant_types_supported=None),
        said(grant_types_supported=["password"]),
        said(response_types_supported=["code", "id_token token"]),
    ],
    "LA-007": [said(authorization_response_iss_parameter_supported=None)],
    "LA-008": [of(WEB, algorithms={"id_token_signed_response_alg": alg}) for alg in ("none", "None")],
    "LA-008m": [said(request_object_signing_alg_values_supported=["none", "RS256"])],
    "LA-009": [of(WEB, algorithms={"id_token_signed_response_alg": "HS256"})],
    "LA-010": [keyed(KEYS[0] | {"d": "x"}), keyed({"kty": "oct", "k": "x", "kid": "1", "use": "sig"})],
    "LA-011": [
        keyed(KEYS[1], KEYS[1] | {"kid": "3"}),
        keyed(KEYS[1] | {"n": "w" * 171}),
        keyed(KEYS[0] | {"crv": "secp256k1"}),
    ],
    "LA-012": [
        keyed(KEYS[0], KEYS[1] | {"kid": "1"}),
        keyed(KEYS[0], {"kty": "RSA", "n": KEYS[1]["n"], "e": "AQAB", "use": "sig"}),
        keyed({name: KEYS[0][name] for name in ("kty", "crv", "x", "y", "kid")}),
    ],
    "LA-021": [
        of(WEB, redirect_uris=(uri,))
        for uri in ("https://*.example.com/cb", "https://shop.example.com/*", "+", "^https://x")
    ],
    "LA-022": [of(WEB, redirect_uris=("http://shop.example.com/cb",))],
    "LA-023": [of(WEB, redirect_uris=("https://shop.example.com/#/cb",))],
    "LA-024": [of(PHONE, redirect_uris=("shop:/cb",)), of(WEB, redirect_uris=("com.example.shop:/cb",))],
    "LA-025": [of(PHONE, redirect_uris=("http://localhost/cb",))],
    "LA-026": [of(WEB, redirect_uris=("http://127.0.0.1:8080/cb",))],
    "LA-027": [
        of(WEB, redirect_uris=(uri,))
        for uri in (
            "http://evil.example]/cb",
            "//evil.example/cb",
            "https:///cb",
            "https://u@evil.example/cb",
            "https://shop.example.com/../cb",
            "not a uri",
        )
    ],
    "LA-034": [((WEB, replace(OTHER, redirect_uris=WEB.redirect_uris)), (WEB, OTHER))],
    "LA-040": [of(PHONE, pkce="optional")],
    "LA-041": [(replace(WEB, pkce="optional"), replace(WEB, pkce="optional", nonce_instead=True))],
    "LA-042": [of(WEB, pkce="plain")],
    "LA-047": [of(POLICY, authorization_code_s=601)],
    "LA-052": [(SECRET, WEB)],
    "LA-053": [(replace(SECRET, secret_bits=127), SECRET)],
    "LA-053e": [
        ((WEB, replace(OTHER, keys=WEB.keys)), (WEB, OTHER)),
        ((SECRET, replace(OTHER, secrets=SECRET.secrets)), (SECRET, OTHER)),
    ],
    "LA-054": [(replace(SECRET, secret_in_clear=True), SECRET)],
    "LA-055": [(replace(SECRET, overlap_days=31), replace(SECRET, overlap_days=30))],
    "LA-059": [
        of(PHONE, auth_method="client_secret_post"),
        of(replace(PHONE, kind=None), auth_method="client_secret_basic"),
    ],
    "LA-061": [of(WEB, grant_types=("authorization_code", "client_credentials"))],
    "LA-063": [of(WEB, owner="")],
    "LA-064": [of(WEB, scope=("openid", "orders:*")), of(WEB, scope=("openid", "orders:delete"))],
    "LA-065": [
        of(PHONE, consent="trusted"),
        of(replace(PHONE, redirect_uris=()), consent="trusted"),
        of(replace(WEB, kind="partner-app"), consent="trusted"),
    ],
    "LA-066": [
        of(WEB, addresses={"jwks_uri": "http://shop.example.com/jwks"}),
        of(WEB, addresses={"jwks_uri": "https://10.0.0.7/jwks"}),
        *(
            of(WEB, addresses={"logo_uri": f"https://{host}/l"})
            for host in ("localhost", "x.localhost.", "127.1", "2130706433", "[::1]", "")
        ),
    ],
    "LA-068": [
        of(WEB, grant_types=("authorization_code", "password")),
        of(WEB, grant_types=("authorization_code", "implicit")),
        of(WEB, response_types=("code", "token")),
        of(WEB, response_types=("code id_token",)),
    ],
    "LA-070": [of(WEB, access_token_s=3601)],
    "LA-070p": [of(POLICY, access_token_s=3601)],
    "LA-078": [of(PHONE, rotates=False)],
    "LA-081": [of(POLICY, refresh_idle_s=0), of(POLICY, refresh_absolute_s=10 * 366 * 86400)],
    "LA-082": [of(SERVICE, grant_types=("client_credentials", "refresh_token"))],
    "LA-100": [of(POLICY, user_code_bits=20.0)],
    "LA-104": [of(WEB, scope=("openid", "orders:write"))],
    "LA-106": [of(POLICY, egress_allow=("10.0.0.0/8",)), of(POLICY, egress_allow=("169.254.169.254/32",))],
    "LA-107": [
        of(WEB, redirect_uris=("javascript:alert(1)//",)),
        of(PHONE, redirect_uris=("data:text/html,x",)),
        of(PHONE, redirect_uris=("intent:x",)),
    ],
    "LA-107p": [of(POLICY, registration_scope=("openid", "orders:read"))],
    "LA-110": [
        of(WEB, post_logout_redirect_uris=("https://shop.example.com/*",)),
        of(WEB, post_logout_redirect_uris=("http://shop.example.com/",)),
        of(WEB, post_logout_redirect_uris=("data:text/html,x",)),
        of(WEB, post_logout_redirect_uris=("//shop.example.com/",)),
    ],
    "LA-131": [of(POLICY, issuer="http://id.example.com")],
    "LA-151": [of(POLICY, registration_unused_s=0)],
}

ALSO: dict[str, frozenset[str]] = {
    "LA-107": frozenset({"LA-021", "LA-024"}),
    "LA-024": frozenset(),
    "LA-053": frozenset({"LA-052"}),
    "LA-054": frozenset({"LA-052"}),
    "LA-055": frozenset({"LA-052"}),
    "LA-059": frozenset({"LA-052", "LA-024"}),
    "LA-027": frozenset({"LA-022", "LA-024"}),
}
"""What a bad one breaks as well, because it cannot break the one without the other."""
