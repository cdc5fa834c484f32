"""The admin API's rows in the table of paths: each operation behind the gate. ``cli/serve.py`` hands them over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from licet.administration import openapi
from licet.administration.gate import Gate
from licet.administration.office import Call, Office
from licet.administration.table import OPERATIONS, PREFIX, READ, Operation
from licet.ambient import Entropy
from licet.authorization_server.exchange import Answer, Incoming, Json
from licet.authorization_server.presented import Lookup
from licet.authorization_server.web.routes import Kind, Route
from licet.resource_owner.guesses import Guesses
from licet.storage.blind import BlindThrottles


async def document(office: Office, call: Call) -> Answer:
    """Show this document."""
    call.only()
    return Json(body=openapi.document(office.directory.issuer.url))


DOCUMENT: Final = Operation(method="GET", path="/openapi.json", scope=READ, handler=document, answers=dict)


@dataclass(frozen=True, slots=True)
class Guarded:
    """An operation with its gate in front: whoever may not is refused before anything is looked up."""

    operation: Operation
    gate: Gate
    office: Office

    async def __call__(self, incoming: Incoming) -> Answer:
        caller = await self.gate.admit(incoming, self.operation.scope)
        return await self.operation.handler(self.office, Call(incoming, caller))


def routes(entropy: Entropy, *, file: str, token: str = "") -> Callable[[Lookup], tuple[Route, ...]]:
    """What ``app.build`` takes as ``extra``.

    *file* is the name of the configuration, for whoever must be sent there; *token* is ``LICET_ADMIN_TOKEN``.
    """
    digest = sha256(token.encode()).digest() if token else None

    def made(lookup: Lookup) -> tuple[Route, ...]:
        gate = Gate(lookup, Guesses(BlindThrottles(lookup.store.throttles, lookup.vault)), digest)
        office = Office(lookup, entropy, file)
        return tuple(
            Route(
                PREFIX + one.path,
                (one.method,),
                Guarded(one, gate, office),
                Kind.ADMINISTRATION,
                json=True,
                body_bytes=one.body_bytes,
            )
            for one in (*OPERATIONS, DOCUMENT)
        )

    return made
