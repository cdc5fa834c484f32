"""Office 1: clients and APIs as declared documents (OAuth 2.1 §2; RFC 7591)."""
