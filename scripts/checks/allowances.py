"""The list of exceptions, allowances.json: each with a reason, each still needed. It may only shrink."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from checks.report import Finding, Outcome, counted
from checks.sources import Repository

LIST_PATH = "scripts/checks/allowances.json"
_KEYS = {"path", "check", "reason"}
_SHORTEST_REASON = 15


@dataclass(frozen=True)
class Allowance:
    """`check` is the name in square brackets behind a finding, such as `sizes.file`."""

    path: str
    check: str
    reason: str


def read(repository: Repository) -> tuple[list[Allowance], list[Finding]]:
    """The entries that count, and what is wrong with the others."""
    if LIST_PATH not in repository.texts:
        return [], []
    try:
        entries = json.loads(repository.texts[LIST_PATH].text)
    except json.JSONDecodeError as error:
        return [], [Finding(LIST_PATH, error.lineno, f"is not JSON ({error.msg})", "correct the file")]
    if not isinstance(entries, list):
        return [], [Finding(LIST_PATH, 1, "is not a list", "write a list of entries, or `[]`")]
    allowances, findings = [], []
    for number, entry in enumerate(entries, start=1):
        problem = _problem_of(entry, repository)
        if problem:
            mend = "give each entry a `path`, a `check` and a `reason` of a full sentence, or delete it"
            findings.append(Finding(LIST_PATH, 0, f"entry {number} {problem}", mend))
        else:
            allowances.append(Allowance(**entry))
    return allowances, findings


def _problem_of(entry: object, repository: Repository) -> str | None:
    if not isinstance(entry, dict) or set(entry) != _KEYS or not all(isinstance(entry[key], str) for key in _KEYS):
        return "must have exactly the texts `path`, `check` and `reason`"
    if len(entry["reason"].strip()) < _SHORTEST_REASON:
        return f"({entry['path']}) has no reason"
    if entry["path"] not in repository.texts:
        return f"names {entry['path']}, which does not exist"
    return None


class Ledger:
    """Takes allowed findings out of outcomes and remembers which allowances were needed."""

    def __init__(self, repository: Repository) -> None:
        self.allowances, self.findings = read(repository)
        self._needed: set[Allowance] = set()

    def excuse(self, outcome: Outcome) -> Outcome:
        """The outcome without the findings that an entry allows."""
        by_place = {(allowance.path, allowance.check): allowance for allowance in self.allowances}
        kept = []
        for finding in outcome.findings:
            allowance = by_place.get((finding.path, finding.rule or ""))
            if allowance is None:
                kept.append(finding)
            else:
                self._needed.add(allowance)
        return Outcome(outcome.looked_at, kept)

    def settle(self, checks_left_out: Iterable[str]) -> Outcome:
        """The outcome of the list itself, once every check but the named ones has run."""
        left_out = set(checks_left_out)
        unneeded = [
            Finding(LIST_PATH, 0, f"the allowance {item.check} for {item.path} is no longer needed", "delete the entry")
            for item in self.allowances
            if item.check.split(".")[0] not in left_out and item not in self._needed
        ]
        return Outcome(counted(len(self.allowances), "allowance"), self.findings + unneeded)
