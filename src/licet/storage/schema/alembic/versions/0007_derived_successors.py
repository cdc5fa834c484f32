# ruff: noqa: INP001  Alembic runs this file by its path
"""Successors of refresh tokens are derived from them: a salt is kept instead of a sealed token."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring a store of 0006 here; what was sealed is forgotten, so a refresh that is repeated just now has to sign in."""
    op.execute("UPDATE families SET sealed_successor = NULL, replay_until = NULL WHERE sealed_successor IS NOT NULL")
    op.execute("ALTER TABLE families RENAME COLUMN sealed_successor TO successor_salt")
