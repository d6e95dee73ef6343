"""One stage of the tests: a command, a log, and how many tests passed and failed in it."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from testing.excerpt import excerpt

ROOT = Path(__file__).resolve().parents[2]
#: A sanitizer's report makes no test fail, only the process: no second chance of a test may hide it.
_SANITIZER = re.compile(r"^SUMMARY: \w+Sanitizer: ", re.MULTILINE)
REPORTS = ROOT / ".build" / "test"


@dataclass(frozen=True)
class Counts:
    """What a stage found."""

    passed: int = 0
    failed: int = 0
    #: Tests that failed beside others and passed alone.
    unsteady: tuple[str, ...] = ()

    def __add__(self, other: Counts) -> Counts:
        unsteady = self.unsteady + other.unsteady
        return Counts(self.passed + other.passed, self.failed + other.failed, unsteady)


@dataclass(frozen=True)
class SecondChance:
    """Runs failed tests once more, each alone.

    Some tests watch real processes and clocks, and a busy machine can starve them beside a thousand others. One that
    passes alone has shown no fault of the product; it is named as unsteady, for it has one of its own. Where more than
    a few fail nothing is tried again: that is no noise.
    """

    #: The names of the failed tests; none where a failure has no name.
    failures: Callable[[str], list[str]]
    #: The command that runs one of them and nothing else.
    command: Callable[[str], list[str]]
    #: What that run found, from its log.
    count: Callable[[str], Counts]
    #: So many at most are tried again.
    most: int = 3


@dataclass(frozen=True)
class Stage:
    """A command and the way to count its tests.

    A command that fails without saying which test did counts as one failed test.
    """

    name: str
    command: list[str]
    count: Callable[[str], Counts] = lambda log: Counts()
    #: Who knows which tests failed and how each is run by itself; None where a failure stands as it is.
    second: SecondChance | None = None
    #: Whether the command is a test itself, which its success passes.
    is_one_test: bool = False
    #: How many lines of the log to show when the stage fails.
    shown: int = 60

    def run(self) -> Counts:
        """Runs the command, says in one line how it went, and shows what the log tells where something failed."""
        REPORTS.mkdir(parents=True, exist_ok=True)
        path = REPORTS / f"{self.name.replace(' ', '-')}.log"
        print(f"{self.name} …", flush=True)
        start = time.monotonic()
        status = self._execute(path)
        text = path.read_text(errors="replace")
        counts = self.count(text) + Counts(passed=1 if self.is_one_test and status == 0 else 0)
        counts += self._try_again(counts, text, path)
        is_told = counts.unsteady and not _SANITIZER.search(text)
        if status != 0 and counts.failed == 0 and not is_told:
            counts += Counts(failed=1)  # a crash, or a build that failed, is a failure although no test says so
        if counts.failed:
            print("\n".join(excerpt(text, self.shown)))
            print(f"{self.name}: FAILED, the whole log is in {path.relative_to(ROOT)}")
        print(f"  {counts.passed} passed, {counts.failed} failed in {time.monotonic() - start:.0f} s", flush=True)
        return counts

    def _try_again(self, counts: Counts, text: str, path: Path) -> Counts:
        """By how much the counts change when the failed tests are run alone."""
        names = self.second.failures(text) if self.second else []
        if self.second is None or not names or len(names) != counts.failed or len(names) > self.second.most:
            return Counts()
        change = Counts()
        for number, name in enumerate(names, start=1):
            alone = path.with_suffix(f".alone-{number}.log")
            status = self._execute(alone, self.second.command(name))
            if status == 0 and self.second.count(alone.read_text(errors="replace")) == Counts(passed=1):
                change += Counts(passed=1, failed=-1, unsteady=(name,))
                print(f"  UNSTEADY: {name} failed beside others and passed alone, see {path.relative_to(ROOT)}")
        return change

    def _execute(self, path: Path, command: list[str] | None = None) -> int:
        with path.open("w") as log:
            try:
                return subprocess.run(command or self.command, cwd=ROOT, stdout=log, stderr=log, check=False).returncode
            except FileNotFoundError as error:
                log.write(f"{error}. Mend: scripts/setup\n")
                return 127
