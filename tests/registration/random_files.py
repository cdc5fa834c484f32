"""Random configurations that are right: the same few names again and again, so that one differs from the next in every way."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

SECRETS = {
    "A": "8f14e45fceea167a5a36dedd4bea2543",
    "B": "c9f0f895fb98ab9159f51fd0297e236d",
    "C": "45c48cce2e2d7fbdea1afc51c7c6ad26",
}
ISSUER = "https://id.example.com"
SCOPES = ("read", "write", "send", "pay")
_AUDIENCES = ("urn:one:x", "urn:two:x", "https://three.example.com")
CALLBACKS = ("https://a.example.com/cb", "https://b.example.com/cb", "https://a.example.com/other")

Draw = Callable[[st.SearchStrategy[Any]], Any]


def _words(values: Any) -> str:
    return json.dumps(values)


@st.composite
def apis(draw: Draw) -> dict[str, dict[str, Any]]:
    """APIs with scopes and audiences of their own."""
    names = draw(st.lists(st.sampled_from(("x", "y")), unique=True, max_size=2))
    audiences = draw(st.permutations(_AUDIENCES))
    scopes = draw(st.permutations(SCOPES))
    cut = draw(st.integers(0, len(SCOPES)))
    shares = (scopes[:cut], scopes[cut:])
    found = {}
    for name, audience, share in zip(names, audiences, shares, strict=False):
        found[name] = {
            "audience": audience,
            "token": draw(st.sampled_from(("jwt", "opaque"))),
            "access_token": draw(st.sampled_from((None, 120, 600))),
            "secret": draw(st.sampled_from((None, "A", "C"))),
            "scopes": {scope: (draw(st.sampled_from(("Do it", "Do this"))), draw(st.booleans())) for scope in share},
        }
    return found


@st.composite
def configurations(draw: Draw) -> str:
    """The text of a ``licet.toml``."""
    protected = draw(apis())
    lines = [f'issuer = "{ISSUER}"']
    if draw(st.booleans()):
        lines += ["[scopes]", f'email = "{draw(st.sampled_from(("See mail", "Read mail")))}"']
    for name, api in protected.items():
        lines += [f"[api.{name}]", f"audience = {_words(api['audience'])}", f"token = {_words(api['token'])}"]
        lines += [f"access_token = {api['access_token']}"] if api["access_token"] else []
        lines += [f'secret = {{ env = "{api["secret"]}" }}'] if api["secret"] else []
        lines += [f"[api.{name}.scopes]"] if api["scopes"] else []
        lines += [
            f"{scope} = {{ says = {_words(says)}, sensitive = {_words(sensitive)} }}"
            for scope, (says, sensitive) in api["scopes"].items()
        ]
    scopes = [scope for api in protected.values() for scope in api["scopes"]]
    for client_id in draw(st.lists(st.sampled_from(("shop", "job", "tv")), unique=True, max_size=3)):
        lines += _app(draw, client_id, scopes)
    return "\n".join(lines) + "\n"


def _app(draw: Draw, client_id: str, scopes: list[str]) -> list[str]:
    may = draw(st.lists(st.sampled_from([*scopes, "openid", "email"]), unique=True, min_size=1, max_size=4))
    may = ["openid", *(scope for scope in may if scope != "openid")] if "email" in may else may
    kind = draw(st.sampled_from(("web-app", "browser-app", "tv", "service")))
    lines = [f"[app.{client_id}]", f'is = "{kind}"']
    if kind in ("web-app", "browser-app"):
        lines.append(f"callback = {_words(draw(st.lists(st.sampled_from(CALLBACKS), unique=True, min_size=1)))}")
    if kind in ("web-app", "service"):
        secrets = draw(st.permutations(sorted(SECRETS)))[: draw(st.integers(1, 2))]
        lines.append(
            "secret = [" + ", ".join(f'{{ env = "{one}" }}' for one in secrets) + "]"
            if len(secrets) == 2
            else f'secret = {{ env = "{secrets[0]}" }}'
        )
    if kind == "service":
        may = [scope for scope in may if scope in scopes]
        if not may:
            return []
    if kind == "web-app":
        lines.append(f'consent = "{draw(st.sampled_from(("remember", "always", "trusted")))}"')
        lines.append(f'refresh = "{draw(st.sampled_from(("online", "offline", "none")))}"')
        lines += ['profile = "oidc-core"'] if draw(st.booleans()) else []
    lines += [f'name = "{draw(st.sampled_from(("One", "Two")))}"'] if draw(st.booleans()) else []
    return [*lines, f"may = {_words(may)}"]
