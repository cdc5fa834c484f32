"""Bad patches to several accounts in one browser, and to how apps are told that a session ended."""

from prove.mutants.model import Mutant

_COMPANY = "authorization_server/company.py"
_INTERACTION = "authorization_server/authorization/interaction.py"
_FLOWS = "flows/test_accounts.py"
_CONTRACT = "storage/test_contract.py::TestSQLite"

ROWS = (
    Mutant(
        "whoever left is followed by whoever is still here",
        _COMPANY,
        'acting if acting in left else ""',
        'acting if acting in left else "".join(left[:1])',
        "after a sign-out nobody acts whom nobody chose",
        (f"{_FLOWS}::test_nobody_takes_the_place_of_who_left",),
    ),
    Mutant(
        "the others of a browser need not be admitted",
        _COMPANY,
        "if value is None or found is None or not isinstance(admit_session(found, issuer, incoming.at), Admitted):",
        "if value is None or found is None:",
        "an ended visit is nobody's",
        (f"{_FLOWS}::test_who_ended_elsewhere_is_not_shown_and_cannot_be_chosen",),
    ),
    Mutant(
        "a choice passes for a proof",
        "storage/sqlite/authorization.py",
        "SET login_at = CASE WHEN session_id = ?4 THEN login_at END,",
        "SET login_at = login_at,",
        "OpenID Connect Core §3.1.2.3: prompt=login is of whoever acts",
        (
            f"{_CONTRACT}::test_a_choice_is_noted_and_forgets_who_else_signed_in",
            f"{_FLOWS}::test_a_choice_proves_nothing",
        ),
    ),
    Mutant(
        "an ended visit is chosen",
        "storage/sqlite/authorization.py",
        "AND s.subject_id = ?3 AND s.status = 'active'",
        "AND s.subject_id = ?3",
        "what ended since the page was shown stays ended",
        (f"{_CONTRACT}::test_nobody_is_chosen_who_is_not_signed_in",),
    ),
    Mutant(
        "a browser that changes hands keeps who was there",
        _COMPANY,
        "if acting is None or not (asked or others):",
        "if acting is None:",
        "only who asked for it stays beside somebody else",
        (f"{_FLOWS}::test_a_browser_that_changes_hands_keeps_nobody",),
    ),
    Mutant(
        "a hint is believed before a choice",
        _INTERACTION,
        "if transaction is not None and _settled(transaction):\n        for one",
        "if transaction is None:\n        for one",
        "the person has the last word",
        ("resource_owner/test_whose_request.py::test_whom_a_request_means",),
    ),
    Mutant(
        "somebody is chosen silently",
        _INTERACTION,
        "    if choose:\n        if silent:\n",
        "    if choose:\n        if False:\n",
        "OpenID Connect Core §3.1.2.1: prompt=none shows no page",
        ("resource_owner/test_whose_request.py::test_a_choice_comes_first_and_never_silently",),
    ),
    Mutant(
        "a new password tells nobody",
        "storage/sqlite/endings.py",
        "        tx.run(TELL_CLIENTS, (ending.at, ending.issuer_id, session_id))\n    _end_grants",
        "        del session_id\n    _end_grants",
        "Back-Channel Logout: every road on which a session ends",
        (f"{_CONTRACT}::test_every_road_on_which_a_session_ends",),
    ),
    Mutant(
        "a notice is taken up by two",
        "storage/sqlite/outbox.py",
        "SET attempts = attempts + 1, next_at = ?3",
        "SET attempts = attempts + 1, next_at = min(?3, next_at)",
        "whoever takes a notice up holds it",
        (f"{_CONTRACT}::test_one_at_a_time_takes_it_up",),
    ),
    Mutant(
        "an attempt that came too late settles",
        "storage/sqlite/outbox.py",
        "AND target = ? AND attempts = ? AND done_at IS NULL",
        "AND target = ? AND ? > 0 AND done_at IS NULL",
        "only who holds the claim knows what came of it",
        (f"{_CONTRACT}::test_only_who_holds_the_claim_settles",),
    ),
    Mutant(
        "a logout token passes for any token",
        "protocol/logout_token.py",
        'TYPE = "logout+jwt"',
        'TYPE = "JWT"',
        "RFC 8725 §3.11",
        ("protocol/test_logout_token.py::test_what_it_says_and_nothing_else",),
    ),
    Mutant(
        "a redirect is a yes",
        "authorization_server/upkeep/notices.py",
        "if not 200 <= status < 300:",
        "if not 200 <= status < 400:",
        "Back-Channel Logout §2.8",
        ("flows/test_backchannel_logout.py::test_it_is_tried_again_until_it_is_heard",),
    ),
)
