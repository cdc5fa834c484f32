"""Issue 3.6: no secret in the log, in an address, on a page or on the command line but where the protocol puts it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from secrets import token_hex, token_urlsafe
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2
import pytest

from prove.conftest import Scale
from prove.leaks.encodings import Search, Secret
from prove.leaks.story import Told, tell
from prove.single_use.served import running, until
from tests.visitor import Form
from tests.world import CALLBACK

pytestmark = pytest.mark.timeout(600)

_ECHOED = ("login", "user_code")
"""Fields whose text is shown again to the one who typed it, so that a slip can be mended."""


def found(search: Search, text: bytes | str) -> set[str]:
    return {f"{name}, {form}" for name, form in search(text)}


def flushed(told: Told) -> str:
    """The log, with the line of every request so far: one may wait a moment."""
    last = f"/last-{token_hex(4)}"
    httpx2.get(told.served.issuer + last, verify=False)
    until(lambda: last in told.served.log.read_text(), "the last line is written")
    return told.served.log.read_text()


def test_no_secret_is_in_the_log(told: Told, search: Search) -> None:
    log = flushed(told)
    assert log.count("\n") > 400, "a line a request"
    assert "internal error" not in log
    assert found(search, log) == set()


def test_nor_in_the_log_for_people(tmp_path: Path, scale: Scale) -> None:
    if not scale.whole:
        pytest.skip("the same story again, in the whole run")
    with running(tmp_path / "server", log="text") as served:
        told = tell(served)
        told.http.close()
        assert found(Search(told.recorder.secrets.values()), flushed(told)) == set()


def test_the_log_is_searched(told: Told) -> None:
    """The control: what nothing tells from a word, in a path that a stranger made up, is written down."""
    word = token_urlsafe(24)
    told.http.get(f"/nowhere/{word}")
    assert found(Search([Secret("word", word)]), flushed(told)) == {"word, clear"}


def without_the_answer(address: str) -> str:
    """*address* without what an app is sent: the code, and the state that it sent itself."""
    parts = urlsplit(address)
    if not address.startswith(CALLBACK) and not address.startswith("https://spa.example.com/"):
        return address
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name not in ("code", "state")]
    return parts._replace(query=urlencode(kept)).geturl()


def test_no_secret_is_in_an_address(told: Told, search: Search) -> None:
    """Where the server sends somebody, and what it has them follow, post to or load."""
    seen = told.recorder.seen
    addresses = {one.location for one in seen if one.location}
    for one in seen:
        page = Form(one.text) if "<html" in one.text else None
        if page:
            addresses |= {form["action"] for form in page.forms} | {
                page.continues or "",
                (page.refresh or "").partition("url=")[2],
            }
    assert len(addresses) > 30
    assert {address: hits for address in addresses if (hits := found(search, without_the_answer(address)))} == {}


def test_no_secret_is_on_a_page_that_says_no(told: Told, search: Search) -> None:
    refused = [one for one in told.recorder.seen if one.status >= 400]
    assert len(refused) > 200
    assert len({one.status for one in refused}) >= 6
    for one in refused:
        written = "\n".join(f"{name}: {value}" for name, value in one.headers if name != "set-cookie")
        assert found(search, written + one.text) == set(), (one.url, one.sent, one.text)


def test_pages_show_what_they_are_for_and_no_more(told: Told, search: Search) -> None:
    """The form's own token, the code on its way to the app, the device's code where it is confirmed; and to whoever
    typed something into the wrong field, that field."""
    pages = [one for one in told.recorder.seen if one.status == 200 and "<html" in one.text]
    assert len(pages) > 30
    for one in pages:
        hits = found(search, one.text)
        typed = {value for name, value in parse_qsl(one.sent) if name in _ECHOED}
        echoed = {hit for value in typed for hit in found(search, value)}
        kinds = {hit.rpartition(" ")[0] for hit in hits - echoed if hit.endswith(", clear")}
        allowed = {"csrf"}
        if Form(one.text).continues or 'id="continue"' in one.text:
            allowed = {"code", "state"}
        elif urlsplit(one.url).path == "/device/confirm":
            allowed = {"csrf", "user_code"}
        assert {kind.rpartition(" ")[0] for kind in kinds} <= allowed, (one.url, one.sent)
        assert {hit for hit in hits - echoed if not hit.endswith(", clear")} == set()


def test_no_secret_is_on_the_command_line(told: Told, search: Search) -> None:
    """Secrets came from files: neither arguments nor environment hold one."""
    line = (told.served.home / "keys" / "master.key").read_text().strip()
    proc = Path("/proc") / str(told.served.pid)
    if not proc.exists():
        pytest.skip("no /proc here")
    for name in ("cmdline", "environ"):
        shown = (proc / name).read_bytes()
        assert shown
        assert found(search, shown) == set()
        assert line.encode() not in shown


def test_the_command_line_is_searched(told: Told, search: Search) -> None:
    """The control: a process that was started with a secret."""
    secret = told.served.secrets["shop"]
    words = [sys.executable, "-c", "print(flush=True); input()", secret]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert process.stdout
        process.stdout.readline()
        file = Path("/proc") / str(process.pid) / "cmdline"
        if not file.exists():
            pytest.skip("no /proc here")
        assert any(hit.startswith("secret of shop") for hit in found(search, file.read_bytes()))
    finally:
        process.communicate(b"\n", timeout=30)
