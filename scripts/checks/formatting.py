"""format: `swift format` has nothing to say under the rules of .swift-format."""

import re
from collections.abc import Iterator

from checks.report import Finding, Outcome, counted
from checks.sources import Repository
from checks.tools import MissingTool

COMMAND = ["swift", "format", "lint", "--strict", "--recursive", "--parallel", "--configuration", ".swift-format"]
_DIAGNOSTIC = re.compile(r"^(?P<path>[^\s:][^:]*):(?P<line>\d+):\d+: (?:error|warning): (?P<text>.*)$")
#: What the formatter mends by itself, however many places it names.
_LAYOUT = re.compile(r"\[(?:AddLines|RemoveLine|Indentation|Spacing\w*|TrailingComma|TrailingWhitespace)\]")


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
    outcome.findings += _findings(output.replace(f"{repository.root}/", ""))
    if status != 0 and not outcome.findings:
        last_words = " ".join(output.split())[-300:]
        mend = "run it by hand and read what it says"
        outcome.findings.append(Finding("swift format", 0, f"failed: {last_words}", mend))
    return outcome


def _findings(output: str) -> Iterator[Finding]:
    """One finding for a file's whole layout, and one for each place that needs a hand."""
    laid_out: dict[str, list[int]] = {}
    for found in filter(None, map(_DIAGNOSTIC.match, output.splitlines())):
        path, line = found["path"], int(found["line"])
        if _LAYOUT.match(found["text"]):
            laid_out.setdefault(path, []).append(line)
        else:
            mend = "do what the rule in brackets says; scripts/format knows how for some"
            yield Finding(path, line, found["text"].rstrip("."), mend)
    for path, lines in laid_out.items():
        mend = "run scripts/format"
        yield Finding(path, min(lines), f"layout differs in {counted(len(lines), 'place')}", mend)
