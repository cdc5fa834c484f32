# ruff: noqa: INP001  Alembic runs this file by its path
"""An ending says which APIs it concerns, so that the feed tells each its own."""

from alembic import op
from sqlalchemy import Column, Text

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring a store of 0004 here."""
    op.add_column("revocations", Column("aud", Text(), nullable=True))
