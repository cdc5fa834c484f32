"""Coming from another server: what it exports becomes ``licet.toml``, with what could not come along and why.

Each product has a file that reads its documented format into :mod:`.foreign`; the rest is the same for all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from licet.registration.importers import django_oauth_toolkit, hydra, keycloak
from licet.registration.importers.foreign import Realm
from licet.registration.importers.node import Node

PRODUCTS: Mapping[str, tuple[str, Callable[[Node], Realm]]] = {
    "keycloak": ("Keycloak", keycloak.read),
    "django-oauth-toolkit": ("django-oauth-toolkit", django_oauth_toolkit.read),
    "hydra": ("Ory Hydra", hydra.read),
}
"""What can be imported: its name, and who reads it."""
