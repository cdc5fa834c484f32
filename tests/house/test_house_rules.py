"""Each house rule fails on what it forbids and passes what it allows."""

from __future__ import annotations

import ast
from pathlib import PurePosixPath

import pytest

from tools.house_rules import (
    RULES,
    Rule,
    Source,
    check,
    every_file_says_what_it_is,
    nothing_is_called_utils,
    one_clock_one_dice,
    one_gate,
    one_way_out,
    refusals,
    refusals_cite,
    the_law_is_data,
    the_web_speaks_incoming_and_answer,
    who_may_print,
)

ERRORS = '''
"""Errors."""
class Refusal(Exception): ...
class InvalidClient(Refusal): ...
class TooManyAttempts(InvalidClient): ...
class Pending(Exception): ...
'''

BAD: dict[str, tuple[Rule, str, str]] = {
    "import time": (one_clock_one_dice, "web/forms.py", "import time"),
    "import from time": (one_clock_one_dice, "web/forms.py", "from time import monotonic"),
    "import secrets": (one_clock_one_dice, "token/issue.py", "import secrets"),
    "import random in a function": (one_clock_one_dice, "x.py", "def f():\n    import random"),
    "import uuid": (one_clock_one_dice, "x.py", "from uuid import uuid4"),
    "datetime.now": (one_clock_one_dice, "x.py", "from datetime import datetime\nx = datetime.now()"),
    "datetime.datetime.utcnow": (one_clock_one_dice, "x.py", "import datetime\nx = datetime.datetime.utcnow()"),
    "date.today": (one_clock_one_dice, "x.py", "from datetime import date\nx = date.today()"),
    "os.urandom": (one_clock_one_dice, "x.py", "import os\nx = os.urandom(16)"),
    "os.getrandom": (one_clock_one_dice, "x.py", "import os\nx = os.getrandom(16)"),
    "from os import urandom": (one_clock_one_dice, "x.py", "from os import urandom"),
    "refusal without per": (
        refusals_cite,
        "x.py",
        "from licet.protocol.errors import InvalidClient\nraise InvalidClient('no')",
    ),
    "refusal raised bare": (
        refusals_cite,
        "x.py",
        "from licet.protocol.errors import InvalidClient\nraise InvalidClient",
    ),
    "refusal of a refusal": (
        refusals_cite,
        "x.py",
        "from licet.protocol.errors import TooManyAttempts as Enough\nraise Enough('no', detail='d')",
    ),
    "refusal through the module": (
        refusals_cite,
        "x.py",
        "from licet.protocol import errors\nraise errors.InvalidClient('no')",
    ),
    "refusal returned": (
        refusals_cite,
        "x.py",
        "from licet.protocol.errors import InvalidClient\ndef f():\n    return InvalidClient('no')",
    ),
    "the law asks a library": (the_law_is_data, "requirements/tokens.py", "import msgspec"),
    "the law asks the house": (
        the_law_is_data,
        "requirements/tokens.py",
        "from licet.protocol.scope import Scope",
    ),
    "the law reads a file": (the_law_is_data, "requirements/model.py", "from pathlib import Path"),
    "the web knows an endpoint": (
        the_web_speaks_incoming_and_answer,
        "authorization_server/web/forms.py",
        "from licet.authorization_server.token.endpoint import TokenEndpoint",
    ),
    "the web knows the settings": (
        the_web_speaks_incoming_and_answer,
        "authorization_server/web/limits.py",
        "from licet.authorization_server import settings",
    ),
    "a module called utils": (nothing_is_called_utils, "token/utils.py", "x = 1"),
    "a package called common": (nothing_is_called_utils, "common/words.py", "x = 1"),
    "a package called helpers": (nothing_is_called_utils, "helpers/__init__.py", "x = 1"),
    "a module called misc": (nothing_is_called_utils, "misc.py", "x = 1"),
    "revoked_at read": (
        one_gate,
        "authorization_server/introspection.py",
        "def f(t):\n    return t.revoked_at is None",
    ),
    "epoch read": (one_gate, "resource_owner/sessions.py", "def f(t):\n    return t.epoch"),
    "epoch read by its name": (one_gate, "resource_owner/sessions.py", "def f(t):\n    return getattr(t, 'epoch', 0)"),
    "ending got by its name": (
        one_gate,
        "x.py",
        "from operator import attrgetter\nends = attrgetter('revoked_at')",
    ),
    "httpx2": (one_way_out, "registration/plan.py", "import httpx2"),
    "requests": (one_way_out, "x.py", "import requests"),
    "urllib.request": (one_way_out, "x.py", "from urllib.request import urlopen"),
    "urllib.request itself": (one_way_out, "x.py", "from urllib import request"),
    "http.client": (one_way_out, "x.py", "import http.client"),
    "an outward socket": (one_way_out, "x.py", "import socket\ns = socket.create_connection(('host', 1))"),
    "a connection by the loop": (
        one_way_out,
        "x.py",
        "async def f(loop):\n    await loop.create_connection(P, 'host', 1)",
    ),
    "mail": (one_way_out, "x.py", "import smtplib"),
    "print": (who_may_print, "token/issue.py", "print('issued')"),
    "no docstring": (every_file_says_what_it_is, "x.py", "x = 1"),
    "an empty file": (every_file_says_what_it_is, "x/__init__.py", ""),
}

GOOD = {
    "time in ambient": ("ambient.py", "import time, secrets"),
    "a time from the clock": ("x.py", "def f(clock):\n    return clock.now()"),
    "datetime from a number": ("x.py", "from datetime import datetime, UTC\nx = datetime.fromtimestamp(0, UTC)"),
    "refusal with per": (
        "x.py",
        "from licet.protocol.errors import InvalidClient\nraise InvalidClient('no', per=CLIENT_KNOWN)",
    ),
    "refusal with a mapping": (
        "x.py",
        "from licet.protocol.errors import InvalidClient\nraise InvalidClient('no', **why)",
    ),
    "refusal raised again": ("x.py", "from licet.protocol.errors import InvalidClient\ndef f(r):\n    raise r"),
    "refusal caught": (
        "x.py",
        "from licet.protocol.errors import InvalidClient\ntry:\n    f()\nexcept InvalidClient:\n    pass",
    ),
    "a polling answer": ("x.py", "from licet.protocol.errors import Pending\nraise Pending"),
    "a namesake": ("x.py", "from cryptography.fernet import InvalidClient\nraise InvalidClient('no')"),
    "the law cites itself": ("requirements/tokens.py", "from licet.requirements.model import Requirement\nimport enum"),
    "the web takes an Incoming": (
        "authorization_server/web/forms.py",
        "from licet.authorization_server.exchange import Incoming\nfrom licet.authorization_server import views",
    ),
    "app wires both": ("app.py", "from licet.authorization_server.token.endpoint import TokenEndpoint"),
    "another attribute by its name": ("x.py", "def f(t):\n    return getattr(t, 'kind')"),
    "the gate": ("authorization_server/admission.py", "def f(t):\n    return t.revoked_at or t.epoch"),
    "the store": ("storage/sqlite/grants.py", "def f(t):\n    return t.revoked_at"),
    "handing an ending to the gate": ("x.py", "def f(t):\n    return admit(Presented(revoked_at=t.revoked_at))"),
    "writing an ending": ("x.py", "def f(t):\n    return Row(revoked_at=now, epoch=now)"),
    "egress": ("egress.py", "import httpx2"),
    "the client": ("client/token_request.py", "import httpx2"),
    "a listening socket": ("cli/serve.py", "import socket\ns = socket.create_server(('', 1))"),
    "a status from http": ("x.py", "from http import HTTPStatus\nfrom urllib.parse import urlsplit"),
    "print in cli": ("cli/add.py", "print('added')"),
    "print in development": ("development/people.py", "print('hello')"),
    "a word with utils in it": ("token/utilsmith.py", "x = 1"),
}


@pytest.mark.parametrize(("rule", "path", "code"), BAD.values(), ids=BAD.keys())
def test_what_is_forbidden_is_found(rule: Rule, path: str, code: str) -> None:
    """By the rule that forbids it."""
    assert list(rule(Source(PurePosixPath(path), ast.parse(code), refusals(ERRORS))))


@pytest.mark.parametrize(("path", "code"), GOOD.values(), ids=GOOD.keys())
def test_what_is_allowed_passes(path: str, code: str) -> None:
    """No rule minds."""
    assert check(f'"""A file."""\n{code}\n', path, ERRORS) == []


def test_a_file_without_docstring_is_found() -> None:
    """Every file says what it is for; an empty one too."""
    (finding,) = check("x = 1\n", "protocol/pkce.py")
    assert str(finding) == "src/licet/protocol/pkce.py:1: no docstring: say what this file is for"
    assert check("", "protocol/__init__.py")


def test_a_finding_names_its_line() -> None:
    """As editors and CI read it: path, line, message."""
    (finding,) = check('"""A file."""\n\n\nprint("x")\n', "token/issue.py")
    assert str(finding) == "src/licet/token/issue.py:4: print() in cli/ and development/ only"


def test_refusals_are_read_from_the_source() -> None:
    """Whatever descends from Refusal, at any distance, and nothing else."""
    assert refusals(ERRORS) == {"Refusal", "InvalidClient", "TooManyAttempts"}


def test_every_rule_has_a_bad_example() -> None:
    """A rule that never fails is no rule."""
    assert {rule for rule, _, _ in BAD.values()} == set(RULES)
