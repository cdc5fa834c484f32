"""Signing out at the request of an app or of the person (OpenID Connect RP-Initiated Logout 1.0)."""
