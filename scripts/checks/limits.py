"""limits: every bound in `Limits` is named by a test, for a bound that nothing hits is a guess."""

import re
from collections.abc import Iterator

from checks.report import Finding, Outcome, counted
from checks.sources import Repository
from checks.swift_text import closing

_SCOPE = re.compile(r"(?<![.\w`])(?:enum|struct|extension)[ \t]+([\w.]+)[^{}\n]*\{")
_BOUND = re.compile(r"\bstatic[ \t]+let[ \t]+`?(\w+)`?")


def inspect(repository: Repository) -> Outcome:
    """A test names a bound by area and name, as `Limits.Area.bound` or `Area.bound`: names recur in other areas."""
    tests = "\n".join(file.code for file in repository.swift_under("Tests"))
    findings, bounds = [], 0
    for file in repository.swift_under("Sources"):
        for offset, name in _bounds(file.code):
            bounds += 1
            if not re.search(rf"\b{re.escape('.'.join(name.split('.')[-2:]))}\b", tests):
                mend = f"write a test that hits the bound and names `{name}`"
                line, problem = file.line_of(offset), f"no test names `{name}`"
                findings.append(Finding(file.path, line, problem, mend, "limits.untested"))
    return Outcome(counted(bounds, "limit"), findings)


def _bounds(code: str) -> Iterator[tuple[int, str]]:
    """The constants inside `Limits` or an enum nested in it, by offset and full name."""
    if "Limits" not in code:
        return
    scopes = [(found.end(), closing(code, found.end() - 1), found[1]) for found in _SCOPE.finditer(code)]
    for found in _BOUND.finditer(code):
        around = [name for start, end, name in scopes if start <= found.start() < end]
        chain = ".".join(around).split(".")
        if "Limits" in chain:
            yield found.start(), ".".join([*chain[chain.index("Limits") :], found[1]])
