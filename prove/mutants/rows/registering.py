"""Bad patches to pushed requests, to clients that register themselves, and to the way out."""

from prove.mutants.model import Mutant

_CONTRACT = "storage/test_contract.py::TestSQLite"
_PUSHED = "flows/test_pushed.py"
_REGISTERING = "flows/test_dynamic_registration.py"
_EGRESS = "egress/test_egress.py"

ROWS = (
    Mutant(
        "a pushed request is anybody's",
        "authorization_server/authorization/lodged.py",
        'found.source == "par" and found.client_id == client_id',
        'found.source == "par"',
        "RFC 9126 §2.2: bound to the client",
        (f"{_PUSHED}::test_it_is_its_own_clients",),
    ),
    Mutant(
        "a pushed request is good for ever",
        "authorization_server/authorization/lodged.py",
        "return found if now < found.created_at + self.pushing.request_s * SECOND else None",
        "return found",
        "RFC 9126 §2.2: a short life",
        (f"{_PUSHED}::test_it_is_over_in_a_minute_but_whoever_began_may_finish",),
    ),
    Mutant(
        "a pushed request is answered in every browser",
        "storage/sqlite/authorization.py",
        "WHERE issuer_id = ?2 AND txn_id IN (?3, ?5) AND state = 'open' AND expires_at > ?4) = 2",
        "WHERE issuer_id = ?2 AND txn_id IN (?3, ?5) AND state = 'open' AND expires_at > ?4) >= 1",
        "RFC 9126 §4: used once",
        (f"{_CONTRACT}::test_of_many_runs_of_a_pushed_request_one_is_answered",),
    ),
    Mutant(
        "whoever knows a client's id manages it",
        "authorization_server/dynamic_registration.py",
        "if not fits or registration is None",
        "if registration is None",
        "RFC 7592 §2: the registration access token",
        (f"{_REGISTERING}::test_a_client_is_managed_by_itself_alone",),
    ),
    Mutant(
        "nobody needs a token to register",
        "authorization_server/dynamic_registration.py",
        "        if not self.settings.anybody:\n",
        "        if False:\n",
        "RFC 7591 §3: initial access tokens",
        (f"{_REGISTERING}::test_an_initial_token_lets_as_many_as_it_says",),
    ),
    Mutant(
        "the server goes anywhere",
        "egress.py",
        "    def _may_visit(self, host: str, address: Address) -> bool:\n",
        "    def _may_visit(self, host: str, address: Address) -> bool:\n        return True\n\n    def _never(self, host: str, address: Address) -> bool:\n",
        "RFC 9700: nobody makes the server ask inside",
        (f"{_EGRESS}",),
    ),
)
