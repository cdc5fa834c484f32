"""What must be so before a server may run: judged once, told by ``doctor``, held against ``serve``."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from licet.ambient import Instant, SystemEntropy
from licet.cli import administering
from licet.registration.addresses import is_loopback
from licet.registration.desired import records
from licet.registration.facts import judged, of_server
from licet.registration.model import Manifest, Reference
from licet.registration.references import Unresolved, resolver
from licet.rules import Severity, judge_policy
from licet.storage.vault import BadMasterKeys, MasterKeys, Vault

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that stands in the way, or that an operator should know."""

    level: Literal["refused", "notice"]
    what: str
    why: str
    fix: str


def troubles(manifest: Manifest) -> tuple[Trouble, ...]:
    """Everything that stands between *manifest* and a running server, the worst first."""
    found = (
        *(*_transport(manifest), *_secrets(manifest), *_store(manifest)),
        *(*_administration(manifest), *_rules(manifest)),
    )
    return tuple(sorted(found, key=lambda one: one.level != "refused"))


def _rules(manifest: Manifest) -> Iterator[Trouble]:
    """What the rules say of the server and its apps, down to the middling (licet plan says the rest)."""
    from licet.authorization_server.settings import Lifetimes, Throttles  # noqa: PLC0415  --help must not load a server

    entropy = SystemEntropy()
    configuration = records(
        manifest,
        0,
        Vault(MasterKeys.parse(MasterKeys.generate(entropy)), entropy),
        entropy=entropy,
        now=Instant(0),
        resolve_secret=_unread,
        missing=[],
    )
    development = is_loopback(manifest.issuer)
    found = [*judged(configuration, Instant(0), development=development)]
    if not development:
        lives, throttles = asdict(Lifetimes()), Throttles()
        refilled = lives["device_code_s"] * throttles.user_code_per_person // throttles.user_code_refill_s
        found += judge_policy(of_server(manifest, configuration, lives, throttles.user_code_everywhere + refilled))
    for finding in found:
        if finding.severity is not Severity.LOW:
            rule = finding.rule
            what = f"{finding.subject}: {finding.message} ({finding.severity.value}, {rule.id})"
            yield Trouble("notice", what, f"{rule.why} {rule.cites[0]}", rule.remedy)


def _unread(_: Reference) -> str:
    raise Unresolved("what a secret is makes no difference here")


def _transport(manifest: Manifest) -> Iterator[Trouble]:
    """TLS from end to end, ours or a named proxy's (OAuth 2.1 §1.5)."""
    issuer, server = urlsplit(manifest.issuer), manifest.server
    loopback = (issuer.hostname or "") in _LOOPBACK
    if issuer.scheme != "https" and not loopback:
        yield Trouble(
            "refused",
            f"issuer {manifest.issuer} is http",
            "tokens and passwords would cross the network in clear (OAuth 2.1 §1.5)",
            'write issuer = "https://…", and give [server] tls or put a proxy with TLS in front',
        )
    if issuer.scheme == "https" and server.tls is None and not server.proxies:
        yield Trouble(
            "refused",
            "the issuer is https, but nobody does TLS",
            "without [server] tls or a named proxy the server cannot know whom it talks to",
            'write tls = { certificate = "…", key = "…" } or proxies = ["127.0.0.1/32"] in [server]',
        )
    if issuer.scheme == "http" and server.listen.host not in _LOOPBACK:
        yield Trouble(
            "refused",
            f"listen {server.listen.host} is not this machine alone",
            "an http issuer may only be reached from this machine",
            'write listen = "127.0.0.1:8414" in [server]',
        )
    if server.tls is not None:
        for path in (server.tls.certificate, server.tls.key):
            if not os.access(path, os.R_OK):
                yield Trouble(
                    "refused",
                    f"{path} cannot be read",
                    "TLS needs its certificate and its key",
                    "check the path and its permissions in [server] tls",
                )


def _administration(manifest: Manifest) -> Iterator[Trouble]:
    """The token that opens all of the admin API, where the environment has one."""
    for stops, what, why, fix in administering.troubles(manifest):
        yield Trouble("refused" if stops else "notice", what, why, fix)


def _secrets(manifest: Manifest) -> Iterator[Trouble]:
    """The master secret: there, ours alone, and away from what it protects (house law 6)."""
    reference = manifest.server.secrets
    if reference is None:
        yield Trouble(
            "refused",
            "[server] secrets is missing",
            "every digest and every sealed key in the store depends on a secret outside it",
            'run licet init for a new one, or write secrets = { file = "/etc/licet/master.key" }',
        )
        return
    try:
        MasterKeys.parse(resolver()(reference))
    except (Unresolved, BadMasterKeys) as reason:
        yield Trouble(
            "refused",
            f"the master secret: {reason}",
            "without it nothing in the store can be read",
            "put it back, or start with a new store",
        )
        return
    if reference.kind == "file":
        yield from _key_file(Path(reference.name), manifest.server.store)


def _key_file(path: Path, store: Path) -> Iterator[Trouble]:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        yield Trouble(
            "refused",
            f"{path} can be read by others (mode {mode:04o})",
            "whoever reads it and the store can forge every token",
            f"chmod 600 {path}",
        )
    if path.resolve().parent == store.resolve().parent:
        yield Trouble(
            "refused",
            f"{path} lies beside the store",
            "one stolen folder or backup would hold both lock and key",
            f"move one of them, for example the store to {store.parent / 'data' / store.name}",
        )


def _store(manifest: Manifest) -> Iterator[Trouble]:
    folder = manifest.server.store.parent
    if not folder.is_dir():
        yield Trouble(
            "refused",
            f"the store's folder {folder} does not exist",
            "the store is one file in it",
            f"mkdir -p {folder}",
        )
    elif not os.access(folder, os.W_OK | os.X_OK):
        yield Trouble(
            "refused",
            f"the store's folder {folder} cannot be written",
            "SQLite writes its log beside the file",
            f"give this user the folder {folder}",
        )
