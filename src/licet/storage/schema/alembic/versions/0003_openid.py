# ruff: noqa: INP001  Alembic runs this file by its path
"""Claims asked for one by one, and how people are called in each sector."""

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, PrimaryKeyConstraint, Text, UniqueConstraint

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring a store of 0001 here."""
    op.add_column("grants", Column("claims_request", Text(), nullable=True))
    op.create_table(
        "pairwise_subjects",
        Column("issuer_id", BigInteger().with_variant(Integer(), "sqlite"), nullable=False, autoincrement=False),
        Column("sector", Text(), nullable=False),
        Column("subject_id", Text(), nullable=False),
        Column("sub", Text(), nullable=False),
        Column("ext", Text(), nullable=True),
        UniqueConstraint("issuer_id", "sector", "sub"),
        PrimaryKeyConstraint("issuer_id", "sector", "subject_id"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
