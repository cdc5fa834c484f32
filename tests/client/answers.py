"""A server of prepared answers, instead of a network."""

from __future__ import annotations

import json
from typing import Any

from licet.client.transport import Answer, Pairs, Transport
from licet.protocol.server_metadata import ServerMetadata

ISSUER = "https://id.example.com"

METADATA = ServerMetadata(
    issuer=ISSUER,
    authorization_endpoint=f"{ISSUER}/authorize",
    token_endpoint=f"{ISSUER}/token",
    device_authorization_endpoint=f"{ISSUER}/device_authorization",
    jwks_uri=f"{ISSUER}/jwks",
    code_challenge_methods_supported=("S256",),
)


def said(body: Any, status: int = 200) -> Answer:
    return Answer(status=status, headers=(("content-type", "application/json"),), body=json.dumps(body).encode())


class Prepared(Transport):
    """Answers in order; keeps what it was asked."""

    def __init__(self, *answers: Answer) -> None:
        super().__init__()
        self.answers = list(answers)
        self.asked: list[tuple[str, dict[str, str], dict[str, str]]] = []

    def _send(self, method: str, url: str, headers: Any, form: Pairs) -> Answer:
        self.asked.append((url, dict(form), dict(headers)))
        return self.answers.pop(0)
