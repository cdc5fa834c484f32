"""What each artefact must do before a crowd; every story returns what went wrong, so that it can be shown to notice."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle, islice
from typing import Any, Protocol

from bench.wire import Answer
from prove.single_use.crowd import Request, crowd, outcomes, said, unserved
from prove.single_use.person import Person, redemption, tokens
from prove.single_use.served import Served
from tests.world import DEVICE_CODE

APIS = ("api.orders", "api.invoices")
FORMS = {"opaque": "invoices:read", "jwt": "orders:read"}
"""Form of the access token → the scope that asks for one."""


_LOOKED_AT = 3
"""Winners whose tokens are tried; that there is more than one is a fault already."""


class Story(Protocol):
    """*size* requests over *connections*; what went wrong, in words."""

    __name__: str

    def __call__(self, served: Served, size: int, connections: int, /) -> list[str]: ...


def code_replayed(served: Served, size: int, connections: int, form: str = "opaque") -> list[str]:
    """Everybody holds all it takes: one is served, and what they got is dead afterwards (RFC 6749 §4.1.2)."""
    with Person(served) as person:
        answered = person.authorize("shop", f"openid offline_access {FORMS[form]}")
    before = served.events("code.replayed")
    answers = crowd(served, [Request("/token", redemption(served, answered, "shop"))] * size, connections)
    faults, won = one_winner(answers, size, "400 invalid_grant")
    for got in won:
        faults += lives(served, got, "shop", expected=False)
    return faults + counted(served, "code.replayed", before, 1)


def code_guessed(served: Served, size: int, connections: int) -> list[str]:
    """One holds the verifier among many who hold everything else or come from elsewhere: that one keeps what it got."""
    with Person(served) as person:
        answered = person.authorize("shop", f"openid offline_access {FORMS['opaque']}")
    before = served.events("code.replayed")
    right = redemption(served, answered, "shop")
    guesses = [right | {"code_verifier": f"{number:043}"} for number in range(64)]
    guesses.append({name: value for name, value in right.items() if name != "code_verifier"})
    guesses.append(right | {"redirect_uri": "https://evil.example.com/"})
    guesses.append(right | {"client_id": "spa", "client_secret": ""})
    requests = [Request("/token", form) for form in islice(cycle(guesses), size)]
    requests[size // 2] = Request("/token", right)
    answers = crowd(served, requests, connections)
    faults, won = one_winner(answers, size, "400 invalid_grant", "401 invalid_client")
    if answers[size // 2].status != 200:
        faults.append("the one with the right verifier was not served")
    for got in won:
        faults += lives(served, got, "shop", expected=True)
    return faults + counted(served, "code.replayed", before, 0)


def refresh_rotated(served: Served, size: int, connections: int) -> list[str]:
    """A public client's head: it moves on once, and everybody gets the same successor while it is unused (rulings F)."""
    with Person(served) as person:
        head = tokens(served, person, "spa", f"openid offline_access {FORMS['opaque']}")
    rotated, reused = served.events("token.refreshed"), served.events("refresh.reused")
    form = served.mine("spa") | {"grant_type": "refresh_token", "refresh_token": head["refresh_token"]}
    answers = crowd(served, [Request("/token", form)] * size, connections)
    faults = unserved(answers, size) + allowed(answers, "200")
    given = [said(answer) for answer in answers if answer.status == 200]
    successors = {got["refresh_token"] for got in given}
    if len(successors) != 1 or head["refresh_token"] in successors:
        faults.append(f"{len(successors)} successors instead of one")
    if len({got["access_token"] for got in given}) != len(given):
        faults.append("one access token was given out twice")
    faults += counted(served, "token.refreshed", rotated, 1)
    for got in given[:1]:
        faults += lives(served, got, "spa", expected=True)
    return faults + counted(served, "refresh.reused", reused, 0)


def refresh_superseded(served: Served, size: int, connections: int) -> list[str]:
    """A token whose successor was used is somebody else's copy: refused to everybody, and all of it ends, once."""
    with Person(served) as person:
        head = tokens(served, person, "spa", f"openid offline_access {FORMS['opaque']}")
    form = served.mine("spa") | {"grant_type": "refresh_token"}
    second = served.ask("/token", form | {"refresh_token": head["refresh_token"]}).json()
    third = served.ask("/token", form | {"refresh_token": second["refresh_token"]}).json()
    before = served.events("refresh.reused")
    old = form | {"refresh_token": head["refresh_token"]}
    answers = crowd(served, [Request("/token", old)] * size, connections)
    faults = unserved(answers, size) + allowed(answers, "400 invalid_grant")
    faults += lives(served, third, "spa", expected=False)
    return faults + counted(served, "refresh.reused", before, 1)


def refresh_by_strangers(served: Served, size: int, connections: int) -> list[str]:
    """Whoever is another client, or brings what never was one, ends nothing; the head is good afterwards."""
    with Person(served) as person:
        head = tokens(served, person, "spa", f"openid offline_access {FORMS['opaque']}")
        other = tokens(served, person, "shop", f"openid offline_access {FORMS['opaque']}")
    token = head["refresh_token"]
    asked = {"grant_type": "refresh_token", "refresh_token": token}
    strangers = [
        served.mine("shop") | asked,
        served.mine("tv") | asked,
        served.mine("spa") | asked | {"refresh_token": other["refresh_token"]},
        served.mine("spa") | asked | {"refresh_token": token[:-1] + ("A" if token[-1] != "A" else "B")},
        served.mine("spa") | asked | {"refresh_token": head["access_token"]},
    ]
    before = served.events("refresh.reused")
    requests = [Request("/token", form) for form in islice(cycle(strangers), size)]
    answers = crowd(served, requests, connections)
    faults = unserved(answers, size) + allowed(answers, "400 invalid_grant")
    faults += lives(served, head, "spa", expected=True) + lives(served, other, "shop", expected=True)
    return faults + counted(served, "refresh.reused", before, 0)


def refresh_kept(served: Served, size: int, connections: int) -> list[str]:
    """A client that proves who it is keeps its token: any number of times, and nothing ends (rulings F)."""
    with Person(served) as person:
        head = tokens(served, person, "shop", f"openid offline_access {FORMS['opaque']}")
    form = served.mine("shop") | {"grant_type": "refresh_token", "refresh_token": head["refresh_token"]}
    answers = crowd(served, [Request("/token", form)] * size, connections)
    faults = unserved(answers, size) + allowed(answers, "200")
    given = [said(answer)["access_token"] for answer in answers if answer.status == 200]
    if len(set(given)) != len(given):
        faults.append("one access token was given out twice")
    return faults + lives(served, head, "shop", expected=True)


def device_code(served: Served, size: int, connections: int) -> list[str]:
    """One poll is served, every later one refused, and nothing ends: devices ask again after a time-out (RFC 8628 §3.5)."""
    asked = served.ask("/device_authorization", served.mine("tv") | {"scope": f"openid {FORMS['opaque']}"}).json()
    with Person(served) as person:
        person.press(person.device(asked["user_code"], "consent-allow"), "consent-allow")
    form = served.mine("tv") | {"grant_type": DEVICE_CODE, "device_code": asked["device_code"]}
    answers = crowd(served, [Request("/token", form)] * size, connections)
    faults, won = one_winner(answers, size, "400 invalid_grant")
    if said(crowd(served, [Request("/token", form)], 1)[0]).get("error") != "invalid_grant":
        faults.append("a poll long afterwards was not refused")
    for got in won:
        faults += lives(served, got, "tv", expected=True)
    return faults


def assertion(served: Served, size: int, connections: int) -> list[str]:
    """One assertion at every endpoint that takes it: one is served, nothing is revoked."""
    revoked = served.rows("SELECT count(*) FROM revocations")
    before = served.events("assertion.used")
    mine = served.assertion()
    asks = (
        Request("/token", mine | {"grant_type": "client_credentials", "scope": FORMS["opaque"]}),
        Request("/introspect", mine | {"token": "unknown"}),
        Request("/revoke", mine | {"token": "unknown"}),
    )
    answers = crowd(served, list(islice(cycle(asks), size)), connections)
    faults = unserved(answers, size) + exactly(answers, "200", 1) + allowed(answers, "200", "401 invalid_client")
    for answer in answers:
        if answer.status == 200 and answer.body and "access_token" in said(answer):
            faults += lives(served, said(answer), "signer", expected=True)
    if served.rows("SELECT count(*) FROM revocations") != revoked:
        faults.append("something was revoked")
    return faults + counted(served, "assertion.used", before, 1)


def assertion_refused(served: Served, size: int, connections: int) -> list[str]:
    """Spent even where the grant is then refused (rulings A): one hears of the scope, everybody else is nobody."""
    before = served.events("token.issued")
    mine = served.assertion() | {"grant_type": "client_credentials"}
    first = [Request("/token", mine | {"scope": "no:such"})] * (size // 2)
    answers = crowd(served, first, connections)
    faults = exactly(answers, "400 invalid_scope", 1) + allowed(answers, "400 invalid_scope", "401 invalid_client")
    later = crowd(served, [Request("/token", mine | {"scope": FORMS["opaque"]})] * (size // 2), connections)
    faults += allowed(later, "401 invalid_client") + unserved([*answers, *later], 2 * (size // 2))
    return faults + counted(served, "token.issued", before, 0)


def one_winner(answers: Sequence[Answer], size: int, *refusals: str) -> tuple[list[str], list[dict[str, Any]]]:
    """That one was served and the others refused like this; and what the served had."""
    faults = unserved(answers, size) + exactly(answers, "200", 1) + allowed(answers, "200", *refusals)
    return faults, [said(answer) for answer in answers if answer.status == 200][:_LOOKED_AT]


def exactly(answers: Sequence[Answer], what: str, times: int) -> list[str]:
    found = outcomes(answers)[what]
    return [] if found == times else [f"{found}× {what} instead of {times}×"]


def allowed(answers: Sequence[Answer], *whats: str) -> list[str]:
    return [f"{count}× {what}" for what, count in outcomes(answers).items() if what not in whats]


def counted(served: Served, event: str, before: int, more: int) -> list[str]:
    found = served.events(event) - before
    return [] if found == more else [f"{found}× {event} on record instead of {more}×"]


def lives(served: Served, got: dict[str, Any], client_id: str, *, expected: bool) -> list[str]:
    """That every token in *got* is alive, or none is: for APIs, at userinfo, and to be refreshed with."""
    faults: list[str] = []

    def note(what: str, alive: bool) -> None:
        if alive is not expected:
            faults.append(f"{what} of {client_id} is {'alive' if alive else 'dead'}")

    access = got["access_token"]
    found = [served.ask("/introspect", served.mine(api) | {"token": access}).json() for api in APIS]
    note("an access token", any(one["active"] for one in found))
    if "id_token" in got:
        userinfo = crowd(served, [Request("/userinfo", {"access_token": access})], 1)[0]
        note("an access token at userinfo", userinfo.status == 200)
    if "refresh_token" in got:
        form = served.mine(client_id) | {"grant_type": "refresh_token", "refresh_token": got["refresh_token"]}
        note("a refresh token", served.ask("/token", form).status_code == 200)
    return faults
