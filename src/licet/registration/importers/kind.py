"""What a foreign client is, from how it got its tokens and where its answers went."""

from __future__ import annotations

from licet.registration.importers.callbacks import is_loopback
from licet.registration.importers.foreign import ForeignClient
from licet.registration.kinds import BY_NAME, CODE, CREDENTIALS, DEVICE, REFRESH, Kind

_BY_BROWSER = frozenset({CODE, "implicit"})
_OFFERED = frozenset({CODE, REFRESH, DEVICE, CREDENTIALS})


def kind_of(client: ForeignClient) -> Kind | None:
    """The kind that is nearest; None where it had no way to get a token that there is here."""
    if client.grants & _BY_BROWSER:
        return BY_NAME[_with_browser(client) if client.public else "web-app"]
    if DEVICE in client.grants:
        return BY_NAME["tv"]
    if CREDENTIALS in client.grants and not client.public:
        return BY_NAME["service"]
    if "password" in client.grants:
        return BY_NAME["browser-app" if client.public else "web-app"]
    return None


def grant_types(client: ForeignClient, kind: Kind) -> tuple[str, ...]:
    """Its grants, where they are not just those of its kind; empty where they are."""
    wanted = set(kind.grant_types) | (client.grants & _OFFERED - {REFRESH})
    if client.public or kind.proof == "none":
        wanted.discard(CREDENTIALS)
    return () if wanted == set(kind.grant_types) else tuple(sorted(wanted))


def _with_browser(client: ForeignClient) -> str:
    uris = client.redirect_uris
    if any(not uri.startswith(("https://", "http://")) and ":" in uri for uri in uris):
        return "mobile-app"
    if uris and all(is_loopback(uri) for uri in uris) and not client.origins:
        return "cli" if DEVICE in client.grants else "desktop-app"
    return "browser-app"
