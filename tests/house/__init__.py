"""The house: its own rules and its import contracts, each shown failing."""
