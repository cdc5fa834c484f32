# ruff: noqa: INP001  Alembic runs this file by its path
"""A refresh whose answer was lost may be repeated: where retries came from, and which are over."""

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, text

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring a store of 0001 here."""
    op.add_column("families", Column("strayed", BigInteger().with_variant(Integer(), "sqlite"), nullable=True))
    sealed = text("sealed_successor IS NOT NULL")
    op.create_index("families_replay_until", "families", ["replay_until"], sqlite_where=sealed, postgresql_where=sealed)
