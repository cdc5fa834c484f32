"""licet: OAuth 2.1 and OpenID Connect, set up right."""

__version__ = "0.1.0"
