"""From rounds to medians, from medians to ratios; as a table for people and as JSON for machines."""

import math
from collections.abc import Callable, Iterable, Sequence
from statistics import median
from typing import Any

from bench.measure import Round, Settings
from bench.workloads import MEANING

OURS, PEER = "licet", "oidc-provider"

FLOORS = {"W1": 1.5, "W2-es256": 2.0, "W3": 1.9, "W4": 1.4, "W5-rs256": 1.4, "W5-es256": 2.5}
"""Requests per second of licet over those of the peer, at 16 connections, that must not be lost."""

FLOOR_AT = 16
_SATURATED, _DISTURBED = 0.9, 0.15
_FIGURES = ("rate", "p50_ms", "p99_ms", "server_cpu_ms", "server_load", "generator_load")


def summary(played: Sequence[Round], settings: Settings) -> list[dict[str, Any]]:
    """One entry per workload and number of connections: medians of each target, and the ratios."""
    return [
        _entry(played, workload, connections) for workload in settings.workloads for connections in settings.connections
    ]


def _entry(played: Sequence[Round], workload: str, connections: int) -> dict[str, Any]:
    entry: dict[str, Any] = {"workload": workload, "connections": connections, "targets": {}}
    for target in dict.fromkeys(one.target for one in played):
        rows = [row for one in played if one.target == target for row in one.rows]
        mine = [row for row in rows if row["workload"] == workload and row.get("connections") == connections]
        if mine:
            entry["targets"][target] = _medians(mine)
    ours, peer = (entry["targets"].get(name, {}) for name in (OURS, PEER))
    if ours.get("rate") and peer.get("rate"):
        entry["ratio"] = ours["rate"] / peer["rate"]
        if ours["server_cpu_ms"]:
            entry["cpu_ratio"] = peer["server_cpu_ms"] / ours["server_cpu_ms"]
        if workload in FLOORS and connections == FLOOR_AT:
            entry["floor"] = FLOORS[workload]
            judged = not (ours["disturbed"] or peer["disturbed"])
            entry["held"] = entry["ratio"] >= FLOORS[workload] if judged else None
    return entry


def held(entries: Iterable[dict[str, Any]]) -> bool | None:
    """Say whether every floor was held; None when one of them, or all, could not be judged."""
    verdicts = [one.get("held") for one in entries if one["workload"] in FLOORS and one["connections"] == FLOOR_AT]
    if False in verdicts:
        return False
    return True if verdicts and None not in verdicts else None


def _medians(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    wrong = sum(row.get("wrong", 0) for row in rows)
    measured = [row for row in rows if row.get("completed")]
    if not measured:
        why = next((row["unavailable"] for row in rows if "unavailable" in row), "no answer was right")
        return {"wrong": wrong, "unavailable": why}
    medians: dict[str, Any] = {name: median(row[name] for row in measured) for name in _FIGURES}
    rates = [row["rate"] for row in measured]
    others = [row["others_load"] for row in measured if row["others_load"] is not None]
    return medians | {
        "rate_range": [min(rates), max(rates)],
        "wrong": wrong,
        "generator_bound": medians["generator_load"] > _SATURATED,
        "disturbed": bool(others) and median(others) > _DISTURBED,
    }


def starts(played: Iterable[Round]) -> dict[str, dict[str, float | None]]:
    """W7: medians of start-up and memory by target."""
    played = list(played)
    found: dict[str, dict[str, float | None]] = {}
    for target in dict.fromkeys(one.target for one in played):
        said = [one.start for one in played if one.target == target and one.start]
        if said:
            found[target] = {name: _median_of(one[name] for one in said) for name in said[0]}
    return found


def _median_of(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def table(entries: Sequence[dict[str, Any]], began: dict[str, dict[str, float | None]]) -> str:
    """Lay the medians out for a terminal."""
    head = (
        f"{'':<10}{'conns':>5}  "
        + "".join(f"{name + ' /s':>16}{'p50':>7}{'p99':>7}{'CPU ms':>8}  " for name in (OURS, PEER))
        + f"{'ratio':>8}{'per CPU':>9}{'floor':>7}"
    )
    lines = [head, "-" * len(head)]
    for entry in entries:
        cells = "".join(_cells(entry["targets"].get(name)) for name in (OURS, PEER))
        lines.append(f"{entry['workload']:<10}{entry['connections']:>5}  {cells}{_ratio(entry)}")
    lines += ["", f"W7  {MEANING['W7']}"]
    for target, said in began.items():
        first = f", with nothing there {said['first_200_of_all_s']:.2f} s" if said["first_200_of_all_s"] else ""
        lines.append(
            f"    {target:<14} {said['first_200_s']:.2f} s{first}; {said['idle_mb']:.0f} MB, {said['peak_mb']:.0f} MB"
        )
    legend = [f"    {name:<9} {MEANING[name]}" for name in dict.fromkeys(entry["workload"] for entry in entries)]
    return "\n".join([*lines, "", *legend, *_notes(entries)])


def _cells(said: dict[str, Any] | None) -> str:
    if said is None or "rate" not in said:
        return f"{'-':>16}{'-':>7}{'-':>7}{'-':>8}  "
    marks = ("!" if said["wrong"] else "") + (">" if said["generator_bound"] else "") + ("~" * said["disturbed"])
    rate = f"{marks}{said['rate']:.0f}"
    return f"{rate:>16}{said['p50_ms']:>7.1f}{said['p99_ms']:>7.1f}{said['server_cpu_ms']:>8.3f}  "


def _ratio(entry: dict[str, Any]) -> str:
    if "ratio" not in entry:
        return f"{'-':>8}{'-':>9}"
    verdict = {True: "", False: "  BELOW", None: "  not judged"}
    floor = f"{entry['floor']:>6.1f}x{verdict[entry['held']]}" if "floor" in entry else ""
    return f"{entry['ratio']:>7.2f}x{entry.get('cpu_ratio', math.nan):>8.2f}x{floor}"


_MARKS: tuple[tuple[str, Callable[[dict[str, Any]], bool]], ...] = (
    ("! answers were wrong: see below", lambda said: bool(said["wrong"])),
    (
        "> the generator used its whole core: the server can do more, compare CPU ms",
        lambda said: bool(said.get("generator_bound")),
    ),
    (
        "~ other processes used these cores meanwhile: measure again when the machine is quiet",
        lambda said: bool(said.get("disturbed")),
    ),
)


def _notes(entries: Sequence[dict[str, Any]]) -> list[str]:
    """Explain only the marks that were used, and what was not measured."""
    said = [target for entry in entries for target in entry["targets"].values()]
    notes = [f"    {text}" for text, applies in _MARKS if any(applies(one) for one in said)]
    for entry in entries:
        for name, one in entry["targets"].items():
            if "unavailable" in one:
                notes.append(f"    {entry['workload']} x{entry['connections']} {name}: {one['unavailable']}")
    return ["", *dict.fromkeys(notes)] if notes else []


def complaints(played: Iterable[Round]) -> list[str]:
    """Every reason why an answer was wrong, with its count."""
    return [
        f"{one.target} {row['workload']} x{row.get('connections', '-')} round {one.number}: {count} x {reason}"
        for one in played
        for row in one.rows
        for reason, count in row.get("reasons", {}).items()
    ]
