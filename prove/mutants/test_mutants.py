"""Every bad patch is noticed by the tests that are named for it, and a good copy is noticed by none.

In a sample a quarter of the patches are tried, the same quarter each time; that every row still fits the server is looked
at in all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from prove.conftest import Scale
from prove.mutants import laboratory
from prove.mutants.laboratory import NotThereError
from prove.mutants.model import SERVICE, SHOP, Mutant
from prove.mutants.rows import MUTANTS

pytestmark = pytest.mark.timeout(1800)
_ONE_IN = 4


def _ids(mutant: Mutant) -> str:
    return mutant.name.replace(" ", "-")


def test_there_are_enough_and_each_fits() -> None:
    assert len(MUTANTS) >= 30
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    for mutant in MUTANTS:
        assert mutant.killers
        compile(laboratory.check(mutant), mutant.file, "exec")


def _judged(mutant: Mutant, place: Path) -> laboratory.Verdict:
    source = laboratory.copy(place, mutant)
    return laboratory.judge(mutant, laboratory.run(source, (*mutant.lives, *mutant.killers)))


def _tried(mutant: Mutant, scale: Scale) -> bool:
    return scale.whole or MUTANTS.index(mutant) % _ONE_IN == 0


@pytest.fixture(scope="module")
def verdicts(
    request: pytest.FixtureRequest, scale: Scale, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[laboratory.Verdict]]]:
    """All that were asked for, two at a time: each spends half its time in starting up."""
    calls = (getattr(item, "callspec", None) for item in request.session.items)
    asked = [call.params["mutant"] for call in calls if call is not None and "mutant" in call.params]
    with ThreadPoolExecutor(2) as pool:
        yield {
            mutant.name: pool.submit(_judged, mutant, tmp_path_factory.mktemp("mutant"))
            for mutant in asked
            if _tried(mutant, scale)
        }
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("mutant", MUTANTS, ids=_ids)
def test_a_bad_patch_is_noticed(mutant: Mutant, scale: Scale, verdicts: dict[str, Future[laboratory.Verdict]]) -> None:
    if not _tried(mutant, scale):
        pytest.skip("not in the sample")
    verdict = verdicts[mutant.name].result()
    assert verdict.killed, verdict.why


def test_an_unpatched_copy_is_noticed_by_nobody(scale: Scale, tmp_path: Path) -> None:
    """What kills the patched ones passes without a patch: it was the patch that was noticed."""
    tried = MUTANTS if scale.whole else MUTANTS[::_ONE_IN]
    nodes = dict.fromkeys(node for mutant in tried for node in (*mutant.lives, *mutant.killers))
    ended = laboratory.run(laboratory.copy(tmp_path), tuple(nodes))
    assert (ended.exit, ended.failed, ended.errors) == (0, (), ()), ended.said
    assert len(ended.passed) >= len(nodes)


class TestTheLaboratory:
    """It tells noticed from unnoticed, and both from what proves nothing."""

    def patched(self, new: str, killers: tuple[str, ...] = SERVICE, lives: tuple[str, ...] = SHOP) -> Mutant:
        return Mutant("control", "protocol/pkce.py", 'METHOD = "S256"', new, "", killers, lives)

    def test_a_patch_that_changes_nothing_survives(self, tmp_path: Path) -> None:
        verdict = _judged(self.patched('METHOD = "S256"  # the same'), tmp_path)
        assert not verdict.killed
        assert "exit 0" in verdict.why

    def test_a_server_that_does_not_start_is_not_a_kill(self, tmp_path: Path) -> None:
        verdict = _judged(self.patched("METHOD = undefined"), tmp_path)
        assert not verdict.killed
        assert "NameError" in verdict.why

    def test_a_server_that_serves_nobody_is_not_a_kill(self, tmp_path: Path) -> None:
        killer = ("protocol/test_pkce.py::test_every_method_but_s256_is_refused",)
        verdict = _judged(self.patched('METHOD = "S512"', killer), tmp_path)
        assert not verdict.killed
        assert "honest use" in verdict.why

    def test_the_copy_is_what_is_tested(self, tmp_path: Path) -> None:
        """An empty folder in the copy's place: the installed server would be tested, and the run refuses."""
        ended = laboratory.run(tmp_path, SERVICE)
        assert ended.exit == 4
        assert "is not the copy under test" in ended.said

    @pytest.mark.parametrize("old", ["no such text in there", "code_challenge"])
    def test_a_row_that_does_not_fit_is_loud(self, old: str) -> None:
        mutant = Mutant("control", "protocol/pkce.py", old, "", "", SERVICE)
        with pytest.raises(NotThereError):
            laboratory.check(mutant)
