"""Bad patches to refresh tokens: rotation, reuse, bindings, ends, and how far they reach."""

from prove.mutants.model import Mutant

_GRANT = "authorization_server/token/grants/refresh_token.py"
_ISSUING = "storage/sqlite/issuing.py"
_INJECTION = "attacks/test_code_injection.py"
_THEFT = "attacks/test_refresh_theft.py"
_CONTRACT = "storage/test_contract.py::TestSQLite"

ROWS = (
    Mutant(
        "rotation compares nothing",
        _ISSUING,
        "AND generation = ?6 AND current_digest = ?7",
        "AND (generation = ?6 OR current_digest = ?7 OR 1)",
        "invariant I2: one head, moved by compare and swap",
        (
            f"{_CONTRACT}::test_parallel_rotations_have_one_winner",
            "flows/test_concurrency.py::test_one_refresh_token_and_a_crowd",
        ),
    ),
    Mutant(
        "rotation compares nothing, in memory",
        "storage/memory/issuing.py",
        "if family.current_digest != consumed.presented:",
        "if False:",
        "invariant I2: one head, moved by compare and swap",
        ("storage/test_contract.py::TestMemory::test_parallel_rotations_have_one_winner",),
    ),
    Mutant(
        "every token of a family is its head",
        _GRANT,
        "presented = value.digest_of(self.vault, family)",
        "presented = family.current_digest",
        "OAuth 2.1 §4.3.1: a superseded token is seen",
        (f"{_THEFT}::test_a_superseded_token_ends_the_line",),
    ),
    Mutant(
        "reuse is refused and nothing ends",
        _GRANT,
        "            await self._reused(found, incoming)\n",
        '            raise InvalidGrant("no", per=REFRESH_REUSE_DETECTED)\n',
        "OAuth 2.1 §4.3.1: the other copy is somebody's",
        (f"{_THEFT}::test_a_superseded_token_ends_the_line",),
    ),
    Mutant(
        "reuse ends the family and leaves the grant",
        "storage/sqlite/tokens.py",
        "    end_grant(tx, issuer_id, rows[0][0], at, reason)\n",
        "",
        "OAuth 2.1 §4.3.1: access tokens end too",
        (f"{_CONTRACT}::test_a_superseded_token_ends_family_and_grant_once",),
    ),
    Mutant(
        "reuse that lost a race ends nothing",
        _ISSUING,
        "if end_family(tx, issuer_id, rotation.handle, at, _reason(issuance)):",
        "if False:",
        "OAuth 2.1 §4.3.1, in the statement that decides the race",
        (f"{_CONTRACT}::test_a_superseded_token_ends_family_and_grant_once",),
    ),
    Mutant(
        "a public client's token does not rotate",
        "authorization_server/token/issue.py",
        "if not authorization.client.policy.rotate:",
        "if True:",
        "OAuth 2.1 §4.3.1, ASVS 10.4.5",
        ("flows/test_refresh.py::test_a_public_clients_token_rotates_and_reuse_ends_everything",),
    ),
    Mutant(
        "a refresh token is good for any client",
        _GRANT,
        "if family.client_id != client.client_id:",
        "if False:",
        "RFC 6749 §6: bound to the client",
        (f"{_THEFT}::test_other_hands",),
    ),
    Mutant(
        "the store rotates for any client",
        _ISSUING,
        "WHERE issuer_id = ?1 AND handle = ?5 AND grant_id = ?2 AND client_id = ?3",
        "WHERE issuer_id = ?1 AND handle = ?5 AND grant_id = ?2 AND (client_id = ?3 OR 1)",
        "RFC 6749 §6: bound to the client, in the statement that consumes",
        (f"{_CONTRACT}::test_another_clients_attempt_at_a_family_changes_nothing",),
    ),
    Mutant(
        "the store forgets that families end by themselves",
        _ISSUING,
        "AND ended_at IS NULL AND idle_until > ?4 AND absolute_until > ?4",
        "AND ended_at IS NULL",
        "ASVS 10.4.8: an absolute end",
        (f"{_CONTRACT}::test_it_is_good_until_the_very_instant_it_expires",),
    ),
    Mutant(
        "more than was granted is asked for",
        _GRANT,
        "if not scopes.within(wanted, granted):",
        "if False:",
        "RFC 6749 §6: never more",
        (f"{_THEFT}::test_it_never_reaches_further_than_the_grant",),
    ),
    Mutant(
        "another API than the authorization request named",
        "authorization_server/token/standing.py",
        "if grant.resource_asked and not set(named) <= set(grant.resource_asked):",
        "if False:",
        "RFC 8707 §2.2",
        (f"{_INJECTION}::test_a_token_request_reaches_no_api_beyond_those_of_the_authorization_request",),
    ),
    Mutant(
        "a scope that was taken away is given again",
        "authorization_server/token/standing.py",
        "scope = tuple(name for name in grant.scope if name in client.metadata.scope)",
        "scope = grant.scope",
        "rulings D: narrowed",
        (f"{_THEFT}::test_a_scope_that_was_taken_away_is_dropped",),
    ),
    Mutant(
        "the end of a grant spares its families",
        "storage/sqlite/endings.py",
        "    tx.run(END_FAMILIES, (at, reason, issuer_id, grant_id))\n    return True\n",
        "    return True\n",
        "rulings D: what hangs on a grant ends with it",
        (f"{_CONTRACT}::test_a_grants_end_takes_its_families_along",),
    ),
    Mutant(
        "offline without a yes to it",
        "authorization_server/authorization/steps.py",
        'keeps = agreed or agreed_to(situation.consent, client, now, "offline_access")',
        "keeps = True",
        "OpenID Connect Core §11, rulings D",
        ("attacks/test_consent.py::test_what_a_yes_covers",),
    ),
)
