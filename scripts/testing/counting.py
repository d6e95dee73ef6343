"""How many tests passed and failed, read from what the test runners print."""

import re

from testing.stage import Counts

_SWIFT_CASE = re.compile(r"^[✔✘] Test (?!run with|case)\S.* (passed|failed) after [\d.]+ seconds", re.MULTILINE)
_SWIFT_TOTAL = re.compile(r"^[✔✘] Test run with (\d+) tests? .*(?:passed|failed) after", re.MULTILINE)
_PYTHON_TOTAL = re.compile(r"^Ran (\d+) tests? in", re.MULTILINE)
_PYTHON_BAD = re.compile(r"(?:failures|errors|unexpected successes)=(\d+)")


def swift(log: str) -> Counts:
    """Swift Testing: one line a test, and a total that a crashed run never prints."""
    outcomes = [found[1] for found in _SWIFT_CASE.finditer(log)]
    counts = Counts(outcomes.count("passed"), outcomes.count("failed"))
    total = _SWIFT_TOTAL.search(log)
    if total is None or int(total[1]) != counts.passed + counts.failed:
        return counts + Counts(failed=1)  # some test never came to its end
    return counts


def python(log: str) -> Counts:
    """unittest: a total, and the number of bad ones in the last line."""
    total = _PYTHON_TOTAL.search(log)
    bad = sum(int(number) for number in _PYTHON_BAD.findall(log[total.end():])) if total else 1
    return Counts((int(total[1]) if total else 0) - bad if total else 0, bad)


def one(log: str) -> Counts:
    """A command that is one test: its failure is counted by the stage."""
    return Counts(passed=1)
