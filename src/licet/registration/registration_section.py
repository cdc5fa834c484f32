"""``[server.registration]``: whether clients may register themselves (RFC 7591) or be known by their document (OAuth Client ID
Metadata Document), and how far they may go."""

from __future__ import annotations

from dataclasses import dataclass

from licet.protocol import scope as scopes
from licet.protocol.errors import InvalidScope
from licet.protocol.redirect_uri import is_host
from licet.registration.mistakes import shown
from licet.registration.reserved_scopes import RESERVED
from licet.registration.table import Table

_MOST_CLIENTS = 1_000_000
_DAY = 24 * 3600
_RULE = "OAuth Client ID Metadata Document §8.9"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationSection:
    """How far clients go that the operator does not register by hand."""

    registers: bool
    """Whether clients may register themselves at all."""
    anybody: bool
    """Whether it takes no initial token."""
    may: tuple[str, ...]
    """What a client that came without a token may ask for, at most."""
    clients: int
    unused_s: int
    documents: bool = False
    """Whether a client is known by the address of its metadata document."""
    document_hosts: tuple[str, ...] | None = None
    """Whose documents are taken; None: anybody's."""
    refuse_hosts: tuple[str, ...] = ()
    """Whose are not, with every host below them."""


def read(table: Table) -> RegistrationSection:
    """Read ``[server.registration]``; being there, it switches registration on."""
    who = table.choice("who", ("token", "anybody", "nobody"))
    documents = table.choice("documents", ("off", "listed", "anybody"))
    anybody, by_document = who == "anybody", documents in ("listed", "anybody")
    listed = _hosts(table, "document_hosts")
    section = RegistrationSection(
        registers=who != "nobody",
        anybody=anybody,
        may=_may(table),
        clients=table.integer("clients", 1, _MOST_CLIENTS) or 10_000,
        unused_s=table.seconds("unused", 3600, 365 * _DAY, rule="RFC 7591 §3") or 7 * _DAY,
        documents=by_document,
        document_hosts=None if documents == "anybody" else listed,
        refuse_hosts=_hosts(table, "refuse_hosts"),
    )
    _documents(table, documents)
    if "may" in table and not (anybody or by_document):
        table.wrong(
            "may",
            "who comes with a token may what the token says",
            rule="RFC 7591 §3",
            fix='say it when you make the token: licet registration add --may "openid"',
        )
    table.close()
    return section


def _documents(table: Table, documents: str | None) -> None:
    """What goes with ``documents``, and what does not."""
    if documents == "listed" and "document_hosts" not in table:
        table.missing(
            "document_hosts",
            "documents of listed hosts are taken, and none is listed",
            rule=_RULE,
            fix='write document_hosts = ["agent.example.com"]',
        )
    if documents != "listed" and "document_hosts" in table:
        table.wrong(
            "document_hosts",
            "hosts are listed, but it is not their documents that are taken",
            rule=_RULE,
            fix='write documents = "listed"',
        )
    if documents not in ("listed", "anybody") and "refuse_hosts" in table:
        table.wrong(
            "refuse_hosts",
            "no documents are taken at all",
            rule=_RULE,
            fix='write documents = "anybody", or take it out',
        )


def _hosts(table: Table, name: str) -> tuple[str, ...]:
    hosts = []
    for item in table.texts(name):
        if is_host(item.text):
            hosts.append(item.text)
        else:
            table.wrong(
                item.place,
                f"{shown(item.text)} is not a host",
                rule=_RULE,
                fix='write a host as "agent.example.com", in lower case, without scheme, port or wildcard',
            )
    return tuple(hosts)


def _may(table: Table) -> tuple[str, ...]:
    items = table.texts("may")
    for item in items:
        try:
            whole = scopes.parse(item.text) == (item.text,)
        except InvalidScope:
            whole = False
        if item.text.startswith(RESERVED):
            table.wrong(
                item.place,
                f"{shown(item.text)} is the server's administration, which is not for clients that come by themselves",
                rule="licet ruling W",
                fix="give it to an app of the file that is a service",
            )
        elif not whole:
            table.wrong(
                item.place, f"{shown(item.text)} is no scope", rule="RFC 6749 §3.3", fix='write may = ["openid"]'
            )
    return tuple(item.text for item in items) or ("openid",)
