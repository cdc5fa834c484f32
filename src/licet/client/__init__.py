"""Role 2 of OAuth's four: an app that asks for tokens and uses them (RFC 6749 §1.1 client).

So far what ``licet try`` plays the three flows with: discovery, the token request and the three grants.
"""
