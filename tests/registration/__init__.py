"""Office 1: what licet.toml may say, and what it comes to."""
