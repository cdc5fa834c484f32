"""What a refusal means to a person who only wanted to sign in: what happened, and what to do now.

Looked up by the requirement first, by the error second. The wire text of the refusal is for developers and is
shown to them alone.
"""

from __future__ import annotations

from typing import Final

import msgspec

from licet.protocol.errors import Refusal
from licet.requirements import (
    CLIENT_KNOWN,
    DOCUMENT_ADDRESS_FETCHABLE,
    DOCUMENT_FETCHED_SAFELY,
    DOCUMENT_NAMES_ITS_ADDRESS,
    DOCUMENT_REDIRECTS_HOME,
    DOCUMENT_WELL_FORMED,
    DOCUMENT_WITHOUT_SECRETS,
    FORM_FROM_OUR_PAGE,
    HOST_KNOWN,
    REDIRECT_URI_EXACT,
    REDIRECT_URI_REGISTERED,
    REDIRECT_URI_SAFE,
    TRANSACTION_BOUND_TO_BROWSER,
    TRANSACTION_ONCE,
)
from licet.requirements.model import Requirement


class Explanation(msgspec.Struct, frozen=True, gc=False):
    """Words for a person."""

    happened: str
    steps: tuple[str, ...]
    title: str = "We stopped here, to be safe"


_BACK = "Go back to the app and start signing in again."
_TELL = "If it happens again, tell the people who run the app, and give them the reference below."

_MALFORMED = Explanation("The app sent a request that we cannot accept. Nothing was shared with it.", (_BACK, _TELL))
_WRONG_ADDRESS = Explanation(
    "The app asked us to send you to an address that we do not know as its own. Nothing was shared.",
    ("Do not sign in through the link that brought you here.", "If you trust the app, open it directly.", _TELL),
)
_NO_DOCUMENT = Explanation(
    "We do not know the app that sent you here, and what it says of itself could not be read or is not taken here. "
    "Nothing was shared.",
    ("Try again in a minute: the app's own website may be down.", _TELL),
)
_STALE_FORM = Explanation(
    "This page was open for too long, or it did not come from here. Nothing was changed.",
    ("Go back, reload the page, and try once more.", "Allow cookies for this site if your browser blocks them."),
)
_OTHER_BROWSER = Explanation(
    "This step belongs to a sign-in that was begun in another browser or window. Nothing was shared.",
    ("If somebody sent you a link to this page, close it.", _BACK),
)
_OVER = Explanation("This sign-in is over: it was finished, stopped, or took too long.", (_BACK,), "This is over")
_NO_PAGE = Explanation(
    "There is no page at this address.", ("Check the address, or go back to where you came from.",), "Nothing here"
)
_BUSY = Explanation(
    "Too many people are asking at once. Nothing was changed.", ("Wait a moment, then reload the page.",), "Please wait"
)
_SLOW_DOWN = Explanation(
    "There were too many attempts from here in a short time.", ("Wait a minute, then try again.",), "Please wait"
)
BROKEN: Final = Explanation(
    "Something went wrong on our side. It is not your fault, and it has been noted.",
    ("Go back and try again in a moment.", "If it happens again, tell us the reference below."),
    "Something went wrong",
)

_ITS_DOCUMENT: Final = (
    DOCUMENT_ADDRESS_FETCHABLE,
    DOCUMENT_FETCHED_SAFELY,
    DOCUMENT_NAMES_ITS_ADDRESS,
    DOCUMENT_REDIRECTS_HOME,
    DOCUMENT_WELL_FORMED,
    DOCUMENT_WITHOUT_SECRETS,
)

_BY_REQUIREMENT: Final = {
    CLIENT_KNOWN.id: Explanation("We do not know the app that sent you here. Nothing was shared.", (_BACK, _TELL)),
    REDIRECT_URI_REGISTERED.id: _WRONG_ADDRESS,
    REDIRECT_URI_EXACT.id: _WRONG_ADDRESS,
    REDIRECT_URI_SAFE.id: _WRONG_ADDRESS,
    **dict.fromkeys((rule.id for rule in _ITS_DOCUMENT), _NO_DOCUMENT),
    FORM_FROM_OUR_PAGE.id: _STALE_FORM,
    TRANSACTION_BOUND_TO_BROWSER.id: _OTHER_BROWSER,
    TRANSACTION_ONCE.id: _OVER,
    HOST_KNOWN.id: Explanation(
        "This address leads to us, but it is not ours. Nothing was shared.", ("Check the address you typed.",)
    ),
}
_BY_STATUS: Final = {404: _NO_PAGE, 429: _SLOW_DOWN, 503: _BUSY}
_BY_ERROR: Final = {
    "access_denied": Explanation("Access was not given. Nothing was shared with the app.", (_BACK,), "Not allowed"),
    "expired_token": _OVER,
}


def explain(refusal: Refusal) -> Explanation:
    """Find the words for *refusal*."""
    rule = refusal.per.id if isinstance(refusal.per, Requirement) else ""
    return _BY_REQUIREMENT.get(rule) or _BY_STATUS.get(refusal.status) or _BY_ERROR.get(refusal.error) or _MALFORMED
