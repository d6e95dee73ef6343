"""logs: docs/logs.md lists every event and every field that the source can log, and no other."""

import re

from checks.report import Finding, Outcome, counted
from checks.sources import Repository

DOCUMENT = "docs/logs.md"
#: Names that every line has before its fields: a field of that name would be there twice.
RESERVED = {"time", "level", "event"}
_MADE = re.compile(r'\bLog(Event|Key)\("([^"\\]+)"\)')
_ROW = re.compile(r"^\| `([^`]+)` \|[^|]*\|([^|]*)\|", re.MULTILINE)


def inspect(repository: Repository) -> Outcome:
    """Names are compared as they are written; one that is put together while running cannot be seen, and is banned."""
    document = repository.texts.get(DOCUMENT)
    text = document.text if document else ""
    rows = {found[1]: found.start() for found in _ROW.finditer(text)}
    fields = set(re.findall(r"`([a-z_]+)`", text))
    events: set[str] = set()
    findings = []
    for file in repository.swift_under("Sources"):
        for found in _MADE.finditer(file.text):
            kind, name = found.groups()
            if kind == "Event":
                events.add(name)
            line = file.line_of(found.start())
            if kind == "Event" and name not in rows:
                mend = f"add a row to {DOCUMENT}: level, fields, what has happened"
                findings.append(Finding(file.path, line, f"the event `{name}` is not listed", mend))
            elif kind == "Key" and name in RESERVED:
                findings.append(Finding(file.path, line, f"every line has a `{name}` of its own", "take another word"))
            elif kind == "Key" and name not in fields:
                mend = f"name it in {DOCUMENT}, in the rows of the events that have it"
                findings.append(Finding(file.path, line, f"the field `{name}` is not listed", mend))
    for name in sorted(set(rows) - events):
        line = text[: rows[name]].count("\n") + 1
        findings.append(Finding(DOCUMENT, line, f"nothing logs `{name}`", "take the row out"))
    return Outcome(counted(len(events), "event"), findings)
