"""Appends what was measured to docs/benchmarks.md, with the date, the commit and the machine."""

import datetime
import subprocess
from pathlib import Path

from benching.paths import ROOT

PAGE = ROOT / "docs/benchmarks.md"


def append(name: str, table: str) -> None:
    """Adds a section with the table; the newest stands last."""
    today = datetime.datetime.now(datetime.timezone.utc).date()
    with PAGE.open("a") as page:
        page.write(f"\n## {name}, {today}, commit {_commit()}\n\n{_machine()}\n\n```\n{table}```\n")
    print(f"appended to {PAGE.relative_to(ROOT)}; add what a reader should see in it")


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def _machine() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    kernel = Path("/proc/sys/kernel/osrelease").read_text().strip()
    load = Path("/proc/loadavg").read_text().split()[0]
    return f"{len(models)} × {models[0] if models else 'unknown processor'}, Linux {kernel}, load {load} at the end."
