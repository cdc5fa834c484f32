"""What the tables are: described once for SQLAlchemy, as migrations, and as one text for a fresh SQLite store.

Only schema work imports SQLAlchemy and Alembic; a server that finds its schema current never does.
"""
