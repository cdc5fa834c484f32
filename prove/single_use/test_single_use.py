"""Issue 3.3: a crowd of 10,000 over 500 connections (1,000 over 100 in a sample) at each artefact that is good once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from prove.conftest import Scale
from prove.single_use import stories, storm, transactions
from prove.single_use.served import Served, running

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home: Path = tmp_path_factory.mktemp("single-use") / "server"
    with running(home) as server:
        yield server
        assert "internal error" not in server.log.read_text()


@pytest.fixture
def size(scale: Scale) -> int:
    return scale(1_000, 10_000)


@pytest.fixture
def connections(scale: Scale) -> int:
    return scale(100, 500)


@pytest.mark.parametrize("form", stories.FORMS)
def test_a_code_that_everybody_holds(served: Served, size: int, connections: int, form: str) -> None:
    assert stories.code_replayed(served, size, connections, form) == []


@pytest.mark.parametrize(
    "story",
    [
        stories.code_guessed,
        stories.refresh_rotated,
        stories.refresh_superseded,
        storm.refresh_storm,
        stories.refresh_by_strangers,
        stories.device_code,
        stories.assertion,
        stories.assertion_refused,
        transactions.consent,
        transactions.undecided,
        transactions.signed_in,
        transactions.device,
    ],
    ids=lambda story: story.__name__,
)
def test_one_is_served(served: Served, size: int, connections: int, story: stories.Story) -> None:
    assert story(served, size, connections) == []


def test_a_token_that_does_not_rotate(served: Served, scale: Scale, connections: int) -> None:
    """Each of these is a success, so that fewer are enough."""
    assert stories.refresh_kept(served, scale(500, 5_000), connections) == []


_STAYS_OPEN = (
    "AFTER UPDATE OF state ON transactions BEGIN "
    "UPDATE transactions SET state = 'open', request = OLD.request WHERE txn_id = NEW.txn_id; END"
)
FAULTS = {
    "code_replayed": (
        stories.code_replayed,
        "AFTER UPDATE OF consumed_at ON codes BEGIN UPDATE codes SET consumed_at = NULL WHERE digest = NEW.digest; END",
        "× 200 instead of 1×",
    ),
    "code_without_its_end": (
        stories.code_replayed,
        "AFTER UPDATE OF revoked_at ON grants BEGIN UPDATE grants SET revoked_at = NULL WHERE handle = NEW.handle; END",
        "an access token of shop is alive",
    ),
    "code_guessed": (
        stories.code_guessed,
        "AFTER UPDATE OF consumed_at ON codes BEGIN UPDATE grants SET revoked_at = 1 WHERE grant_id = NEW.grant_id; END",
        "an access token of shop is dead",
    ),
    "refresh_rotated": (
        stories.refresh_rotated,
        (
            "AFTER UPDATE OF current_digest ON families WHEN NEW.current_digest <> OLD.current_digest BEGIN UPDATE families "
            "SET current_digest = OLD.current_digest, generation = OLD.generation WHERE handle = NEW.handle; END"
        ),
        "successors instead of one",
    ),
    "refresh_superseded": (
        stories.refresh_superseded,
        "AFTER UPDATE OF ended_at ON families BEGIN UPDATE families SET ended_at = NULL WHERE handle = NEW.handle; END",
        "× refresh.reused on record instead of 1×",
    ),
    "refresh_storm": (
        storm.refresh_storm,
        (
            "AFTER UPDATE OF current_digest ON families WHEN NEW.current_digest <> OLD.current_digest BEGIN UPDATE families "
            "SET current_digest = OLD.current_digest, generation = OLD.generation WHERE handle = NEW.handle; END"
        ),
        "families forked",
    ),
    "refresh_by_strangers": (
        stories.refresh_by_strangers,
        (
            "AFTER INSERT ON families WHEN NEW.client_id = 'spa' BEGIN UPDATE families SET ended_at = 1 "
            "WHERE handle = NEW.handle; END"
        ),
        "a refresh token of spa is dead",
    ),
    "device_code": (
        stories.device_code,
        (
            "AFTER UPDATE OF consumed_at ON pending BEGIN UPDATE pending SET state = 'approved' "
            "WHERE device_digest = NEW.device_digest; END"
        ),
        "× 200 instead of 1×",
    ),
    "assertion": (
        stories.assertion,
        "AFTER INSERT ON replay BEGIN DELETE FROM replay WHERE key = NEW.key; END",
        "× 200 instead of 1×",
    ),
    "assertion_refused": (
        stories.assertion_refused,
        "AFTER INSERT ON replay BEGIN DELETE FROM replay WHERE key = NEW.key; END",
        "× 400 invalid_scope instead of 1×",
    ),
    "consent": (
        transactions.consent,
        _STAYS_OPEN,
        "answers lead back to the app",
    ),
    "undecided": (
        transactions.undecided,
        _STAYS_OPEN,
        "answers lead back to the app",
    ),
    "signed_in": (
        transactions.signed_in,
        _STAYS_OPEN,
        "× 200 instead of 1×",
    ),
    "device": (
        transactions.device,
        (
            "AFTER UPDATE OF state ON pending WHEN NEW.state = 'approved' BEGIN UPDATE pending SET state = 'claimed' "
            "WHERE device_digest = NEW.device_digest; END"
        ),
        "× 200 instead of 1×",
    ),
}
"""Story → a trigger in the store that takes single use away, and what the story must say of it."""


@pytest.mark.parametrize("name", FAULTS)
def test_the_crowd_notices(served: Served, name: str) -> None:
    """The control: the same server and the same story over a store that forgets."""
    story, trigger, told = FAULTS[name]
    served.write(f"CREATE TRIGGER planted {trigger}")
    try:
        faults = story(served, 100, 20)
    finally:
        served.write("DROP TRIGGER planted")
    assert any(told in fault for fault in faults), faults
