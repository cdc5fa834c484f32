# ruff: noqa: INP001  Alembic runs this file by its path
"""Rows are believed only with a MAC over what they say; those that are there are vouched for as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import context, op
from sqlalchemy import Column, LargeBinary, text

if TYPE_CHECKING:
    from licet.storage.vouching import Vouching

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES = {
    "sessions": (
        "issuer_id session_id",
        "issuer_id session_id digest subject_id created_at absolute_until auth_time amr acr",
    ),
    "authenticators": (
        "issuer_id subject_id authenticator_id",
        "issuer_id authenticator_id subject_id kind secret created_at",
    ),
    "pairwise_subjects": (
        "issuer_id sector subject_id",
        "issuer_id sector subject_id sub",
    ),
    "credentials": (
        "issuer_id owner_kind owner credential_id",
        "issuer_id owner_kind owner credential_id kind digest jwk created_at expires_at revoked_at",
    ),
    "grants": (
        "issuer_id grant_id",
        """issuer_id grant_id handle subject_id sub client_id session_id access origin scope resources
        resource_asked acr amr auth_time sid cnf nonce claims_request issued_at expires_at""",
    ),
    "codes": (
        "issuer_id digest",
        """issuer_id digest txn_id grant_id client_id redirect_uri redirect_uri_sent code_challenge issued_at
        expires_at""",
    ),
    "pending": (
        "issuer_id device_digest",
        """issuer_id device_digest user_code_digest mode client_id scope resources grant_id origin sealed_code
        created_at expires_at""",
    ),
    "families": (
        "issuer_id handle",
        "issuer_id handle grant_id client_id cnf absolute_until issued_at",
    ),
    "access_tokens": (
        "issuer_id digest",
        "issuer_id digest jti grant_id client_id sub aud scope cnf issued_at expires_at",
    ),
}
"""Table → its key, and what is vouched for as it was at this revision, in order."""


def upgrade() -> None:
    """Bring a store of 0007 here. The keys come from whoever runs this; without them rows stay unvouched, and are lost."""
    vouching: Vouching | None = context.config.attributes.get("vouching")
    for table, (key, said) in TABLES.items():
        op.add_column(table, Column("vouch", LargeBinary(), nullable=True))
        if vouching is not None:
            _vouch(vouching, table, key.split(), said.split())


def _vouch(vouching: Vouching, table: str, key: list[str], said: list[str]) -> None:
    connection = op.get_bind()
    names = ", ".join((*key, *said))
    rows = connection.execute(text(f"SELECT {names} FROM {table}")).fetchall()  # noqa: S608
    wheres = " AND ".join(f"{name} = :{name}" for name in key)
    vouched = [
        {**dict(zip(key, row, strict=False)), "vouch": vouching.vouch(table, tuple(row[len(key) :]))} for row in rows
    ]
    if vouched:
        connection.execute(text(f"UPDATE {table} SET vouch = :vouch WHERE {wheres}"), vouched)  # noqa: S608
