"""Every bad patch there is, room by room."""

from prove.mutants.model import Mutant
from prove.mutants.rows import (
    accounts,
    clients,
    codes,
    devices,
    edge,
    endings,
    openid,
    people,
    presented,
    redirection,
    refresh,
    registering,
    signed,
    store,
)

MUTANTS: tuple[Mutant, ...] = (
    *codes.ROWS,
    *refresh.ROWS,
    *devices.ROWS,
    *clients.ROWS,
    *presented.ROWS,
    *signed.ROWS,
    *redirection.ROWS,
    *people.ROWS,
    *accounts.ROWS,
    *openid.ROWS,
    *edge.ROWS,
    *endings.ROWS,
    *registering.ROWS,
    *store.ROWS,
)
