"""``[server]`` and ``[lifetimes]``: how the server runs, and how long things live."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from licet.egress import EgressLimits
from licet.registration import egress_section, registration_section
from licet.registration.mistakes import shown
from licet.registration.model import Listen, ServerSection, Tls
from licet.registration.references import secret_reference
from licet.registration.table import Table

DEFAULT_STORE = "licet.db"

_LISTEN = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):(?P<port>[0-9]{1,5})")
_PORTS = range(65536)
_MINUTE, _HOUR, _DAY = 60, 3600, 24 * 3600


@dataclass(frozen=True, slots=True)
class Lifetime:
    """One line of ``[lifetimes]``: the server's default, and how far an operator may go."""

    name: str
    default: int
    least: int
    most: int
    rule: str


LIFETIMES = (
    Lifetime("authorization_code_s", 60, 10, 10 * _MINUTE, "RFC 6749 §4.1.2 (ten minutes at most)"),
    Lifetime("code_tombstone_s", _DAY, _DAY, 90 * _DAY, "licet ruling M (24 hours at least)"),
    Lifetime("device_code_s", 600, _MINUTE, 30 * _MINUTE, "RFC 8628 §6.1"),
    Lifetime("device_interval_s", 5, 1, _MINUTE, "RFC 8628 §3.2"),
    Lifetime("access_token_s", 600, _MINUTE, _HOUR, "RFC 9700 §2.2.1"),
    Lifetime("id_token_s", 600, _MINUTE, _HOUR, "OpenID Connect Core 1.0 §2 (exp)"),
    Lifetime("refresh_idle_s", 30 * _DAY, _HOUR, 365 * _DAY, "OAuth 2.1 draft-16 §4.3.1"),
    Lifetime("refresh_absolute_s", 90 * _DAY, _HOUR, 365 * _DAY, "OWASP ASVS 5.0.0 §10.4.8"),
    Lifetime("replay_window_s", 60, 0, 300, "licet ruling F (client time-outs are 30 to 60 s)"),
    Lifetime("consent_s", 365 * _DAY, _HOUR, 5 * 365 * _DAY, "licet ruling U"),
    Lifetime("session_idle_s", 8 * _HOUR, 5 * _MINUTE, 30 * _DAY, "licet ruling U"),
    Lifetime("session_absolute_s", _DAY, 5 * _MINUTE, 30 * _DAY, "licet ruling U"),
    Lifetime("transaction_s", 30 * _MINUTE, _MINUTE, 2 * _HOUR, "licet ruling U"),
)

_WITHIN = (("refresh_idle_s", "refresh_absolute_s"), ("session_idle_s", "session_absolute_s"))
"""The first of each pair never exceeds the second: it could not come true."""


def default(directory: Path) -> ServerSection:
    """What holds where the file has no ``[server]``."""
    return ServerSection(store=directory / DEFAULT_STORE)


def server(table: Table) -> ServerSection:
    """Read ``[server]``; paths in it are relative to the file."""
    directory = table.source.directory
    section = ServerSection(
        listen=_listen(table) or Listen("127.0.0.1", 8414),
        store=_store(table) or directory / DEFAULT_STORE,
        secrets=secret_reference(table, "secrets"),
        tls=_tls(table),
        proxies=_proxies(table),
        log="json" if table.choice("log", ("text", "json")) == "json" else "text",
        registration=registration_section.read(own) if (own := table.table("registration")) else None,
        pushed_only=table.flag("require_pushed_authorization_requests") or False,
        admin=table.flag("admin") or False,
        egress=egress_section.read(out) if (out := table.table("egress")) else EgressLimits(),
    )
    table.close()
    return section


def lifetimes(table: Table) -> tuple[tuple[str, int], ...]:
    """Read ``[lifetimes]``: only what it overrides."""
    found = {
        row.name: seconds
        for row in LIFETIMES
        if (seconds := table.integer(row.name, row.least, row.most, rule=row.rule)) is not None
    }
    effective = {row.name: row.default for row in LIFETIMES} | found
    for short, long in _WITHIN:
        if effective[short] > effective[long]:
            table.wrong(
                short if short in found else long,
                f"{short} = {effective[short]} outlives {long} = {effective[long]}",
                fix=f"lower {short}, or raise {long}",
            )
    table.close()
    return tuple(found.items())


def _listen(table: Table) -> Listen | None:
    text = table.text("listen")
    if text is None:
        return None
    if text.startswith("unix:"):
        table.wrong(
            "listen",
            "listening on a Unix socket is not supported yet",
            fix='write listen = "127.0.0.1:8414" and let the proxy connect there',
        )
        return None
    match = _LISTEN.fullmatch(text)
    if match is None or int(match["port"]) not in _PORTS:
        table.wrong(
            "listen", f"{shown(text)} is not a host and a port", fix='write listen = "127.0.0.1:8414" or "[::1]:8414"'
        )
        return None
    return Listen(match["host"].strip("[]"), int(match["port"]))


def _store(table: Table) -> Path | None:
    text = table.text("store")
    if text is None:
        return None
    scheme, _, path = text.partition(":")
    if scheme in {"postgres", "postgresql"}:
        table.wrong(
            table.place("store", hidden=True),
            "PostgreSQL is not supported yet",
            fix='write store = "sqlite:data/licet.db"',
        )
    elif scheme != "sqlite" or not path or path.startswith(("//", ":")):
        table.wrong(
            table.place("store", hidden="@" in text),
            "this is not a store that is known",
            fix='write store = "sqlite:PATH", PATH relative to this file',
        )
    else:
        return table.source.directory / path
    return None


def _tls(table: Table) -> Tls | None:
    tls = table.table("tls")
    if tls is None:
        return None
    certificate, key = tls.text("certificate"), tls.text("key")
    for name in ("certificate", "key"):
        if name not in tls:
            tls.missing(
                name,
                f"tls needs its {name}",
                rule="RFC 9110 §4.2.2",
                fix='write tls = { certificate = "….pem", key = "….pem" }',
            )
    tls.close()
    directory = table.source.directory
    return None if certificate is None or key is None else Tls(directory / certificate, directory / key)


def _proxies(table: Table) -> tuple[IPv4Network | IPv6Network, ...]:
    found = []
    for item in table.texts("proxies"):
        try:
            found.append(ip_network(item.text))
        except ValueError as error:
            table.wrong(
                item.place,
                f"{shown(item.text)} is not a network: {_reason(error)}",
                fix='write networks as "10.0.0.0/8", one address as "10.0.0.7"',
            )
    return tuple(found)


def _reason(error: ValueError) -> str:
    return "bits are set behind the prefix" if "host bits" in str(error) else "no address and prefix length"
