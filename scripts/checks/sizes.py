"""sizes: files, functions and lines that a reader can hold in the head."""

import ast
import re
from collections.abc import Iterator

from checks.report import Finding, Outcome, counted
from checks.sources import Repository, TextFile
from checks.swift_text import TYPE, closing

FILE_LIMIT, FILE_HARD_STOP, FUNCTION_LIMIT, LINE_LIMIT = 500, 800, 70, 120
_LONGEST_NAME = 60
_C_SUFFIXES = (".c", ".h")
_FUNCTION = re.compile(
    r"(?<![.\w`])(?:func\s+([^\s(<]+)|(init)[?!]?(?=[ \t]*[(<])|(deinit)(?=\s*\{)|(subscript)(?=\s*[(<]))"
)
#: In a signature outside brackets: the body, a bracket to skip, or the sign that there is no body (a requirement).
_SIGNATURE_TOKEN = re.compile(
    r"[({}\[]|\n[ \t]*(?=[@#]|(?:static|mutating|nonmutating|package|private|fileprivate|internal|nonisolated|"
    r"func|var|let|init|deinit|case|struct|enum|class|actor|protocol|extension|associatedtype|subscript|typealias)\b)"
)


def inspect(repository: Repository) -> Outcome:
    """All Swift, C, Python and shell files; functions in Swift and Python."""
    files = [file for file in repository.texts.values() if _is_source(file)]
    findings: list[Finding] = []
    for file in files:
        findings += _file_length(file)
        findings += _line_lengths(file)
        if file.is_swift:
            findings += _function_lengths(file)
        elif file.is_python:
            findings += _python_function_lengths(file)
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
    """Functions under their names, nested ones too; then what has no `func`: properties and closures of a type."""
    measured: list[tuple[int, int]] = []
    for found in _FUNCTION.finditer(file.code):
        opening = _body(file.code, found.end())
        if opening is not None:
            end = closing(file.code, opening)
            measured.append((found.start(), end))
            yield from _too_long(file, file.line_of(found.start()), file.line_of(end), found[found.lastindex])
    for opening, end in _other_bodies(file.code, measured):
        start = _head(file.code, opening)
        name = " ".join(file.code[start:opening].split())[:_LONGEST_NAME]
        yield from _too_long(file, file.line_of(start), file.line_of(end), name)


def _other_bodies(code: str, measured: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The outermost braces that are neither a type's nor inside a function."""
    types = {found.end() - 1 for found in TYPE.finditer(code)}
    ends, position = dict(measured), 0
    starts = sorted(ends)
    while (opening := code.find("{", position)) >= 0:
        position = opening + 1
        around = [start for start in starts if start < opening <= ends[start]]
        if around:
            position = ends[around[0]]
        elif opening not in types:
            position = closing(code, opening)
            yield opening, position


def _head(code: str, opening: int) -> int:
    """Where the statement begins whose body opens at `opening`, wrapped arguments counted."""
    depth = 0
    for position in range(opening - 1, -1, -1):
        character = code[position]
        if character in ")]":
            depth += 1
        elif character in "([" and depth > 0:
            depth -= 1
        elif character in "([{};\n" and depth == 0 and code[position + 1 : opening].strip():
            return opening - len(code[position + 1 : opening].lstrip())
    return opening - len(code[:opening].lstrip())


def _too_long(file: TextFile, first: int, last: int, name: str) -> Iterator[Finding]:
    length = last - first + 1
    if length > FUNCTION_LIMIT:
        problem = f"`{name}` has {length} lines, more than {FUNCTION_LIMIT}"
        yield Finding(file.path, first, problem, "name a part of it and move that out", "sizes.function")


def _python_function_lengths(file: TextFile) -> Iterator[Finding]:
    try:
        tree = ast.parse(file.text)
    except SyntaxError as error:
        yield Finding(file.path, error.lineno or 0, f"is not Python ({error.msg})", "correct it")
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _too_long(file, node.lineno, node.end_lineno or node.lineno, node.name)


def _body(code: str, position: int) -> int | None:
    """Where the body of a signature opens; None for a requirement of a protocol."""
    while token := _SIGNATURE_TOKEN.search(code, position):
        if token.group() == "{":
            return token.start()
        if token.group() not in ("(", "["):
            return None
        position = closing(code, token.start()) + 1
    return None
