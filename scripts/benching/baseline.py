"""The counts of a benchmark (allocations, bytes) against those in Tests/Baselines. Times are never gated."""

import json
import re
import subprocess
from pathlib import Path

from benching import meshbench
from benching.paths import ROOT


def check(name: str) -> int:
    """0 when the counts are those of the baseline; otherwise says each difference and returns 1."""
    path = _path(name)
    if not path.exists():
        print(f"{path.relative_to(ROOT)} does not exist. Mend: scripts/bench {name} --update, and review it.")
        return 1
    expected, found = json.loads(path.read_text()), _counts(name)
    for operation in sorted(expected.keys() | found.keys()):
        before, now = expected.get(operation), found.get(operation)
        if before != now:
            print(f"{name}, {operation}: {now} where the baseline has {before}.")
    if expected != found:
        print(f"Mend: find out why; if it is meant, scripts/bench {name} --update and say why in the commit.")
        return 1
    print(f"{name}: {len(found)} operations make as many allocations and bytes as {path.relative_to(ROOT)} says")
    return 0


def update(name: str) -> None:
    """Writes the counts as they are now."""
    path = _path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(_counts(name), indent=2) + "\n")
    print(f"wrote {path.relative_to(ROOT)}; review the difference before you commit it")


def _counts(name: str) -> dict[str, dict[str, float]]:
    return json.loads(meshbench.figures(name))["counts"]


def _path(name: str) -> Path:
    """Another version of Swift allocates differently, so each has its own baseline."""
    printed = subprocess.run(["swift", "--version"], capture_output=True, text=True, check=True).stdout
    version = re.search(r"Swift version (\d+\.\d+)", printed)
    return ROOT / "Tests/Baselines" / (version[1] if version else "unknown") / f"{name}.json"
