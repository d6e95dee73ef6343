"""The module table of Package.swift, read as text: the single source for layers and dependencies."""

import re
from dataclasses import dataclass, field

from checks.swift_text import closing, line_at, line_starts, without_comments

_TABLE = re.compile(r"^let modules: \[Module\] = \[", re.MULTILINE)
_ROW = re.compile(r"\.(\w+)\(")
_NAME = re.compile(r'\s*"(\w+)"')
_LAYER = re.compile(r"\blayer:\s*\.(\w+)")
_USES = re.compile(r"\buses:\s*\[([^\]]*)\]")
_LAYER_OF_KIND = {"shim": "l0", "library": None, "executable": "l4", "tests": "tests"}
LAYERS = ("l0", "l1", "l2", "l3", "l4", "testSupport", "tests")


@dataclass(frozen=True)
class Module:
    """One row of the table."""

    name: str
    kind: str
    layer: str
    uses: tuple[str, ...]
    line: int

    @property
    def folder(self) -> str:
        """Where the row's sources lie."""
        return f"{'Tests' if self.kind == 'tests' else 'Sources'}/{self.name}"


@dataclass
class ModuleTable:
    """The rows by name, in the table's order, and what could not be read as a row: (line, problem)."""

    rows: dict[str, Module] = field(default_factory=dict)
    unreadable: list[tuple[int, str]] = field(default_factory=list)


def parse_table(manifest: str) -> ModuleTable:
    """Reads the rows between `let modules: [Module] = [` and its closing bracket."""
    table, text = ModuleTable(), without_comments(manifest)
    start = _TABLE.search(text)
    if start is None:
        table.unreadable.append((1, "there is no `let modules: [Module] = [` table"))
        return table
    starts, position, end = line_starts(text), start.end(), closing(text, start.end() - 1)
    while (row := _ROW.search(text, position, end)) is not None:
        row_end = closing(text, row.end() - 1)
        _read_row(table, row[1], text[row.end() : row_end], line_at(starts, row.start()))
        position = row_end
    return table


def _read_row(table: ModuleTable, kind: str, arguments: str, line: int) -> None:
    name, layer = _NAME.match(arguments), _LAYER.search(arguments)
    layer_name = _LAYER_OF_KIND.get(kind) or (layer[1] if layer else None)
    if kind not in _LAYER_OF_KIND or name is None or layer_name not in LAYERS:
        table.unreadable.append((line, f"`.{kind}({arguments.strip()})` is no row that this check can read"))
        return
    if name[1] in table.rows:
        table.unreadable.append((line, f"`{name[1]}` has two rows"))
        return
    uses = _USES.search(arguments)
    used = tuple(re.findall(r'"(\w+)"', uses[1])) if uses else ()
    table.rows[name[1]] = Module(name[1], kind, layer_name, used, line)
