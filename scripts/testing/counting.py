"""How many tests passed and failed, read from what the test runners print."""

import re

from testing.stage import Counts

_SWIFT_CASE = re.compile(r"^[✔✘] Test (?!run with|case)\S.* (passed|failed) after [\d.]+ seconds", re.MULTILINE)
_SWIFT_TOTAL = re.compile(r"^[✔✘] Test run with (\d+) tests? .*(?:passed|failed) after", re.MULTILINE)
_PYTHON_TOTAL = re.compile(r"^Ran (\d+) tests? in", re.MULTILINE)
_PYTHON_BAD = re.compile(r"^(?:FAIL|ERROR|UNEXPECTED SUCCESS): (\S+ \(\S+\))", re.MULTILINE)
_PYTHON_SKIPPED = re.compile(r"skipped=(\d+)")


def swift(log: str) -> Counts:
    """Swift Testing: one line a test, and a total that a crashed run never prints."""
    outcomes = [found[1] for found in _SWIFT_CASE.finditer(log)]
    counts = Counts(outcomes.count("passed"), outcomes.count("failed"))
    total = _SWIFT_TOTAL.search(log)
    if total is None or int(total[1]) != counts.passed + counts.failed:
        return counts + Counts(failed=1)  # some test never came to its end
    return counts


def python(log: str) -> Counts:
    """unittest: a total, and the names of the bad ones; a test with several bad subtests is one bad test."""
    total = _PYTHON_TOTAL.search(log)
    bad = len(set(_PYTHON_BAD.findall(log)))
    if total is None:
        return Counts(failed=max(bad, 1))
    skipped = sum(int(number) for number in _PYTHON_SKIPPED.findall(log[total.end():]))
    return Counts(max(int(total[1]) - bad - skipped, 0), bad)
