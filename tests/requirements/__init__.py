"""The law: the catalogue, its ledger and the census of OAuth 2.1."""
