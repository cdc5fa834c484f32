"""What is still needed before an authorization request can be answered: the only place that decides "what next".

Pure. Pages return here after each step, never to one another.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from licet.ambient import SECOND, Instant
from licet.authorization_server.authorization.request import AuthorizationRequest
from licet.protocol.errors import AccountSelectionRequired, ConsentRequired, LoginRequired
from licet.requirements import ACCOUNT_CHOSEN, CONSENT_GIVEN, PROMPT_NONE_SILENT
from licet.resource_owner.accounts import canonical
from licet.resource_owner.assurance import attainable, reached
from licet.resource_owner.consent import Ask
from licet.storage.ports import SignedIn
from licet.storage.records import Transaction


class SignInNeeded(msgspec.Struct, frozen=True, gc=False):
    """Somebody must sign in, perhaps again, perhaps as somebody else."""


class ChoiceNeeded(msgspec.Struct, frozen=True, gc=False):
    """Somebody must say which of the accounts of this browser they mean."""


class ConsentNeeded(msgspec.Struct, frozen=True, gc=False):
    """Somebody must be asked."""

    ask: Ask


class NothingNeeded(msgspec.Struct, frozen=True, gc=False):
    """It can be answered."""


Step = SignInNeeded | ChoiceNeeded | ConsentNeeded | NothingNeeded


class Candidate(msgspec.Struct, frozen=True, gc=False):
    """Somebody who is signed in in this browser, as a request may mean them."""

    signed_in: SignedIn
    sub: str
    """As the client knows them."""


def meant(
    request: AuthorizationRequest, transaction: Transaction | None, candidates: Sequence[Candidate]
) -> SignedIn | None:
    """Whom of several people *request* is about: who signed in for it or was chosen for it, else whom it names, else whom
    it hints at (OpenID Connect Core §3.1.2.1); None where that is nobody of them."""
    if transaction is not None and _settled(transaction):
        for one in candidates:
            if one.signed_in.session.session_id == transaction.session_id:
                return one.signed_in
    named = named_people(request)
    if named:
        return next((one.signed_in for one in candidates if one.sub == named[0]), None)
    hinted = canonical(request.login_hint)
    return next(
        (one.signed_in for one in candidates if hinted and canonical(one.signed_in.account.login) == hinted), None
    )


def must_choose(
    request: AuthorizationRequest, signed_in: SignedIn | None, transaction: Transaction | None, *, others: bool
) -> bool:
    """Whether somebody must say who they are among who is signed in here: the client wants them asked, or nobody acts.

    Spent by a choice or a sign-in within the transaction, like the other prompts. With nobody here there is nothing to
    choose from.
    """
    if (signed_in is None and not others) or (transaction is not None and _settled(transaction)):
        return False
    return signed_in is None or "select_account" in request.prompt


def _settled(transaction: Transaction) -> bool:
    return transaction.login_at is not None or transaction.select_at is not None


def must_sign_in(
    request: AuthorizationRequest,
    signed_in: SignedIn | None,
    sub: str | None,
    transaction: Transaction | None,
    now: Instant,
) -> bool:
    """Whether *request* cannot go on with who is here (OpenID Connect Core §3.1.2.3).

    ``prompt=login`` and ``max_age`` are spent by a sign-in within the transaction, not by time:
    a reload does not ask twice and an older tab does not answer for them (rulings L).
    """
    if signed_in is None:
        return True
    if any(sub != named for named in named_people(request)):
        return True
    if transaction is not None and transaction.login_at is not None:
        return transaction.session_id != signed_in.session.session_id
    if not _strong_enough(request, signed_in):
        return True
    if "login" in request.prompt or request.max_age == 0:
        return True
    return request.max_age is not None and now - signed_in.session.auth_time > request.max_age * SECOND


def named_people(request: AuthorizationRequest) -> tuple[str, ...]:
    """The subjects that the answer must be about: of ``id_token_hint``, and of the ``claims`` parameter."""
    asked = request.claims.sub if request.claims else None
    return tuple(sub for sub in (request.hinted_sub, asked) if sub is not None)


def _strong_enough(request: AuthorizationRequest, signed_in: SignedIn) -> bool:
    """Whether the last sign-in reached a level that was named. Nobody is asked again for one that nothing here reaches,
    nor for one that is only welcome where nobody may be asked at all."""
    welcome = () if "none" in request.prompt else request.acr
    wanted = request.essential_acr or welcome
    held = reached(signed_in.session.amr)
    return not attainable(wanted) or any(acr in held for acr in wanted)


def unmet(request: AuthorizationRequest, signed_in: SignedIn) -> bool:
    """Whether an essential ``acr`` was not reached, even now (OpenID Connect Core §5.5.1.1)."""
    essential = request.essential_acr
    return bool(essential) and not set(essential) & set(reached(signed_in.session.amr))


def next_step(request: AuthorizationRequest, *, choose: bool, sign_in: bool, ask: Ask | None) -> Step:
    """Decide what comes next; raises AccountSelectionRequired, LoginRequired or ConsentRequired where ``prompt=none``
    forbids asking."""
    silent = "none" in request.prompt
    if choose:
        if silent:
            raise AccountSelectionRequired("Several accounts may be meant, and none of them acts", per=ACCOUNT_CHOSEN)
        return ChoiceNeeded()
    if sign_in:
        if silent:
            raise LoginRequired("Nobody suitable is signed in, and prompt=none forbids asking", per=PROMPT_NONE_SILENT)
        return SignInNeeded()
    if ask is None:
        return NothingNeeded()
    if silent:
        raise ConsentRequired("Consent is needed, and prompt=none forbids asking", per=CONSENT_GIVEN)
    return ConsentNeeded(ask)
