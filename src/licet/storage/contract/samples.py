"""What the contract's tests store: one of everything, with the fields that a test cares about as arguments."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from licet.ambient import SECOND, Instant
from licet.events import Event, EventType
from licet.protocol.client_metadata import ClientMetadata
from licet.storage.ports import Conclusion, ConsumeCode, Consumed, ConsumeDevice, Ending, Issuance, RotateFamily, Store
from licet.storage.records import (
    AccessToken,
    Account,
    Authenticator,
    Client,
    Code,
    Consent,
    ConsentItem,
    Credential,
    Family,
    Grant,
    Issuer,
    Pending,
    Refused,
    Resource,
    Revocation,
    Scope,
    Session,
    Transaction,
)

ISSUER = 1
AT = Instant(1_800_000_000 * SECOND)
HOUR_S = 3_600


def after(seconds: float, at: Instant = AT) -> Instant:
    """*seconds* later."""
    return Instant(at + round(seconds * SECOND))


def digest(name: str) -> bytes:
    """A stand-in for what the vault makes: as long, and different for different names."""
    return b"k000" + sha256(name.encode()).digest()


def event(kind: EventType = EventType.TOKEN_ISSUED, **changes: Any) -> Event:
    return Event(**{"issuer_id": ISSUER, "type": kind, "at": AT, "actor": "client:app", **changes})


def ending(kind: Any, key: str, at: Instant = AT, **changes: Any) -> Ending:
    """An ending with its line in the feed and its event."""
    issuer_id = changes.get("issuer_id", ISSUER)
    line = Revocation(issuer_id=issuer_id, kind=kind, key=key, at=at, cause="test", purge_at=after(600, at))
    told = event(EventType.GRANT_ENDED, issuer_id=issuer_id, at=at, object=f"{kind}:{key}")
    return Ending(**{"issuer_id": issuer_id, "at": at, "reason": "test", "revocation": line, "event": told, **changes})


def issuer(issuer_id: int = ISSUER, **changes: Any) -> Issuer:
    return Issuer(**{"issuer_id": issuer_id, "url": f"https://as{issuer_id}.example", **changes})


def client(client_id: str = "app", **changes: Any) -> Client:
    return Client(
        **{
            "issuer_id": ISSUER,
            "client_id": client_id,
            "source": "file",
            "kind": "web-app",
            "metadata": ClientMetadata(redirect_uris=("https://app.example/cb",), client_name="Äpp", scope=("read",)),
            "metadata_digest": digest("metadata"),
            "created_at": AT,
            **changes,
        }
    )


def credential(owner: str, credential_id: str = "c1", **changes: Any) -> Credential:
    return Credential(
        **{
            "issuer_id": ISSUER,
            "owner_kind": "client",
            "owner": owner,
            "credential_id": credential_id,
            "kind": "secret",
            "digest": digest(credential_id),
            "created_at": AT,
            **changes,
        }
    )


def resource(name: str = "notes", **changes: Any) -> Resource:
    return Resource(**{"issuer_id": ISSUER, "identifier": f"https://{name}.example", "name": name, **changes})


def scope(name: str, of: str | None = "https://notes.example", **changes: Any) -> Scope:
    return Scope(**{"issuer_id": ISSUER, "name": name, "resource": of, "words": f"May {name}", **changes})


def account(subject_id: str = "anna", **changes: Any) -> Account:
    profile = {"name": "Anna", "address": {"locality": "Zürich"}, "email_verified": True}
    return Account(
        **{
            "issuer_id": ISSUER,
            "subject_id": subject_id,
            "login": "Anna",
            "profile": profile,
            "created_at": AT,
            **changes,
        }
    )


def password(subject_id: str = "anna", authenticator_id: str = "p1", **changes: Any) -> Authenticator:
    return Authenticator(
        **{
            "issuer_id": ISSUER,
            "subject_id": subject_id,
            "authenticator_id": authenticator_id,
            "kind": "password",
            "secret": f"$argon2id${authenticator_id}",
            "created_at": AT,
            **changes,
        }
    )


def session(session_id: str = "s1", **changes: Any) -> Session:
    return Session(
        **{
            "issuer_id": ISSUER,
            "session_id": session_id,
            "digest": digest(session_id),
            "subject_id": "anna",
            "created_at": AT,
            "idle_until": after(HOUR_S),
            "absolute_until": after(24 * HOUR_S),
            "auth_time": AT,
            "amr": ("pwd",),
            **changes,
        }
    )


def transaction(txn_id: str = "t1", **changes: Any) -> Transaction:
    return Transaction(
        **{
            "issuer_id": ISSUER,
            "txn_id": txn_id,
            "browser_digest": digest("browser"),
            "client_id": "app",
            "request": b'{"scope":["read"]}',
            "source": "query",
            "created_at": AT,
            "expires_at": after(600),
            **changes,
        }
    )


def consent(**changes: Any) -> Consent:
    return Consent(
        **{
            "issuer_id": ISSUER,
            "subject_id": "anna",
            "client_id": "app",
            "client_metadata_digest": digest("metadata"),
            "items": (ConsentItem("openid", None), ConsentItem("read", "https://notes.example")),
            "via": "page",
            "granted_at": AT,
            "expires_at": after(365 * 24 * HOUR_S),
            **changes,
        }
    )


def grant(store: Store, **changes: Any) -> Grant:
    """A new grant each time: its id is the store's next."""
    grant_id = store.next_id(AT)
    return Grant(
        **{
            "issuer_id": ISSUER,
            "grant_id": grant_id,
            "handle": f"handle-{grant_id}",
            "subject_id": "anna",
            "sub": "anna@app",
            "client_id": "app",
            "session_id": None,
            "access": "offline",
            "origin": "code",
            "scope": ("openid", "read"),
            "resources": ("https://notes.example",),
            "issued_at": AT,
            "expires_at": after(90 * 24 * HOUR_S),
            **changes,
        }
    )


def code(of: Grant, name: str = "code", **changes: Any) -> Code:
    return Code(
        **{
            "issuer_id": of.issuer_id,
            "digest": digest(name),
            "txn_id": None,
            "grant_id": of.grant_id,
            "client_id": of.client_id,
            "redirect_uri": "https://app.example/cb",
            "redirect_uri_sent": True,
            "code_challenge": "challenge",
            "issued_at": AT,
            "expires_at": after(60),
            "purge_at": after(60),
            **changes,
        }
    )


def family(of: Grant, name: str = "family", **changes: Any) -> Family:
    return Family(
        **{
            "issuer_id": of.issuer_id,
            "handle": digest(name),
            "grant_id": of.grant_id,
            "client_id": of.client_id,
            "current_digest": digest(f"{name} 0"),
            "idle_until": after(HOUR_S),
            "absolute_until": after(90 * 24 * HOUR_S),
            "issued_at": AT,
            "purge_at": after(90 * 24 * HOUR_S),
            **changes,
        }
    )


def access_token(name: str = "token", of: Grant | None = None, **changes: Any) -> AccessToken:
    return AccessToken(
        **{
            "issuer_id": ISSUER,
            "digest": digest(name),
            "jti": name,
            "grant_id": None if of is None else of.grant_id,
            "client_id": "app",
            "sub": "app" if of is None else of.sub,
            "aud": ("https://notes.example",),
            "scope": ("read",),
            "issued_at": AT,
            "expires_at": after(600),
            **changes,
        }
    )


def pending(name: str = "tv", **changes: Any) -> Pending:
    return Pending(
        **{
            "issuer_id": ISSUER,
            "device_digest": digest(name),
            "user_code_digest": digest(f"{name} user code"),
            "client_id": "tv-app",
            "scope": ("read",),
            "interval_s": 5,
            "next_poll_at": after(5),
            "origin": "192.0.2.7",
            "sealed_code": b"sealed",
            "created_at": AT,
            "expires_at": after(600),
            **changes,
        }
    )


def refused(reference: str, **changes: Any) -> Refused:
    return Refused(
        **{
            "issuer_id": ISSUER,
            "reference": reference,
            "at": AT,
            "endpoint": "/token",
            "client_id": "app",
            "error": "invalid_grant",
            "description": "no",
            "detail": "because",
            "requirement": "",
            "request_id": "r1",
            **changes,
        }
    )


def conclusion(of: Grant, the_code: Code, **changes: Any) -> Conclusion:
    told = event(EventType.CODE_ISSUED, issuer_id=of.issuer_id, grant=of.grant_id)
    return Conclusion(
        **{
            "issuer_id": of.issuer_id,
            "at": AT,
            "txn_id": None,
            "grant": of,
            "code": the_code,
            "consent": None,
            "events": (told,),
            **changes,
        }
    )


def issuance(
    consumes: Consumed | None = None, *, at: Instant = AT, token: AccessToken | None = None, **changes: Any
) -> Issuance:
    """Tokens for what is consumed; ``replayed`` and the feed's line are for the end of its grant."""
    issuer_id = changes.get("issuer_id", ISSUER)
    grant_id = None if consumes is None else consumes.grant_id
    line = Revocation(
        issuer_id=issuer_id, kind="grant", key=f"{grant_id}", at=at, cause="replay", purge_at=after(600, at)
    )
    kind = EventType.REFRESH_REUSED if isinstance(consumes, RotateFamily) else EventType.CODE_REPLAYED
    return Issuance(
        **{
            "issuer_id": issuer_id,
            "at": at,
            "client_id": "app" if consumes is None else consumes.client_id,
            "consumes": consumes,
            "access_token": token,
            "family": None,
            "event": event(issuer_id=issuer_id, at=at, grant=grant_id),
            "replayed": event(kind, issuer_id=issuer_id, at=at, grant=grant_id, reason="replayed"),
            "revocation": line,
            **changes,
        }
    )


def consume_code(of: Code, **changes: Any) -> ConsumeCode:
    return ConsumeCode(
        **{
            "digest": of.digest,
            "client_id": of.client_id,
            "grant_id": of.grant_id,
            "challenge_key": digest("challenge"),
            "tombstone_until": after(24 * HOUR_S),
            **changes,
        }
    )


def consume_device(of: Pending, grant_id: int, **changes: Any) -> ConsumeDevice:
    return ConsumeDevice(
        **{"device_digest": of.device_digest, "client_id": of.client_id, "grant_id": grant_id, **changes}
    )


def rotate(of: Family, generation: int, successor: bool = True, **changes: Any) -> RotateFamily:  # noqa: FBT001, FBT002
    """From the token of *generation* to the next one, or to itself."""
    name = f"family {generation}"
    return RotateFamily(
        **{
            "handle": of.handle,
            "client_id": of.client_id,
            "grant_id": of.grant_id,
            "generation": generation,
            "presented": digest(name),
            "successor": digest(f"family {generation + 1}") if successor else None,
            "idle_until": after(2 * HOUR_S),
            "purge_at": of.purge_at,
            **changes,
        }
    )


async def concluded(store: Store, name: str = "code", **changes: Any) -> tuple[Grant, Code]:
    """A grant with its code, stored."""
    allowed = grant(store, **changes)
    the_code = code(allowed, name)
    assert await store.transactions.conclude(conclusion(allowed, the_code))
    return allowed, the_code


async def refreshable(store: Store, **changes: Any) -> tuple[Grant, Family]:
    """A grant with a family, as a redeemed code leaves them."""
    allowed, the_code = await concluded(store, **changes)
    tokens = family(allowed)
    await store.issue(issuance(consume_code(the_code), family=tokens))
    return allowed, tokens


async def recorded(store: Store, kind: EventType, issuer_id: int = ISSUER) -> int:
    """How many events of this kind there are."""
    return sum(link.event.type is kind for link in await store.events.tail(issuer_id, 10_000))
