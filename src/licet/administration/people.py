"""People, their sessions, what they allowed, and the end of each. An id counts only below the owner it belongs to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from licet.administration import apps, models, refusals, versions
from licet.administration.office import Call, Office
from licet.authorization_server.admission import ended_at, everything_ended_at
from licet.authorization_server.exchange import Answer, Empty, Json
from licet.events import EventType
from licet.storage.ports import SignedIn, Standing
from licet.storage.records import Account, Consent, Grant

_LARGEST: Final = 2**63
_LOOKED_AT: Final = 1000
"""Grants that one call reads while it looks for those of an app; the next goes on from there."""


def shown(account: Account) -> models.Person:
    """A person, as they are shown."""
    return models.Person(
        id=account.subject_id,
        login=account.login,
        status=account.status,
        created_at=models.when(account.created_at),
        everything_ended_at=models.maybe(everything_ended_at(account)),
        claims=sorted(account.profile),
    )


async def every(office: Office, call: Call) -> Answer:
    """List people, by what they sign in with."""
    after, limit = call.page()
    found = await office.store.listing.people(office.issuer_id, after, limit + 1)
    following = found[limit - 1][0] if len(found) > limit else None
    return Json(body=models.Page(items=[shown(account) for _, account in found[:limit]], next=following))


async def one(office: Office, call: Call) -> Answer:
    """Show a person."""
    call.only()
    it = shown(await _person(office, call.names[0]))
    return Json(body=it, headers=(("ETag", versions.etag(it)),))


async def disable(office: Office, call: Call) -> Answer:
    """Disable a person: they sign in no more, and everything of theirs ends, remembered decisions too."""
    call.only()
    (subject,) = call.names
    async with office.changing:
        versions.unchanged(call.incoming, shown(await _person(office, subject)))
        ends = office.ending(
            call, "subject", subject, EventType.ACCOUNT_DISABLED, "disabled by operator", subject=subject
        )
        await office.store.accounts.end(ends, subject)
    return Empty(status=204)


async def sign_out(office: Office, call: Call) -> Answer:
    """Sign a person out everywhere: every session and every grant ends. They may sign in again at once."""
    call.only()
    (subject,) = call.names
    async with office.changing:
        versions.unchanged(call.incoming, shown(await _person(office, subject)))
        ends = office.ending(
            call, "subject", subject, EventType.ACCOUNT_SIGNED_OUT, "signed out by operator", subject=subject
        )
        await office.store.accounts.end_everything(ends, subject)
    return Empty(status=204)


async def _person(office: Office, subject: str) -> Account:
    found = await office.store.accounts.find(office.issuer_id, subject)
    if found is None:
        raise refusals.no_such_object()
    return found.account


# ── sessions ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _session(office: Office, one: SignedIn, call: Call) -> models.Session:
    it, dead = one.session, office.why_session(one, call.at)
    return models.Session(
        id=it.session_id,
        person=it.subject_id,
        alive=not dead,
        why=dead,
        signed_in_at=models.when(it.created_at),
        last_proof_at=models.when(it.auth_time),
        amr=list(it.amr),
        acr=it.acr,
        idle_until=models.when(it.idle_until),
        absolute_until=models.when(it.absolute_until),
        browser=it.browser,
    )


async def sessions(office: Office, call: Call) -> Answer:
    """List sessions, newest first."""
    return await _sessions(office, call, None)


async def sessions_of(office: Office, call: Call) -> Answer:
    """List a person's sessions, newest first."""
    return await _sessions(office, call, (await _person(office, call.names[0])).subject_id)


async def _sessions(office: Office, call: Call, subject: str | None) -> Answer:
    after, limit = call.page()
    found = await office.store.listing.sessions(office.issuer_id, subject, after, limit + 1)
    following = found[limit - 1].session.session_id if len(found) > limit else None
    return Json(body=models.Page(items=[_session(office, one, call) for one in found[:limit]], next=following))


async def session(office: Office, call: Call) -> Answer:
    """Show a session."""
    call.only()
    it = _session(office, await _found_session(office, call), call)
    return Json(body=it, headers=(("ETag", versions.etag(it)),))


async def end_session(office: Office, call: Call) -> Answer:
    """End a session, and the grants that lived by it (offline ones live on)."""
    call.only()
    async with office.changing:
        one = await _found_session(office, call)
        versions.unchanged(call.incoming, _session(office, one, call))
        name, subject = one.session.session_id, one.session.subject_id
        ends = office.ending(
            call, "session", name, EventType.SESSION_ENDED, "ended by operator", subject=subject, about=name
        )
        await office.store.sessions.end(ends, name)
    return Empty(status=204)


async def _found_session(office: Office, call: Call) -> SignedIn:
    """The session that the path names, of the person whom it names, if it does."""
    *owners, name = call.names
    found = await office.store.listing.session(office.issuer_id, name)
    if found is None or owners not in ([], [found.session.subject_id]):
        raise refusals.no_such_object()
    return found


# ── grants ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _grant(office: Office, standing: Standing, call: Call) -> models.Grant:
    it, dead = standing.grant, await office.why_grant(standing, call.at)
    return models.Grant(
        id=str(it.grant_id),
        handle=it.handle,
        app=it.client_id,
        person=it.subject_id,
        session=it.session_id,
        alive=not dead,
        why=dead,
        access=it.access,
        origin=it.origin,
        scope=list(it.scope),
        resources=list(it.resources),
        issued_at=models.when(it.issued_at),
        expires_at=models.when(it.expires_at),
        ended_at=models.maybe(ended_at(it)),
    )


async def grants(office: Office, call: Call) -> Answer:
    """List grants, newest first."""
    return await _grants(office, call, None)


async def grants_of(office: Office, call: Call) -> Answer:
    """List what a person allowed, app by app."""
    return await _grants(office, call, (await _person(office, call.names[0])).subject_id)


async def _grants(office: Office, call: Call, subject: str | None) -> Answer:
    after, limit = call.page()
    behind = await _behind(office, after)
    found = await office.store.listing.grants(office.issuer_id, subject, behind, limit + 1)
    following = str(found[limit - 1].grant.grant_id) if len(found) > limit else None
    return Json(body=models.Page(items=[await _grant(office, one, call) for one in found[:limit]], next=following))


async def grants_to(office: Office, call: Call) -> Answer:
    """List what an app was allowed, newest first. A page may have fewer than asked for, and still a next one."""
    client_id = (await apps.known(office, call.names[0])).client.client_id
    after, limit = call.page()
    behind = await _behind(office, after)
    read = await office.store.listing.grants(office.issuer_id, None, behind, _LOOKED_AT)
    found: list[Standing] = []
    last = None
    for one in read:
        if len(found) == limit:
            break
        last = one
        if one.grant.client_id == client_id:
            found.append(one)
    more = last is not None and (last is not read[-1] or len(read) == _LOOKED_AT)
    following = str(last.grant.grant_id) if more and last else None
    return Json(body=models.Page(items=[await _grant(office, one, call) for one in found], next=following))


async def grant(office: Office, call: Call) -> Answer:
    """Show a grant."""
    return await _show_grant(office, call, lambda _: ())


async def grant_of(office: Office, call: Call) -> Answer:
    """Show a grant of a person."""
    return await _show_grant(office, call, lambda one: (one.grant.subject_id,))


async def grant_to(office: Office, call: Call) -> Answer:
    """Show a grant to an app."""
    return await _show_grant(office, call, lambda one: (one.grant.client_id,))


async def end_grant(office: Office, call: Call) -> Answer:
    """End a grant, with every token on it. The app may ask again, unless the decision is withdrawn."""
    return await _end_grant(office, call, lambda _: ())


async def end_grant_of(office: Office, call: Call) -> Answer:
    """End a grant of a person, with every token on it."""
    return await _end_grant(office, call, lambda one: (one.grant.subject_id,))


async def end_grant_to(office: Office, call: Call) -> Answer:
    """End a grant to an app, with every token on it."""
    return await _end_grant(office, call, lambda one: (one.grant.client_id,))


Owner = Callable[[Standing], tuple[str, ...]]


async def _show_grant(office: Office, call: Call, owner: Owner) -> Answer:
    call.only()
    it = await _grant(office, await _found_grant(office, call, owner), call)
    return Json(body=it, headers=(("ETag", versions.etag(it)),))


async def _end_grant(office: Office, call: Call, owner: Owner) -> Answer:
    call.only()
    async with office.changing:
        one = await _found_grant(office, call, owner)
        versions.unchanged(call.incoming, await _grant(office, one, call))
        it = one.grant
        ends = office.ending(
            call,
            "grant",
            it.handle,
            EventType.GRANT_ENDED,
            "ended by operator",
            subject=it.subject_id,
            client=it.client_id,
            grant=it.grant_id,
        )
        await office.store.grants.end(ends, it.grant_id)
    return Empty(status=204)


async def _found_grant(office: Office, call: Call, owner: Owner) -> Standing:
    """The grant that the path names, of the owner whom it names."""
    *owners, name = call.names
    found = await _standing(office, name)
    if found is None or owner(found) != tuple(owners):
        raise refusals.no_such_object()
    return found


async def _standing(office: Office, name: str) -> Standing | None:
    number = _number(name)
    return None if number is None else await office.store.devices.standing(office.issuer_id, number)


async def _behind(office: Office, after: str) -> Grant | None:
    if not after:
        return None
    found = await _standing(office, after)
    if found is None:
        raise refusals.malformed("after is what the page before said as next")
    return found.grant


def _number(name: str) -> int | None:
    """One way to write each number, so that one grant has one address."""
    if not (name.isascii() and name.isdigit()) or (len(name) > 1 and name[0] == "0") or len(name) > len(str(_LARGEST)):
        return None
    return int(name) if int(name) < _LARGEST else None


# ── consents ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _consent(it: Consent, call: Call) -> models.Consent:
    why = "withdrawn" if ended_at(it) is not None else "expired" if it.expires_at <= call.at else ""
    return models.Consent(
        app=it.client_id,
        person=it.subject_id,
        alive=not why,
        why=why,
        scope=[item.scope for item in it.items],
        resources=sorted({item.resource for item in it.items if item.resource}),
        via=it.via,
        granted_at=models.when(it.granted_at),
        expires_at=models.when(it.expires_at),
        withdrawn_at=models.maybe(ended_at(it)),
    )


async def consents(office: Office, call: Call) -> Answer:
    """List what is remembered of a person's decisions, by app."""
    subject = (await _person(office, call.names[0])).subject_id
    after, limit = call.page()
    found = await office.store.listing.consents(office.issuer_id, subject, after, limit + 1)
    following = found[limit - 1].client_id if len(found) > limit else None
    return Json(body=models.Page(items=[_consent(one, call) for one in found[:limit]], next=following))


async def consent(office: Office, call: Call) -> Answer:
    """Show what is remembered of a person's decision about an app."""
    call.only()
    it = _consent(await _remembered(office, call), call)
    return Json(body=it, headers=(("ETag", versions.etag(it)),))


async def withdraw(office: Office, call: Call) -> Answer:
    """Forget a person's decision about an app, and end every grant they gave it."""
    call.only()
    subject, client_id = call.names
    async with office.changing:
        versions.unchanged(call.incoming, _consent(await _remembered(office, call), call))
        ends = office.ending(
            call,
            "grant",
            f"{subject} {client_id}",
            EventType.CONSENT_WITHDRAWN,
            "consent withdrawn",
            subject=subject,
            client=client_id,
        )
        await office.store.consents.withdraw(ends, subject, client_id)
    return Empty(status=204)


async def _remembered(office: Office, call: Call) -> Consent:
    found = await office.store.consents.find(office.issuer_id, *call.names)
    if found is None:
        raise refusals.no_such_object()
    return found
