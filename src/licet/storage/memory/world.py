"""Everything that is remembered, in dictionaries, and what ends together (rulings D)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from msgspec.structs import replace

from licet.ambient import Instant
from licet.events import GENESIS, Chained, Event, body, link
from licet.storage.ending import line as feed_line
from licet.storage.ports import Ending, Standing
from licet.storage.records import (
    AccessToken,
    Account,
    Authenticator,
    Client,
    Code,
    Consent,
    Credential,
    Family,
    Grant,
    InitialToken,
    Issuer,
    Key,
    Notice,
    Pending,
    Refused,
    Registration,
    Resource,
    Revocation,
    Scope,
    Session,
    Transaction,
)
from licet.storage.terms import NOTICE_KEPT, REFUSALS_KEPT


class World:
    """The dictionaries; keys begin with the issuer, as in every backend."""

    def __init__(self, node: int) -> None:
        self.node = node
        self.issuers: dict[int, Issuer] = {}
        self.keys: dict[tuple[int, str], Key] = {}
        self.clients: dict[tuple[int, str], Client] = {}
        self.initial_tokens: dict[tuple[int, bytes], InitialToken] = {}
        self.registrations: dict[tuple[int, str], Registration] = {}
        self.credentials: dict[tuple[int, str, str], tuple[Credential, ...]] = {}
        self.resources: dict[tuple[int, str], Resource] = {}
        self.scopes: dict[tuple[int, str], Scope] = {}
        self.accounts: dict[tuple[int, str], Account] = {}
        self.pairwise: dict[tuple[int, str, str], str] = {}
        self.identifiers: dict[tuple[int, str], str] = {}
        self.authenticators: dict[tuple[int, str], tuple[Authenticator, ...]] = {}
        self.sessions: dict[tuple[int, str], Session] = {}
        self.cookies: dict[tuple[int, bytes], str] = {}
        self.transactions: dict[tuple[int, str], Transaction] = {}
        self.pending: dict[tuple[int, bytes], Pending] = {}
        self.consents: dict[tuple[int, str, str], Consent] = {}
        self.grants: dict[tuple[int, int], Grant] = {}
        self.handles: dict[tuple[int, str], int] = {}
        self.codes: dict[tuple[int, bytes], Code] = {}
        self.families: dict[tuple[int, bytes], Family] = {}
        self.access_tokens: dict[tuple[int, bytes], AccessToken] = {}
        self.revocations: list[Revocation] = []
        self.outbox: dict[tuple[int, str, str, str], Notice] = {}
        self.replay: dict[tuple[int, str, bytes], Instant] = {}
        self.throttles: dict[tuple[int, bytes], int] = {}
        self.chain: list[Chained] = []
        self.refusals: deque[Refused] = deque(maxlen=REFUSALS_KEPT)

    def record(self, *events: Event) -> None:
        """Append to the event chain."""
        for event in events:
            seq, before = len(self.chain) + 1, self.chain[-1].hash if self.chain else GENESIS
            digest = link(self.node, seq, before, body(event))
            self.chain.append(Chained(node=self.node, seq=seq, prev_hash=before, hash=digest, event=event))

    def feed(self, line: Revocation) -> None:
        """Append to the feed of endings."""
        last = max((told.seq for told in self.revocations if told.issuer_id == line.issuer_id), default=0)
        grant = self.handles.get((line.issuer_id, line.key)) if line.kind == "grant" else None
        aud = line.aud if grant is None else self.grants[line.issuer_id, grant].resources
        self.revocations.append(replace(line, seq=last + 1, aud=aud))

    def tell(self, ending: Ending, epoch: Instant | None = None) -> None:
        """The ending's line in the feed and its event; *epoch* is what everything up to it is dead by."""
        self.feed(ending.revocation if epoch is None else replace(ending.revocation, at=epoch))
        self.record(ending.event)

    def grow(self, issuer_id: int) -> None:
        """Configuration or people changed."""
        issuer = self.issuers.get(issuer_id)
        if issuer is not None:
            self.issuers[issuer_id] = replace(issuer, generation=issuer.generation + 1)

    def standing(self, issuer_id: int, grant_id: int) -> Standing | None:
        """A grant with the present state of its person and its session."""
        grant = self.grants.get((issuer_id, grant_id))
        if grant is None:
            return None
        account = self.accounts.get((issuer_id, grant.subject_id))
        return Standing(
            grant=grant,
            subject_status=account.status if account else "gone",
            subject_epoch=account.epoch if account else Instant(0),
            session=self.sessions.get((issuer_id, grant.session_id)) if grant.session_id else None,
        )

    def ended_meanwhile(self, grant: Grant) -> bool:
        """Whether person, session, client or issuer of a grant that is to be has ended."""
        session = self.sessions.get((grant.issuer_id, grant.session_id or ""))
        if session is not None and session.status != "active":
            return True
        account = self.accounts.get((grant.issuer_id, grant.subject_id))
        client = self.clients.get((grant.issuer_id, grant.client_id))
        return self.issuer_ended(grant.issuer_id, grant.issued_at) or any(
            one is not None and (one.status != "active" or one.epoch >= grant.issued_at) for one in (account, client)
        )

    def issuer_ended(self, issuer_id: int, since: Instant) -> bool:
        """Whether the issuer is disabled or ended everything at *since* or later."""
        issuer = self.issuers.get(issuer_id)
        return issuer is not None and (issuer.status != "active" or issuer.epoch >= since)

    def keep(self, grant: Grant) -> None:
        """Store a grant."""
        self.grants[grant.issuer_id, grant.grant_id] = grant
        self.handles[grant.issuer_id, grant.handle] = grant.grant_id

    def end_grant(self, issuer_id: int, grant_id: int, at: Instant, reason: str) -> bool:
        """End one grant and every family on it; False if it was over, or never was."""
        grant = self.grants.get((issuer_id, grant_id))
        if grant is None or grant.revoked_at is not None:
            return False
        self.grants[issuer_id, grant_id] = replace(grant, revoked_at=at, reason=reason)
        for key, family in self.families.items():
            if (family.issuer_id, family.grant_id) == (issuer_id, grant_id) and family.ended_at is None:
                self.families[key] = replace(family, ended_at=at, why=reason, successor_salt=None)
        return True

    def end_grants(self, grants: Iterable[Grant], at: Instant, reason: str) -> bool:
        """End all of these; whether any was alive."""
        ended = [g for g in list(grants) if self.end_grant(g.issuer_id, g.grant_id, at, reason)]
        for grant in ended:
            if grant.expires_at > at:
                self.feed(feed_line(grant.issuer_id, "grant", grant.handle, at, reason))
        return bool(ended)

    def end_session(self, issuer_id: int, session_id: str, at: Instant, reason: str) -> bool:
        """End one session and the online grants that lived by it; False if it was over, or never was."""
        session = self.sessions.get((issuer_id, session_id))
        if session is None or session.status != "active":
            return False
        self.sessions[issuer_id, session_id] = replace(session, status="ended", epoch=at)
        mine = (issuer_id, session_id, "online")
        held = (g for g in self.grants.values() if (g.issuer_id, g.session_id, g.access) == mine)
        self.end_grants(held, at, reason)
        self._tell_clients(issuer_id, session_id, at)
        return True

    def _tell_clients(self, issuer_id: int, session_id: str, at: Instant) -> None:
        """A notice for each client that got an ID token in this session and wants to hear of its end."""
        for grant in self.grants.values():
            client = self.clients.get((issuer_id, grant.client_id))
            if (grant.issuer_id, grant.session_id) != (issuer_id, session_id) or client is None:
                continue
            wants = client.status == "active" and client.metadata.backchannel_logout_uri is not None
            if wants and grant.sid is not None and "openid" in grant.scope:
                notice = Notice(
                    issuer_id=issuer_id,
                    kind="logout",
                    about=session_id,
                    target=grant.client_id,
                    payload={"sub": grant.sub, "sid": grant.sid},
                    next_at=at,
                    created_at=at,
                    purge_at=Instant(at + NOTICE_KEPT),
                )
                self.outbox.setdefault((issuer_id, "logout", session_id, grant.client_id), notice)

    def tell_of_everything(self, issuer_id: int, at: Instant) -> None:
        """Every session of the issuer is over: a notice for each client of each that was not over yet."""
        for session in self.sessions.values():
            live = session.status == "active" and at < min(session.idle_until, session.absolute_until)
            if session.issuer_id == issuer_id and live:
                self._tell_clients(issuer_id, session.session_id, at)

    def end_subject(self, issuer_id: int, subject_id: str, at: Instant, reason: str) -> None:
        """End all sessions and all grants of a person."""
        who = (issuer_id, subject_id)
        for session in [s for s in self.sessions.values() if (s.issuer_id, s.subject_id) == who]:
            self.end_session(issuer_id, session.session_id, at, reason)
        self.end_grants((g for g in self.grants.values() if (g.issuer_id, g.subject_id) == who), at, reason)

    def forget(self, consents: Iterable[Consent], at: Instant) -> bool:
        """Withdraw remembered decisions; whether any was remembered."""
        found = [consent for consent in consents if consent.revoked_at is None]
        for consent in found:
            key = (consent.issuer_id, consent.subject_id, consent.client_id)
            self.consents[key] = replace(consent, revoked_at=at)
        return bool(found)


class Room:
    """What every port of this backend stands on."""

    def __init__(self, world: World) -> None:
        self._world = world
