"""Whatever careless hands make of a good file: every mistake has its place, its rule and its fix; none is a traceback."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from licet.ambient import SECOND, Instant
from licet.cli.doctor import doctor
from licet.cli.serve import serve
from licet.registration.manifest import read
from licet.registration.mistakes import ManifestErrors
from tests.registration.broken import BROKEN, GOOD, PLANTED, Broken


class OnADay:
    """A clock that stands on a day before the waiver's last."""

    def now(self) -> Instant:
        return Instant(int(datetime(2026, 12, 1, tzinfo=UTC).timestamp()) * SECOND)


def laid_down(directory: Path, broken: Broken) -> Path:
    path = directory / "licet.toml"
    path.write_bytes(broken.content)
    if broken.part:
        (directory / "conf.d").mkdir()
        (directory / "conf.d" / "team.toml").write_text(broken.part)
    return path


def test_there_are_many_and_the_good_one_is_good(directory: Path) -> None:
    assert len(BROKEN) >= 200
    assert len({broken.name for broken in BROKEN}) == len(BROKEN)
    manifest = read(laid_down(directory, Broken("none", GOOD.encode())), clock=OnADay())
    assert [one.waiver.client for one in manifest.waivers] == ["crm"]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.name)
def test_a_mistake_has_its_place_its_rule_and_its_fix(directory: Path, broken: Broken) -> None:
    with pytest.raises(ManifestErrors) as caught:
        read(laid_down(directory, broken), clock=OnADay())
    mistakes = caught.value.mistakes
    assert mistakes
    for mistake in mistakes:
        assert mistake.file in {"licet.toml", "conf.d/team.toml"}
        assert mistake.message.strip()
        assert mistake.rule.strip()
        assert len(mistake.fix) > len("write it")
        place = mistake.place
        assert 0 <= place.start <= max(place.end, len(place.text) + 1)
    if broken.part:
        assert any(mistake.file == "conf.d/team.toml" and mistake.line for mistake in mistakes)
    elif broken.line:
        assert any(0 <= mistake.line - broken.line <= 1 for mistake in mistakes), str(caught.value)
    said = str(caught.value)
    assert PLANTED not in said
    assert "Traceback" not in said
    assert all(character.isprintable() or character == "\n" for character in said)


@pytest.mark.parametrize("broken", BROKEN[::7], ids=lambda broken: broken.name)
def test_the_commands_say_the_same_and_exit_2(directory: Path, broken: Broken) -> None:
    path = laid_down(directory, broken)
    for command in (doctor, serve):
        result = CliRunner().invoke(command, ["--config", str(path)])
        assert result.exit_code == 2, result.output
        assert "fix   " in result.output
        assert PLANTED not in result.output


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.tuples(st.integers(0, len(GOOD)), st.binary(max_size=8), st.integers(0, 40)).map(
            lambda cut: GOOD.encode()[: cut[0]] + cut[1] + GOOD.encode()[cut[0] + cut[2] :]
        ),
    )
)
def test_any_bytes_are_read_or_refused_in_words(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any" / "licet.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    try:
        read(path, clock=OnADay())
    except ManifestErrors as errors:
        assert all(mistake.fix and mistake.rule for mistake in errors.mistakes)
        assert str(errors)
