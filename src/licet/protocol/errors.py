"""What the protocol says when it says no: one class per registered error code.

The wire sees ``error`` and a fixed ASCII ``description`` written for the client's developer; ``detail``
goes to the log alone; ``per`` names the requirement or the section and cannot be left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from licet.requirements.model import Citation, Requirement


class Refusal(Exception):  # noqa: N818  a refusal is an answer, not a fault
    """An answer of the protocol that grants nothing (RFC 6749 §5.2)."""

    error: ClassVar[str]
    status: ClassVar[int] = 400
    members: Mapping[str, Any] = MappingProxyType({})
    """What else a problem document says (RFC 9457 §3.2)."""

    def __init__(self, description: str, *, per: Requirement | Citation, detail: str = "") -> None:
        super().__init__(description)
        self.description = description
        self.per = per
        self.detail = detail
        self.retry_after_s: int | None = None
        self.compared: tuple[str, str] | None = None
        """What was sent and the nearest that would have been right, for a developer to see side by side."""

    @property
    def error_uri(self) -> str:
        """Where the client's developer reads why."""
        return self.per.url


class InvalidRequest(Refusal):
    """A parameter is missing, repeated or malformed (RFC 6749 §4.1.2.1, §5.2)."""

    error = "invalid_request"


class InvalidClient(Refusal):
    """The client is unknown or did not prove who it is (RFC 6749 §5.2)."""

    error = "invalid_client"
    status = 401


class InvalidGrant(Refusal):
    """The code, refresh token or assertion is not good (RFC 6749 §5.2)."""

    error = "invalid_grant"


class UnauthorizedClient(Refusal):
    """The client may not use this grant or response type (RFC 6749 §4.1.2.1, §5.2)."""

    error = "unauthorized_client"


class UnsupportedGrantType(Refusal):
    """The server does not have this grant type (RFC 6749 §5.2)."""

    error = "unsupported_grant_type"


class UnsupportedResponseType(Refusal):
    """The server does not have this response type (RFC 6749 §4.1.2.1)."""

    error = "unsupported_response_type"


class InvalidScope(Refusal):
    """A scope is unknown, malformed or more than may be had (RFC 6749 §4.1.2.1, §5.2)."""

    error = "invalid_scope"


class InvalidTarget(Refusal):
    """A resource is unknown or not to be had in this request (RFC 8707 §2)."""

    error = "invalid_target"


class AccessDenied(Refusal):
    """The person, or the server for them, said no (RFC 6749 §4.1.2.1, RFC 8628 §3.5)."""

    error = "access_denied"


class LoginRequired(Refusal):
    """Someone must sign in, and ``prompt=none`` forbids asking (OpenID Connect Core §3.1.2.6)."""

    error = "login_required"


class AccountSelectionRequired(Refusal):
    """Someone must say which account, and ``prompt=none`` forbids asking (OpenID Connect Core §3.1.2.6)."""

    error = "account_selection_required"


class ConsentRequired(Refusal):
    """Someone must agree, and ``prompt=none`` forbids asking (OpenID Connect Core §3.1.2.6)."""

    error = "consent_required"


class UnmetAuthenticationRequirements(Refusal):
    """Nobody can sign in here as strongly as is demanded (OpenID Connect Core Error Code
    unmet_authentication_requirements 1.0)."""

    error = "unmet_authentication_requirements"


class InvalidRequestObject(Refusal):
    """The request object is not good (RFC 9101 §7, OpenID Connect Core §3.1.2.6)."""

    error = "invalid_request_object"


class RequestNotSupported(Refusal):
    """Request objects by value are not taken (OpenID Connect Core §3.1.2.6)."""

    error = "request_not_supported"


class RequestUriNotSupported(Refusal):
    """Request objects by reference are not taken (OpenID Connect Core §3.1.2.6)."""

    error = "request_uri_not_supported"


class RegistrationNotSupported(Refusal):
    """The ``registration`` parameter is not taken (OpenID Connect Core §3.1.2.6)."""

    error = "registration_not_supported"


class ExpiredToken(Refusal):
    """The device code has expired (RFC 8628 §3.5)."""

    error = "expired_token"


class InvalidToken(Refusal):
    """The access token is expired, ended or not for here (RFC 6750 §3.1)."""

    error = "invalid_token"
    status = 401


class InsufficientScope(Refusal):
    """The access token does not reach this far (RFC 6750 §3.1)."""

    error = "insufficient_scope"
    status = 403
    scope = ""
    """What would reach far enough, where that may be told."""


class TemporarilyUnavailable(Refusal):
    """Too much at once: come back after ``retry_after_s`` seconds (RFC 6749 §4.1.2.1)."""

    error = "temporarily_unavailable"
    status = 503


class TooManyAttempts(InvalidClient):
    """Too many wrong secrets from here (OAuth 2.1 §2.4.1: brute force)."""

    status = 429


class InvalidRedirectUri(Refusal):
    """A redirect URI cannot be registered (RFC 7591 §3.2.2)."""

    error = "invalid_redirect_uri"


class InvalidClientMetadata(Refusal):
    """What a client says of itself cannot be registered (RFC 7591 §3.2.2)."""

    error = "invalid_client_metadata"


class UnapprovedSoftwareStatement(Refusal):
    """Software statements are not taken (RFC 7591 §3.2.2)."""

    error = "unapproved_software_statement"


class TooManyRequests(Refusal):
    """More than anyone needs: come back after ``retry_after_s`` seconds (RFC 6585 §4)."""

    error = "temporarily_unavailable"
    status = 429


class Pending(Exception):  # noqa: N818  a polling answer, not a fault
    """An answer to polling that asks for patience (RFC 8628 §3.5). Not a refusal, so it cites nothing."""

    error: ClassVar[str]
    description: ClassVar[str]


class AuthorizationPending(Pending):
    """Nobody has decided yet."""

    error = "authorization_pending"
    description = "Nobody has decided yet; keep polling at the interval."


class SlowDown(Pending):
    """Asked too soon: the interval grows by five seconds and stays so."""

    error = "slow_down"
    description = "Polling too fast: add five seconds to the interval."


class ForeignForm(Refusal):
    """A form that did not come from the page we showed to this browser (RFC 6749 §10.12)."""

    error = "invalid_request"
    status = 403
