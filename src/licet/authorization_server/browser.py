"""A browser in the middle of something: its transaction, the cookie that binds the two, and its forms.

A transaction is found only by the browser that began it, and a form counts only if our page in that browser,
shown to the same person, sent it.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Literal, Protocol

from licet.ambient import SECOND, Entropy, Instant
from licet.authorization_server.exchange import Incoming, SetCookie
from licet.protocol.errors import ForeignForm, InvalidRequest
from licet.requirements import FORM_FROM_OUR_PAGE, PUSHED_SINGLE_USE, TRANSACTION_BOUND_TO_BROWSER, TRANSACTION_ONCE
from licet.storage.ports import Transactions
from licet.storage.records import Account, Transaction
from licet.storage.vault import Vault

_OWN = frozenset({"same-origin", "none"})
"""``Sec-Fetch-Site`` of a form of ours; ``none`` is a person who reloads."""


class CookieNames(Protocol):
    """The names of our cookies; the issuer leads each."""

    @property
    def session(self) -> str: ...
    @property
    def others(self) -> str: ...
    @property
    def known(self) -> str: ...
    @property
    def device(self) -> str: ...
    def transaction(self, txn_id: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Browser:
    """Opens transactions, finds them again, and checks forms."""

    transactions: Transactions
    vault: Vault
    entropy: Entropy
    cookies: CookieNames
    origin: str
    """Scheme, host and port of the issuer."""
    transaction_s: int

    async def open(
        self,
        issuer_id: int,
        client_id: str,
        request: bytes,
        source: Literal["query", "form", "device", "account"],
        at: Instant,
        pushed_id: str | None = None,
    ) -> tuple[Transaction, SetCookie]:
        """Keep *request* here, bound to this browser by a cookie of its own (rulings L).

        Raises InvalidRequest where it is a run of a pushed one that was answered or ended meanwhile.
        """
        txn_id = urlsafe_b64encode(self.entropy.bytes(18)).decode()
        binding = urlsafe_b64encode(self.entropy.bytes(24)).decode()
        transaction = Transaction(
            issuer_id=issuer_id,
            txn_id=txn_id,
            browser_digest=self.vault.digest(issuer_id, "transaction", binding),
            client_id=client_id,
            request=request,
            source=source,
            created_at=at,
            expires_at=Instant(at + self.transaction_s * SECOND),
        )
        if not await self.transactions.open(transaction, pushed_id):
            raise InvalidRequest("This request_uri was answered already", per=PUSHED_SINGLE_USE)
        return transaction, SetCookie(self.cookies.transaction(txn_id), binding, self.transaction_s)

    async def find(
        self, incoming: Incoming, issuer_id: int, txn_id: str | None, *, answered: bool = False
    ) -> Transaction:
        """The open transaction of this browser, or an answered one where that is wanted; raises InvalidRequest for
        another browser's, an ended or unknown one."""
        binding = incoming.cookies.get(self.cookies.transaction(txn_id)) if txn_id else None
        transaction = await self.transactions.find(issuer_id, txn_id) if txn_id and binding else None
        if (
            transaction is None
            or transaction.browser_digest is None
            or not self.vault.matches(transaction.browser_digest, issuer_id, "transaction", binding or "")
            or transaction.expires_at <= incoming.at
        ):
            raise InvalidRequest(
                "This page belongs to a sign-in that this browser did not begin, or that is over",
                per=TRANSACTION_BOUND_TO_BROWSER,
            )
        if transaction.state != "open" and not answered:
            raise InvalidRequest("This sign-in was answered already", per=TRANSACTION_ONCE)
        return transaction

    def make_known(self, account: Account) -> str:
        """``subject.random.mac``: says that this browser signed in as *account* before, and grants nothing."""
        nonce = urlsafe_b64encode(self.entropy.bytes(12)).decode()
        mac = self.vault.mac("known-browser", account.issuer_id, account.subject_id, nonce)
        return f"{account.subject_id}.{nonce}.{mac.hex()}"

    def known(self, issuer_id: int, incoming: Incoming) -> str:
        """The known-browser cookie if it is ours, else nothing."""
        value = incoming.cookies.get(self.cookies.known, "")
        subject_id, _, rest = value.partition(".")
        nonce, _, mac = rest.partition(".")
        try:
            made = bytes.fromhex(mac)
        except ValueError:
            return ""
        return value if self.vault.mac_matches(made, "known-browser", issuer_id, subject_id, nonce) else ""

    def done(self, transaction: Transaction) -> SetCookie:
        """Takes the transaction's cookie away."""
        return SetCookie(self.cookies.transaction(transaction.txn_id), "", 0)

    def csrf(self, transaction: Transaction, subject_id: str = "", shown: bytes = b"") -> str:
        """The token of a form about *transaction*, on which *subject_id* was *shown* something: good for no other
        person, and no longer than that stands."""
        assert transaction.browser_digest is not None
        return _token(
            self.vault.mac(
                "csrf", transaction.issuer_id, transaction.txn_id, transaction.browser_digest.hex(), subject_id, shown
            )
        )

    def check_form(self, incoming: Incoming, expected: str) -> None:
        """Raise ForeignForm unless *incoming* is a form of ours that carries *expected* (RFC 6749 §10.12)."""
        self.check_origin(incoming)
        sent = incoming.form.get("csrf")
        if not sent or not self.vault.same(sent, expected):
            raise ForeignForm("The form did not come from the page that was shown", per=FORM_FROM_OUR_PAGE)

    def check_origin(self, incoming: Incoming) -> None:
        """Browsers say where a form comes from; scripts of other sites cannot make them lie."""
        if incoming.fetch_site is not None:
            ours = incoming.fetch_site in _OWN
        else:  # an old browser, or a program: then Origin, which our no-referrer policy turns into "null"
            ours = incoming.origin in (None, "null", self.origin)
        if not ours:
            raise ForeignForm("The form came from another site", per=FORM_FROM_OUR_PAGE)

    def lone_csrf(self, issuer_id: int, binding: str) -> str:
        """The token of a form that has no transaction yet; *binding* is the value of a cookie of its own."""
        return _token(self.vault.mac("csrf", issuer_id, "device", binding))


def _token(mac: bytes) -> str:
    return urlsafe_b64encode(mac[:18]).decode()
