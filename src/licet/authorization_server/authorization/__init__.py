"""The Authorization Endpoint (OAuth 2.1 §3.1, §4.1)."""
