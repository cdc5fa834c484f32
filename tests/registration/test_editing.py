"""An addition changes nothing else, byte for byte; what would be wrong is not written."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from licet.registration import piece
from licet.registration.advise import about
from licet.registration.editing import Edit, added, edited, write
from licet.registration.kinds import BY_NAME
from licet.registration.mistakes import ManifestErrors
from tests.registration.conftest import TOP

ROOT = Path(__file__).parents[2]
TV = piece.app(about(BY_NAME["tv"]).app, piece.Names(client_id="lounge-tv", name='"Lounge" \\ TV', may=("openid",)))
API = piece.api(piece.Api(name="pay", audience="https://pay.example.com", scopes=(("pay:send", "Send money"),)))
BLOCKS = [
    block
    for page in sorted((ROOT / "docs").glob("*.md"))
    for block in re.findall(r"^```toml\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)
]
"""Every configuration in the manual."""

STRANGE = (
    "",
    "# nothing but a comment",
    "\n\n\n",
    'issuer = "x"',
    '[app.a]\nis = "tv"\n\n# of b\n# more\n[app.b]\nis = "tv" # end',
    '[app.a]\nis = "tv"\n# of the API\n[api.x]\naudience = """\n[app.z]\n"""\n',
    'app.a.is = "tv"\nx = 1\n[server]\nlisten = [\n  [1],\n]\n',
    '[app]\na = { is = "tv" }\n\n[[waiver]]\nid = 1\n\n[[waiver]]\nid = 2\n',
    '\t[ app . "b.c" ]\r\nis = \'tv\'\r\n\r\n  [api.x]\r\naudience="u"\r\n',
    '[app.a.expert]\ncontacts = ["\u2028"]\n\n[lifetimes]\n',
    '[app.a]\nis = "tv"\nmay = [\n[\n"x"],\n]\n[server]\n',
)


def keeps_every_other_byte(before: str, text: str, group: str) -> None:
    after = added(before, text, group)
    shared = next((n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), len(before))
    inserted = len(after) - len(before)
    ways = (at for at in range(shared + 1) if before[at:] == after[at + inserted :])
    assert any(before[:at] == after[:at] for at in ways), "one stretch was put in, and nothing taken out"
    assert tomllib.loads(after).keys() >= tomllib.loads(before).keys() | {group}
    name = "lounge-tv" if group == "app" else "pay"
    was, now = tomllib.loads(before).get(group, {}), tomllib.loads(after)[group]
    assert {one: now[one] for one in now if one != name} == was
    assert now[name] == tomllib.loads(text)[group][name]


@pytest.mark.parametrize("before", [*BLOCKS, *STRANGE], ids=range(len(BLOCKS) + len(STRANGE)))
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_real_and_strange_files(before: str, newline: str) -> None:
    before = before.replace("\r\n", "\n").replace("\n", newline)
    if "lounge-tv" not in before:
        keeps_every_other_byte(before, TV, "app")
    keeps_every_other_byte(before, API, "api")


LINES = st.sampled_from(
    ["", "# why", "[server]", 'log = "text"', "[app.a]", '[app."b.c"]', "[api.x]", "[api.x.scopes]", '"o:r" = "See"',
     'is = "tv"', "list = [", "  [1, 2],", "]", "[[waiver]]", "  # indented", "[lifetimes] # x", "[app.a.expert]",
     'text = """', "[app.no]", '"""', "app.d.is = 1", "k = '''", "'''", "\t", "[app]", "app = { a = 1 }"]
)  # fmt: skip


@settings(deadline=None, max_examples=1000)
@given(st.lists(LINES, max_size=14), st.booleans(), st.sampled_from(["\n", "\r\n"]))
def test_any_file(lines: list[str], ends: bool, newline: str) -> None:
    before = newline.join(lines) + (newline if ends else "")
    try:
        values = tomllib.loads(before)
    except tomllib.TOMLDecodeError:
        return
    try:
        keeps_every_other_byte(before, TV, "app")
    except ValueError as error:
        assert "nothing can be added" in str(error)
        assert "app = {" in before or "app." not in before or not isinstance(values["app"], dict)


def test_it_stands_with_its_like_and_comments_stay_with_theirs() -> None:
    before = '[app.a]\nis = "tv"\n\n# what is protected\n[api.x]\naudience = "u"\n'
    after = added(before, TV, "app")
    assert after == before.replace("# what", f"{TV}\n# what")
    assert added(before, API, "api") == f"{before}\n{API}"


def test_an_inline_table_takes_no_addition() -> None:
    with pytest.raises(ValueError, match="app is written there as one value"):
        added('app = { a = { is = "tv" } }\n', TV, "app")


def test_what_would_be_wrong_is_found_before(directory: Path) -> None:
    main = directory / "licet.toml"
    main.write_text(TOP)
    wrong = TV.replace('"openid"', '"orders:raed"')
    with pytest.raises(ManifestErrors) as caught:
        edited(main, main, wrong, "app")
    [mistake] = caught.value.mistakes
    assert (mistake.file, mistake.path) == ("licet.toml", "app.lounge-tv.may[0]")
    assert mistake.fix == "did you mean orders:read?"
    assert main.read_text() == TOP


def test_a_part_that_is_not_there_yet_is_judged_too(directory: Path) -> None:
    main, part = directory / "licet.toml", directory / "conf.d" / "team.toml"
    main.write_text(TOP)
    with pytest.raises(ManifestErrors) as caught:
        edited(main, part, TV.replace("openid", "nope"), "app")
    assert caught.value.mistakes[0].file == "conf.d/team.toml"
    assert not part.parent.exists()
    write(edited(main, part, TV, "app"))
    assert part.read_text() == TV
    assert stat.S_IMODE(part.stat().st_mode) == 0o644


def test_writing_keeps_mode_and_link(directory: Path) -> None:
    real, main = directory / "real.toml", directory / "licet.toml"
    real.write_text(TOP)
    real.chmod(0o640)
    main.symlink_to(real)
    write(edited(main, main, TV, "app"))
    assert main.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert real.read_text().startswith(TOP)
    assert "lounge-tv" in real.read_text()
    assert sorted(path.name for path in directory.iterdir()) == ["app.pub.pem", "licet.toml", "real.toml"]


def test_a_file_that_changed_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "licet.toml"
    file.write_text("# somebody's\n")
    with pytest.raises(FileExistsError):
        write(Edit(path=file, before="", after="mine"))
    assert file.read_text() == "# somebody's\n"


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "licet.toml"
    file.write_text("old")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write(Edit(path=file, before="old", after="new"))
    assert file.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["licet.toml"]
