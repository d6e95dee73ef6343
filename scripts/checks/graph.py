"""graph: the module table, the folders and the imports tell one story, and arrows point down only."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from checks import layers
from checks.modules import Module
from checks.report import Finding, Outcome, counted
from checks.sources import Repository

MANIFEST, DOCUMENT = "Package.swift", "docs/ARCHITECTURE.md"
#: Wherever it stands: whatever access or attribute is before it, it makes one module depend on another.
_IMPORT = re.compile(
    r"(?<![\w.`@])import\s+(?:(?:struct|class|enum|protocol|typealias|func|var|let)\s+)?`?(\w+)"
)
_SOURCES = (".swift", ".c", ".h")


@dataclass(frozen=True)
class Import:
    """One import statement of a module."""

    user: Module
    name: str
    path: str
    line: int


def inspect(repository: Repository) -> Outcome:
    """Rows, folders, declared dependencies, imports, shims, cycles and the rendered table."""
    imports = list(_imports(repository))
    rows = repository.table.rows
    looked_at = f"{counted(len(rows), 'module')}, {counted(len(imports), 'import')}"
    findings = [
        *(Finding(MANIFEST, line, text, "write rows as the others") for line, text in repository.table.unreadable),
        *_folders(repository),
        *_dependencies(repository),
        *_imports_declared(repository, imports),
        *_dependencies_used(repository, imports),
        *_shims(repository),
        *_cycles(repository),
        *_document(repository),
    ]
    return Outcome(looked_at, findings)


def _imports(repository: Repository) -> Iterator[Import]:
    for file in repository.swift:
        module = repository.module_of(file.path)
        if module:
            for found in _IMPORT.finditer(file.code):
                yield Import(module, found[1], file.path, file.line_of(found.start(1)))


def _folders(repository: Repository) -> Iterator[Finding]:
    """A row without a folder, or a folder without a row."""
    sources = [path for path in repository.paths if path.endswith(_SOURCES)]
    filled = {"/".join(path.split("/")[:2]) for path in sources if path.count("/") >= 2}
    expected = {module.folder: module for module in repository.table.rows.values()}
    for folder in sorted(expected.keys() - filled):
        problem = f"the row `{expected[folder].name}` has no sources in {folder}/"
        yield Finding(MANIFEST, expected[folder].line, problem, "add the sources or delete the row")
    for path in sources:
        top, folder = path.split("/")[0], "/".join(path.split("/")[:2])
        is_ours = top == "Sources" or (top == "Tests" and path.endswith(".swift"))
        if is_ours and folder not in expected:
            mend = "add a row to the module table of Package.swift, or move the file"
            yield Finding(path, 0, f"{folder} has no row", mend)


def _dependencies(repository: Repository) -> Iterator[Finding]:
    rows = repository.table.rows
    for module in rows.values():
        for name in module.uses:
            if name not in rows:
                yield Finding(MANIFEST, module.line, f"`{module.name}` uses `{name}`, which has no row", "add the row")
            elif broken := layers.broken_rule(module, rows[name]):
                yield Finding(MANIFEST, module.line, *broken)
            elif reason := layers.SAME_LAYER.get((module.name, name)):
                yield from _decision_exists(repository, module, name, reason)


def _decision_exists(repository: Repository, module: Module, name: str, reason: str) -> Iterator[Finding]:
    if reason != "architecture" and not any(path.startswith(f"docs/decisions/{reason}-") for path in repository.paths):
        problem = f"`{module.name}` uses `{name}` by decision {reason}, which is not in docs/decisions"
        yield Finding(MANIFEST, module.line, problem, "write the decision record")


def _imports_declared(repository: Repository, imports: list[Import]) -> Iterator[Finding]:
    rows = repository.table.rows
    for item in imports:
        user, allowed = item.user, layers.TOOLCHAIN_ALLOWED.get(item.user.layer)
        if item.name == user.name:
            yield Finding(item.path, item.line, f"`{user.name}` imports itself", "delete the import")
        elif item.name in rows and item.name not in user.uses:
            broken = layers.broken_rule(user, rows[item.name])
            problem = f"undeclared import of `{item.name}` in `{user.name}`"
            problem += f": {broken[0]}" if broken else ""
            mend = broken[1] if broken else (
                f"remove the import; or, if the dependency is meant, add `{item.name}` to the uses of `{user.name}` in "
                "Package.swift and say why in the commit"
            )
            yield Finding(item.path, item.line, problem, mend)
        elif item.name not in rows and allowed is not None and item.name not in allowed:
            mend = "take what you need through a port in `init`, or move the file up to a layer with I/O"
            yield Finding(item.path, item.line, f"`{item.name}` may not be imported in {user.layer}", mend)


def _dependencies_used(repository: Repository, imports: list[Import]) -> Iterator[Finding]:
    imported = {(item.user.name, item.name) for item in imports}
    for module in repository.table.rows.values():
        has_sources = any(repository.swift_under(module.folder))  # without, `_folders` has said it
        for name in module.uses:
            if has_sources and (module.name, name) not in imported:
                problem = f"`{module.name}` declares `{name}` and no file of it imports that"
                yield Finding(MANIFEST, module.line, problem, f"delete `{name}` from the row")


def _shims(repository: Repository) -> Iterator[Finding]:
    users: dict[str, list[str]] = defaultdict(list)
    for module in repository.table.rows.values():
        for name in module.uses:
            users[name].append(module.name)
    for shim in repository.table.rows.values():
        if shim.kind == "shim" and len(users[shim.name]) != 1:
            names = " and ".join(users[shim.name]) or "no module"
            mend = "let exactly one Swift module wrap it and the others use that module"
            yield Finding(MANIFEST, shim.line, f"the shim `{shim.name}` is used by {names}", mend)


def _cycles(repository: Repository) -> Iterator[Finding]:
    """Strikes out modules all of whose dependencies are struck out; what is left stands in or above a cycle."""
    left = {name: set(module.uses) & repository.table.rows.keys() for name, module in repository.table.rows.items()}
    while free := [name for name, uses in left.items() if not uses & left.keys()]:
        for name in free:
            del left[name]
    if left:
        first = repository.table.rows[next(iter(left))]
        names = ", ".join(f"`{name}`" for name in left)
        yield Finding(MANIFEST, first.line, f"a cycle among {names}", "move what both need into a lower module")


def _document(repository: Repository) -> Iterator[Finding]:
    document = repository.texts.get(DOCUMENT)
    if document is None:
        yield Finding(DOCUMENT, 0, "does not exist", f"write it, with {layers.BEGIN} and {layers.END} on two lines")
        return
    block = layers.written_block(document.text)
    if block is None:
        yield Finding(DOCUMENT, 0, "has no layer table", f"put {layers.BEGIN} and {layers.END} on two lines")
    elif block != layers.render(repository.table):
        line = document.line_of(document.text.index(layers.BEGIN))
        problem = "the layer table is not that of Package.swift"
        yield Finding(DOCUMENT, line, problem, "run scripts/check --write-layers")
