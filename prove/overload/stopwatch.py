"""One connection that asks one thing after the other and measures each."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Sequence
from random import Random

from bench import machine
from bench.wire import Answer, take
from prove.overload.operated import Operated

Kind = Callable[[], bytes]
"""Makes the next request of its kind."""


class Stopwatch:
    """Measures from the first byte out to the last byte in."""

    def __init__(self, server: Operated) -> None:
        self.socket = socket.create_connection(server.address, timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray()

    def ask(self, request: bytes) -> tuple[float, Answer]:
        began = time.perf_counter()
        self.socket.sendall(request)
        while (answer := take(self.buffer)) is None:
            piece = self.socket.recv(65536)
            assert piece, "the server closed the connection"
            self.buffer += piece
        return time.perf_counter() - began, answer


def measure(
    server: Operated, kinds: Sequence[Kind], times: int, random: Random
) -> tuple[list[list[float]], set[tuple[int, int]]]:
    """How long *times* requests of each kind took, in random order; and the statuses and lengths of their answers."""
    watch, taken = Stopwatch(server), [[] for _ in kinds]  # type: tuple[Stopwatch, list[list[float]]]
    order = [number for number in range(len(kinds)) for _ in range(times)]
    random.shuffle(order)
    told = set()
    with machine.on_core(machine.cores().generator), watch.socket:
        for number in order[:100]:
            watch.ask(kinds[number]())
        for number in order:
            took, answer = watch.ask(kinds[number]())
            taken[number].append(took)
            told.add((answer.status, len(answer.body)))
    return taken, told
