"""How many tests passed and failed, read from what the test runners report."""

import re
from pathlib import Path
from xml.etree import ElementTree

from testing.stage import Counts

_PYTHON_TOTAL = re.compile(r"^Ran (\d+) tests? in", re.MULTILINE)
_PYTHON_BAD = re.compile(r"^(?:FAIL|ERROR|UNEXPECTED SUCCESS): (\S+ \(\S+\))", re.MULTILINE)
_PYTHON_NAME = re.compile(r"test\w+ \(([\w.]+)\)")
_PYTHON_SKIPPED = re.compile(r"skipped=(\d+)")


def swift(report: Path) -> Counts:
    """Swift Testing's report in xUnit form; what it prints is not counted, because lines get lost under load."""
    try:
        suites = ElementTree.parse(report).getroot().findall("testsuite")
    except (OSError, ElementTree.ParseError):
        return Counts(failed=1)  # a crashed run writes no report
    total = sum(int(suite.get("tests", 0)) for suite in suites)
    bad = sum(int(suite.get("failures", 0)) + int(suite.get("errors", 0)) for suite in suites)
    skipped = sum(int(suite.get("skipped", 0)) for suite in suites)
    return Counts(max(total - bad - skipped, 0), bad)


def swift_failures(report: Path) -> list[str]:
    """The failed tests of that report, each as a regular expression that Swift Testing finds it by."""
    try:
        cases = ElementTree.parse(report).getroot().iter("testcase")
        bad = {f"{case.get('classname')}/{case.get('name')}" for case in cases if case.find("failure") is not None}
    except (OSError, ElementTree.ParseError):
        return []
    return sorted(re.sub(r"[^A-Za-z0-9 ]", ".", re.sub(r"\([\w:]*\)$", "", name)) for name in bad)


def python_failures(log: str) -> list[str]:
    """The failed tests of unittest's log, as `module.Class.test`; none where one has no such name."""
    found = [_PYTHON_NAME.fullmatch(bad) for bad in sorted(set(_PYTHON_BAD.findall(log)))]
    return [match[1] for match in found if match] if all(found) else []


def python(log: str) -> Counts:
    """unittest: a total, and the names of the bad ones; a test with several bad subtests is one bad test."""
    total = _PYTHON_TOTAL.search(log)
    bad = len(set(_PYTHON_BAD.findall(log)))
    if total is None:
        return Counts(failed=max(bad, 1))
    skipped = sum(int(number) for number in _PYTHON_SKIPPED.findall(log[total.end():]))
    return Counts(max(int(total[1]) - bad - skipped, 0), bad)
