"""What a check says: findings, and the OK / FAILED lines made of them."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, and the sentence that mends it."""

    path: str
    line: int
    problem: str
    mend: str
    #: The name an entry in allowances.json may take; None where no exception is possible.
    rule: str | None = None

    def render(self) -> str:
        """`path:line: what is wrong. Mend: what to do. [rule]`"""
        place = f"{self.path}:{self.line}" if self.line else self.path
        suffix = f" [{self.rule}]" if self.rule else ""
        return f"{place}: {self.problem}. Mend: {self.mend}.{suffix}"


@dataclass
class Outcome:
    """The result of one check: what it looked at, and what it found there."""

    looked_at: str
    findings: list[Finding] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return not self.findings

    def render(self, name: str) -> str:
        """One line when all is well; otherwise one more line for each finding, by place."""
        if self.passed:
            return f"OK      {name}  ({self.looked_at})"
        ordered = sorted(self.findings, key=lambda finding: (finding.path, finding.line))
        return "\n".join([f"FAILED  {name}"] + [f"    {finding.render()}" for finding in ordered])


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """`1 file`, `2 files`: for the sentence in brackets after OK."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
