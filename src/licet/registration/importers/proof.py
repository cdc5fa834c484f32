"""What a foreign client proved itself with: its keys come along, a secret goes where the file expects it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from licet.registration.exported_secrets import variable
from licet.registration.importers.foreign import ForeignApi, ForeignClient
from licet.registration.kinds import Kind
from licet.registration.mistakes import Place
from licet.registration.public_keys import Unusable, from_jwk
from licet.registration.references import weakness
from licet.registration.toml_text import Row

_MOST_KEYS = 2
_NEW = "licet apply makes a new one"
_OTHERWISE = {
    "client_secret_jwt": "it signed with its secret; here it sends the secret in the header or body, or signs with a key",
    "tls_client_auth": "it proved itself by a TLS certificate, which is not done by this version yet: give it a key",
    "unknown": "how it proved itself is not known here: give it a key or a secret",
}


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a secret is expected, and the secret if it can come along."""

    owner: str
    """As in ``app.shop``."""
    env: str
    value: str = field(default="", repr=False)
    trouble: str = ""
    """Why it cannot; says nothing of what it is."""
    rule: str = ""


@dataclass(slots=True)
class Proofs:
    """The keys and secrets of one import; each variable is one secret's alone."""

    secrets: list[Secret] = field(default_factory=list)

    def of_client(self, client: ForeignClient, kind: Kind, owner: str) -> tuple[list[Row], list[str]]:
        """The rows ``key`` or ``secret``, and what to say of them."""
        if kind.proof == "none":
            had = client.secret_state != "none" or client.jwks or client.jwks_uri
            return [], [f"what it proved itself with is dropped: a {kind.name} cannot keep it"] if had else []
        notes = [_OTHERWISE[client.method]] if client.method in _OTHERWISE else []
        if client.method == "private_key_jwt":
            return _keys(client, notes)
        if client.method in {"tls_client_auth", "unknown"}:
            return [Row("key", {"file": f"{_file(client.client_id)}.pub.pem"}, "its public key", off=True)], notes
        row, more = self._secret(owner, client.secret, client.secret_state)
        return [row], notes + more

    def of_api(self, api: ForeignApi, owner: str) -> tuple[list[Row], list[str]]:
        """The row of an API's own secret, if it had one."""
        if api.secret_state == "none":
            return [], []
        row, notes = self._secret(owner, api.secret, api.secret_state)
        return [row], notes

    def _secret(self, owner: str, secret: str, state: str) -> tuple[Row, list[str]]:
        env = variable(owner, 0, {one.env for one in self.secrets})
        trouble, rule = _trouble(secret, state)
        self.secrets.append(Secret(owner, env, "" if trouble else secret, trouble, rule))
        return Row("secret", {"env": env}), [f"{trouble}; {_NEW}"] if trouble else []


def _trouble(secret: str, state: str) -> tuple[str, str]:
    match state:
        case "hashed":
            return "its secret is kept as a hash there, which cannot be carried", ""
        case "masked":
            return "its secret is masked in this export", ""
        case "none":
            return "its secret is not in this export", ""
    if weak := weakness(secret, Place(file="")):
        return weak.message.replace("the secret", "its secret", 1), weak.rule
    return "", ""


def _keys(client: ForeignClient, notes: list[str]) -> tuple[list[Row], list[str]]:
    if client.jwks_uri:
        return [Row("key", {"jwks_url": client.jwks_uri})], notes
    found: list[Mapping[str, object]] = []
    for key in client.jwks:
        try:
            found.append({"jwk": from_jwk(key)})
        except Unusable as reason:
            notes.append(f"one of its keys is not taken: {reason}")
    if len(found) > _MOST_KEYS:
        notes.append(f"it has {len(found)} keys, and a file says two at most: these are the first")
        found = found[:_MOST_KEYS]
    if not found:
        return [Row("key", {"file": f"{_file(client.client_id)}.pub.pem"}, "its public key", off=True)], notes
    return [Row("key", found[0] if len(found) == 1 else found)], notes


def _file(client_id: str) -> str:
    return "".join(one if one.isalnum() or one in "-_" else "-" for one in client_id)[:40]
