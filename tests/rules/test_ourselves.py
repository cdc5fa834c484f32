"""The rules over what licet itself says, serves and takes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from licet.ambient import Instant
from licet.protocol.client_metadata import ClientMetadata
from licet.protocol.errors import Refusal
from licet.registration import dynamic
from licet.registration.desired import Configuration
from licet.registration.facts import of_app
from licet.rules import RegistrationFacts, ServerFacts, Severity, judge_metadata, judge_registration
from licet.storage.ports import Registered
from licet.storage.records import Client, RegistrationPolicy
from tests.rules.pairs import PAIRS
from tests.world import ISSUER, world

POLICY = RegistrationPolicy(
    scope=("openid", "orders:read", "orders:write"),
    grant_types=("authorization_code", "refresh_token", "client_credentials"),
)
REGISTERED = [
    pytest.param(bad, id=f"{rule}-{n}")
    for rule, pairs in PAIRS.items()
    for n, (bad, _) in enumerate(pairs)
    if isinstance(bad, RegistrationFacts)
]


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_what_the_server_says_of_itself_is_fine(tmp_path: Path) -> None:
    async with world(tmp_path) as here, here.visitor() as http:
        metadata = (await http.get("/.well-known/oauth-authorization-server")).json()
        openid = (await http.get("/.well-known/openid-configuration")).json()
        jwks = (await http.get("/jwks")).json()
    facts = ServerFacts(issuer=ISSUER, metadata=metadata, openid=openid, jwks=jwks)
    assert judge_metadata(facts) == ()
    worse = metadata | {"token_endpoint": "http://id.example.com/token"}
    assert [one.rule.id for one in judge_metadata(replace(facts, metadata=worse, openid=None))] == ["LA-003"]


@pytest.mark.parametrize("bad", REGISTERED)
def test_nothing_bad_registers_itself(bad: RegistrationFacts) -> None:
    """What a rule finds bad is refused, or what is left of it when it was taken is not bad any more."""
    document: dict[str, Any] = {
        "redirect_uris": list(bad.redirect_uris or ()),
        "post_logout_redirect_uris": list(bad.post_logout_redirect_uris or ()),
        "grant_types": list(bad.grant_types or ()),
        "application_type": bad.application_type,
        "token_endpoint_auth_method": bad.auth_method,
        "scope": " ".join(bad.scope or ()),
        "client_name": "x",
        **bad.addresses,
        **bad.algorithms,
    }
    if bad.auth_method == "private_key_jwt":
        document["token_endpoint_auth_method"] = "client_secret_basic"
    if bad.response_types:
        document["response_types"] = list(bad.response_types)
    try:
        metadata = dynamic.judge(document, POLICY, development=False)
    except Refusal:
        return
    left = of_app(registered(metadata), Configuration(), Instant(0))
    worst = [one for one in judge_registration(left) if one.severity in {Severity.CRITICAL, Severity.HIGH}]
    assert worst == []


def registered(metadata: ClientMetadata) -> Registered:
    client = Client(
        issuer_id=1,
        client_id="x",
        source="dcr",
        kind=dynamic.kind_of(metadata).name,
        metadata=metadata,
        metadata_digest=b"",
        policy=dynamic.policy_of(metadata, POLICY, ""),
    )
    return Registered(client=client, credentials=())
