"""What the server is configured as: two APIs, an app of each kind that the crowds and thieves need."""

from __future__ import annotations

from tests.world import CALLBACK, INVOICES, ORDERS

SPA_CALLBACK = "https://spa.example.com/"
_CONFIGURATION = """
issuer = "{issuer}"

[server]
listen  = "127.0.0.1:{port}"
store   = "sqlite:../store/licet.db"
secrets = {{ file = "../keys/master.key" }}
log     = "{log}"

[lifetimes]
authorization_code_s = 600

[api.orders]
audience = "{ORDERS}"
secret   = {{ file = "../keys/api.orders" }}
scopes   = {{ "orders:read" = "Read your orders" }}

[api.invoices]
audience = "{INVOICES}"
token    = "opaque"
secret   = {{ file = "../keys/api.invoices" }}
scopes   = {{ "invoices:read" = "Read your invoices" }}

[app.shop]
is       = "web-app"
name     = "Corner Shop"
callback = "{CALLBACK}"
secret   = {{ file = "../keys/shop" }}
refresh  = "offline"
may      = ["openid", "profile", "offline_access", "orders:read", "invoices:read"]

[app.spa]
is       = "browser-app"
name     = "Single Page"
callback = "{SPA_CALLBACK}"
refresh  = "offline"
may      = ["openid", "profile", "offline_access", "orders:read", "invoices:read"]

[app.billing]
is     = "service"
secret = {{ file = "../keys/billing" }}
may    = ["orders:read", "invoices:read"]

[app.signer]
is  = "service"
key = {{ file = "signer.pem" }}
may = ["orders:read", "invoices:read"]

[app.tv]
is   = "tv"
name = "Lounge TV"
may  = ["openid", "profile", "invoices:read"]
"""


def text(issuer: str, port: int, log: str) -> str:
    """The file, with every secret by reference to a file of its own."""
    places = {"ORDERS": ORDERS, "INVOICES": INVOICES, "CALLBACK": CALLBACK, "SPA_CALLBACK": SPA_CALLBACK}
    return _CONFIGURATION.format(issuer=issuer, port=port, log=log, **places)
