"""Processes, cores and clocks: who runs where, and what it used (Linux)."""

import os
import platform
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.target import Unavailable, call

_TICK = os.sysconf("SC_CLK_TCK")
_START_S = 30.0
_STOP_S = 10.0
_POLL_S = 0.002
_OK = 200


@dataclass(frozen=True, slots=True)
class Cores:
    """Which core the server has, and which the generator."""

    server: int
    generator: int

    @property
    def shared(self) -> bool:
        """Say whether both have to live on one core; then no figure is worth comparing with another machine's."""
        return self.server == self.generator


def cores() -> Cores:
    """Take the first two cores that this process may use, or the only one twice."""
    allowed = sorted(os.sched_getaffinity(0))
    return Cores(allowed[0], allowed[min(1, len(allowed) - 1)])


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Be on *core* for a while: what is started meanwhile inherits it, from its first instruction on."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@dataclass(slots=True)
class Process:
    """One server, started by us and stopped by us."""

    popen: subprocess.Popen[bytes]
    log: Path
    started: float

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.popen.pid

    def check(self) -> None:
        """Raise Unavailable, with the end of its log, when it is no longer there."""
        if (code := self.popen.poll()) is not None:
            lines = self.log.read_text(errors="replace").strip().splitlines()
            msg = f"it ended with {code}: {lines[-1] if lines else 'without a word'}"
            raise Unavailable(msg)

    def stop(self) -> None:
        """End it, by its id."""
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
            try:
                self.popen.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """Our own environment and *more*."""
    return os.environ | dict(more)


def start(argv: Sequence[str | Path], core: int, log: Path, env: Mapping[str, str], cwd: Path) -> Process:
    """Start a server on *core*."""
    try:
        with on_core(core), log.open("wb") as sink:
            began = time.perf_counter()
            popen = subprocess.Popen(
                [str(word) for word in argv],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env=environment(env),
                cwd=cwd,
            )
    except OSError as error:
        msg = f"it cannot be started: {error.strerror}: {argv[0]}"
        raise Unavailable(msg) from error
    return Process(popen, log, began)


def until_file(process: Process, file: Path) -> str:
    """Wait for a file that the server writes when it is ready."""
    while time.perf_counter() - process.started < _START_S:
        process.check()
        with suppress(FileNotFoundError):
            if text := file.read_text():
                return text
        time.sleep(_POLL_S)
    msg = f"no {file.name} within {_START_S:g} s"
    raise Unavailable(msg)


def until_answer(process: Process, address: tuple[str, int], path: str) -> float:
    """Wait for the first 200 and return the seconds since the process was started (W7)."""
    while time.perf_counter() - process.started < _START_S:
        process.check()
        with suppress(OSError):
            if call(address, "GET", path).status == _OK:
                return time.perf_counter() - process.started
        time.sleep(_POLL_S)
    msg = f"no answer within {_START_S:g} s"
    raise Unavailable(msg)


def free_port() -> int:
    """Find a port that nobody listens on right now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def cpu_s(pid: int) -> float:
    """Add up processor seconds of a process, all its threads, and its living and dead children."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    own = sum(int(ticks) for ticks in fields[11:15]) / _TICK
    return own + sum(cpu_s(int(child)) for child in children)


def busy_s(core: int) -> float:
    """Processor seconds that *core* was not idle, whoever used it."""
    with Path("/proc/stat").open() as lines:
        row = next(line.split() for line in lines if line.startswith(f"cpu{core} "))
    user, nice, system, _idle, _wait, irq, softirq, steal = (int(ticks) for ticks in row[1:9])
    return (user + nice + system + irq + softirq + steal) / _TICK


def memory_mb(pid: int) -> tuple[float, float]:
    """Resident memory in MB, now and at its highest."""
    said = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
    now, peak = (int(said[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
    return now, peak


def allowed_cores(pid: int) -> set[int]:
    """Collect the cores that any thread of the process may use: the proof that it stayed where it was put."""
    found: set[int] = set()
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(ProcessLookupError):
            found |= os.sched_getaffinity(int(task.name))
    return found


def facts(folder: Path) -> dict[str, object]:
    """Describe the machine, as far as it explains a figure."""
    model = next((line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if "model name" in line), "?")
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load_average": list(os.getloadavg()),
        "filesystem": _filesystem(folder),
        "fsync_ms": round(_fsync_ms(folder), 3),
    }


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines()


def _filesystem(folder: Path) -> str:
    """Name the type of the file system under *folder*; durability on tmpfs would be a joke."""
    mounts = [line.split()[1:3] for line in _lines("/proc/mounts")]
    under = [(point, kind) for point, kind in mounts if folder.resolve().is_relative_to(point)]
    return max(under, key=lambda mount: len(mount[0]))[1] if under else "?"


def _fsync_ms(folder: Path, times: int = 30) -> float:
    """Measure the median of a 4 kB write with fsync."""
    file = folder / "fsync"
    taken = []
    with file.open("wb") as sink:
        for _ in range(times):
            sink.write(b"\0" * 4096)
            sink.flush()
            began = time.perf_counter()
            os.fsync(sink.fileno())
            taken.append(time.perf_counter() - began)
    file.unlink()
    return median(taken) * 1000
