"""shell: shellcheck has nothing to say about any shell script."""

import re

from checks.report import Finding, Outcome, counted
from checks.sources import Repository
from checks.tools import MissingTool

_DIAGNOSTIC = re.compile(r"^(?P<path>[^:]+):(?P<line>\d+):\d+: \w+: (?P<text>.*) \[(?P<code>SC\d+)\]$")


def inspect(repository: Repository) -> Outcome:
    """A shell script is a file that says so in its first line, wherever it lies."""
    scripts = [file.path for file in repository.texts.values() if file.is_shell]
    outcome = Outcome(counted(len(scripts), "script"))
    if not scripts:
        return outcome
    try:
        status, output = repository.run_tool(["shellcheck", "--format=gcc", *scripts], repository.root)
    except MissingTool:
        outcome.findings.append(Finding("shellcheck", 0, "is not on the path", "run scripts/setup"))
        return outcome
    for line in output.splitlines():
        found = _DIAGNOSTIC.match(line)
        if found:
            mend = f"correct it; `shellcheck --format=tty {found['path']}` shows how ({found['code']})"
            outcome.findings.append(Finding(found["path"], int(found["line"]), found["text"].rstrip("."), mend))
    if status != 0 and not outcome.findings:
        outcome.findings.append(Finding("shellcheck", 0, f"failed: {output.strip()[-300:]}", "run it by hand"))
    return outcome
