"""GET and POST /account/profile: what apps may be told of a person, filled in by that person (OpenID Connect Core §5.1)."""

from __future__ import annotations

from dataclasses import dataclass

from licet.ambient import SECOND
from licet.authorization_server.account.visit import Visits
from licet.authorization_server.exchange import Answer, Incoming, Page
from licet.authorization_server.views import Profile
from licet.events import Event, EventType
from licet.protocol.errors import AccessDenied
from licet.requirements import GRANT_ALIVE
from licet.resource_owner import profile as profiles
from licet.storage.ports import Accounts, SignedIn


@dataclass(frozen=True, slots=True)
class ProfilePage:
    """The profile of whoever is signed in; never anybody else's."""

    visits: Visits
    accounts: Accounts

    async def __call__(self, incoming: Incoming) -> Answer:
        here = await self.visits.here(incoming)
        if here is None:
            return await self.visits.to_sign_in(incoming)
        csrf = self.visits.browser.lone_csrf(here.session.issuer_id, f"profile {here.session.digest.hex()}")
        before = here.account.profile
        if incoming.method == "GET":
            return _page(here, csrf, profiles.typed_of(before))
        self.visits.browser.check_form(incoming, csrf)
        typed = {name: incoming.form.get(name) or "" for name in (*profiles.FIELDS, *profiles.ADDRESS)}
        described = profiles.read(typed, before, incoming.at // SECOND)
        if described.wrong:
            return _page(here, csrf, typed, wrong=described.wrong)
        if described.changed:
            await self._keep(here, described, incoming)
        return _page(here, csrf, profiles.typed_of(described.profile), saved=True)

    async def _keep(self, here: SignedIn, described: profiles.Described, incoming: Incoming) -> None:
        account = here.account
        event = Event(
            issuer_id=account.issuer_id,
            type=EventType.ACCOUNT_CHANGED,
            at=incoming.at,
            actor=f"subject:{account.subject_id}",
            subject=account.subject_id,
            request_id=incoming.request_id,
            data={"fields": list(described.changed)},  # which, never what: the record keeps everything for ever
        )
        if not await self.accounts.describe(account.issuer_id, account.subject_id, described.profile, event):
            raise AccessDenied("This account was switched off meanwhile", per=GRANT_ALIVE)


def _page(
    here: SignedIn, csrf: str, typed: dict[str, str], *, wrong: tuple[str, ...] = (), saved: bool = False
) -> Page:
    profile = here.account.profile
    kept = {flag for flag in ("email_verified", "phone_number_verified") if profile.get(flag) is True}
    view = Profile(
        login=here.account.login,
        csrf=csrf,
        typed=typed,
        wrong=wrong,
        saved=saved,
        email_verified="email_verified" in kept and typed["email"] == profile.get("email"),
        phone_verified="phone_number_verified" in kept and typed["phone_number"] == profile.get("phone_number"),
    )
    return Page(view=view)
