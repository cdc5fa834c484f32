# ruff: noqa: INP001  Alembic runs this file by its path
"""Who acts, chosen among the accounts of a browser; what is to be said elsewhere."""

from typing import Any

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, PrimaryKeyConstraint, Text, text

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring a store of 0005 here."""
    op.add_column("transactions", Column("select_at", BigInteger().with_variant(Integer(), "sqlite"), nullable=True))
    op.create_table(
        "outbox",
        _integer("issuer_id", autoincrement=False),
        Column("kind", Text(), nullable=False),
        Column("about", Text(), nullable=False),
        Column("target", Text(), nullable=False),
        Column("payload", Text(), nullable=False),
        _integer("attempts"),
        _integer("next_at"),
        _integer("created_at"),
        _integer("done_at", nullable=True),
        Column("outcome", Text(), nullable=False),
        Column("reason", Text(), nullable=False),
        _integer("purge_at"),
        Column("ext", Text(), nullable=True),
        PrimaryKeyConstraint("issuer_id", "kind", "about", "target"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("outbox_next_at", "outbox", ["issuer_id", "next_at"], sqlite_where=text("done_at IS NULL"))
    op.create_index("outbox_purge_at", "outbox", ["purge_at"])


def _integer(name: str, **options: Any) -> Column[int]:
    return Column(name, BigInteger().with_variant(Integer(), "sqlite"), **{"nullable": False, **options})
