"""Bad patches to the device flow: who decides, how often, how fast, for whom."""

from prove.mutants.model import Mutant

_GRANT = "authorization_server/token/grants/device_code.py"
_STORE = "storage/sqlite/devices.py"
_CONFIRM = "authorization_server/device_verification/confirm.py"
_ATTACKS = "attacks/test_devices.py"
_CONTRACT = "storage/test_contract.py::TestSQLite"
_TV = ("flows/test_device.py::test_a_tv_is_signed_in",)

ROWS = (
    Mutant(
        "a device code is good for any client",
        _GRANT,
        "if pending.client_id != client.client_id:",
        "if False:",
        "RFC 8628 §3.4: bound to the client",
        (f"{_ATTACKS}::test_a_device_code_in_other_hands_or_too_late", "flows/test_device.py::test_whose_code_it_is"),
        lives=_TV,
    ),
    Mutant(
        "a device code is consumed again",
        "storage/sqlite/issuing.py",
        "AND state = 'approved' AND expires_at > ?4",
        "AND state IN ('approved', 'consumed') AND expires_at > ?4",
        "RFC 8628 §3.5: once",
        (
            f"{_CONTRACT}::test_an_approved_code_buys_tokens_once_and_a_second_try_ends_nothing",
            "flows/test_concurrency.py::test_one_device_code_and_a_crowd",
        ),
        lives=_TV,
    ),
    Mutant(
        "a device waits for ever",
        _GRANT,
        "if pending.expires_at <= now:",
        "if False:",
        "RFC 8628 §3.5: expired_token",
        ("flows/test_device.py::test_it_expires",),
        lives=_TV,
    ),
    Mutant(
        "a refusal is not told",
        _GRANT,
        'if pending.state == "denied":',
        "if False:",
        "RFC 8628 §3.5: access_denied",
        ("flows/test_device.py::test_the_person_says_no",),
        lives=_TV,
    ),
    Mutant(
        "whoever enters the code last has it",
        _STORE,
        "WHERE issuer_id = ? AND device_digest = ? AND state = 'open' AND expires_at > ?",
        "WHERE issuer_id = ? AND device_digest = ? AND state IN ('open', 'claimed') AND expires_at > ?",
        "RFC 8628 §5.4: one claimant",
        (f"{_CONTRACT}::test_one_person_claims_it", f"{_ATTACKS}::test_who_entered_it_decides"),
        lives=_TV,
    ),
    Mutant(
        "somebody else decides",
        _STORE,
        'AND state = \'claimed\' AND claimed_by = ? AND expires_at > ?\n"""\nRELEASE',
        'AND state = \'claimed\' AND (claimed_by = ? OR 1) AND expires_at > ?\n"""\nRELEASE',
        "RFC 8628 §5.4: the claimant decides",
        (f"{_CONTRACT}::test_only_who_claimed_it_decides_and_only_once",),
        lives=_TV,
    ),
    Mutant(
        "somebody who was disabled approves",
        _STORE,
        "if pending is None or (grant is not None and ended_meanwhile(tx, grant)):",
        "if pending is None:",
        "invariant I5, at the write",
        (f"{_CONTRACT}::test_a_person_who_was_disabled_meanwhile_approves_nothing",),
        lives=_TV,
    ),
    Mutant(
        "polls may come at any pace",
        _STORE,
        "AND next_poll_at <= ?1",
        "",
        "RFC 8628 §3.5: slow_down",
        (f"{_ATTACKS}::test_a_flood_of_polls", f"{_CONTRACT}::test_polling_too_soon_slows_down_for_good"),
        lives=_TV,
    ),
    Mutant(
        "slow_down slows nothing down",
        _STORE,
        "SET interval_s = interval_s + {SLOWER_S}, next_poll_at",
        "SET interval_s = interval_s, next_poll_at",
        "RFC 8628 §3.5: five seconds more, for good",
        (f"{_CONTRACT}::test_polling_too_soon_slows_down_for_good",),
        lives=_TV,
    ),
    Mutant(
        "user codes may be guessed",
        "authorization_server/device_verification/entry.py",
        "if until is not None:",
        "if False:",
        "RFC 8628 §5.1",
        (f"{_ATTACKS}::test_guessing_a_user_code", f"{_ATTACKS}::test_a_botnet_has_a_breaker"),
        lives=_TV,
    ),
    Mutant(
        "a link is enough from another network",
        _CONFIRM,
        "if asks_tail and not self._tail_right(pending, incoming):",
        "if False:",
        "RFC 8628 §5.4: a link never decides",
        ("flows/test_device.py::test_a_link_is_never_enough",),
        lives=_TV,
    ),
    Mutant(
        "the device form of another site counts",
        _CONFIRM,
        "        browser.check_form(incoming, csrf)\n",
        "",
        "RFC 6749 §10.12",
        (f"{_ATTACKS}::test_a_forged_form",),
        lives=_TV,
    ),
)
