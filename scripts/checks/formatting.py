"""format: `swift format` has nothing to say under the rules of .swift-format."""

import re

from checks.report import Finding, Outcome, counted
from checks.sources import Repository
from checks.tools import MissingTool

_DIAGNOSTIC = re.compile(r"^(?P<path>[^\s:][^:]*):(?P<line>\d+):\d+: (?:error|warning): (?P<text>.*)$")
_MEND = "run swift format --in-place on the file for its layout; mend what the rule in brackets says by hand"
COMMAND = ["swift", "format", "lint", "--strict", "--recursive", "--parallel", "--configuration", ".swift-format"]


def inspect(repository: Repository) -> Outcome:
    """Lints whatever exists of Sources, Tests and Package.swift."""
    places = [place for place in ("Sources", "Tests", "Package.swift") if (repository.root / place).exists()]
    outcome = Outcome(counted(len(repository.swift), "file"))
    if not places:
        return outcome
    try:
        status, output = repository.run_tool([*COMMAND, *places], repository.root)
    except MissingTool:
        outcome.findings.append(Finding("swift", 0, "is not on the path", "run scripts/setup"))
        return outcome
    for line in output.splitlines():
        found = _DIAGNOSTIC.match(line)
        if found:
            path = found["path"].removeprefix(f"{repository.root}/")
            outcome.findings.append(Finding(path, int(found["line"]), found["text"].rstrip("."), _MEND))
    if status != 0 and not outcome.findings:
        last_words = " ".join(output.split())[-300:]
        mend = "run it by hand and read what it says"
        outcome.findings.append(Finding("swift format", 0, f"failed: {last_words}", mend))
    return outcome
