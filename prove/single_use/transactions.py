"""Handles and transactions before a crowd: a page may be looked at any number of times, a question is answered once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import cycle, islice
from urllib.parse import parse_qs, urlsplit

from bench.wire import Answer
from prove.single_use.crowd import Request, crowd, unserved
from prove.single_use.person import Person, Shown, left, redemption
from prove.single_use.served import Served
from prove.single_use.stories import allowed, counted, exactly, lives
from tests.visitor import Form

_CHANGING = 16
"""Sign-ins at once: each costs an argon2, and the pool for it has 64 places."""


def reloaded(person: Person, shown: Shown, size: int, connections: int) -> list[str]:
    """A page that is looked at again and again stays the same page."""
    path = shown.response.request.url.raw_path.decode()
    answers = crowd(person.served, [Request(path, cookies=person.cookies)] * size, connections)
    faults = unserved(answers, size) + allowed(answers, "200")
    different = sum(Form(body.decode()).forms != shown.form.forms for body in {answer.body for answer in answers})
    return faults + [f"{different} other pages at {urlsplit(path).path}"] * bool(different)


def pressed(person: Person, shown: Shown, buttons: Sequence[str], size: int, connections: int) -> list[Answer]:
    """The crowd's answers to *buttons*, in turns."""
    forms = [shown.pressed(button) for button in buttons]
    requests = [Request(urlsplit(path).path, form, person.cookies) for path, form in forms]
    return crowd(person.served, list(islice(cycle(requests), size)), connections)


def consent(served: Served, size: int, connections: int) -> list[str]:
    """Sign-in and consent page, reloaded by a crowd; then yes by a crowd: one code, and it is good."""
    with Person(served) as person:
        before = served.events("code.issued")
        response, code_verifier = person.ask("shop", "openid invoices:read", prompt="login consent", state="st")
        sign_in = person.walk(response, "login-submit")
        assert isinstance(sign_in, Shown)
        faults = reloaded(person, sign_in, size // 2, connections)
        question = person.walk(person.press(sign_in, "login-submit", **person.credentials), "consent-allow")
        assert isinstance(question, Shown)
        faults += reloaded(person, question, size // 2, connections)
        answers = pressed(person, question, ("consent-allow",), size, connections)
        faults += once(answers, size) + counted(served, "code.issued", before, 1)
        for answered in map(left, _codes(answers)[:3]):
            answered.code_verifier = code_verifier
            got = served.ask("/token", redemption(served, answered, "shop"))
            faults += [] if got.status_code == 200 else ["the code is not good"]
            faults += lives(served, got.json(), "shop", expected=True) if got.status_code == 200 else []
    return faults


def undecided(served: Served, size: int, connections: int) -> list[str]:
    """Yes and no at once: whichever comes first, it is one answer."""
    with Person(served) as person:
        before = [served.events(kind) for kind in ("code.issued", "consent.denied")]
        response, _ = person.ask("shop", "openid", prompt="consent", state="st")
        question = person.walk(response, "consent-allow")
        assert isinstance(question, Shown)
        answers = pressed(person, question, ("consent-allow", "consent-deny"), size, connections)
        faults = once(answers, size)
        yes, no = (
            served.events(kind) - was for kind, was in zip(("code.issued", "consent.denied"), before, strict=True)
        )
        told = Counter("code" if "code=" in address else "error" for address in _addresses(answers))
        if (told["code"], told["error"]) != (yes, no):
            faults.append(f"{yes}× yes and {no}× no on record, but {dict(told)} were told")
    return faults


def signed_in(served: Served, size: int, connections: int) -> list[str]:
    """Where the sign-in alone completes the request, pressing it often completes it once."""
    with Person(served) as person:
        person.authorize("shop", "openid")
        before = served.events("code.issued")
        response, _ = person.ask("shop", "openid", prompt="login")
        sign_in = person.walk(response, "login-submit")
        assert isinstance(sign_in, Shown)
        path, form = sign_in.pressed("login-submit", **person.credentials)
        size = min(size, _CHANGING)
        answers = crowd(served, [Request(urlsplit(path).path, form, person.cookies)] * size, connections)
        faults = unserved(answers, size) + exactly([one for one in answers if _leaving(one)], "200", 1)
        return faults + counted(served, "code.issued", before, 1)


def device(served: Served, size: int, connections: int) -> list[str]:
    """A device's request: the page reloads, the decision is one."""
    asked = served.ask("/device_authorization", served.mine("tv") | {"scope": "openid"}).json()
    with Person(served) as person:
        before = served.events("device.approved")
        question = person.device(asked["user_code"], "consent-allow")
        faults = reloaded(person, question, size // 2, connections)
        answers = pressed(person, question, ("consent-allow",), size, connections)
        faults += unserved(answers, size) + exactly(answers, "200", 1) + allowed(answers, "200", "400 page")
    return faults + counted(served, "device.approved", before, 1)


def once(answers: Sequence[Answer], size: int) -> list[str]:
    """That one answer leads back to the app, and the others say that it was answered."""
    leading = [answer for answer in answers if _leaving(answer)]
    faults = [] if len(leading) == 1 else [f"{len(leading)} answers lead back to the app"]
    return faults + unserved(answers, size) + exactly(answers, "200", 1) + allowed(answers, "200", "400 page")


def _leaving(answer: Answer) -> bool:
    return bool(_addresses([answer]))


def _addresses(answers: Sequence[Answer]) -> list[str]:
    pages = (Form(answer.body.decode()) for answer in answers if answer.status == 200)
    return [page.continues for page in pages if page.continues is not None]


def _codes(answers: Sequence[Answer]) -> list[str]:
    return [address for address in _addresses(answers) if "code" in parse_qs(urlsplit(address).query)]
