"""The Token Endpoint (OAuth 2.1 §3.2)."""
