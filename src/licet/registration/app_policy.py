"""What the operator decides for an app beyond what it declares of itself: refresh, consent, how long tokens live."""

from __future__ import annotations

from licet.registration.api_section import LONGEST_TOKEN_S, SHORTEST_TOKEN_S
from licet.registration.kinds import Consent, Kind, Refresh
from licet.registration.table import Table


def refresh(table: Table, kind: Kind | None, may: tuple[str, ...]) -> Refresh:
    """Read ``refresh``, by kind where it is silent (rulings D)."""
    word = table.choice("refresh", ("offline", "online", "none"))
    if kind and word and not kind.for_people:
        table.wrong(
            "refresh",
            f"a {kind.name} asks again instead of refreshing",
            rule="RFC 6749 §4.4.3",
            fix="leave refresh out",
        )
    if word == "none" and "offline_access" in may:
        table.wrong(
            "refresh",
            "offline_access without refresh tokens is an empty promise",
            rule="OpenID Connect Core 1.0 §11",
            fix='drop "offline_access" from may, or refresh = "none"',
        )
    match word:
        case "offline" | "online" | "none":
            return word
        case _:
            return kind.refresh if kind else "none"


def consent(table: Table, kind: Kind | None, method: str, callbacks: tuple[str, ...]) -> Consent:
    """Read ``consent``, by kind where it is silent (rulings C)."""
    word = table.choice("consent", ("remember", "always", "trusted"))
    if kind and word and not kind.for_people:
        table.wrong(
            "consent",
            f"nobody is asked where nobody signs in: a {kind.name} acts for itself",
            rule="RFC 6749 §4.4",
            fix="leave consent out",
        )
    elif kind and word == "trusted" and (reason := _untrustworthy(kind, method, callbacks)):
        table.wrong(
            "consent",
            f"it cannot be trusted unasked: {reason}",
            rule="licet ruling C; RFC 8252 §8.6",
            fix='write consent = "remember"',
        )
    match word:
        case "remember" | "always" | "trusted":
            return word
        case _:
            return kind.consent if kind else "remember"


def _untrustworthy(kind: Kind, method: str, callbacks: tuple[str, ...]) -> str | None:
    """Why people are asked whatever the operator says: anyone might be pretending to be this app."""
    if kind.consent == "always":
        return f"a {kind.name} is somebody else's"
    if not kind.redirects:
        return "a code on a screen may be a stranger's"
    if method == "none" and not all(uri.startswith("https://") for uri in callbacks):
        return "it proves nothing and is not reached at an https address of its own"
    return None


def access_token_s(table: Table, kind: Kind | None) -> int | None:
    """Read ``token_lifetime``; None leaves it to the API or the server."""
    longest = (kind.longest_access_token_s if kind else None) or LONGEST_TOKEN_S
    chosen = table.seconds("token_lifetime", SHORTEST_TOKEN_S, longest, rule="RFC 9700 §2.2.1")
    return chosen if chosen is not None or kind is None else kind.longest_access_token_s
