"""W4 and W5: work for a person. Browsers with a live session, codes, ID tokens, refresh tokens."""

import hashlib
import json
import secrets
from base64 import urlsafe_b64encode
from collections import deque
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from bench import tokens
from bench.answers import OK, SAMPLE, bearer, refused, token_response
from bench.browser import Browser
from bench.load import Journey
from bench.target import Public, Target, Unavailable
from bench.wire import Answer, Wrong


@dataclass(slots=True)
class People:
    """Browsers with a live session, one per lane, kept from workload to workload of one server."""

    target: Target
    browsers: list[Browser] = field(default_factory=list)
    agreed: set[tuple[int, Public]] = field(default_factory=set)
    """Who has consented to what; a scope more is another consent."""

    def __getitem__(self, lane: int) -> Browser:
        """Return the browser of a lane."""
        while len(self.browsers) <= lane:
            self.browsers.append(Browser(self.target))
        return self.browsers[lane]

    def code(self, lane: int, client: Public) -> tuple[str, str]:
        """Walk the browser of *lane* through sign-in and consent: a code and its verifier."""
        verifier, challenge = _pkce()
        asked = {"state": secrets.token_urlsafe(16), "code_challenge": challenge, "code_challenge_method": "S256"}
        if "openid" in client.scope.split():
            asked["nonce"] = secrets.token_urlsafe(16)
        said = self[lane].authorize(client, **asked)
        if "code" not in said:
            msg = f"{client.client_id} got {said.get('error', 'no code')} instead of a code"
            raise Unavailable(msg)
        self.agreed.add((lane, client))
        return said["code"], verifier

    def agree(self, lane: int, client: Public) -> None:
        """Make sure that the person behind *lane* has signed in and consented."""
        if (lane, client) not in self.agreed:
            self.code(lane, client)


def _pkce() -> tuple[str, str]:
    verifier = secrets.token_urlsafe(32)
    return verifier, urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _code_form(client: Public, code: str, verifier: str) -> dict[str, str]:
    return {
        "grant_type": "authorization_code",
        "client_id": client.client_id,
        "code": code,
        "code_verifier": verifier,
        "redirect_uri": client.redirect_uri,
    }


@dataclass(slots=True)
class Refresh:
    """W4: each lane is a public client that lives on its refresh token, new at each use."""

    target: Target
    people: People
    path: str = ""
    client_id: str = ""
    past: list[deque[str]] = field(default_factory=list)
    """Per lane its latest refresh tokens; the last one is the head."""
    seen: set[str] = field(default_factory=set)

    def prepare(self, connections: int) -> None:
        """Begin a family of refresh tokens for each lane."""
        client = self.target.rotating
        if client is None:
            msg = "no public client with refresh tokens"
            raise Unavailable(msg)
        self.path, self.client_id = self.target.path("token_endpoint"), client.client_id
        for lane in range(connections):
            code, verifier = self.people.code(lane, client)
            said = self.target.ask("token_endpoint", _code_form(client, code, verifier)).json()
            if "refresh_token" not in said:
                msg = f"{client.client_id} got {said.get('error', 'no refresh token')}"
                raise Unavailable(msg)
            self.past.append(deque([said["refresh_token"]], maxlen=3))

    def _form(self, token: str) -> dict[str, str]:
        return {"grant_type": "refresh_token", "client_id": self.client_id, "refresh_token": token}

    def journey(self, lane: int) -> Journey:
        """One refresh: both tokens are new."""
        past = self.past[lane]
        answer = yield self.target.post(self.path, self._form(past[-1]))
        said = token_response(answer)
        access, refresh = bearer(said), said["refresh_token"]
        if refresh in self.seen or refresh in past:
            msg = "a refresh token that was issued before"
            raise Wrong(msg)
        if access in self.seen:
            msg = "an access token that was issued before"
            raise Wrong(msg)
        self.seen.update((access, refresh))
        past.append(refresh)

    def afterwards(self) -> list[str]:
        """Replay a token of two generations ago: it must be refused, and the head must die with it.

        Two, because a server may forgive the direct predecessor while its successor is unused.
        """
        rotated = [past for past in self.past if len(past) == past.maxlen]
        if not rotated:
            return ["no family was rotated twice, so rotation was not proved"]
        wrong = set()
        for past in rotated[:4]:
            if not refused(self.target.ask("token_endpoint", self._form(past[0]))):
                wrong.add("a superseded refresh token is still good")
            if not refused(self.target.ask("token_endpoint", self._form(past[-1]))):
                wrong.add("a replayed refresh token did not end its family")
        self.people.agreed.clear()  # the replay ended a grant, and with it perhaps a remembered consent
        return sorted(wrong)


@dataclass(slots=True)
class SignIn:
    """W5: a signed-in person who has consented → code → token with an ID token → userinfo."""

    target: Target
    people: People
    alg: str
    client: Public | None = None
    paths: tuple[str, str, str] = ("", "", "")
    seen: set[str] = field(default_factory=set)
    sample: list[str] = field(default_factory=list)
    spent: dict[str, str] | None = None

    def prepare(self, connections: int) -> None:
        """Sign everybody in."""
        self.client = self.target.browsers.get(self.alg)
        if self.client is None:
            msg = f"no client with {self.alg} ID tokens"
            raise Unavailable(msg)
        endpoints = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint")
        authorize, token, userinfo = (self.target.path(endpoint) for endpoint in endpoints)
        self.paths = authorize, token, userinfo
        for lane in range(connections):
            self.people.agree(lane, self.client)
        code, verifier = self.people.code(0, self.client)
        said = self.target.ask("token_endpoint", _code_form(self.client, code, verifier)).json()
        if (found := tokens.form_of(said.get("id_token", ""))) != self.alg:
            msg = f"asked for an {self.alg} ID token, got {said.get('error', found)}"
            raise Unavailable(msg)

    def journey(self, lane: int) -> Journey:
        """One whole round trip."""
        client, browser = self.client, self.people[lane]
        if client is None:
            msg = "not prepared"
            raise Wrong(msg)
        authorize, token_path, userinfo = self.paths
        verifier, challenge = _pkce()
        state, nonce = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
        query = {
            "response_type": "code",
            "client_id": client.client_id,
            "redirect_uri": client.redirect_uri,
            "scope": client.scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        answer = yield self.target.get(f"{authorize}?{urlencode(query)}", Cookie=browser.cookie(authorize))
        if cookies := answer.values("set-cookie"):
            browser.absorb(cookies)
        form = _code_form(client, self._code(answer, client, state), verifier)
        answer = yield self.target.post(token_path, form)
        said = token_response(answer)
        access, claims = bearer(said), self._claims(said["id_token"], client, nonce)
        answer = yield self.target.get(userinfo, Authorization=f"Bearer {access}")
        if answer.status != OK or json.loads(answer.body)["sub"] != claims["sub"]:
            msg = f"userinfo does not speak of the same person (status {answer.status})"
            raise Wrong(msg)
        if access in self.seen:
            msg = "the same access token twice"
            raise Wrong(msg)
        self.seen.add(access)
        self.spent = form
        if len(self.sample) < SAMPLE:
            self.sample.append(said["id_token"])

    def _code(self, answer: Answer, client: Public, state: str) -> str:
        """Read the authorization response off the redirect (RFC 6749 §4.1.2, RFC 9207 §2)."""
        location = next(iter(answer.values("location")), "")
        if answer.status not in {302, 303} or not location.startswith(client.redirect_uri + "?"):
            msg = f"no redirect to the client, though signed in and consented (status {answer.status})"
            raise Wrong(msg)
        said = parse_qs(urlsplit(location).query)
        if said["state"] != [state]:
            msg = "another state"
            raise Wrong(msg)
        promised = self.target.metadata.get("authorization_response_iss_parameter_supported") is True
        if promised and said["iss"] != [self.target.issuer]:
            msg = "another iss"
            raise Wrong(msg)
        return said["code"][0]

    def _claims(self, token: str, client: Public, nonce: str) -> dict[str, Any]:
        """Read an ID token (OIDC Core §2)."""
        header, claims = tokens.read(token)
        if header["alg"] != self.alg or claims["nonce"] != nonce:
            msg = "an ID token with another alg or nonce"
            raise Wrong(msg)
        if claims["iss"] != self.target.issuer or tokens.audience(claims) != [client.client_id]:
            msg = "an ID token of another issuer or for another client"
            raise Wrong(msg)
        return claims

    def afterwards(self) -> list[str]:
        """Check the sample's signatures, and that a spent code buys nothing more."""
        if self.spent is None:
            return ["no round trip was completed"]
        wrong = tokens.verify(self.sample, self.target.jwks(), self.alg)
        if not refused(self.target.ask("token_endpoint", self.spent)):
            wrong.append("a code was good twice")
        self.people.agreed.clear()  # as above
        return wrong
