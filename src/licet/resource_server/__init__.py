"""Role 2 of OAuth's four that licet guards: an API that asks for tokens (RFC 6749 §1.1 resource server).

Knows tokens, scopes and audiences; knows no web framework and no authorization server.
"""
