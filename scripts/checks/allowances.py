"""The list of exceptions, allowances.json: each with a reason, each still needed. It may only shrink."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from checks.report import Finding, Outcome, counted
from checks.sources import Repository

LIST_PATH = "scripts/checks/allowances.json"
_KEYS = {"path", "check", "reason"}
_SHORTEST_REASON = 15


@dataclass(frozen=True)
class Allowance:
    """`check` is the name in square brackets behind a finding, such as `sizes.file`; `count` how many there are."""

    path: str
    check: str
    reason: str
    count: int = 1

    @property
    def place(self) -> tuple[str, str]:
        """What an entry is found by."""
        return self.path, self.check


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
    allowances: list[Allowance] = []
    findings: list[Finding] = []
    for number, entry in enumerate(entries, start=1):
        problem = _problem_of(entry, repository, allowances)
        if problem:
            mend = "give each entry a `path`, a `check` and a `reason` of a full sentence, or delete it"
            findings.append(Finding(LIST_PATH, 0, f"entry {number} {problem}", mend))
        else:
            allowances.append(Allowance(**entry))
    return allowances, findings


def _problem_of(entry: object, repository: Repository, before: list[Allowance]) -> str | None:
    if not isinstance(entry, dict) or set(entry) - {"count"} != _KEYS:
        return "must have exactly `path`, `check` and `reason`, and may have `count`"
    if not all(isinstance(entry[key], str) for key in _KEYS):
        return "must have texts as `path`, `check` and `reason`"
    count = entry.get("count", 1)
    if type(count) is not int or count < 1:
        return "must have a number of 1 or more as `count`, or none"
    if any(item.place == (entry["path"], entry["check"]) for item in before):
        return f"names {entry['check']} for {entry['path']} twice"
    if len(entry["reason"].strip()) < _SHORTEST_REASON:
        return f"({entry['path']}) has no reason"
    if entry["path"] not in repository.texts:
        return f"names {entry['path']}, which does not exist"
    return None


class Ledger:
    """Takes allowed findings out of outcomes and remembers which allowances were needed."""

    def __init__(self, repository: Repository) -> None:
        self.allowances, self.findings = read(repository)
        self._by_place = {allowance.place: allowance for allowance in self.allowances}
        self._uses: Counter[Allowance] = Counter()

    def excuse(self, outcome: Outcome) -> Outcome:
        """The outcome without the findings that an entry allows: the first ones, as many as it counts."""
        kept = []
        for finding in outcome.findings:
            allowance = self._by_place.get((finding.path, finding.rule or ""))
            if allowance is None:
                kept.append(finding)
                continue
            self._uses[allowance] += 1
            if self._uses[allowance] > allowance.count:
                kept.append(finding)
        return Outcome(outcome.looked_at, kept)

    def settle(self, checks_left_out: Iterable[str]) -> Outcome:
        """The outcome of the list itself, once every check but the named ones has run."""
        left_out = set(checks_left_out)
        seen = [item for item in self.allowances if item.check.split(".")[0] not in left_out]
        findings = self.findings + [finding for item in seen for finding in self._surplus(item)]
        return Outcome(counted(len(self.allowances), "allowance"), findings)

    def _surplus(self, item: Allowance) -> Iterator[Finding]:
        """What an entry allows beyond what is there."""
        uses, name = self._uses[item], f"the allowance {item.check} for {item.path}"
        if uses == 0:
            yield Finding(LIST_PATH, 0, f"{name} is no longer needed", "delete the entry")
        elif uses < item.count:
            verb = "is" if uses == 1 else "are"
            problem = f"{name} counts {item.count} and {uses} {verb} needed"
            yield Finding(LIST_PATH, 0, problem, f"set its `count` to {uses}")
