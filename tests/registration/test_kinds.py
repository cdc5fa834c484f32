"""The table of kinds says what the product promises (product §3; rulings C, D, F, V)."""

from __future__ import annotations

import pytest

from licet.registration.kinds import BY_NAME, CODE, CREDENTIALS, DEVICE, KINDS, REFRESH, Kind

#   kind              flow                                client                        rotates  refresh   consent
PROMISED = {
    "web-app":         ({CODE, REFRESH},         "required", "web",    False, "online",  "remember"),
    "browser-app":     ({CODE, REFRESH},         "none",     "web",    True,  "online",  "remember"),
    "mobile-app":      ({CODE, REFRESH},         "none",     "native", True,  "offline", "remember"),
    "desktop-app":     ({CODE, REFRESH},         "none",     "native", True,  "offline", "remember"),
    "cli":             ({CODE, DEVICE, REFRESH}, "none",     "native", True,  "offline", "remember"),
    "tv":              ({DEVICE, REFRESH},       "none",     "native", True,  "offline", "remember"),
    "device":          ({DEVICE, REFRESH},       "none",     "native", True,  "offline", "remember"),
    "tv-with-browser": ({CODE, REFRESH},         "none",     "native", True,  "offline", "remember"),
    "service":         ({CREDENTIALS},           "required", "web",    False, "none",    "remember"),
    "partner-app":     ({CODE, REFRESH},         "required", "web",    False, "online",  "always"),
    "mcp-client":      ({CODE, REFRESH},         "optional", "native", True,  "online",  "remember"),
    "agent":           ({CODE, REFRESH},         "optional", "native", True,  "online",  "remember"),
    "legacy":          ({CODE, REFRESH},         "optional", "web",    True,  "online",  "remember"),
}  # fmt: skip


def test_every_kind_is_promised_and_no_other() -> None:
    assert list(BY_NAME) == list(PROMISED)


@pytest.mark.parametrize("kind", KINDS, ids=BY_NAME)
def test_a_kind_is_as_promised(kind: Kind) -> None:
    rotates = kind.rotates(public=kind.proof != "required")
    assert (
        set(kind.grant_types),
        kind.proof,
        kind.application_type,
        rotates,
        kind.refresh,
        kind.consent,
    ) == PROMISED[kind.name]


@pytest.mark.parametrize("kind", KINDS, ids=BY_NAME)
def test_a_kind_hangs_together(kind: Kind) -> None:
    """Public clients never act for themselves (OAuth 2.1 §4.2), and who refreshes has something to refresh."""
    assert CREDENTIALS not in kind.grant_types or kind.proof == "required"
    assert (REFRESH in kind.grant_types) == (kind.refresh != "none") == kind.for_people
    assert not kind.callbacks or kind.redirects
    assert kind.because


def test_rotation_follows_the_proof_but_for_mcp() -> None:
    assert [kind.name for kind in KINDS if kind.rotates(public=False)] == ["mcp-client"]
    assert all(kind.rotates(public=True) for kind in KINDS)


def test_what_acts_unwatched_gets_short_tokens() -> None:
    assert [kind.name for kind in KINDS if kind.longest_access_token_s == 600] == ["mcp-client", "agent"]
