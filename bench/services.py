"""W1 to W3: work without a person. A service gets tokens, an API asks about them."""

import secrets
from dataclasses import dataclass, field
from typing import Any

from bench import tokens
from bench.answers import OK, SAMPLE, bearer, token_response
from bench.load import Journey
from bench.target import Confidential, Target, Unavailable
from bench.wire import Wrong


@dataclass(slots=True)
class ClientCredentials:
    """W1 and W2: a service with client_secret_basic asks for an access token of a given form."""

    target: Target
    form: str
    request: bytes = b""
    scope: str | None = None
    seen: set[str] = field(default_factory=set)
    sample: list[str] = field(default_factory=list)

    def prepare(self, connections: int) -> None:
        """Try once, to see whether the server issues this form at all."""
        del connections
        if self.form not in self.target.access_tokens:
            msg = f"no API with {self.form} access tokens"
            raise Unavailable(msg)
        form = {"grant_type": "client_credentials", **self.target.access_tokens[self.form]}
        self.scope = form.get("scope")
        said = self.target.ask("token_endpoint", form, self.target.service).json()
        if (found := tokens.form_of(said.get("access_token", ""))) != self.form or "access_token" not in said:
            msg = f"asked for {self.form}, got {said.get('error', found)}"
            raise Unavailable(msg)
        path = self.target.path("token_endpoint")
        self.request = self.target.post(path, form, Authorization=self.target.service.basic)

    def journey(self, lane: int) -> Journey:
        """One token, of the right form, never issued before."""
        del lane
        answer = yield self.request
        said = token_response(answer)
        token = bearer(said)
        if said.get("scope", self.scope) != self.scope:
            msg = "another scope than asked"
            raise Wrong(msg)
        if self.form == tokens.OPAQUE:
            identity = token
            if token.count(".") > 1:
                msg = "a JWT in place of an opaque token"
                raise Wrong(msg)
        else:
            identity = self._identity(token)
        if identity in self.seen:
            msg = "the same token twice"
            raise Wrong(msg)
        self.seen.add(identity)
        if len(self.sample) < SAMPLE and len(self.seen) % 7 == 0:
            self.sample.append(token)

    def _identity(self, token: str) -> str:
        """Read a JWT access token (RFC 9068 §2) and return its ``jti``."""
        header, claims = tokens.read(token)
        if header["alg"] != self.form or header["typ"].lower() not in {"at+jwt", "application/at+jwt"}:
            msg = "a JWT access token with another alg or typ"
            raise Wrong(msg)
        if claims["iss"] != self.target.issuer or claims["client_id"] != self.target.service.client_id:
            msg = "a JWT access token of another issuer or client"
            raise Wrong(msg)
        if not tokens.audience(claims) or claims["exp"] <= claims["iat"]:
            msg = "a JWT access token without audience or lifetime"
            raise Wrong(msg)
        return str(claims["jti"])

    def afterwards(self) -> list[str]:
        """Ask the JWKS, or the introspection endpoint, whether a sample is genuine."""
        if not self.sample:
            return ["no token was issued"]
        if self.form != tokens.OPAQUE:
            return tokens.verify(self.sample, self.target.jwks(), self.form)
        if self.target.api is None:
            return []
        alive = [_introspect(self.target, self.target.api, token).get("active") for token in self.sample[:5]]
        return [] if all(active is True for active in alive) else ["an opaque token that introspection does not know"]


def _introspect(target: Target, api: Confidential, token: str) -> dict[str, Any]:
    return target.ask("introspection_endpoint", {"token": token}, api).json()


@dataclass(slots=True)
class Introspection:
    """W3: an API asks about live access tokens, a different one each time round."""

    target: Target
    pool: int = 64
    tokens: list[str] = field(default_factory=list)
    requests: list[bytes] = field(default_factory=list)
    turn: int = 0

    def prepare(self, connections: int) -> None:
        """Get the tokens, opaque ones where the server has them."""
        del connections
        if self.target.api is None:
            msg = "no API credential to introspect with"
            raise Unavailable(msg)
        kinds = self.target.access_tokens
        form = {"grant_type": "client_credentials", **kinds.get(tokens.OPAQUE, next(iter(kinds.values())))}
        path, basic = self.target.path("introspection_endpoint"), self.target.api.basic
        for _ in range(self.pool):
            token = self.target.ask("token_endpoint", form, self.target.service).json()["access_token"]
            self.tokens.append(token)
            self.requests.append(self.target.post(path, {"token": token}, Authorization=basic))

    def journey(self, lane: int) -> Journey:
        """One live token, said to be live and whose it is."""
        del lane
        self.turn += 1
        answer = yield self.requests[self.turn % self.pool]
        said = token_response(answer)
        if said["active"] is not True:
            msg = "a live token said to be inactive"
            raise Wrong(msg)
        if said["client_id"] != self.target.service.client_id or said["exp"] <= said["iat"]:
            msg = "a live token described wrongly"
            raise Wrong(msg)

    def afterwards(self) -> list[str]:
        """Nonsense must be inactive, and so must a token that its client has just revoked."""
        api = self.target.api
        if api is None:
            return []
        wrong = []
        if _introspect(self.target, api, "nonsense-" + secrets.token_urlsafe(32)) != {"active": False}:
            wrong.append("nonsense is introspected as more than inactive")
        if "revocation_endpoint" in self.target.metadata:
            revoked = self.tokens[0]
            reply = self.target.ask("revocation_endpoint", {"token": revoked}, self.target.service)
            if reply.status != OK or _introspect(self.target, api, revoked) != {"active": False}:
                wrong.append("a revoked token is not inactive")
        return wrong
