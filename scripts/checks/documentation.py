"""documentation: every `package` or `public` declaration in Sources says in a `///` comment what it is for."""

import re
from collections.abc import Iterator

from checks.report import Finding, Outcome, counted
from checks.sources import Repository, TextFile
from checks.swift_text import closing

_MODIFIERS = r"(?:[ \t]*@\w+(?:\([^)\n]*\))?[ \t]+|[ \t]*\b[a-z]\w*(?:\([a-z]+\))?[ \t]+)*?"
_DECLARATION = re.compile(
    rf"^{_MODIFIERS}[ \t]*(?P<access>package|public)[ \t]+{_MODIFIERS}"
    r"(?P<kind>func|var|let|init|subscript|struct|class|enum|actor|protocol|typealias|macro)\b"
    r"[?!]?[ \t]*(?P<name>`?\w+`?|[-+*/%=<>!&|^~?.]+)?",
    re.MULTILINE,
)
_TYPE = re.compile(r"(?<![.\w`])(?:struct|class|enum|actor|extension)[ \t]+[\w.`]+(?P<header>[^{}\n]*(?:\n[^{}]*?)?)\{")
_LABEL = re.compile(r"\s*(?:@\w+[ \t]+)*(\w+)")

#: Requirements of well-known protocols and of our own ports, inside a type or extension that conforms to one: the
#: protocol's comment says it all.
TRIVIAL = {
    "==(_:_:)", "<(_:_:)", "hash(into:)", "encode(into:)", "encode(to:)", "init(from:)", "init(rawValue:)",
    "description", "debugDescription", "domain", "rawValue", "id", "body", "makeIterator()", "makeAsyncIterator()",
    "next()", "next(isolation:)", "startIndex", "endIndex", "index(after:)", "index(before:)",
    # Journal and Transport, values and commands of MeshActors
    "claim(_:for:_:)", "release(_:_:)", "append(_:)", "entries(of:after:)", "save(_:of:_:)", "actors(after:)",
    "actorsToWake(until:)", "request(_:to:deadline:)", "serve(_:)", "decide(_:_:)", "apply(_:at:)", "perform(on:)",
    "perform(_:_:)", "tag", "kind", "commands", "Reply", "Refusal", "Target", "init(key:)", "pendingEffects",
    "nextAlarm", "approximateBytes",
    "enqueue(_:)", "now", "wallTime", "sleep(until:)", "write(_:)", "noun", "code", "message", "cause", "location",
}


def inspect(repository: Repository) -> Outcome:
    """Enum cases and requirements carry no `package` of their own and are free."""
    findings, declarations = [], 0
    files = repository.swift_under("Sources")
    for file in files:
        conforming = list(_conforming_ranges(file.code))
        for found in _DECLARATION.finditer(file.code):
            declarations += 1
            signature = _signature(file.code, found)
            is_trivial = signature in TRIVIAL and any(start < found.start() < end for start, end in conforming)
            line = file.line_of(found.start("kind"))
            if not is_trivial and not _is_documented(file, file.line_of(found.start())):
                problem = f"`{found['access']} {found['kind']} {signature}` has no `///` comment directly above"
                mend = f"say in one line what it is for, or drop `{found['access']}`"
                findings.append(Finding(file.path, line, problem, mend, "documentation.missing"))
    return Outcome(f"{counted(declarations, 'declaration')} in {counted(len(files), 'file')}", findings)


def _conforming_ranges(code: str) -> Iterator[tuple[int, int]]:
    """The bodies of types and extensions whose header has an inheritance clause."""
    for found in _TYPE.finditer(code):
        if ":" in re.sub(r"<[^>]*>", "", found["header"].split(" where ")[0]):
            yield found.end(), closing(code, found.end() - 1)


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


def _is_documented(file: TextFile, line: int) -> bool:
    """Whether the line above is a doc comment, attributes and `#if` lines not counted."""
    code_lines, above, open_brackets = file.code.splitlines(), line - 2, 0
    while above >= 0:
        code = code_lines[above].strip() if above < len(code_lines) else ""
        open_brackets += code.count(")") - code.count("(")
        if not (code.startswith(("@", "#")) or open_brackets > 0):
            break
        above -= 1
    return above >= 0 and file.lines[above].strip().startswith("///")
