"""The token request, whatever is given for the token, and its answer (OAuth 2.1 §3.2)."""

from __future__ import annotations

from typing import Any

import msgspec

from licet.client.authentication import Credentials
from licet.client.transport import Answer, Pairs, Transport, Unreachable

_OK = 200


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """A token response (RFC 6749 §5.1)."""

    access_token: str
    token_type: str
    expires_in: int | None = None
    scope: str | None = None
    refresh_token: str | None = None
    id_token: str | None = None

    def __repr__(self) -> str:
        return f"Tokens(scope={self.scope!r}, expires_in={self.expires_in!r})"


class RefusedError(Exception):
    """The server said no, with one of OAuth's errors (RFC 6749 §5.2)."""

    def __init__(self, error: str, description: str, status: int) -> None:
        super().__init__(f"{error}: {description}" if description else error)
        self.error = error
        self.description = description
        self.status = status


def send(transport: Transport, endpoint: str, form: Pairs, credentials: Credentials) -> dict[str, Any]:
    """POST *form* with *credentials*; the JSON answer. Raises RefusedError and Unreachable."""
    answer = transport.post(endpoint, (*form, *credentials.form), dict(credentials.headers))
    return said(answer)


def tokens(transport: Transport, endpoint: str, form: Pairs, credentials: Credentials) -> Tokens:
    """Ask for tokens. Raises RefusedError and Unreachable."""
    body = send(transport, endpoint, form, credentials)
    try:
        read = msgspec.convert(body, Tokens)
    except msgspec.ValidationError as error:
        raise Unreachable(f"The token response cannot be read: {error}") from None
    if read.token_type.lower() != "bearer":
        raise Unreachable(f"The token is of the type {read.token_type}, which is not understood")
    return read


def said(answer: Answer) -> dict[str, Any]:
    """The body of a good answer; raises RefusedError where it is an error."""
    if answer.status == _OK:
        return answer.json()
    body = answer.json()
    raise RefusedError(str(body.get("error", "unknown")), str(body.get("error_description", "")), answer.status)
