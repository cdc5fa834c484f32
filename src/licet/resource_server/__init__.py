"""Role 3 of OAuth's four: an API that asks for tokens (RFC 6749 §1.1 resource server).

Knows tokens, scopes and audiences; knows no web framework and no authorization server.
"""
