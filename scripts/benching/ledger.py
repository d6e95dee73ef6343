"""Money set aside and charged, durably: the hub's accounts beside PostgreSQL and beside bare syncs, turn by turn."""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benching.paths import ROOT
from benching.postgres import PostgreSQL, programs

ROUNDS = 5
SECONDS = 3
_SQL = Path(__file__).with_name("ledger.sql")
_CALL = "\\set call random(1, 9000000000000000000)\n"
#: What one run of pgbench does; each client has an account of its own, as each holder of ours has.
_SCRIPTS = {
    "two commits": _CALL + "SELECT reserve(:client_id + 1, :call, 20600000);\n"
    "SELECT settle(:call, 3000000, 3090000);\n",
    "the charge alone": _CALL + "SELECT transfer(:client_id + 1, :call, 3000000, 3090000);\n",
}


@dataclass(frozen=True)
class Row:
    """Somebody who does so many transfers at a time."""

    who: str
    holders: int
    accounts: int = 0
    script: str = ""


OURS = [Row("ours", 1, 1), Row("ours", 64, 64), Row("ours", 1_024, 1_024), Row("ours, one account", 64, 1)]
OURS += [Row("ours, one account", 1_024, 1)]
PEERS = [Row("PostgreSQL, two commits", holders, script="two commits") for holders in (1, 64)]
PEERS += [Row("PostgreSQL, the charge alone", 64, script="the charge alone")]


@dataclass
class Found:
    """What came of one row, a figure for each round; microseconds."""

    per_second: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    sync: list[float] = field(default_factory=list)


def table(rounds: int = ROUNDS, seconds: int = SECONDS) -> str:
    """Measures, and returns the table for people."""
    load = os.getloadavg()[0]
    server = programs()
    rows = OURS + (PEERS if server else [])
    found = {row: Found() for row in rows}
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-ledger-")))
        peer = None
        if server:
            peer = stack.enter_context(PostgreSQL(server))
            peer.execute(_SQL.read_text())
            for name, script in _SCRIPTS.items():
                (folder / name).write_text(script)
        for number in range(rounds):
            # Who goes first changes from round to round.
            for row in rows[number % len(rows) :] + rows[: number % len(rows)]:
                if peer is not None and row.script:
                    figures = peer.measure(folder / row.script, row.holders, seconds)
                    _note(found[row], *figures)
                else:
                    _measure(row, seconds, found[row])
        if peer is not None:
            _check(peer)
    lines = [*_lines(found), "", *_verdicts(found)]
    if server is None:
        lines.append("PostgreSQL is not installed (scripts/setup --peers): nothing stands beside ours but bare syncs")
    loads = f"load {load:.1f} at the begin, {os.getloadavg()[0]:.1f} at the end"
    lines.append(f"{rounds} rounds of {seconds} s, median [least-most]; {loads}")
    return "\n".join(lines) + "\n"


def _measure(row: Row, seconds: int, found: Found) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-ledger-store-") as folder:
        words = ["--holders", str(row.holders), "--accounts", str(row.accounts), "--seconds", str(seconds)]
        command = [ROOT / ".build/release/meshbench", "ledger", "--json", "--folder", folder, *words]
        finished = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, timeout=seconds + 300)
    if finished.returncode != 0:
        sys.exit(f"scripts/bench: meshbench ledger ended with status {finished.returncode}")
    figures = json.loads(finished.stdout)
    _note(found, figures["perSecond"], figures["bothP50"], figures["bothP99"])
    found.sync.append(figures["syncP50"])


def _note(found: Found, per_second: float, p50: float, p99: float) -> None:
    found.per_second.append(per_second)
    found.p50.append(p50)
    found.p99.append(p99)


def _check(peer: PostgreSQL) -> None:
    """What the peer did is double entry: all legs come to nothing, and nothing stays set aside."""
    left = peer.execute("SELECT coalesce(sum(amount), 0) FROM legs; SELECT coalesce(sum(held), 0) FROM accounts;")
    held = peer.execute("SELECT coalesce(sum(amount), 0) FROM holds;")
    if left.splitlines()[0] != "0" or left.splitlines()[1] != held:
        sys.exit(f"scripts/bench: PostgreSQL's books do not add up: {left} {held}")


def _lines(found: dict[Row, Found]) -> Iterator[str]:
    yield f"{'who':<30}{'at a time':>10}{'transfers/s':>34}{'p50 us':>26}{'p99 us':>26}"
    for row, each in found.items():
        spread = f"{_spread(each.per_second):>34}{_spread(each.p50):>26}{_spread(each.p99):>26}"
        yield f"{row.who:<30}{row.holders:>10,}{spread}"


def _verdicts(found: dict[Row, Found]) -> Iterator[str]:
    one = found[OURS[0]]
    ratios = [wait / sync for wait, sync in zip(one.p50, one.sync)]
    yield f"bare sync, p50: {_spread([sync for each in found.values() for sync in each.sync])} us"
    yield f"reserve and settle, one at a time, p50: {_spread(ratios, 2)} times a bare sync (asked: at most 7)"
    for peer in PEERS:
        if peer not in found or peer.holders == 1:
            continue
        for ours in OURS[1:]:
            pairs = zip(found[ours].per_second, found[peer].per_second)
            ratios = [mine / theirs for mine, theirs in pairs]
            yield f"{ours.who} at {ours.holders:,}: {_spread(ratios, 1)} times {peer.who} at {peer.holders}"


def _spread(values: list[float], digits: int = 0) -> str:
    if not values:
        return "nothing"
    middle, least, most = statistics.median(values), min(values), max(values)
    return f"{middle:,.{digits}f} [{least:,.{digits}f}-{most:,.{digits}f}]"
