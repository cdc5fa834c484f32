"""The checker and its model, shown to find what it is for, and to accept what is right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from prove.crash.checker import faults
from prove.crash.history import Call, History

Written = tuple[str, str, str, str, dict[str, str]]
"""Who, what, with what, what was heard, what was given."""


def one_after_another(*written: Written, overlapping: bool = False) -> list[Call]:
    return [
        Call(
            number=n,
            by=by,
            verb=verb,
            thing=thing,
            answer=answer,
            given=given,
            began=0 if overlapping and n else n * 10,
            ended=1000 + n if overlapping and n else n * 10 + 5,
        )
        for n, (by, verb, thing, answer, given) in enumerate(written)
    ]


BEGIN: Written = ("spa", "authorize", "", "ok", {"code": "C"})
REDEEM: Written = ("spa", "redeem", "C", "ok", {"access": "A1", "refresh": "R1"})
REFRESH: Written = ("spa", "refresh", "R1", "ok", {"access": "A2", "refresh": "R2"})
USED: Written = ("spa", "refresh", "R2", "ok", {"access": "A5", "refresh": "R3"})
RETRY: Written = ("spa", "refresh", "R1", "ok", {"access": "A4", "refresh": "R2"})
RETRY2: Written = ("spa", "refresh", "R1", "ok", {"access": "A6", "refresh": "R2"})
AGAIN: Written = ("spa", "refresh", "R1", "ok", {"access": "A3", "refresh": "R3"})
SHOP: tuple[Written, ...] = (
    ("shop", "authorize", "", "ok", {"code": "C"}),
    ("shop", "redeem", "C", "ok", {"access": "A1", "refresh": "R1"}),
)
DEVICE: Written = ("tv", "ask_device", "", "ok", {"device": "D"})
APPROVE: Written = ("", "approve", "D", "ok", {})
DEVICE_TOKENS: Written = ("tv", "redeem_device", "D", "ok", {"access": "A1", "refresh": "R1"})
OWN: Written = ("billing", "client_credentials", "", "ok", {"access": "A"})


def look(token: str, answer: str) -> Written:
    return ("api", "look", token, answer, {})


def does(verb: str, thing: str, answer: str, by: str = "spa", **given: str) -> Written:
    return (by, verb, thing, answer, given)


RIGHT: dict[str, tuple[Written, ...]] = {
    "a code, a refresh, a look": (BEGIN, REDEEM, REFRESH, look("A1", "active"), look("A2", "active")),
    "a code replayed ends its tokens": (BEGIN, REDEEM, does("redeem", "C", "refused"), look("A1", "inactive")),
    "a superseded token ends its family": (
        BEGIN, REDEEM, REFRESH, USED, does("refresh", "R1", "refused"), does("refresh", "R3", "refused"), look("A2", "inactive"),
    ),
    "a retry gets the same again": (BEGIN, REDEEM, REFRESH, RETRY, RETRY2, USED, look("A4", "active")),
    "a lost refresh that was done, and repeated": (
        BEGIN, REDEEM, does("refresh", "R1", "lost"), RETRY, RETRY2, USED, does("refresh", "R1", "refused"),
    ),
    "a confidential client keeps its token": (
        *SHOP, does("refresh", "R1", "ok", "shop", access="A2"), does("refresh", "R1", "ok", "shop", access="A3"),
    ),
    "a lost redemption that was done": (BEGIN, does("redeem", "C", "lost"), does("redeem", "C", "refused")),
    "a lost redemption that was not": (BEGIN, does("redeem", "C", "lost"), REDEEM, look("A1", "active")),
    "a lost refresh that was not": (BEGIN, REDEEM, does("refresh", "R1", "lost"), REFRESH),
    "a lost ending": (BEGIN, REDEEM, does("end", "R1", "lost"), look("A1", "inactive")),
    "a full disk does nothing": (BEGIN, does("redeem", "C", "unavailable"), REDEEM),
    "a device that asks twice": (
        DEVICE, does("redeem_device", "D", "pending"), APPROVE, DEVICE_TOKENS, does("redeem_device", "D", "refused"),
        look("A1", "active"),
    ),
    "one token given back": (BEGIN, REDEEM, REFRESH, does("revoke", "A1", "ok"), look("A1", "inactive"), look("A2", "active")),
    "a service's token": (OWN, look("A", "active"), does("revoke", "A", "ok"), look("A", "inactive")),
}  # fmt: skip

WRONG: dict[str, tuple[Written, ...]] = {
    "a code redeemed twice": (BEGIN, REDEEM, does("redeem", "C", "ok", access="A9", refresh="R9")),
    "a code lost though it was answered": (BEGIN, does("redeem", "C", "refused")),
    "a token forgotten": (BEGIN, REDEEM, look("A1", "inactive")),
    "a service's token forgotten": (OWN, look("A", "inactive")),
    "a replay without consequence": (BEGIN, REDEEM, does("redeem", "C", "refused"), look("A1", "active")),
    "a refresh token redeemed twice": (BEGIN, REDEEM, REFRESH, AGAIN),
    "a family with two heads": (BEGIN, REDEEM, REFRESH, AGAIN, does("refresh", "R2", "ok", access="A4", refresh="R4")),
    "a retry refused": (BEGIN, REDEEM, REFRESH, does("refresh", "R1", "refused")),
    "a retry after the successor was used": (BEGIN, REDEEM, REFRESH, USED, RETRY),
    "a retry that forks": (BEGIN, REDEEM, does("refresh", "R1", "lost"), RETRY, AGAIN),
    "a retry of an ended family": (BEGIN, REDEEM, REFRESH, does("end", "R1", "ok"), RETRY),
    "a rotation forgotten": (BEGIN, REDEEM, REFRESH, does("refresh", "R2", "refused")),
    "a superseded token that ends nothing": (
        BEGIN, REDEEM, REFRESH, USED, does("refresh", "R1", "refused"), look("A2", "active"),
    ),
    "a revoked token revived": (BEGIN, REDEEM, does("revoke", "A1", "ok"), look("A1", "active")),
    "an ended grant revived": (BEGIN, REDEEM, does("end", "R1", "ok"), look("A1", "active")),
    "an ended family refreshed": (BEGIN, REDEEM, does("end", "R1", "ok"), REFRESH),
    "a lost ending that comes and goes": (
        BEGIN, REDEEM, does("end", "R1", "lost"), look("A1", "inactive"), look("A1", "active"),
    ),
    "half a lost redemption": (BEGIN, does("redeem", "C", "lost"), does("redeem", "C", "refused"),
        does("redeem", "C", "ok", access="A1", refresh="R1")),
    "half a lost refresh": (BEGIN, REDEEM, does("refresh", "R1", "lost"), does("refresh", "R1", "refused"), look("A1", "active")),
    "a device code redeemed twice": (DEVICE, APPROVE, DEVICE_TOKENS, does("redeem_device", "D", "ok", access="A2", refresh="R2")),
    "a device nobody agreed to": (DEVICE, DEVICE_TOKENS),
    "an agreement forgotten": (DEVICE, APPROVE, does("redeem_device", "D", "pending")),
    "a full disk that burned the code": (BEGIN, does("redeem", "C", "unavailable"), does("redeem", "C", "refused")),
    "a full disk that burned a device code": (
        DEVICE, APPROVE, does("redeem_device", "D", "unavailable"), does("redeem_device", "D", "refused"),
    ),
    "an error of the server's": (BEGIN, does("redeem", "C", "500 server_error")),
    "one value given out twice": (BEGIN, REDEEM, does("refresh", "R1", "ok", access="A1", refresh="R2")),
    "a rotation that did not rotate": (BEGIN, REDEEM, does("refresh", "R1", "ok", access="A2", refresh="R1")),
    "an unknown token": (BEGIN, look("A1", "active")),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_is_accepted(name: str) -> None:
    assert faults(one_after_another(*RIGHT[name])) == []


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_found(name: str) -> None:
    assert faults(one_after_another(*WRONG[name]))


def test_calls_that_overlap_may_have_happened_in_any_order() -> None:
    refused, winner = does("redeem", "C", "refused"), REDEEM
    assert faults(one_after_another(BEGIN, refused, winner, overlapping=True)) == []
    assert faults(one_after_another(BEGIN, refused, winner))


def test_a_lost_call_cannot_happen_after_the_server_died(tmp_path: Path) -> None:
    def told(**last: Any) -> list[Call]:
        history = History(tmp_path / f"{len(last)}-{last['answer']}")
        history.hears(history.asks("authorize", by="spa"), "ok", code="C")
        history.hears(history.asks("redeem", "C", "spa"), "ok", access="A", refresh="R")
        history.asks("end", "R", "spa")
        history.died()
        history.hears(history.asks("look", "A", "api"), "active")
        history.hears(history.asks("look", "A", "api"), last["answer"])
        return history.calls()

    assert faults(told(answer="active")) == []
    assert faults(told(answer="inactive"))


def test_a_history_can_be_cut_short(tmp_path: Path) -> None:
    history = History(tmp_path / "history")
    number = history.asks("authorize", by="spa")
    assert [call.answer for call in history.calls()] == ["lost"]
    between = history.calls()[0].began
    history.hears(number, "ok", code="C")
    shorter = history.until(between, tmp_path / "shorter")
    assert [call.answer for call in shorter.calls()] == ["lost"]
    assert [call.answer for call in history.calls()] == ["ok"]
    shorter.hears(shorter.asks("authorize", by="spa"), "ok", code="D")
    assert [call.number for call in shorter.calls()] == [1, 2]
