"""Calls the release build of meshbench."""

import subprocess
import sys

from benching.paths import ROOT


def table(name: str) -> str:
    """The benchmark's table for people."""
    if name == "quic":
        return f"{_output(name)}\n{_output('quic-memory')}"
    return _output(name)


def figures(name: str, rounds: int = 3) -> str:
    """The benchmark's figures as JSON; few rounds, because counts do not depend on them."""
    return _output(name, "--json", "--rounds", str(rounds))


def _output(name: str, *words: str) -> str:
    command = [ROOT / ".build/release/meshbench", name, *words]
    finished = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if finished.returncode != 0:
        sys.exit(f"scripts/bench: meshbench {name} ended with status {finished.returncode}")
    return finished.stdout
