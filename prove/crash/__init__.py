"""Kills, fail-points, a full disk and power loss; judged by a model of what a grant may do, and by the ledger."""
