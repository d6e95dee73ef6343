"""The command line of `scripts/check`: runs the checks in order and prints a line for each."""

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from checks import (
    banned,
    committable,
    documentation,
    formatting,
    graph,
    layers,
    limits,
    links,
    logs,
    money,
    readmes,
    shell,
    sizes,
)
from checks.allowances import LIST_PATH, Ledger
from checks.report import Outcome
from checks.sources import GitRefused, Repository
from library.entry import exit_with


@dataclass(frozen=True)
class Check:
    """A name for --only, a sentence for --list, and the function that looks."""

    name: str
    purpose: str
    inspect: Callable[[Repository], Outcome]


CHECKS = (
    Check("format", "swift format has nothing to say", formatting.inspect),
    Check("graph", "module table, folders, imports and layer table agree; arrows point down", graph.inspect),
    Check("banned", "no clock, randomness, task, trap or ambient state where it is banned", banned.inspect),
    Check("sizes", "files, functions and lines stay readable", sizes.inspect),
    Check("documentation", "every `package` declaration has a doc comment", documentation.inspect),
    Check("readmes", "every folder of Sources has a README of one page", readmes.inspect),
    Check("links", "relative links and labels in Markdown lead somewhere", links.inspect),
    Check("logs", "docs/logs.md lists every event and field that is logged", logs.inspect),
    Check("limits", "every bound in Limits is named by a test", limits.inspect),
    Check("money", "nothing computes money in floating point", money.inspect),
    Check("shell", "shellcheck has nothing to say", shell.inspect),
    Check("committable", "no merge markers, tabs, loose white space, paths of one machine", committable.inspect),
)
ALLOWANCES = Check("allowances", f"every entry of {LIST_PATH} has a reason and is needed", lambda _: Outcome(""))
_EPILOG = f"""Exit status: 0 all passed, 1 something failed, 2 the command line was wrong.
A name in square brackets behind a finding, such as [sizes.file], may stand as `check` in {LIST_PATH}
with a `path`, a `reason` and a `count` (1 unless given); an entry without a reason, or no longer needed, fails.
How to add a check: scripts/checks/README.md."""


def run_checks(repository: Repository, only: str | None = None) -> list[tuple[str, Outcome]]:
    """The outcomes by name, allowed findings taken out; the list of allowances is looked at last."""
    ledger = Ledger(repository)
    chosen = [check for check in CHECKS if only in (None, check.name)]
    outcomes = [(check.name, ledger.excuse(check.inspect(repository))) for check in chosen]
    if only in (None, ALLOWANCES.name):
        left_out = {check.name for check in CHECKS if check not in chosen}
        outcomes.append((ALLOWANCES.name, ledger.settle(left_out)))
    return outcomes


def write_layers(repository: Repository) -> int:
    """Writes the layer table of Package.swift between the marks of docs/ARCHITECTURE.md."""
    document = repository.texts.get(graph.DOCUMENT)
    if document is None or layers.written_block(document.text) is None:
        print(f"{graph.DOCUMENT} needs the lines {layers.BEGIN} and {layers.END} first")
        return 1
    (repository.root / graph.DOCUMENT).write_text(layers.with_block(document.text, repository.table))
    print(f"{graph.DOCUMENT}: layer table written")
    return 0


def main(arguments: Sequence[str]) -> int:
    """Parses the command line, runs, prints, and returns the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.list:
        print("\n".join(f"{check.name:<14} {check.purpose}" for check in (*CHECKS, ALLOWANCES)))
        return 0
    if not (options.root / graph.MANIFEST).is_file():
        parser.error(f"there is no {graph.MANIFEST} in {options.root}")
    repository = Repository(options.root)
    try:
        return write_layers(repository) if options.write_layers else _report(repository, options.only)
    except GitRefused as refusal:
        print(f"FAILED  {refusal}")
        return 1


def _report(repository: Repository, only: str | None) -> int:
    started = time.monotonic()
    outcomes = run_checks(repository, only)
    for name, outcome in outcomes:
        print(outcome.render(name))
    failed = [name for name, outcome in outcomes if not outcome.passed]
    verdict = f"failed: {', '.join(failed)}" if failed else "all passed"
    print(f"scripts/check: {len(outcomes)} checks in {time.monotonic() - started:.1f} s, {verdict}")
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/check",
        description="The tidy-and-graph gate. Needs no build.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    names = [check.name for check in (*CHECKS, ALLOWANCES)]
    here = Path(__file__).resolve().parents[2]
    parser.add_argument("--only", metavar="NAME", choices=names, help=f"run one check: {', '.join(names)}")
    parser.add_argument("--list", action="store_true", help="say what each check looks at")
    parser.add_argument("--root", metavar="PATH", type=Path, default=here, help="look at another checkout")
    parser.add_argument("--write-layers", action="store_true", help=f"write the layer table into {graph.DOCUMENT}")
    return parser


if __name__ == "__main__":
    exit_with(main)
