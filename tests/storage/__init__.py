"""Storage: the contract over every backend, and what only SQLite, the schema and the vault promise."""
