"""What pages load is found by its whole path or not at all."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from licet.authorization_server.web.assets import Assets

ASSETS = Assets()

SHEET = ASSETS.find(f"{ASSETS.prefix}/licet.css")


def test_each_file_has_its_media_type() -> None:
    assert SHEET is not None
    assert SHEET.media_type == "text/css; charset=utf-8"
    assert SHEET.immutable
    mark = ASSETS.find(f"{ASSETS.prefix}/mark.svg")
    assert mark is not None
    assert mark.media_type == "image/svg+xml"


@pytest.mark.parametrize("folder", ["", "/assets", "/assets/0000000000000000"])
def test_only_this_release_has_a_folder(folder: str) -> None:
    """Another folder is another release, whose bytes nobody here knows."""
    assert ASSETS.find(f"{folder}/licet.css") is None


@pytest.mark.parametrize(
    "name", ["", "/", "//licet.css", "/./licet.css", "/../assets.py", "/icons", "/icons/../licet.css"]
)
def test_only_whole_paths_are_found(name: str) -> None:
    """Nothing beside our files, and our files by one path only."""
    assert ASSETS.find(ASSETS.prefix + name) is None


def test_the_folder_is_named_by_all_that_is_in_it(tmp_path: Path) -> None:
    """Any change to any file moves all of them: the sheet names its icons relatively."""

    def prefix(**files: str) -> str:
        for file in tmp_path.iterdir():
            file.unlink()
        for name, body in files.items():
            (tmp_path / f"{name}.svg").write_text(body)
        return Assets(tmp_path).prefix

    assert prefix(a="1", b="2") == prefix(a="1", b="2")
    assert len({prefix(a="1", b="2"), prefix(a="1", b="3"), prefix(a="1"), prefix(a="12"), prefix(a="1", c="2")}) == 5


def test_the_sheet_is_small_and_names_only_what_is_there() -> None:
    """Under 12 kB, no foreign address, no embedded image; and no icon that no page shows."""
    assert SHEET is not None
    sheet = SHEET.body.decode()
    assert len(SHEET.body) < 12_000
    named = re.findall(r"url\(([^)]*)\)", sheet)
    assert all(ASSETS.find(f"{ASSETS.prefix}/{address}") for address in named)
    served = {path.removeprefix(f"{ASSETS.prefix}/") for path in ASSETS.paths}
    assert served == set(named) | {"licet.css", "mark.svg", "wordmark.svg", "wordmark-dark.svg"}
    assert "data:" not in sheet
    assert "@import" not in sheet


def test_every_icon_is_shown_somewhere() -> None:
    """An icon that no template names is weight; a name without an icon is a hole in the page."""
    templates = Path(__file__).parents[3] / "src/licet/authorization_server/web/templates"
    markup = "".join(path.read_text() for path in templates.glob("*.html"))
    shown = set(re.findall(r'parts\.(?:icon|note)\("([a-z-]+)"', markup))
    drawn = {Path(path).stem for path in ASSETS.paths if "/icons/" in path}
    assert shown == drawn
