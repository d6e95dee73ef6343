"""Measures our client of HTTP beside the `curl` program, turn by turn in the same run, against nginx."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benching.paths import ROOT
from upstreams.authority import Authority
from upstreams.nginx import Nginx
from upstreams.streaming import StreamingServer

ROUNDS = 5


@dataclass(frozen=True)
class Row:
    """So many requests of one kind, so many at a time."""

    name: str
    path: str
    count: int
    parallel: int
    is_secure: bool = False


ROWS = [
    Row("GET, 1 at a time, HTTP/1.1", "/json", 4_000, 1),
    Row("GET, 16 at once, HTTP/1.1", "/json", 8_000, 16),
    Row("GET, 1 at a time, HTTP/2", "/json", 4_000, 1, is_secure=True),
    Row("GET, 16 at once, HTTP/2", "/json", 8_000, 16, is_secure=True),
    Row("GET, 100 at once, HTTP/2", "/json", 8_000, 100, is_secure=True),
    Row("100 streams of 20 events, HTTP/2", "/up/sse?n=20&ms=10", 100, 100, is_secure=True),
]


@dataclass(frozen=True)
class Figures:
    """What a process came to. Processor time is that of the whole process, its start included."""

    per_second: float
    p50: float
    p99: float
    processor: float


class Bench:
    """The servers, and the two clients."""

    def __init__(self, nginx: Nginx, authority: Authority) -> None:
        self._nginx = nginx
        self._authority = authority

    def ours(self, row: Row) -> Figures:
        """Our client's."""
        words = ["--count", str(row.count), "--parallel", str(row.parallel), "--ca", str(self._authority.certificate)]
        output, processor, _ = self._run([str(ROOT / ".build/release/meshload"), "get", self._url(row), *words])
        found = json.loads(output)
        if found["failed"]:
            sys.exit(f"scripts/bench: requests failed: {found['firstFailure']}")
        return Figures(found["perSecond"], found["p50"], found["p99"], processor / row.count)

    def curl(self, row: Row) -> Figures:
        """That of the `curl` program, which makes all the requests in one process over kept connections."""
        url = self._url(row)
        many = f"{url}{'&' if '?' in url else '?'}number=[1-{row.count}]"
        words = ["--silent", "--output", "/dev/null", "--write-out", "%{http_code} %{time_total}\n"]
        words += ["--cacert", str(self._authority.certificate), "--http2" if row.is_secure else "--http1.1"]
        if row.parallel > 1:
            words += ["--parallel", "--parallel-max", str(row.parallel)]
        output, processor, seconds = self._run(["curl", *words, many])
        lines = [line.split() for line in output.splitlines()]
        if len(lines) != row.count or any(line[0] != "200" for line in lines):
            sys.exit(f"scripts/bench: curl has {len(lines)} answers of {row.count}")
        times = sorted(float(line[1]) * 1e6 for line in lines)
        p50, p99 = times[len(times) // 2], times[len(times) * 99 // 100]
        return Figures(row.count / seconds, p50, p99, processor / row.count)

    def _url(self, row: Row) -> str:
        return (self._nginx.tls_url if row.is_secure else self._nginx.url) + row.path

    @staticmethod
    def _run(command: list[str]) -> tuple[str, float, float]:
        """What it printed, the microseconds of processors that it took, and how many seconds went by."""
        begin = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
        if process.returncode != 0:
            sys.exit(f"scripts/bench: {' '.join(command[:3])} ended with status {process.returncode}")
        return output, (usage.ru_utime + usage.ru_stime) * 1e6, time.monotonic() - begin


def table(rounds: int = ROUNDS) -> str:
    """Measures, and returns the table for people."""
    with tempfile.TemporaryDirectory(prefix="bench-http-") as name, StreamingServer() as upstream:
        folder = Path(name)
        authority = Authority(folder / "authority")
        with Nginx(folder / "nginx", authority.issue("server"), upstream.port) as nginx:
            bench = Bench(nginx, authority)
            found: list[tuple[list[Figures], list[Figures]]] = [([], []) for _ in ROWS]
            for number in range(rounds):
                for row, (ours, theirs) in zip(ROWS, found, strict=True):
                    # Who goes first changes from round to round.
                    turns = [(ours, bench.ours), (theirs, bench.curl)]
                    for figures, measure in turns if number % 2 == 0 else reversed(turns):
                        figures.append(measure(row))
    load = os.getloadavg()[0]
    notes = [
        f"{rounds} rounds, medians, ours / curl; load {load:.1f} at the end. Processor time is of the whole process.",
        "Ours counts from the call, curl from when it takes a request up: compare those made one at a time.",
    ]
    return "\n".join([*_lines(found), "", *notes]) + "\n"


def _lines(found: list[tuple[list[Figures], list[Figures]]]) -> Iterator[str]:
    yield f"{'client':<36}{'a second':<20}{'p50 µs':<18}{'p99 µs':<20}{'processor µs a request'}"
    for row, pair in zip(ROWS, found, strict=True):
        cells = [_pair(pair, key) for key in ("per_second", "p50", "p99", "processor")]
        yield f"{row.name:<36}{cells[0]:<20}{cells[1]:<18}{cells[2]:<20}{cells[3]}"


def _pair(pair: tuple[list[Figures], list[Figures]], key: str) -> str:
    ours, theirs = (statistics.median(getattr(each, key) for each in side) for side in pair)
    return f"{ours:.0f} / {theirs:.0f}"
