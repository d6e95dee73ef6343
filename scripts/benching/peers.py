"""Measures QUIC beside other implementations, turn by turn in the same run."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

from benching import erlang, peerbuild
from benching.paths import ROOT

ROUNDS = 5
MILLISECONDS = 500

#: Our figure, the peer, the peer's figure, and how many times as many a second are promised.
ROWS: list[tuple[str, str, str, float]] = [
    ("same1", "quinn", "same1", 1.2),
    ("same16", "quinn", "same16", 1.2),
    ("same64", "quinn", "same64", 1.2),
    ("new1", "quinn", "new1", 1.2),
    ("new16", "quinn", "new16", 1.2),
    ("new64", "quinn", "new64", 1.2),
    ("bulk", "quinn", "bulk", 1.0),
    ("full1", "quinn", "full1", 1.0),
    ("full8", "quinn", "full8", 1.0),
    ("resumed1", "quinn", "full1", 1.0),
    ("resumed8", "quinn", "full8", 1.0),
    ("plain1", "grpc", "1", 1.5),
    ("plain1", "erlang", "1", 1.5),
    ("plain64", "grpc", "64", 2.0),
    ("plain64", "erlang", "64", 2.0),
    ("journaled1", "grpc", "1", 1.5),
    ("journaled1", "erlang", "1", 1.5),
    ("journaled64", "grpc", "64", 2.0),
    ("journaled64", "erlang", "64", 2.0),
]

#: What else is shown of both sides, and how wide.
COLUMNS = [("p50", 19), ("p99", 19), ("client", 19), ("server", 19)]

Figures = dict[str, float]


@dataclass
class Compared:
    """Both sides of a row, one pair a round."""

    ours: list[Figures] = field(default_factory=list)
    theirs: list[Figures] = field(default_factory=list)


def table(rounds: int = ROUNDS) -> str:
    """Builds the peers, measures, and returns the table for people."""
    peerbuild.build()
    found = [Compared() for _ in ROWS]
    loads = []
    for number in range(rounds):
        for (ours, peer, theirs, _), pair in zip(ROWS, found, strict=True):
            # Who goes first changes from round to round.
            sides = [(pair.ours, "ours", ours), (pair.theirs, peer, theirs)]
            for figures, who, figure in sides if number % 2 == 0 else reversed(sides):
                figures.append(_measure(who, figure))
        loads.append(f"{os.getloadavg()[0]:.1f}")
    lines = [*_lines(found), "", f"{rounds} rounds of {MILLISECONDS} ms a side; load after each: {' '.join(loads)}"]
    return "\n".join(lines) + "\n"


def _lines(found: list[Compared]) -> Iterator[str]:
    yield (
        f"{'ours':<12}{'peer':<13}{'ours /s':>9}{'peer /s':>9}  {'rate ours:peer':<20}{'promised':<12}"
        f"{'p50 µs':<19}{'p99 µs':<19}{'client µs':<19}server µs"
    )
    for (ours, peer, theirs, promised), pair in zip(ROWS, found, strict=True):
        ratios = [a["perSecond"] / b["perSecond"] for a, b in zip(pair.ours, pair.theirs, strict=True)]
        ratio = statistics.median(ratios)
        verdict = "" if ratio >= promised else " missed"
        yield (
            f"{ours:<12}{peer + ' ' + theirs:<13}"
            f"{_median(pair.ours, 'perSecond'):>9.0f}{_median(pair.theirs, 'perSecond'):>9.0f}  "
            f"{f'{ratio:.2f} ({min(ratios):.2f}–{max(ratios):.2f})':<20}{f'{promised}{verdict}':<12}"
            + "".join(f"{_pair(pair, key):<{width}}" for key, width in COLUMNS)
        ).rstrip()


def _pair(pair: Compared, key: str) -> str:
    return f"{_median(pair.ours, key):.1f} / {_median(pair.theirs, key):.1f}"


def _median(figures: list[Figures], key: str) -> float:
    return statistics.median(each[key] for each in figures)


def _measure(who: str, figure: str) -> Figures:
    match who:
        case "ours":
            words = ["quic", "--only", figure, "--rounds", "1", "--milliseconds", str(MILLISECONDS), "--json"]
            return json.loads(_output([str(ROOT / ".build/release/meshbench"), *words]))["times"][figure][0]
        case "erlang":
            return json.loads(erlang.measure(figure, MILLISECONDS))
        case _:
            program = peerbuild.PROGRAMS[who]
            return json.loads(_output([str(program), figure, str(peerbuild.CERTIFICATES), str(MILLISECONDS)]))


def _output(command: list[str]) -> str:
    finished = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, timeout=120)
    if finished.returncode != 0:
        sys.exit(f"scripts/bench: {' '.join(command)} ended with status {finished.returncode}")
    return finished.stdout
