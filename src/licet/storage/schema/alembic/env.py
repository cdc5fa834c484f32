# ruff: noqa: INP001  Alembic runs this file by its path
"""How Alembic runs here: on the connection that ``upgrade.py`` hands over, never from a command line of its own."""

from alembic import context

from licet.storage.schema.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite alters a table by building it anew
    transaction_per_migration=False,  # all or nothing
)
with context.begin_transaction():
    context.run_migrations()
