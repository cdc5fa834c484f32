# ruff: noqa: INP001  Alembic runs this file by its path
"""Clients that register themselves, the tokens that let them, and clients found by where they came from.

Frozen history: what changes later changes in a later revision and in ``tables.py``, never here.
"""

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, PrimaryKeyConstraint, Text

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_whole = BigInteger().with_variant(Integer(), "sqlite")


def upgrade() -> None:
    """Two tables and an index."""
    op.create_index("clients_source", "clients", ["issuer_id", "source"])
    op.create_table(
        "initial_tokens",
        Column("issuer_id", _whole, nullable=False, autoincrement=False),
        Column("digest", LargeBinary(), nullable=False),
        Column("note", Text(), nullable=False),
        Column("policy", Text(), nullable=False),
        Column("uses_left", _whole, nullable=False),
        Column("created_at", _whole, nullable=False),
        Column("expires_at", _whole, nullable=False),
        Column("ext", Text(), nullable=True),
        PrimaryKeyConstraint("issuer_id", "digest"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("initial_tokens_expires_at", "initial_tokens", ["expires_at"])
    op.create_table(
        "registrations",
        Column("issuer_id", _whole, nullable=False, autoincrement=False),
        Column("client_id", Text(), nullable=False),
        Column("digest", LargeBinary(), nullable=False),
        Column("policy", Text(), nullable=False),
        Column("created_at", _whole, nullable=False),
        Column("expires_at", _whole, nullable=True),
        Column("ext", Text(), nullable=True),
        PrimaryKeyConstraint("issuer_id", "client_id"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("registrations_expires_at", "registrations", ["expires_at"])


def downgrade() -> None:
    """There is no way back: restore a backup instead."""
    raise NotImplementedError("licet's schema only goes forward")
