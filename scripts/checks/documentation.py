"""documentation: every `package` or `public` declaration in Sources says in a `///` comment what it is for."""

import re

from checks.report import Finding, Outcome, counted
from checks.requirements import Conformances
from checks.sources import Repository, TextFile
from checks.swift_text import closing

_WORDS = (
    r"static|class|final|mutating|nonmutating|consuming|borrowing|nonisolated|isolated|indirect|override|required"
    r"|convenience|lazy|weak|unowned|dynamic|distributed|prefix|postfix|infix|private|fileprivate|internal"
)
_MODIFIER = rf"(?:@\w+(?:\([^)\n]*\))?|\b(?:{_WORDS})\b(?:\([a-z]+\))?)\s+"
_DECLARATION = re.compile(
    rf"(?:{_MODIFIER})*(?<![\w.`])(?<!case )(?P<access>package|public)\s+(?:{_MODIFIER})*"
    r"(?P<kind>func|var|let|init|subscript|struct|class|enum|actor|protocol|typealias|macro)\b"
    r"[?!]?\s*(?P<name>`?\w+`?|[-+*/%=<>!&|^~?.]+)?"
)
_LABEL = re.compile(r"\s*(?:@\w+[ \t]+)*(\w+)")


def inspect(repository: Repository) -> Outcome:
    """Enum cases and requirements carry no `package` of their own and are free."""
    findings, declarations = [], 0
    files = repository.swift_under("Sources")
    for file in files:
        conformances = Conformances(file.code)
        for found in _DECLARATION.finditer(file.code):
            declarations += 1
            signature = _signature(file.code, found)
            is_free = conformances.earn(signature, found.start())
            line = file.line_of(found.start("kind"))
            if not is_free and not _is_documented(file, found.start()):
                problem = f"`{found['access']} {found['kind']} {signature}` has no `///` comment directly above"
                mend = f"say in one line what it is for, or drop `{found['access']}`"
                findings.append(Finding(file.path, line, problem, mend, "documentation.missing"))
    return Outcome(f"{counted(declarations, 'declaration')} in {counted(len(files), 'file')}", findings)


def _signature(code: str, found: re.Match[str]) -> str:
    """`name`, or `name(label:_:)` for functions, initialisers and operators."""
    kind, name = found["kind"], found["name"] or ""
    if kind not in ("func", "init", "subscript"):
        return name.strip("`")
    opening = code.find("(", found.end("kind"))
    arguments = code[opening + 1 : closing(code, opening)] if opening >= 0 else ""
    labels = [label[1] for part in _top_level(arguments) if (label := _LABEL.match(part))]
    stem = name if kind == "func" else kind
    is_operator = kind == "func" and not re.match(r"[`\w]", name)
    return f"{stem}({''.join('_:' if is_operator else label + ':' for label in labels)})"


def _top_level(arguments: str) -> list[str]:
    """A parameter list cut at its commas, those in brackets left alone."""
    parts, depth, start = [], 0, 0
    for position, character in enumerate(arguments):
        if character in "([{<":
            depth += 1
        elif character in ")]}" or (character == ">" and arguments[position - 1] != "-"):
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(arguments[start:position])
            start = position + 1
    return [*parts, arguments[start:]]


def _is_documented(file: TextFile, offset: int) -> bool:
    """Whether the lines above say something in a doc comment, attributes and `#if` lines not counted."""
    if file.code[:offset].rpartition("\n")[2].strip():
        return False  # it shares its line with what a comment above belongs to
    code_lines, above, open_brackets = file.code.splitlines(), file.line_of(offset) - 2, 0
    while above >= 0:
        code = code_lines[above].strip() if above < len(code_lines) else ""
        open_brackets += code.count(")") - code.count("(")
        if not (code.startswith(("@", "#")) or open_brackets > 0):
            break
        above -= 1
    words = ""
    while above >= 0 and file.lines[above].strip().startswith("///"):
        words += file.lines[above].strip()[3:]
        above -= 1
    return re.search(r"\w", words) is not None
