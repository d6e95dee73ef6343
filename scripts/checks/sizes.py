"""sizes: files, functions and lines that a reader can hold in the head."""

import re
from collections.abc import Iterator

from checks.report import Finding, Outcome, counted
from checks.sources import Repository, TextFile
from checks.swift_text import closing

FILE_LIMIT, FILE_HARD_STOP, FUNCTION_LIMIT, LINE_LIMIT = 500, 800, 70, 120
_C_SUFFIXES = (".c", ".h")
_FUNCTION = re.compile(r"(?<![.\w`])(?:func[ \t]+([^\s(<]+)|(init)[?!]?(?=[ \t]*[(<])|(deinit)(?=[ \t]*\{))")
#: In a signature outside brackets: the body, a bracket to skip, or the sign that there is no body (a requirement).
_SIGNATURE_TOKEN = re.compile(
    r"[({}\[]|\n[ \t]*(?=[@#]|(?:static|mutating|nonmutating|package|private|fileprivate|internal|nonisolated|"
    r"func|var|let|init|deinit|case|struct|enum|class|actor|protocol|extension|associatedtype|subscript|typealias)\b)"
)


def inspect(repository: Repository) -> Outcome:
    """All Swift, C, Python and shell files; functions in Swift only."""
    files = [file for file in repository.texts.values() if _is_source(file)]
    findings: list[Finding] = []
    for file in files:
        findings += _file_length(file)
        findings += _line_lengths(file)
        if file.is_swift:
            findings += _function_lengths(file)
    return Outcome(counted(len(files), "file"), findings)


def _is_source(file: TextFile) -> bool:
    return file.is_swift or file.is_python or file.is_shell or file.path.endswith(_C_SUFFIXES)


def _file_length(file: TextFile) -> Iterator[Finding]:
    length = len(file.lines)
    if length > FILE_HARD_STOP:
        problem = f"{length} lines, past the hard stop of {FILE_HARD_STOP}"
        yield Finding(file.path, 0, problem, "split it: a machine this long is two machines")
    elif length > FILE_LIMIT:
        problem, mend = f"{length} lines, more than {FILE_LIMIT}", "split it by type or by idea"
        yield Finding(file.path, 0, problem, mend, "sizes.file")


def _line_lengths(file: TextFile) -> Iterator[Finding]:
    for number, line in enumerate(file.lines, start=1):
        if len(line) > LINE_LIMIT:
            problem = f"{len(line)} characters, more than {LINE_LIMIT}"
            yield Finding(file.path, number, problem, "wrap the line", "sizes.line")


def _function_lengths(file: TextFile) -> Iterator[Finding]:
    for found in _FUNCTION.finditer(file.code):
        opening = _body(file.code, found.end())
        if opening is not None:
            first = file.line_of(found.start())
            length = file.line_of(closing(file.code, opening)) - first + 1
            if length > FUNCTION_LIMIT:
                name = found[1] or found[2] or found[3]
                problem = f"`{name}` has {length} lines, more than {FUNCTION_LIMIT}"
                yield Finding(file.path, first, problem, "name a part of it and move that out", "sizes.function")


def _body(code: str, position: int) -> int | None:
    """Where the body of a signature opens; None for a requirement of a protocol."""
    while token := _SIGNATURE_TOKEN.search(code, position):
        if token.group() == "{":
            return token.start()
        if token.group() not in ("(", "["):
            return None
        position = closing(code, token.start()) + 1
    return None
