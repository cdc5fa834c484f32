"""Issue 3.6: no value that is in the store works as a credential, whatever it is presented as."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest

from bench.wire import Answer
from licet.protocol import secret_token
from prove.conftest import Scale
from prove.leaks.dump import Cell, Dump, inner
from prove.leaks.story import Told
from prove.single_use.crowd import Request, crowd, said, unserved
from prove.single_use.served import Served
from tests.world import CALLBACK, DEVICE_CODE

pytestmark = pytest.mark.timeout(900)

_BYTES = 32
_RECORDS = ("events", "refusals")
"""Nothing is ever compared with what they hold, and there is much of it: tried in the whole run."""


@dataclass(frozen=True)
class Presentation:
    """One way to use a text as a credential, and how to see that it was taken."""

    name: str
    path: str
    field: str
    form: dict[str, str]
    cookie: str = ""

    def request(self, text: str) -> Request:
        if self.cookie:
            letters = "".join(
                letter for letter in text if letter.isascii() and letter.isprintable() and letter not in ';, "\\'
            )
            return Request(self.path, cookies=f"{self.cookie}={letters}")
        return Request(self.path, self.form | {self.field: text})

    def taken(self, answer: Answer) -> bool:
        if self.path == "/introspect" and self.field == "token":
            return answer.status == 200 and said(answer)["active"] is True
        if self.cookie:
            return any("code=" in address for address in answer.values("location"))
        return answer.status == 200


def presentations(told: Told) -> list[Presentation]:
    served = told.served
    silent = {
        "response_type": "code", "client_id": "shop", "redirect_uri": CALLBACK, "scope": "openid", "prompt": "none",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256",
    }  # fmt: skip
    code = served.mine("shop") | {"grant_type": "authorization_code", "redirect_uri": CALLBACK}
    code["code_verifier"] = told.live["verifier"]
    service = {"grant_type": "client_credentials", "client_id": "billing", "scope": "invoices:read"}
    return [
        Presentation("session", f"/authorize?{urlencode(silent)}", "", {}, told.live["session cookie"]),
        Presentation("access_token", "/introspect", "token", served.mine("api.invoices")),
        Presentation("access_token at userinfo", "/userinfo", "access_token", {}),
        Presentation("device_code", "/token", "device_code", served.mine("tv") | {"grant_type": DEVICE_CODE}),
        Presentation("code", "/token", "code", code),
        Presentation("client_secret", "/token", "client_secret", service),
        Presentation("client_secret of an API", "/introspect", "client_secret", {"client_id": "api.orders", "token": "x"}),
        Presentation("refresh_token", "/token", "refresh_token", served.mine("spa") | {"grant_type": "refresh_token"}),
    ]  # fmt: skip


def texts(cell: Cell) -> Iterator[str]:
    """What a thief makes of a value: as it is, written in letters, and dressed as what licet issues."""
    if isinstance(cell.value, str):
        yield cell.value
    yield from inner(cell.value)
    raw = cell.value.encode() if isinstance(cell.value, str) else cell.value
    if isinstance(cell.value, bytes):
        yield from (
            raw.hex(),
            raw.decode("latin-1"),
            b64encode(raw).decode(),
            urlsafe_b64encode(raw).decode().rstrip("="),
        )
    if len(raw) >= _BYTES:
        for payload in {raw[:_BYTES], raw[4 : 4 + _BYTES], raw[-_BYTES:]}:
            if len(payload) == _BYTES:
                yield from (secret_token.make(kind, payload) for kind in ("at", "ac", "dc", "rt", "se", "cs"))


def headed(dump: Dump) -> Iterator[str]:
    """Refresh tokens under the handle of a family, with what is known of its digests as the secret."""
    cells = [cell for cell in dump.cells() if cell.table == "families" and isinstance(cell.value, bytes)]
    handles = [cell.value for cell in cells if cell.column == "handle"]
    digests = [cell.value for cell in cells if cell.column.endswith("digest")]
    for handle in handles:
        for digest in digests:
            assert isinstance(handle, bytes)
            assert isinstance(digest, bytes)
            yield from (secret_token.make("rt", handle + digest[start:][:20]) for start in (0, 4, len(digest) - 20))


def test_no_value_is_a_credential(told: Told, tmp_path: Path, scale: Scale) -> None:
    """Every value of every column, presented as everything; then what is really one, to see that it would be taken."""
    dump = Dump.of(told.served, tmp_path / "dump")
    cells = [cell for cell in dump.cells() if scale.whole or cell.table not in _RECORDS]
    values = list(dict.fromkeys(text for cell in cells for text in texts(cell) if len(text) < 4096))
    assert len(values) > 1_000
    kinds = presentations(told)
    for kind in kinds:
        assert taken(told.served, kind, values) == [], kind.name
    for kind in kinds:
        name = {"access_token at userinfo": "access_token"}.get(kind.name, kind.name)
        live = told.served.secrets["api.orders"] if kind.name.endswith("API") else told.live[name]
        assert taken(told.served, kind, [live]) == [live], f"the control: {kind.name}"
    assert taken(told.served, kinds[-1], list(headed(dump))) == []


def taken(served: Served, kind: Presentation, values: list[str]) -> list[str]:
    answers = crowd(served, [kind.request(text) for text in values], 50)
    assert unserved(answers, len(values)) == []
    return [text for text, answer in zip(values, answers, strict=True) if kind.taken(answer)]
