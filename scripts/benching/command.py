"""The command line of scripts/bench."""

from __future__ import annotations

import argparse
import subprocess

from benching import baseline, engine, escalation, gateway, http, ledger, meshbench, peers, record
from benching.paths import ROOT
from library.entry import exit_with

BENCHMARKS = [
    "wire", "actors", "store", "udp", "quic", "tunnel", "beats", "http", "gateway", "engine", "escalation", "ledger",
]  # fmt: skip
#: Those whose counts are the same in every run, and so can be a gate.
COUNTED = ["wire", "actors"]


def main(arguments: list[str]) -> int:
    """Measures what is named; checks, rewrites or records the figures where that is asked for."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description="Measures, each time beside something everybody knows.", allow_abbrev=False
    )
    parser.add_argument("benchmark", nargs="*", metavar="BENCHMARK", help=f"what to measure: {', '.join(BENCHMARKS)}")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--check", action="store_true", help="only compare the counts with Tests/Baselines (a gate)")
    how.add_argument("--update", action="store_true", help="write the counts to Tests/Baselines; review the difference")
    how.add_argument("--record", action="store_true", help="append the table to docs/benchmarks.md")
    parser.add_argument(
        "--peers", action="store_true", help="quic beside quinn, gRPC and Erlang; scripts/setup --peers installs them"
    )
    parser.add_argument("--part", choices=list(http.PARTS), help="http: only this part")
    options = parser.parse_args(arguments)
    unknown = set(options.benchmark) - set(BENCHMARKS)
    if unknown:
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}; there are: {', '.join(BENCHMARKS)}")
    if subprocess.run([ROOT / "scripts/setup"], check=False).returncode != 0:
        return 1
    if options.peers:
        if options.benchmark != ["quic"]:
            parser.error("only quic has peers: scripts/bench quic --peers")
        print(peers.table(), end="")
        return 0
    names = options.benchmark or BENCHMARKS
    if options.check or options.update:
        names = [name for name in names if name in COUNTED]
    if options.check:
        return max((baseline.check(name) for name in names), default=0)
    for name in names:
        if options.update:
            baseline.update(name)
        elif options.record:
            record.append(name, _table(name, options.part))
        else:
            print(_table(name, options.part), end="")
    return 0


def _table(name: str, part: str | None) -> str:
    match name:
        case "http":
            return http.table(part)
        case "gateway":
            return gateway.table()
        case "engine":
            return engine.table()
        case "escalation":
            return escalation.table()
        case "ledger":
            return ledger.table()
        case _:
            return meshbench.table(name)


if __name__ == "__main__":
    exit_with(main)
