"""Bad patches to what ends: the feed, the API that follows it, keys that were revoked, apps that are told."""

from prove.mutants.model import SERVICE, Mutant

_FEED = "flows/test_endings.py"
_KEYS = "authorization_server/keys.py"
_ROADS = (f"{_FEED}::test_no_road_accepts_what_has_ended",)

ROWS = (
    Mutant(
        "an API hears of everybody's tokens",
        "authorization_server/endings.py",
        "if line.kind in _TOLD and (line.aud is None or api in line.aud)",
        "if line.kind in _TOLD",
        "rulings J: filtered by audience",
        (f"{_FEED}::test_an_api_hears_of_its_own_tokens_and_of_nobody_elses",),
    ),
    Mutant(
        "anybody follows the feed",
        "authorization_server/endings.py",
        "        if caller.api is None:\n",
        "        if False:\n",
        "rulings E and J",
        (f"{_FEED}::test_who_is_told_nothing",),
    ),
    Mutant(
        "a store that was put back is not noticed",
        "authorization_server/endings.py",
        "again = since > await self.revocations.latest(issuer_id)",
        "again = False",
        "invariant I11: a restored server accepts nothing that had ended",
        (f"{_FEED}::test_a_store_that_was_put_back_is_heard_from_the_beginning",),
    ),
    Mutant(
        "a person's end is told without their grants",
        "storage/sqlite/endings.py",
        '            tx.feed(feed_line(issuer_id, "grant", handle, at, reason))\n',
        "            pass\n",
        "rulings J: endings reach every road",
        _ROADS,
    ),
    Mutant(
        "an API believes while it hears nothing",
        "resource_server/endings.py",
        "        if self.endings.silent(now_s):\n",
        "        if False:\n",
        "rulings J: 30 s of silence",
        (f"{_FEED}::test_an_api_that_hears_nothing_believes_nothing",),
    ),
    Mutant(
        "an API does not ask what ended",
        "resource_server/endings.py",
        "if self.endings.over(claims, header_of(token).kid):",
        "if False:",
        "rulings J",
        _ROADS,
    ),
    Mutant(
        "a public key that was exchanged is believed",
        _KEYS,
        "if known and _vouched(known[0]) == _vouched(key) else",
        "if known and known[0].sealed == key.sealed else",
        "house law 6: what was not sealed here is not ours",
        ("attacks/test_at_rest.py::test_a_key_that_was_not_sealed_here_is_not_believed",),
        SERVICE,
    ),
    Mutant(
        "whoever is nobody's session signs out at once",
        "authorization_server/logout/request.py",
        "    if wanted and not may_return(client, wanted):\n",
        "    if False:\n",
        "OpenID Connect RP-Initiated Logout §3: registered addresses",
        ("flows/test_logout.py::test_only_a_registered_address_letter_by_letter",),
    ),
)
