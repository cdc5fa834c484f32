"""The Python in README and docs runs as printed against a running ``licet dev``."""

from __future__ import annotations

import builtins
import re
import threading
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "docs/clients.md", "docs/openid.md", "docs/pushed-requests.md", "docs/client-documents.md")


def blocks() -> list[Any]:
    found = []
    for page in PAGES:
        for number, text in enumerate(re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.DOTALL), 1):
            found.append(pytest.param(text, id=f"{page}-{number}"))
    return found


class Buttons(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.forms: list[tuple[str, dict[str, str], set[str]]] = []
        self.on: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((given["action"], {}, set()))
        elif tag == "input" and self.forms and "name" in given:
            self.forms[-1][1][given["name"]] = given.get("value", "")
        elif tag == "button" and self.forms:
            self.forms[-1][2].add(given.get("id", ""))
        elif tag == "a" and given.get("id") == "continue":
            self.on = given["href"]


def person(dev: dict[str, Any], url: str, **first: str) -> str:
    """A person with a browser: signs in, allows, and is sent on; the address they land at."""
    browser, who = requests.Session(), dev["people"][0]
    response = browser.get(url, allow_redirects=False)
    for _ in range(12):
        if response.is_redirect:
            target = urljoin(url, response.headers["location"])
            if not target.startswith(dev["issuer"]):
                return target
            response = browser.get(target, allow_redirects=False)
            continue
        page = Buttons(response.text)
        if page.on is not None:
            return page.on
        action, fields, buttons = next(
            form for form in page.forms if form[2] & {"login-submit", "consent-allow", "device-submit"}
        )
        if "login-submit" in buttons:
            fields |= {"login": who["login"], "password": who["password"]}
        elif "consent-allow" in buttons:
            fields |= {"decision": "allow"}
        else:
            fields |= first
        response = browser.post(urljoin(url, action), data=fields, allow_redirects=False)
        if "device" in url and "Done" in response.text:
            return url
    raise AssertionError(response.text[:1000])


@pytest.mark.parametrize("block", blocks())
def test_runs_as_printed(block: str, dev_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    dev = dev_server.dev
    printed: list[str] = []

    def say(*words: Any) -> None:
        printed.append(" ".join(str(word) for word in words))
        if "and enter" in printed[-1]:
            code = printed[-1].split()[-1]
            threading.Thread(target=person, args=(dev, f"{dev['issuer']}/device"), kwargs={"user_code": code}).start()

    def ask(_prompt: str) -> str:
        address = person(dev, printed[-1].removeprefix("Open "))
        return parse_qs(urlsplit(address).query)["code"][0]

    monkeypatch.setattr(builtins, "input", ask)
    monkeypatch.setattr(time, "sleep", lambda seconds, sleep=time.sleep: sleep(min(seconds, 5.1)))
    block = block.replace('".licet/dev.json"', repr(str(Path(dev_server.dir) / "dev.json")))
    names: dict[str, Any] = {"print": say}
    exec(compile(block, "block", "exec"), names)
    if "tokens" in names:
        assert "access_token" in names["tokens"], names["tokens"]
