"""The security findings of what an export brings: each client is judged as it was, not as what it becomes. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace

from licet.registration.api_section import LONGEST_TOKEN_S
from licet.registration.importers.callbacks import is_loopback
from licet.registration.importers.foreign import ForeignClient, Realm
from licet.registration.importers.proof import Secret
from licet.registration.kinds import CODE, CREDENTIALS, DEVICE, REFRESH
from licet.registration.mistakes import shown
from licet.registration.toml_text import Block

SEVERITIES = ("critical", "high", "medium", "low")
_OF_AN_APP = 2
"""Names in the path of ``[app.ID]``; its ``expert`` has one more."""
_BY_BROWSER = frozenset({CODE, "implicit"})
_FOR_PEOPLE = _BY_BROWSER | {DEVICE, "password"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One thing that was insecure, and what to do."""

    rule: str
    """``LA-021``: stable, for scripts."""
    severity: str
    subject: str
    """The client; the realm where it concerns all of them."""
    message: str
    where: str
    """Its place in the export."""
    clause: str
    remedy: str

    def told(self) -> dict[str, str]:
        """As scripts are told."""
        return asdict(self)


Judge = Callable[[ForeignClient, Realm], Iterable[str]]


@dataclass(frozen=True, slots=True)
class _Rule:
    id: str
    severity: str
    clause: str
    remedy: str
    judge: Judge


def findings(realm: Realm, secrets: Iterable[Secret]) -> tuple[Found, ...]:
    """Everything that was insecure, the worst first; clients that were disabled hurt nobody."""
    found = [
        Found(
            rule=rule.id,
            severity=rule.severity,
            subject=shown(client.client_id)[1:-1],
            message=message,
            where=client.where,
            clause=rule.clause,
            remedy=rule.remedy,
        )
        for client in realm.clients
        if client.enabled
        for rule in _RULES
        for message in rule.judge(client, realm)
    ]
    found += [*_weak(realm, secrets), *_of_the_realm(realm)]
    return tuple(sorted(found, key=lambda one: SEVERITIES.index(one.severity)))


def noted(blocks: Iterable[Block], found: Iterable[Found]) -> tuple[Block, ...]:
    """*blocks* with what was found of an app above it."""
    said: dict[str, list[str]] = {}
    for one in found:
        said.setdefault(one.subject, []).append(f"was {one.severity}, {one.rule} ({one.clause}): {one.message}")
    return tuple(
        replace(block, above=(*block.above, *said.get(shown(block.path[1])[1:-1], ())))
        if len(block.path) == _OF_AN_APP and block.path[0] == "app"
        else block
        for block in blocks
    )


def in_groups(found: Iterable[Found]) -> str:
    """For people: each rule once, with all that break it."""
    groups: dict[str, list[Found]] = {}
    for one in found:
        groups.setdefault(one.rule, []).append(one)
    lines = []
    for rule, ones in groups.items():
        width = max(len(one.subject) for one in ones)
        lines += ["", f"{ones[0].severity}  {rule}  {ones[0].clause}", f"    fix  {ones[0].remedy}"]
        lines += [f"    {one.subject:<{width}}  {one.message}  ({one.where})" for one in ones]
    return "\n".join(lines)


def _wildcards(client: ForeignClient, _: Realm) -> Iterable[str]:
    return (f"redirect URI {shown(uri)} has a wildcard" for uri in _answered_at(client) if "*" in uri)


def _in_clear(client: ForeignClient, _: Realm) -> Iterable[str]:
    uris = (uri for uri in _answered_at(client) if uri.startswith("http://") and not is_loopback(uri))
    return (f"redirect URI {shown(uri)} is http" for uri in uris)


def _fragments(client: ForeignClient, _: Realm) -> Iterable[str]:
    return (f"redirect URI {shown(uri)} has a fragment" for uri in _answered_at(client) if "#" in uri)


def _schemes(client: ForeignClient, _: Realm) -> Iterable[str]:
    for uri in _answered_at(client):
        scheme, colon, _rest = uri.partition(":")
        if colon and scheme.isalpha() and scheme.lower() not in {"http", "https"}:
            yield f"redirect URI {shown(uri)} has a scheme that any app may claim"


def _loopback(client: ForeignClient, _: Realm) -> Iterable[str]:
    uris = _answered_at(client)
    if any(uri.startswith("https://") for uri in uris):
        yield from (f"redirect URI {shown(uri)} is on everybody's own machine" for uri in uris if is_loopback(uri))


def _answered_at(client: ForeignClient) -> tuple[str, ...]:
    """Where a browser takes its answers, if one does."""
    return client.redirect_uris if client.grants & _BY_BROWSER else ()


def _implicit(client: ForeignClient, _: Realm) -> Iterable[str]:
    return ["the implicit grant was on: tokens in addresses"] if "implicit" in client.grants else []


def _password(client: ForeignClient, _: Realm) -> Iterable[str]:
    return ["the password grant was on: the app sees the password"] if "password" in client.grants else []


def _public_without_pkce(client: ForeignClient, _: Realm) -> Iterable[str]:
    lacks = client.public and CODE in client.grants and client.pkce == "none"
    return ["a public client that need not use PKCE"] if lacks else []


def _confidential_without_pkce(client: ForeignClient, _: Realm) -> Iterable[str]:
    lacks = not client.public and CODE in client.grants and client.pkce == "none"
    return ["it need not use PKCE"] if lacks else []


def _plain(client: ForeignClient, _: Realm) -> Iterable[str]:
    return ["PKCE with the method plain: who sees the request can redeem the code"] if client.pkce == "plain" else []


def _kept_by_everyone(client: ForeignClient, _: Realm) -> Iterable[str]:
    uris = _answered_at(client)
    native = bool(uris) and all(is_loopback(uri) or _own_scheme(uri) for uri in uris)
    return ["a program of people's own has a secret: everyone holds a copy"] if native and not client.public else []


def _own_scheme(uri: str) -> bool:
    return ":/" in uri and not uri.startswith(("https://", "http://"))


def _mixed(client: ForeignClient, _: Realm) -> Iterable[str]:
    both = CREDENTIALS in client.grants and client.grants & _FOR_PEOPLE
    return ["it acts for itself and for people with one client_id"] if both else []


def _everything(client: ForeignClient, _: Realm) -> Iterable[str]:
    return ["its tokens carried every role of its person (full scope)"] if client.everything else []


def _unasked(client: ForeignClient, _: Realm) -> Iterable[str]:
    anyone = client.public and not all(uri.startswith("https://") for uri in client.redirect_uris)
    return ["people were not asked, and anyone can pretend to be it"] if client.skips_consent and anyone else []


def _long_lived(client: ForeignClient, _: Realm) -> Iterable[str]:
    seconds = client.access_token_s or 0
    return [f"its access tokens lived {seconds} s"] if seconds > LONGEST_TOKEN_S else []


def _not_rotated(client: ForeignClient, realm: Realm) -> Iterable[str]:
    reused = client.public and REFRESH in client.grants and realm.rotates is False
    return ["its refresh tokens are neither replaced nor bound"] if reused else []


_RULES = (
    _Rule("LA-021", "critical", "RFC 9700 §4.1.3", "write each address whole", _wildcards),
    _Rule("LA-022", "high", "RFC 9700 §2.6", "serve the app over https", _in_clear),
    _Rule("LA-023", "high", "RFC 6749 §3.1.2", "leave out what begins with #", _fragments),
    _Rule("LA-024", "medium", "RFC 8252 §7.1", "begin it with a domain you own, turned round", _schemes),
    _Rule("LA-026", "medium", "RFC 8252 §7.3", "register a development app of its own", _loopback),
    _Rule("LA-036", "high", "RFC 9700 §2.1.2", "change the app to code with PKCE", _implicit),
    _Rule("LA-006", "high", "RFC 9700 §2.4", "let people sign in at the server", _password),
    _Rule("LA-040", "critical", "RFC 9700 §2.1.1", "send code_challenge with S256: it is demanded here", _public_without_pkce),
    _Rule("LA-041", "high", "RFC 9700 §2.1.1", "send code_challenge with S256: it is demanded here", _confidential_without_pkce),
    _Rule("LA-042", "high", "RFC 9700 §2.1.1", "send code_challenge_method=S256", _plain),
    _Rule("LA-059", "high", "RFC 8252 §8.5", "make it a public client", _kept_by_everyone),
    _Rule("LA-061", "medium", "RFC 9700 §4.15", "make a service of its own for what it does for itself", _mixed),
    _Rule("LA-064", "medium", "RFC 9700 §2.3", "name in may what it needs", _everything),
    _Rule("LA-065", "high", "RFC 6749 §10.2", "let people be asked", _unasked),
    _Rule("LA-070", "medium", "RFC 6750 §5.3", "let it refresh", _long_lived),
    _Rule("LA-078", "critical", "RFC 9700 §4.14.2", "nothing: here they are replaced at each use", _not_rotated),
)  # fmt: skip


def _weak(realm: Realm, secrets: Iterable[Secret]) -> Iterable[Found]:
    places = {f"app.{client.client_id}": client.where for client in realm.clients}
    for secret in secrets:
        if secret.rule:
            yield Found(
                rule="LA-053",
                severity="high",
                subject=shown(secret.owner.partition(".")[2])[1:-1],
                message=secret.trouble,
                where=places.get(secret.owner, "$"),
                clause=secret.rule,
                remedy="let licet apply make a new one",
            )


def _of_the_realm(realm: Realm) -> Iterable[Found]:
    states = [client.secret_state for client in realm.clients] + [api.secret_state for api in realm.apis]
    clear = states.count("plain")
    seconds, theirs = realm.lifetimes.get("access_token_s", (0, ""))
    if clear:
        yield Found(
            rule="LA-054",
            severity="medium",
            subject=shown(realm.name)[1:-1],
            message=f"{clear} secret{'' if clear == 1 else 's'} in clear, there and in this export",
            where="$",
            clause="RFC 6819 §5.1.4.1.3",
            remedy="delete the export when you are done; here only digests are kept",
        )
    if seconds > LONGEST_TOKEN_S:
        yield Found(
            rule="LA-070",
            severity="medium",
            subject=shown(realm.name)[1:-1],
            message=f"access tokens lived {seconds} s",
            where=f"$.{theirs}",
            clause="RFC 6750 §5.3",
            remedy="let apps refresh",
        )
