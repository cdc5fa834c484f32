# ruff: noqa: INP001  Alembic runs this file by its path
"""The first schema: everything the flows of the first release remember.

Frozen history: what changes later changes in a later revision and in ``tables.py``, never here.
"""

from typing import Any

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, PrimaryKeyConstraint, Text, UniqueConstraint, text

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_whole = BigInteger().with_variant(Integer(), "sqlite")


def _integer(name: str, *, null: bool = False) -> Column[int]:
    return Column(name, _whole, nullable=null, autoincrement=False)


def _text(name: str, *, null: bool = False) -> Column[str]:
    return Column(name, Text(), nullable=null)


def _blob(name: str, *, null: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary(), nullable=null)


def _table(name: str, key: tuple[str, ...], *columns: Column[Any] | UniqueConstraint, rowid: bool = False) -> None:
    op.create_table(name, *columns, PrimaryKeyConstraint(*key), sqlite_strict=True, sqlite_with_rowid=rowid)


def _wide(name: str, key: tuple[str, ...], *columns: Column[Any]) -> None:
    _table(name, key, *columns, rowid=True)


def upgrade() -> None:
    """Create every table."""
    _create_registration()
    _create_people()
    _create_authorizations()
    _create_tokens()
    _create_record()


def _create_registration() -> None:
    _table(
        "issuers",
        ("issuer_id",),
        _integer("issuer_id"),
        _text("url"),
        _text("profile"),
        _integer("epoch"),
        _integer("restored_at", null=True),
        _text("status"),
        _integer("development"),
        _integer("generation"),
        _text("ext", null=True),
        UniqueConstraint("url"),
    )
    _table(
        "keys",
        ("issuer_id", "kid"),
        _integer("issuer_id"),
        _text("kid"),
        _text("purpose"),
        _text("alg"),
        _text("state"),
        _text("public_jwk"),
        _blob("sealed", null=True),
        _integer("publish_at"),
        _integer("active_at"),
        _integer("retire_at", null=True),
        _integer("destroy_at", null=True),
        _integer("hints_until", null=True),
        _text("ext", null=True),
        UniqueConstraint("kid"),
    )
    _table(
        "clients",
        ("issuer_id", "client_id"),
        _integer("issuer_id"),
        _text("client_id"),
        _text("source"),
        _text("kind"),
        _text("owner"),
        _text("status"),
        _integer("epoch"),
        _text("metadata"),
        _blob("metadata_digest"),
        _text("policy"),
        _integer("created_at"),
        _integer("expires_at", null=True),
        _text("ext", null=True),
    )
    op.create_index("clients_kind", "clients", ["issuer_id", "kind"])
    _table(
        "credentials",
        ("issuer_id", "owner_kind", "owner", "credential_id"),
        _integer("issuer_id"),
        _text("owner_kind"),
        _text("owner"),
        _text("credential_id"),
        _text("kind"),
        _blob("digest", null=True),
        _text("jwk", null=True),
        _integer("created_at"),
        _integer("expires_at", null=True),
        _integer("revoked_at", null=True),
        _text("ext", null=True),
    )
    _table(
        "resources",
        ("issuer_id", "name"),
        _integer("issuer_id"),
        _text("name"),
        _text("identifier"),
        _text("token_format"),
        _text("alg"),
        _integer("lifetime_s", null=True),
        _text("min_acr"),
        _text("status"),
        _text("source"),
        _text("ext", null=True),
        UniqueConstraint("issuer_id", "identifier"),
    )
    _table(
        "scopes",
        ("issuer_id", "name"),
        _integer("issuer_id"),
        _text("name"),
        _text("resource", null=True),
        _text("words"),
        _integer("sensitive"),
        _text("status"),
        _text("ext", null=True),
    )


def _create_people() -> None:
    _table(
        "accounts",
        ("issuer_id", "subject_id"),
        _integer("issuer_id"),
        _text("subject_id"),
        _text("login"),
        _text("status"),
        _integer("epoch"),
        _text("profile"),
        _integer("created_at"),
        _text("ext", null=True),
    )
    _table(
        "identifiers",
        ("issuer_id", "identifier"),
        _integer("issuer_id"),
        _text("identifier"),
        _text("subject_id"),
        _text("ext", null=True),
    )
    _table(
        "authenticators",
        ("issuer_id", "subject_id", "authenticator_id"),
        _integer("issuer_id"),
        _text("subject_id"),
        _text("authenticator_id"),
        _text("kind"),
        _text("secret"),
        _integer("created_at"),
        _text("status"),
        _text("ext", null=True),
    )
    _wide(
        "sessions",
        ("issuer_id", "session_id"),
        _integer("issuer_id"),
        _text("session_id"),
        _blob("digest"),
        _text("subject_id"),
        _text("status"),
        _integer("epoch"),
        _integer("created_at"),
        _integer("idle_until"),
        _integer("absolute_until"),
        _integer("auth_time"),
        _text("amr"),
        _text("acr"),
        _integer("authentications"),
        _text("browser"),
        _text("ext", null=True),
    )
    op.create_index("sessions_absolute_until", "sessions", ["absolute_until"])
    op.create_index("sessions_digest", "sessions", ["issuer_id", "digest"], unique=True)
    op.create_index("sessions_subject", "sessions", ["issuer_id", "subject_id"])
    _table(
        "authentications",
        ("issuer_id", "session_id", "n"),
        _integer("issuer_id"),
        _text("session_id"),
        _integer("n"),
        _integer("at"),
        _text("amr"),
        _text("acr"),
        _text("upstream", null=True),
        _text("ext", null=True),
    )


def _create_authorizations() -> None:
    _wide(
        "transactions",
        ("issuer_id", "txn_id"),
        _integer("issuer_id"),
        _text("txn_id"),
        _blob("browser_digest", null=True),
        _text("client_id"),
        _blob("request"),
        _text("source"),
        _text("subject_id", null=True),
        _text("session_id", null=True),
        _integer("login_at", null=True),
        _integer("consent_at", null=True),
        _text("state"),
        _integer("created_at"),
        _integer("expires_at"),
        _text("ext", null=True),
    )
    op.create_index("transactions_expires_at", "transactions", ["expires_at"])
    _wide(
        "pending",
        ("issuer_id", "device_digest"),
        _integer("issuer_id"),
        _blob("device_digest"),
        _blob("user_code_digest"),
        _text("mode"),
        _text("client_id"),
        _text("scope"),
        _text("resources"),
        _integer("interval_s"),
        _integer("next_poll_at"),
        _text("state"),
        _text("claimed_by", null=True),
        _integer("decided_at", null=True),
        _integer("grant_id", null=True),
        _text("origin"),
        _blob("sealed_code"),
        _integer("consumed_at", null=True),
        _integer("created_at"),
        _integer("expires_at"),
        _text("ext", null=True),
    )
    op.create_index("pending_expires_at", "pending", ["expires_at"])
    op.create_index("pending_user_code", "pending", ["issuer_id", "user_code_digest"])
    _table(
        "consents",
        ("issuer_id", "subject_id", "client_id"),
        _integer("issuer_id"),
        _text("subject_id"),
        _text("client_id"),
        _blob("client_metadata_digest"),
        _text("items"),
        _text("via"),
        _integer("granted_at"),
        _integer("expires_at"),
        _integer("revoked_at", null=True),
        _text("ext", null=True),
    )
    op.create_index("consents_expires_at", "consents", ["expires_at"])
    _table(
        "grants",
        ("issuer_id", "grant_id"),
        _integer("issuer_id"),
        _integer("grant_id"),
        _text("handle"),
        _text("subject_id"),
        _text("sub"),
        _text("client_id"),
        _text("session_id", null=True),
        _text("access"),
        _text("origin"),
        _text("scope"),
        _text("resources"),
        _text("resource_asked"),
        _text("acr"),
        _text("amr"),
        _integer("auth_time", null=True),
        _text("sid", null=True),
        _text("cnf", null=True),
        _text("nonce", null=True),
        _integer("issued_at"),
        _integer("expires_at"),
        _integer("revoked_at", null=True),
        _text("reason"),
        _text("ext", null=True),
    )
    op.create_index("grants_expires_at", "grants", ["expires_at"])
    op.create_index("grants_handle", "grants", ["issuer_id", "handle"], unique=True)
    op.create_index(
        "grants_session",
        "grants",
        ["issuer_id", "session_id"],
        sqlite_where=text("session_id IS NOT NULL"),
        postgresql_where=text("session_id IS NOT NULL"),
    )
    op.create_index("grants_subject", "grants", ["issuer_id", "subject_id", "client_id"])


def _create_tokens() -> None:
    _wide(
        "codes",
        ("issuer_id", "digest"),
        _integer("issuer_id"),
        _blob("digest"),
        _text("txn_id", null=True),
        _integer("grant_id"),
        _text("client_id"),
        _text("redirect_uri"),
        _integer("redirect_uri_sent"),
        _text("code_challenge", null=True),
        _integer("issued_at"),
        _integer("expires_at"),
        _integer("consumed_at", null=True),
        _integer("purge_at"),
        _text("ext", null=True),
    )
    op.create_index("codes_purge_at", "codes", ["purge_at"])
    _wide(
        "families",
        ("issuer_id", "handle"),
        _integer("issuer_id"),
        _blob("handle"),
        _integer("grant_id"),
        _text("client_id"),
        _text("cnf", null=True),
        _integer("generation"),
        _blob("current_digest"),
        _blob("previous_digest", null=True),
        _integer("idle_until"),
        _integer("absolute_until"),
        _integer("replay_until", null=True),
        _blob("sealed_successor", null=True),
        _integer("replays"),
        _blob("origin_hash", null=True),
        _integer("issued_at"),
        _integer("ended_at", null=True),
        _text("why"),
        _integer("purge_at"),
        _text("ext", null=True),
    )
    op.create_index("families_grant", "families", ["issuer_id", "grant_id"])
    op.create_index("families_purge_at", "families", ["purge_at"])
    _wide(
        "access_tokens",
        ("issuer_id", "digest"),
        _integer("issuer_id"),
        _blob("digest"),
        _text("jti"),
        _integer("grant_id", null=True),
        _text("client_id"),
        _text("sub"),
        _text("aud"),
        _text("scope"),
        _text("cnf", null=True),
        _integer("issued_at"),
        _integer("expires_at"),
        _integer("revoked_at", null=True),
        _text("ext", null=True),
    )
    op.create_index("access_tokens_expires_at", "access_tokens", ["expires_at"])
    _table(
        "revocations",
        ("issuer_id", "seq"),
        _integer("issuer_id"),
        _integer("seq"),
        _text("kind"),
        _text("key"),
        _integer("at"),
        _text("cause"),
        _integer("purge_at"),
        _text("ext", null=True),
    )
    op.create_index("revocations_key", "revocations", ["issuer_id", "kind", "key"])
    op.create_index("revocations_purge_at", "revocations", ["purge_at"])


def _create_record() -> None:
    _table(
        "replay",
        ("issuer_id", "kind", "key"),
        _integer("issuer_id"),
        _text("kind"),
        _blob("key"),
        _integer("expires_at"),
        _text("ext", null=True),
    )
    op.create_index("replay_expires_at", "replay", ["expires_at"])
    _table(
        "throttles",
        ("issuer_id", "key"),
        _integer("issuer_id"),
        _blob("key"),
        _integer("full_at"),
        _text("ext", null=True),
    )
    op.create_index("throttles_full_at", "throttles", ["full_at"])
    _table(
        "events",
        ("node", "seq"),
        _integer("node"),
        _integer("seq"),
        _blob("prev_hash"),
        _blob("hash"),
        _integer("issuer_id"),
        _integer("at"),
        _text("type"),
        _text("body"),
        _text("ext", null=True),
    )
    _table(
        "refusals",
        ("issuer_id", "seq"),
        _integer("issuer_id"),
        _integer("seq"),
        _text("reference"),
        _integer("at"),
        _text("endpoint"),
        _text("client_id"),
        _text("error"),
        _text("description"),
        _text("detail"),
        _text("requirement"),
        _text("request_id"),
        _text("ext", null=True),
    )
    op.create_index("refusals_reference", "refusals", ["issuer_id", "reference"])


def downgrade() -> None:
    """There is no way back: restore a backup instead."""
    raise NotImplementedError("licet's schema only goes forward")
