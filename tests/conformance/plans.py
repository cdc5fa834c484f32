"""The certification plans, their modules in order, and the ways in which a relying party plays them.

The names are those of the OpenID Foundation's conformance suite, so that a line here and a line there are the same line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is certified together."""

    name: str
    title: str
    modules: tuple[str, ...]
    response_mode: str | None = None
    """As every module asks for it; None: the server's default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How the relying parties are registered, and what they send."""

    name: str
    title: str
    profile: str
    """Of the client (``requirements/profiles.py``)."""
    pkce: bool
    """Whether a challenge is added to requests that the suite sends without one."""


BASIC: Final = (
    "oidcc-server",
    "oidcc-response-type-missing",
    "oidcc-idtoken-signature",
    "oidcc-idtoken-unsigned",
    "oidcc-userinfo-get",
    "oidcc-userinfo-post-header",
    "oidcc-userinfo-post-body",
    "oidcc-ensure-request-without-nonce-succeeds-for-code-flow",
    "oidcc-scope-profile",
    "oidcc-scope-email",
    "oidcc-scope-address",
    "oidcc-scope-phone",
    "oidcc-scope-all",
    "oidcc-alternate-happy-flow",
    "oidcc-display-page",
    "oidcc-display-popup",
    "oidcc-prompt-login",
    "oidcc-prompt-none-not-logged-in",
    "oidcc-prompt-none-logged-in",
    "oidcc-max-age-1",
    "oidcc-max-age-10000",
    "oidcc-ensure-request-with-unknown-parameter-succeeds",
    "oidcc-id-token-hint",
    "oidcc-login-hint",
    "oidcc-ui-locales",
    "oidcc-claims-locales",
    "oidcc-ensure-request-with-acr-values-succeeds",
    "oidcc-codereuse",
    "oidcc-codereuse-30seconds",
    "oidcc-ensure-registered-redirect-uri",
    "oidcc-ensure-post-request-succeeds",
    "oidcc-server-client-secret-post",
    "oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported",
    "oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported",
    "oidcc-claims-essential",
    "oidcc-ensure-request-object-with-redirect-uri",
    "oidcc-refresh-token",
    "oidcc-ensure-request-with-valid-pkce-succeeds",
)

PLANS: Final = (
    Plan(name="oidcc-basic-certification-test-plan", title="Basic", modules=BASIC),
    Plan(
        name="oidcc-formpost-basic-certification-test-plan",
        title="Form Post Basic",
        modules=BASIC,
        response_mode="form_post",
    ),
    Plan(
        name="oidcc-config-certification-test-plan",
        title="Config",
        modules=("oidcc-discovery-endpoint-verification",),
    ),
    Plan(
        name="oidcc-3rdparty-init-login-certification-test-plan",
        title="Third-party initiated login",
        modules=("oidcc-3rd_party-init-login", "oidcc-3rd_party-init-login-nohttps"),
    ),
    Plan(
        name="oidcc-rp-initiated-logout-certification-test-plan",
        title="RP-initiated logout",
        modules=(
            "oidcc-rp-initiated-logout-discovery-endpoint-verification",
            "oidcc-rp-initiated-logout",
            "oidcc-rp-initiated-logout-bad-post-logout-redirect-uri",
            "oidcc-rp-initiated-logout-modified-id-token-hint",
            "oidcc-rp-initiated-logout-no-id-token-hint",
            "oidcc-rp-initiated-logout-no-params",
            "oidcc-rp-initiated-logout-no-post-logout-redirect-uri",
            "oidcc-rp-initiated-logout-no-state",
            "oidcc-rp-initiated-logout-only-state",
            "oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri",
            "oidcc-rp-initiated-logout-bad-id-token-hint",
        ),
    ),
    Plan(
        name="oidcc-backchannel-rp-initiated-logout-certification-test-plan",
        title="Back-channel logout",
        modules=(
            "oidcc-backchannel-logout-discovery-endpoint-verification",
            "oidcc-backchannel-rp-initiated-logout",
        ),
    ),
)

MANNERS: Final = (
    Manner(name="oidc-core", title="`oidc-core`", profile="oidc-core", pkce=False),
    Manner(name="strict", title="strict, as sent", profile="oauth-2.1", pkce=False),
    Manner(name="strict-pkce", title="strict, with PKCE", profile="oauth-2.1", pkce=True),
)

REFUSED_BY_DESIGN: Final = {
    ("strict", "code_challenge"): "no `code_challenge`",
}
"""What a manner is refused for on purpose (rulings R): by the word of the refusal, how the table says it.

No other refusal where the suite expects success is anything but a failure.
"""
