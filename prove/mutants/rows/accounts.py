"""Bad patches to several accounts in one browser."""

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
)
