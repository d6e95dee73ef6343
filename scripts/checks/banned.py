"""banned: no construct of the list in banned_constructs.py, and no promise left in a comment."""

import re
from collections.abc import Iterator

from checks.banned_constructs import BANS
from checks.report import Finding, Outcome, counted
from checks.sources import Repository, TextFile

_CODE_SUFFIXES = (".swift", ".c", ".h")
#: Joined from halves, so that this file does not report itself.
_FIX = "FIX" + "ME"
_TO_DO = re.compile("TO" + r"DO\b(?!\W{0,2}#\d+)")


def inspect(repository: Repository) -> Outcome:
    """Every Swift file of Sources and Tests; words in comments, in every source file."""
    findings, files = [], 0
    for file in repository.texts.values():
        if file.is_swift and file.path.startswith(("Sources/", "Tests/")):
            files += 1
            findings += _constructs(repository, file)
        if file.path.endswith(_CODE_SUFFIXES) or file.is_python or file.is_shell:
            findings += _promises(file)
    return Outcome(f"{counted(files, 'file')}, {counted(len({ban.rule for ban in BANS}), 'construct')}", findings)


def _constructs(repository: Repository, file: TextFile) -> Iterator[Finding]:
    module = repository.module_of(file.path)
    for ban in BANS:
        if ban.zone(module, file.path):
            for found in ban.matches(file.plain_code):
                written = " ".join(file.code[found.start() : found.end()].split())
                line, problem = file.line_of(found.end() - 1), f"`{written}`: {ban.problem}"
                yield Finding(file.path, line, problem, ban.mend, f"banned.{ban.rule}")


def _promises(file: TextFile) -> Iterator[Finding]:
    for number, line in enumerate(file.lines, start=1):
        if re.search(rf"\b{_FIX}\b", line):
            yield Finding(file.path, number, f"a {_FIX} cannot land", "fix it now")
        elif _TO_DO.search(line):
            mend = "open an issue and name it (`#12` behind the word), or do it now"
            yield Finding(file.path, number, "a note of work to do names no issue", mend)
