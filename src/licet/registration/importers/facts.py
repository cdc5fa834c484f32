"""What the rules are told of a foreign realm: each client as it was, not as what it becomes. What is not said is unknown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Literal

from licet.registration.importers.callbacks import is_loopback
from licet.registration.importers.foreign import ForeignClient, Realm
from licet.registration.kinds import CODE
from licet.registration.references import strength_bits
from licet.rules import PolicyFacts, RegistrationFacts

_BY_BROWSER = frozenset({CODE, "implicit"})
_PKCE: Mapping[str, Literal["required", "plain", "optional"]] = {
    "S256": "required",
    "plain": "plain",
    "none": "optional",
}


def of_client(client: ForeignClient, realm: Realm) -> RegistrationFacts:
    """What *client* was."""
    uris = client.redirect_uris if client.grants & _BY_BROWSER else ()
    addresses = {name: value for name, value in client.expert.items() if name.endswith("_uri")}
    return RegistrationFacts(
        name=f"app.{client.client_id}",
        source="import",
        application_type=_type(uris),
        redirect_uris=uris,
        post_logout_redirect_uris=client.post_logout_redirect_uris,
        addresses=addresses | ({"jwks_uri": client.jwks_uri} if client.jwks_uri else {}),
        grant_types=tuple(sorted(client.grants)),
        auth_method=client.method or None,
        pkce=_PKCE[client.pkce] if client.pkce else None,
        nonce_instead=False,
        rotates=realm.rotates,
        access_token_s=client.access_token_s,
        scope=client.scope,
        consent="trusted" if client.skips_consent or not client.asked else None,
        owner=client.owner or None,
        secrets=(_named(client.secret),) if client.secret else None,
        secret_bits=int(strength_bits(client.secret)) if client.secret else None,
        secret_in_clear=client.secret_state == "plain",
        keys=tuple(_named(json.dumps(key, sort_keys=True)) for key in client.jwks),
        algorithms={"id_token_signed_response_alg": client.id_token_alg} if client.id_token_alg else {},
    )


def of_apis(realm: Realm) -> Iterator[RegistrationFacts]:
    """What an API proved itself with."""
    for api in realm.apis:
        if api.secret:
            yield RegistrationFacts(
                name=f"api.{api.name}",
                secrets=(_named(api.secret),),
                secret_bits=int(strength_bits(api.secret)),
                secret_in_clear=True,
            )


def of_realm(realm: Realm) -> PolicyFacts:
    """How long things lived."""
    lives = {name: seconds for name, (seconds, _) in realm.lifetimes.items()}
    return PolicyFacts(
        authorization_code_s=lives.get("authorization_code_s"),
        access_token_s=lives.get("access_token_s"),
        refresh_idle_s=lives.get("refresh_idle_s"),
        refresh_absolute_s=0 if realm.endless else lives.get("refresh_absolute_s"),
    )


def _type(uris: tuple[str, ...]) -> str | None:
    """A program of people's own is answered on their machine, or by a scheme of its own."""
    if not uris:
        return None
    own = (":/" in uri and not uri.startswith(("https://", "http://")) for uri in uris)
    return "native" if all(is_loopback(uri) or its for uri, its in zip(uris, own, strict=True)) else "web"


def _named(secret: str) -> str:
    """A name that is the same for the same secret."""
    return sha256(secret.encode(errors="surrogatepass")).hexdigest()
