"""What is still needed before an authorization request can be answered: the only place that decides "what next".

Pure. Pages return here after each step, never to one another.
"""

from __future__ import annotations

import msgspec

from licet.ambient import SECOND, Instant
from licet.authorization_server.authorization.request import AuthorizationRequest
from licet.protocol.errors import ConsentRequired, LoginRequired
from licet.requirements import CONSENT_GIVEN, PROMPT_NONE_SILENT
from licet.resource_owner.consent import Ask
from licet.storage.ports import SignedIn
from licet.storage.records import Transaction


class SignInNeeded(msgspec.Struct, frozen=True, gc=False):
    """Somebody must sign in, perhaps again, perhaps as somebody else."""


class ConsentNeeded(msgspec.Struct, frozen=True, gc=False):
    """Somebody must be asked."""

    ask: Ask


class NothingNeeded(msgspec.Struct, frozen=True, gc=False):
    """It can be answered."""


Step = SignInNeeded | ConsentNeeded | NothingNeeded


def must_sign_in(
    request: AuthorizationRequest,
    signed_in: SignedIn | None,
    sub: str | None,
    transaction: Transaction | None,
    now: Instant,
) -> bool:
    """Whether *request* cannot go on with who is here (OpenID Connect Core §3.1.2.3).

    ``prompt=login``, ``select_account`` and ``max_age`` are spent by a sign-in within the transaction, not by time:
    a reload does not ask twice and an older tab does not answer for them (rulings L).
    """
    if signed_in is None:
        return True
    if request.hinted_sub is not None and sub != request.hinted_sub:
        return True
    if transaction is not None and transaction.login_at is not None:
        return transaction.session_id != signed_in.session.session_id
    if "login" in request.prompt or "select_account" in request.prompt or request.max_age == 0:
        return True
    return request.max_age is not None and now - signed_in.session.auth_time > request.max_age * SECOND


def next_step(request: AuthorizationRequest, *, sign_in: bool, ask: Ask | None) -> Step:
    """Decide what comes next; raises LoginRequired or ConsentRequired where ``prompt=none`` forbids asking."""
    silent = "none" in request.prompt
    if sign_in:
        if silent:
            raise LoginRequired("Nobody suitable is signed in, and prompt=none forbids asking", per=PROMPT_NONE_SILENT)
        return SignInNeeded()
    if ask is None:
        return NothingNeeded()
    if silent:
        raise ConsentRequired("Consent is needed, and prompt=none forbids asking", per=CONSENT_GIVEN)
    return ConsentNeeded(ask)
