"""`python -m bench.run`: licet and its peer, side by side, W1 to W7.

Exit codes: 0 fine; 1 an answer was wrong (or, with --hold, a floor was lost); 2 wrong call; 3 nothing was shown:
licet could not be measured (or, with --hold, not every floor could be judged).
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import machine, report
from bench.licet_server import LicetDev, LicetServe
from bench.measure import Round, Settings, rounds
from bench.peer_server import OidcProvider
from bench.setup import Contender, Secrets
from bench.target import Unavailable
from bench.workloads import MEANING, WORKLOADS

RESULTS = Path(__file__).parent / "results"
TARGETS: dict[str, Callable[[Path, Secrets], Contender]] = {
    "licet": LicetServe,
    "licet-dev": LicetDev,
    "oidc-provider": OidcProvider,
}


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.run", description="licet beside another server")
    parser.add_argument("--workloads", default=",".join(MEANING), metavar="W1,W3", help="names or their beginnings")
    parser.add_argument("--connections", default="4,16,64", metavar="N,N", help="requests under way at once")
    parser.add_argument("--seconds", type=float, default=4.0, help="length of a window, after its warm-up")
    parser.add_argument("--rounds", type=int, default=3, help="rounds, alternating between the targets")
    parser.add_argument("--limit", type=int, default=1_000_000, help="most journeys per window")
    parser.add_argument("--targets", default="licet,oidc-provider", metavar="A,B", help=", ".join(TARGETS))
    parser.add_argument("--quick", action="store_true", help="one round, one second, 16 connections")
    parser.add_argument("--hold", action="store_true", help="exit 1 also when a ratio is below its floor")
    said = parser.parse_args(words)
    if said.quick:
        said.rounds, said.seconds, said.connections = 1, 1.0, "16"
    if unknown := set(said.targets.split(",")) - set(TARGETS):
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    if {"licet", "licet-dev"} <= set(said.targets.split(",")):
        parser.error("licet and licet-dev are the same server: name one")
    for wish in said.workloads.split(","):
        if not any(name.startswith(wish) for name in MEANING):
            parser.error(f"no such workload: {wish}")
    try:
        said.connections = tuple(int(number) for number in said.connections.split(","))
    except ValueError:
        parser.error("--connections takes numbers")
    if min(said.connections) < 1 or said.seconds <= 0 or said.rounds < 1 or said.limit < 1:
        parser.error("nothing to measure")
    return said


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print, write down."""
    said = arguments(words)
    wishes = tuple(said.workloads.split(","))
    settings = Settings(
        workloads=tuple(name for name in WORKLOADS if name.startswith(wishes)),
        connections=said.connections,
        seconds=said.seconds,
        rounds=said.rounds,
        limit=said.limit,
    )
    cores = machine.cores()
    if cores.shared:
        print(f"ONE CORE: server and generator share core {cores.server}. Do not quote these figures.")
    RESULTS.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=RESULTS))
    try:
        facts = machine.facts(folder)
        if facts["filesystem"] in {"tmpfs", "ramfs"}:
            print("The store is on a memory file system: nothing here is durable. Do not quote these figures.")
        contenders, missing = _contenders(said.targets.split(","), folder)
        played = rounds(contenders, settings, cores)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return _conclude(played, settings, missing, facts | {"shared_core": cores.shared}, hold=said.hold)


def _contenders(names: Sequence[str], folder: Path) -> tuple[list[Contender], dict[str, str]]:
    """Make those that can be made here, and say why of the others."""
    found: list[Contender] = []
    missing: dict[str, str] = {}
    secrets = Secrets()
    for name in names:
        home = folder / name
        home.mkdir()
        try:
            found.append(TARGETS[name](home, secrets))
        except Unavailable as why:
            missing[name] = str(why)
            print(f"{name} is left out: {why}", file=sys.stderr)
    return found, missing


def _conclude(
    played: Sequence[Round], settings: Settings, missing: dict[str, str], facts: dict[str, Any], *, hold: bool
) -> int:
    missing |= {one.target: one.unavailable for one in played if one.unavailable}
    entries, began = report.summary(played, settings), report.starts(played)
    print()
    for one in {one.target: one for one in played if not one.unavailable}.values():
        print(f"{one.target} {one.version}")
    print(
        f"{facts['cpu']}, {facts['filesystem']}, fsync {facts['fsync_ms']} ms; medians of {settings.rounds}"
        f" rounds of {settings.seconds:g} s, latencies in ms\n"
    )
    print(report.table(entries, began))
    for name, why in missing.items():
        print(f"\nNOT MEASURED: {name}: {why}")
    wrong = report.complaints(played)
    if wrong:
        print("\nWRONG ANSWERS\n  " + "\n  ".join(wrong))
    now = datetime.now(UTC)
    file = RESULTS / f"{now:%Y-%m-%dT%H%M%SZ}.json"
    document = {
        "format": "licet-bench/1",
        "date": now.isoformat(timespec="seconds"),
        "machine": facts,
        "settings": asdict(settings),
        "missing": missing,
        "summary": entries,
        "start": began,
        "rounds": [asdict(one) for one in played],
    }
    file.write_text(json.dumps(document, indent=1, default=str) + "\n")
    print(f"\nwritten to {file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file}")
    measured = any(one.target == report.OURS and not one.unavailable for one in played)
    held = report.held(entries) if hold else True
    if wrong or held is False:
        return 1
    return 0 if measured and held else 3


if __name__ == "__main__":
    sys.exit(main())
