"""readmes: every library has a README.md of one page: purpose, key types, where to look, what not to do."""

from checks.report import Finding, Outcome, counted
from checks.sources import Repository

LONGEST = 60


def inspect(repository: Repository) -> Outcome:
    """Shims and executables need none."""
    libraries = [module for module in repository.table.rows.values() if module.kind == "library"]
    findings = []
    for module in libraries:
        path = f"{module.folder}/README.md"
        readme = repository.texts.get(path)
        if readme is None or not readme.text.strip():
            mend = "write purpose, key types, where to look and what not to do on one page"
            findings.append(Finding(path, 0, f"`{module.name}` has no README", mend))
        elif len(readme.lines) > LONGEST:
            problem = f"{len(readme.lines)} lines, more than {LONGEST}"
            findings.append(Finding(path, 0, problem, "move detail into doc comments or docs/"))
    return Outcome(counted(len(libraries), "library", "libraries"), findings)
