"""Who may use whom: the layer rules as data, and the layer table for people."""

import re

from checks.modules import Module, ModuleTable

#: Height in the house. Test support stands above what it supports; tests stand above everything.
HEIGHT = {"l0": 0, "l1": 1, "l2": 2, "l3": 3, "l4": 4, "testSupport": 3.5, "tests": 5}

#: Modules that any neighbour in the same layer may use.
NEIGHBOURLY = {"l1": {"MeshActors"}, "l2": {"MeshIO"}, "testSupport": {"MeshTestKit"}}

#: One module uses another of its own layer: (user, used) and why. A number names the decision record
#: docs/decisions/NNNN-*.md, which must exist; `architecture` means that docs/ARCHITECTURE.md says so.
SAME_LAYER: dict[tuple[str, str], str] = {
    ("MeshProviders", "MeshHTTP"): "architecture",
    ("MeshBlobs", "MeshHTTP"): "architecture",
    ("MeshPrivacy", "MeshChat"): "0020",
    ("MeshDialects", "MeshChat"): "0017",
    ("MeshSessions", "MeshChat"): "0023",
    ("MeshEscalation", "MeshChat"): "0023",
    ("MeshEscalation", "MeshSessions"): "0023",
    ("MeshLedger", "MeshChat"): "0021",
    ("MeshNode", "MeshAccounts"): "0021",
    ("MeshNode", "MeshGateway"): "architecture",
    ("MeshRelay", "MeshGateway"): "architecture",
    ("MeshNode", "MeshRelay"): "architecture",
    ("MeshCluster", "MeshNode"): "architecture",
}

#: The executables that may use test support, besides tests.
SUPPORTED_EXECUTABLES = {"meshsim", "meshbench", "meshfuzz", "meshload", "meshpeer", "meshproxy"}

#: Modules of the toolchain that a low layer may import. The others reach for a clock, a disk or a thread pool.
TOOLCHAIN_ALLOWED = {"l0": {"Swift", "Glibc"}, "l1": {"Swift"}}

BEGIN, END = "<!-- layers:begin -->", "<!-- layers:end -->"
_BLOCK = re.compile(re.escape(BEGIN) + r"\n(.*?)" + re.escape(END), re.DOTALL)
_TITLES = {"l4": "L4", "l3": "L3", "l2": "L2", "l1": "L1", "l0": "L0", "testSupport": "test support"}


def broken_rule(user: Module, used: Module) -> tuple[str, str] | None:
    """What is wrong with one dependency and how to mend it; None where it is allowed."""
    if used.kind in ("executable", "tests"):
        return f"uses `{used.name}`, which is no library", "move what is shared into a library"
    if used.layer == "testSupport":
        supported = user.layer in ("tests", "testSupport") or user.name in SUPPORTED_EXECUTABLES
        names = ", ".join(sorted(SUPPORTED_EXECUTABLES))
        mend = f"remove the import and move what needs it into Tests/; only tests and {names} may use test support"
        return None if supported else (f"`{used.name}` is test support", mend)
    if HEIGHT[used.layer] > HEIGHT[user.layer]:
        problem = f"points upward: `{user.name}` ({user.layer}) uses `{used.name}` ({used.layer})"
        return problem, f"declare a port in {user.layer} and let the upper module implement it"
    if used.layer == user.layer:
        return _broken_neighbourhood(user, used)
    return None


def _broken_neighbourhood(user: Module, used: Module) -> tuple[str, str] | None:
    free = user.layer in ("l0", "tests") or used.name in NEIGHBOURLY.get(user.layer, set())
    if free or (user.name, used.name) in SAME_LAYER:
        return None
    problem = f"points sideways: `{user.name}` uses `{used.name}` of its own layer {user.layer}"
    return problem, "move what is shared down, or write a decision record and name it in SAME_LAYER of layers.py"


def render(table: ModuleTable) -> str:
    """The layer table as Markdown, highest layer first; tests are not in it."""
    lines = ["| layer | module | uses |", "|---|---|---|"]
    for layer, title in _TITLES.items():
        rows = [module for module in table.rows.values() if module.layer == layer]
        lines += [f"| {title} | {_linked(module)} | {_list(module.uses)} |" for module in rows]
    return "\n".join(lines) + "\n"


def _linked(module: Module) -> str:
    return f"[`{module.name}`](../{module.folder}/README.md)"


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "nothing"


def written_block(document: str) -> str | None:
    """The table that stands between the two marks of a document."""
    block = _BLOCK.search(document)
    return block[1] if block else None


def with_block(document: str, table: ModuleTable) -> str:
    """The document with the table between its marks replaced."""
    return _BLOCK.sub(lambda _: f"{BEGIN}\n{render(table)}{END}", document, count=1)
