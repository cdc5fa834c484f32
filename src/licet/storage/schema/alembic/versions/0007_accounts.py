# ruff: noqa: INP001  Alembic runs this file by its path
"""Who acts, chosen among the accounts of a browser."""

from alembic import op
from sqlalchemy import BigInteger, Column, Integer

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring a store of 0005 here."""
    op.add_column("transactions", Column("select_at", BigInteger().with_variant(Integer(), "sqlite"), nullable=True))
