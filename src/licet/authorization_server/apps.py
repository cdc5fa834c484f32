"""How an app is shown to a person, and in which words its scopes are read."""

from __future__ import annotations

from licet.authorization_server.directory import Catalogue
from licet.authorization_server.views import App, Sentence
from licet.protocol import redirect_uri as redirects
from licet.protocol.client_id_url import host_of
from licet.resource_owner.consent import assured
from licet.storage.records import Client

_SELF_REGISTERED = frozenset({"dcr", "cimd"})
"""Whoever registered itself may have called itself anything: people are shown the host, and warned (rulings C)."""


def app_of(client: Client, redirect_uri: str | None, *, development: bool) -> App:
    """*client* as the pages show it; where it answers to decides what is said of its identity."""
    metadata = client.metadata
    kind = redirects.kind(redirect_uri) if redirect_uri else ""
    return App(
        name=metadata.client_name or client.client_id,
        host=redirects.display_host(redirect_uri) if redirect_uri else "",
        assured=assured(client, redirect_uri, development=development) and client.source not in _SELF_REGISTERED,
        local=kind in ("loopback", "private-use"),
        document_host=host_of(client.client_id) if client.source == "cimd" else "",
        privacy_url=metadata.policy_uri,
        terms_url=metadata.tos_uri,
    )


def sentences(scopes: tuple[str, ...], catalogue: Catalogue) -> tuple[Sentence, ...]:
    """What the app may do, in the operator's words; ``offline_access`` is said elsewhere on the page."""
    return tuple(
        Sentence(words=catalogue.scopes[name].words, sensitive=catalogue.scopes[name].sensitive)
        for name in scopes
        if name != "offline_access" and name in catalogue.scopes
    )
