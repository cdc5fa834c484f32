"""What is checked of an authorization request, in order: one row a parameter.

Each check reads its parameter from a draft and returns the value for the request, or refuses. The columns say at
which endpoint a row applies.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from licet.ambient import Instant
from licet.authorization_server import scopes
from licet.authorization_server.directory import Catalogue
from licet.authorization_server.keys import Ring
from licet.authorization_server.policy import Policy
from licet.authorization_server.token.audience import known
from licet.protocol import claims_request, id_token, pkce
from licet.protocol import resource as resources
from licet.protocol.errors import (
    InvalidRequest,
    LoginRequired,
    RegistrationNotSupported,
    RequestNotSupported,
    RequestUriNotSupported,
    UnauthorizedClient,
    UnmetAuthenticationRequirements,
    UnsupportedResponseType,
)
from licet.protocol.parameters import Parameters
from licet.requirements import (
    ACR_ESSENTIAL,
    CLAIMS_REQUEST_WELL_FORMED,
    GRANT_TYPE_ALLOWED,
    ID_TOKEN_HINT_OURS,
    MAX_AGE_HONOURED,
    NONCE_RETURNED,
    PKCE_CHALLENGE_WELL_FORMED,
    PKCE_OR_NONCE,
    PKCE_REQUIRED,
    PROMPT_KNOWN,
    PUSHED_WHERE_REQUIRED,
    REQUEST_OBJECT_ANSWERED,
    RESPONSE_MODE_KNOWN,
    RESPONSE_TYPE_CODE,
)
from licet.resource_owner.assurance import attainable
from licet.storage.records import Client

PROMPTS = ("none", "login", "consent", "select_account")
_SECONDS_DIGITS = 9
"""Thirty years: nobody means more, and no sum overflows."""
_MOST_LEVELS = 16
LONGEST = 2048
"""Characters of ``state`` and ``nonce`` that are carried; longer ones are refused, never cut."""


class Draft(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A request on its way to being believed."""

    parameters: Parameters
    client: Client
    response_modes: tuple[str, ...]
    """How an answer may travel to where this one would."""
    catalogue: Catalogue
    policy: Policy
    ring: Ring
    issuer: str
    now: Instant
    pushed_only: bool = False
    """The server takes no other requests than pushed ones."""


def response_type(draft: Draft) -> None:
    """Only ``code`` (OAuth 2.1 §4.1.1, ASVS 10.6.1)."""
    asked = draft.parameters.get("response_type")
    if asked is None:
        raise InvalidRequest("response_type is missing", per=RESPONSE_TYPE_CODE)
    if asked != "code":
        raise UnsupportedResponseType("Only response_type=code is issued here", per=RESPONSE_TYPE_CODE)
    if "authorization_code" not in draft.client.metadata.grant_types:
        raise UnauthorizedClient("This client may not use the authorization code grant", per=GRANT_TYPE_ALLOWED)


def pushed_where_required(draft: Draft) -> None:
    """Who pushes its requests, or must here, brings none by browser (RFC 9126 §5, §6)."""
    if draft.pushed_only or draft.client.metadata.require_pushed_authorization_requests:
        raise InvalidRequest("This client's requests must be pushed (RFC 9126)", per=PUSHED_WHERE_REQUIRED)


def request_object(draft: Draft) -> None:
    """Refused, never ignored: what is inside was meant to count (OpenID Connect Core §6.1, §6.2, §7.2.1).

    One that could be opened is not here any more: ``request_object.py`` put its parameters in its place.
    """
    if draft.parameters.get("request") is not None:
        raise RequestNotSupported("This client has no keys to sign request objects with", per=REQUEST_OBJECT_ANSWERED)
    if draft.parameters.get("request_uri") is not None:
        raise RequestUriNotSupported("Request objects by reference are not taken", per=REQUEST_OBJECT_ANSWERED)
    if draft.parameters.get("registration") is not None:
        raise RegistrationNotSupported("The registration parameter is not taken", per=REQUEST_OBJECT_ANSWERED)


def response_mode(draft: Draft) -> None:
    """``query`` or ``form_post``, as the client registered; a code never goes in a fragment (ASVS 10.4.12)."""
    asked = draft.parameters.get("response_mode")
    if asked is not None and asked not in draft.response_modes:
        raise InvalidRequest("This response_mode is not available to this client", per=RESPONSE_MODE_KNOWN)


def state(draft: Draft) -> str | None:
    """Carried as it is, or refused (RFC 6749 §4.1.1)."""
    return _carried(draft, "state")


def nonce(draft: Draft) -> str | None:
    """Carried into the ID token as it is (OpenID Connect Core §3.1.2.1)."""
    return _carried(draft, "nonce")


def _carried(draft: Draft, name: str) -> str | None:
    value = draft.parameters.get(name)
    if value is not None and len(value) > LONGEST:
        raise InvalidRequest(f"{name} is longer than {LONGEST} characters", per=NONCE_RETURNED)
    return value


def scope(draft: Draft) -> tuple[str, ...]:
    """Registered scopes only; ``offline_access`` counts only for who may refresh (OpenID Connect Core §11)."""
    return scopes.of_a_person(draft.parameters.get("scope"), draft.client, draft.catalogue)


def resource(draft: Draft) -> tuple[str, ...]:
    """APIs of ours, each once (RFC 8707 §2)."""
    named = tuple(dict.fromkeys(draft.parameters.every("resource")))
    for identifier in named:
        resources.check(identifier)
        if identifier != draft.catalogue.userinfo:
            known(draft.catalogue, identifier)
    return named


def code_challenge(draft: Draft) -> str | None:
    """RFC 7636 §4.3. S256 only: recommended by RFC 9700 §2.1.1, demanded by FAPI 2.0."""
    challenge = draft.parameters.get("code_challenge")
    method = draft.parameters.get("code_challenge_method")
    if challenge is None:
        if method is not None:
            raise InvalidRequest("code_challenge_method without code_challenge", per=PKCE_CHALLENGE_WELL_FORMED)
        if draft.client.metadata.public or draft.policy.demands(PKCE_REQUIRED, draft.client, draft.now):
            raise InvalidRequest("code_challenge is missing", per=PKCE_REQUIRED)
        if not _nonce_instead(draft) and draft.policy.demands(PKCE_OR_NONCE, draft.client, draft.now):
            raise InvalidRequest("code_challenge is missing, and there is no nonce instead", per=PKCE_OR_NONCE)
        return None
    pkce.check_challenge(challenge, method)
    return challenge


def _nonce_instead(draft: Draft) -> bool:
    """A nonce is checked where there is an ID token (OAuth 2.1 §7.5.1.1)."""
    return draft.parameters.get("nonce") is not None and "openid" in (draft.parameters.get("scope") or "").split()


def prompt(draft: Draft) -> tuple[str, ...]:
    """Known values, and ``none`` alone (OpenID Connect Core §3.1.2.1)."""
    values = tuple(dict.fromkeys((draft.parameters.get("prompt") or "").split()))
    for value in values:
        if value not in PROMPTS:
            raise InvalidRequest(f"prompt knows only {', '.join(PROMPTS)}", per=PROMPT_KNOWN)
    if "none" in values and len(values) > 1:
        raise InvalidRequest("prompt=none goes with no other value", per=PROMPT_KNOWN)
    return values


def max_age(draft: Draft) -> int | None:
    """Whole seconds (OpenID Connect Core §3.1.2.1); 0 asks for a sign-in."""
    text = draft.parameters.get("max_age")
    if text is None:
        return draft.client.metadata.default_max_age
    if not (text.isascii() and text.isdigit() and len(text) <= _SECONDS_DIGITS):
        raise InvalidRequest("max_age is a whole number of seconds", per=MAX_AGE_HONOURED)
    return int(text)


def acr_values(draft: Draft) -> tuple[str, ...]:
    """Levels that would be welcome; the client's default where the request names none (OpenID Connect Registration §2)."""
    named = (draft.parameters.get("acr_values") or "").split()
    return tuple(dict.fromkeys(named))[:_MOST_LEVELS] or draft.client.metadata.default_acr_values


def claims(draft: Draft) -> claims_request.ClaimsRequest | None:
    """Claims asked for one by one; an essential ``acr`` that nothing here reaches is a failed authentication
    (OpenID Connect Core §5.5, §5.5.1.1)."""
    text = draft.parameters.get("claims")
    if text is None:
        return None
    try:
        asked = claims_request.read(text)
    except ValueError as reason:
        raise InvalidRequest(str(reason), per=CLAIMS_REQUEST_WELL_FORMED) from reason
    if asked.acr_essential and not attainable(asked.acr):
        raise UnmetAuthenticationRequirements("No sign-in here reaches the acr that is essential", per=ACR_ESSENTIAL)
    return asked


def login_hint(draft: Draft) -> str:
    """What to put into the name field; never believed."""
    return (draft.parameters.get("login_hint") or "")[:254]


def id_token_hint(draft: Draft) -> str | None:
    """The subject of an ID token we issued to this client, expired or not (OpenID Connect Core §3.1.2.1)."""
    hint = draft.parameters.get("id_token_hint")
    if hint is None:
        return None
    subject = id_token.hinted_subject(
        hint, draft.ring.verifying_hints(), issuer=draft.issuer, client_id=draft.client.client_id
    )
    if subject is None:
        raise LoginRequired("id_token_hint is not an ID token of ours for this client", per=ID_TOKEN_HINT_OURS)
    return subject


class Check(msgspec.Struct, frozen=True, gc=False):
    """A row: which field of the request it fills (empty: it only judges), and where it applies."""

    judge: Callable[[Draft], Any]
    field: str
    authorize: bool
    pushed: bool
    device: bool


A = P = D = True
O = False  # noqa: E741  reads as an empty cell

CHECKS = (
    #     check            fills             authorize  pushed  device
    Check(response_type,   "",               A,         P,      O),
    Check(request_object,  "",               A,         P,      O),
    Check(pushed_where_required, "",         A,         O,      O),
    Check(response_mode,   "",               A,         P,      O),
    Check(state,           "state",          A,         P,      O),
    Check(prompt,          "prompt",         A,         P,      O),
    Check(scope,           "scope",          A,         P,      D),
    Check(code_challenge,  "code_challenge", A,         P,      O),  # before resource: cheaper to refuse
    Check(resource,        "resources",      A,         P,      D),
    Check(nonce,           "nonce",          A,         P,      O),
    Check(max_age,         "max_age",        A,         P,      O),
    Check(acr_values,      "acr_values",     A,         P,      O),
    Check(claims,          "claims",         A,         P,      O),
    Check(login_hint,      "login_hint",     A,         P,      O),
    Check(id_token_hint,   "hinted_sub",     A,         P,      O),
)  # fmt: skip


def run(draft: Draft, *, column: str) -> dict[str, Any]:
    """Every row of *column*, in order; the fields of the request. Raises the first Refusal."""
    draft.parameters.refuse_repeated()
    found: dict[str, Any] = {}
    for check in CHECKS:
        if getattr(check, column):
            value = check.judge(draft)
            if check.field:
                found[check.field] = value
    return found
