"""readmes: every folder of Sources has a README.md of one page: purpose, where to look, what not to do."""

from checks.report import Finding, Outcome, counted
from checks.sources import Repository

LONGEST = 60


def inspect(repository: Repository) -> Outcome:
    """Libraries, shims and executables alike: a reader may open any of them first."""
    places = [path.split("/") for path in repository.paths if path.startswith("Sources/")]
    folders = sorted({place[1] for place in places if len(place) > 2})
    findings = []
    for folder in folders:
        path = f"Sources/{folder}/README.md"
        readme = repository.texts.get(path)
        if readme is None or not readme.text.strip():
            mend = "write purpose, where to look and what not to do on one page"
            findings.append(Finding(path, 0, f"`{folder}` has no README", mend))
        elif len(readme.lines) > LONGEST:
            problem = f"{len(readme.lines)} lines, more than {LONGEST}"
            findings.append(Finding(path, 0, problem, "move detail into doc comments or docs/"))
    return Outcome(counted(len(folders), "folder"), findings)
