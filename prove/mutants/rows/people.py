"""Bad patches to sign-in, sessions, consent and forms."""

from prove.mutants.model import Mutant

_BROWSER = "authorization_server/browser.py"
_SESSIONS = "attacks/test_sessions.py"
_CONSENT = "attacks/test_consent.py"
_GUESSING = "attacks/test_guessing.py"
_CONTRACT = "storage/test_contract.py::TestSQLite"

ROWS = (
    Mutant(
        "a form without its token counts",
        _BROWSER,
        "if not sent or not self.vault.same(sent, expected):",
        "if False:",
        "RFC 6749 §10.12",
        (f"{_CONSENT}::test_a_forged_yes", "attacks/test_devices.py::test_a_forged_form"),
    ),
    Mutant(
        "a form of another site counts",
        _BROWSER,
        "        if not ours:\n",
        "        if False:\n",
        "RFC 6749 §10.12: browsers say where a form comes from",
        (f"{_CONSENT}::test_a_forged_yes", "flows/test_device.py::test_a_form_of_another_site"),
    ),
    Mutant(
        "a form is good for another person and another question",
        _BROWSER,
        "transaction.browser_digest.hex(), subject_id, shown\n",
        "transaction.browser_digest.hex()\n",
        "a yes is to what was shown, by whom it was shown to",
        (
            f"{_CONSENT}::test_a_yes_is_to_what_was_shown",
            f"{_SESSIONS}::test_switching_accounts_in_the_middle",
        ),
    ),
    Mutant(
        "a transaction is anybody's who knows its id",
        _BROWSER,
        '            or not self.vault.matches(transaction.browser_digest, issuer_id, "transaction", binding or "")\n',
        "",
        "rulings L: bound to the browser",
        ("flows/test_hardening.py::test_a_link_to_a_transaction_is_worth_nothing",),
    ),
    Mutant(
        "a question is answered twice",
        "storage/sqlite/authorization.py",
        "WHERE issuer_id = ?2 AND txn_id = ?3 AND state = 'open' AND expires_at > ?4",
        "WHERE issuer_id = ?2 AND txn_id = ?3 AND expires_at > ?4",
        "one code per transaction",
        (
            f"{_CONTRACT}::test_a_transaction_is_concluded_once",
            "flows/test_concurrency.py::test_one_question_and_an_impatient_person",
        ),
    ),
    Mutant(
        "a question may be answered for ever",
        "storage/sqlite/authorization.py",
        "WHERE issuer_id = ?2 AND txn_id = ?3 AND state = 'open' AND expires_at > ?4",
        "WHERE issuer_id = ?2 AND txn_id = ?3 AND state = 'open' AND (expires_at > ?4 OR 1)",
        "rulings L: a transaction ends",
        (f"{_CONTRACT}::test_an_expired_transaction_concludes_nothing",),
    ),
    Mutant(
        "an app nobody can be sure of is remembered",
        "resource_owner/consent.py",
        'remembers = sure and client.policy.consent != "always"',
        'remembers = client.policy.consent != "always"',
        "rulings C, ASVS 10.7.1",
        (
            f"{_CONSENT}::test_who_is_believed_to_be_who_was_agreed_to",
            "flows/test_authorization_code.py::test_an_app_nobody_can_be_sure_of_asks_each_time",
        ),
    ),
    Mutant(
        "trust needs no certainty",
        "resource_owner/consent.py",
        'if client.policy.consent == "trusted" and sure and not prompted',
        'if client.policy.consent == "trusted" and not prompted',
        "rulings C",
        (f"{_CONSENT}::test_who_is_believed_to_be_who_was_agreed_to",),
    ),
    Mutant(
        "a yes to what an app was is a yes to what it became",
        "resource_owner/consent.py",
        "if consent.client_metadata_digest != client.metadata_digest:",
        "if False:",
        "rulings C: remembered until the metadata changes",
        (f"{_CONSENT}::test_what_a_yes_covers",),
    ),
    Mutant(
        "what ended meanwhile still concludes",
        "storage/sqlite/authorization.py",
        "            if ended_meanwhile(tx, conclusion.grant):\n                return False\n",
        "",
        "invariant I5, at the write",
        (
            f"{_CONTRACT}::test_nothing_is_concluded_for_who_has_ended_meanwhile",
            f"{_CONSENT}::test_what_ends_between_the_judgement_and_the_write",
        ),
    ),
    Mutant(
        "a withdrawn yes still concludes",
        "storage/sqlite/authorization.py",
        "if conclusion.relies_on is not None and not still_agreed(tx, conclusion.relies_on):",
        "if False:",
        "rulings D: a consent that was taken back",
        (f"{_CONTRACT}::test_a_consent_that_was_withdrawn_meanwhile_spares_nothing",),
    ),
    Mutant(
        "the cookie stays the same at sign-in",
        "authorization_server/pages.py",
        "        begun = await self.sessions.begin(\n"
        "            proved, before, txn_id=transaction.txn_id, at=incoming.at, request_id=incoming.request_id\n"
        "        )\n",
        "        begun = await self.sessions.begin(\n"
        "            proved, before, txn_id=transaction.txn_id, at=incoming.at, request_id=incoming.request_id\n"
        "        )\n"
        "        if begun and before and before.account.subject_id == account.subject_id:\n"
        "            begun = (incoming.cookies[cookies.session], begun[1])\n",
        "ASVS 7.2.4: a new value at every proof",
        (f"{_SESSIONS}::test_every_proof_changes_the_cookie",),
    ),
    Mutant(
        "the visit of who was here before goes on",
        "resource_owner/sessions.py",
        "replaces = _replaced(before.session, at, request_id)",
        "replaces = None",
        "somebody else's sign-in in the same browser ends the visit",
        (f"{_SESSIONS}::test_switching_accounts_in_the_middle",),
    ),
    Mutant(
        "a visit does not go idle",
        "authorization_server/admission.py",
        'return "session idle" if session.idle_until <= now else ""',
        'return ""',
        "ASVS 7.3.1",
        (f"{_SESSIONS}::test_sessions_end_by_themselves",),
    ),
    Mutant(
        "signing out needs no form of ours",
        "authorization_server/logout/endpoint.py",
        "        self.browser.check_form(incoming, csrf)\n",
        "",
        "ASVS 10.6.2",
        (f"{_SESSIONS}::test_nobody_is_signed_out_unasked",),
    ),
    Mutant(
        "signing in needs no form of ours",
        "authorization_server/pages.py",
        "        browser.check_form(incoming, browser.csrf(transaction))\n",
        "",
        "login CSRF (RFC 9700 §4.7)",
        (f"{_SESSIONS}::test_nobody_is_signed_in_as_somebody_else_unasked",),
    ),
    Mutant(
        "passwords may be guessed",
        "resource_owner/sign_in.py",
        "if await self.guesses.take(attempt.issuer_id, buckets, attempt.at) is not None:",
        "if False:",
        "ASVS 6.3.1",
        (
            f"{_GUESSING}::test_brute_force_and_spraying",
            "flows/test_hardening.py::test_guessing_a_password_is_slowed_down",
        ),
    ),
    Mutant(
        "buckets have no bottom",
        "storage/sqlite/once.py",
        "WHERE max(throttles.full_at, ?3) + ?4 - ?3 <= ?5",
        "WHERE max(throttles.full_at, ?3) + ?4 - ?3 <= ?5 OR 1",
        "ASVS 6.3.1: parallel guesses share no slot",
        (f"{_CONTRACT}::test_parallel_guesses_share_no_slot", f"{_GUESSING}::test_brute_force_and_spraying"),
    ),
    Mutant(
        "an attacker claims to have been here before",
        _BROWSER,
        'return value if self.vault.mac_matches(made, "known-browser", issuer_id, subject_id, nonce) else ""',
        "return value",
        "rulings V: the cookie of a known browser is ours",
        (f"{_GUESSING}::test_nobody_says_of_themselves_that_they_were_here_before",),
    ),
    Mutant(
        "every address is a network of its own",
        "resource_owner/guesses.py",
        "_PREFIX = {4: 24, 6: 64}",
        "_PREFIX = {4: 32, 6: 128}",
        "one household has 2^64 addresses",
        (f"{_GUESSING}::test_networks",),
    ),
    Mutant(
        "nobody's password takes no time",
        "resource_owner/passwords.py",
        "return await self._run(lambda: self._verify(phc or self._nobody, password)) and phc is not None",
        "return phc is not None and await self._run(lambda: self._verify(phc, password))",
        "ASVS 6.3.8: the same work for everybody",
        (f"{_GUESSING}::test_nobody_has_a_password_that_takes_as_long",),
    ),
)
