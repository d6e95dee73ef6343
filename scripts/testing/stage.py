"""One stage of the tests: a command, a log, and how many tests passed and failed in it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REPORTS = ROOT / ".build" / "test"


@dataclass(frozen=True)
class Counts:
    """What a stage found."""

    passed: int = 0
    failed: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.passed + other.passed, self.failed + other.failed)


@dataclass(frozen=True)
class Stage:
    """A command and the way to count its tests.

    A command that fails without saying which test did counts as one failed test.
    """

    name: str
    command: list[str]
    count: Callable[[str], Counts] = lambda log: Counts()
    #: Whether the command is a test itself, which its success passes.
    is_one_test: bool = False
    #: How many lines of the log to show when the stage fails.
    shown: int = 60

    def run(self) -> Counts:
        """Runs the command, says in one line how it went, and shows the end of the log where something failed."""
        REPORTS.mkdir(parents=True, exist_ok=True)
        path = REPORTS / f"{self.name.replace(' ', '-')}.log"
        print(f"{self.name} …", flush=True)
        start = time.monotonic()
        status = self._execute(path)
        text = path.read_text(errors="replace")
        counts = self.count(text) + Counts(passed=1 if self.is_one_test and status == 0 else 0)
        if status != 0 and counts.failed == 0:
            counts += Counts(failed=1)  # a crash, or a build that failed, is a failure although no test says so
        if counts.failed:
            print("\n".join(text.splitlines()[-self.shown:]))
            print(f"{self.name}: FAILED, the whole log is in {path.relative_to(ROOT)}")
        print(f"  {counts.passed} passed, {counts.failed} failed in {time.monotonic() - start:.0f} s", flush=True)
        return counts

    def _execute(self, path: Path) -> int:
        with path.open("w") as log:
            try:
                return subprocess.run(self.command, cwd=ROOT, stdout=log, stderr=log, check=False).returncode
            except FileNotFoundError as error:
                log.write(f"{error}. Mend: scripts/setup\n")
                return 127
