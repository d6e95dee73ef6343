"""committable: nothing in a tracked text file that only its author's machine or an unfinished merge explains."""

import re
from collections.abc import Iterator

from checks.report import Finding, Outcome, counted
from checks.sources import Repository, TextFile

#: Bytes kept as they came: fuzz seeds and assets may end and contain what they like.
_AS_THEY_CAME = ("Tests/Corpus/", "assets/")
_MERGE_MARKER = re.compile(r"^(?:<{7}|>{7}|\|{7})(?: |$)")
#: Absolute paths into somebody's home or workplace; put together so that this file does not report itself.
_HOMES = ("root", "home", "Users", "work", "workspace")
_HOME_PATH = re.compile(r"(?<![\w.~$}*-])/(?:" + "|".join(_HOMES) + r")/\w")


def inspect(repository: Repository) -> Outcome:
    """Merge markers, tabs in Swift, white space at line ends, the last newline, paths into a home folder."""
    files = [file for file in repository.texts.values() if not file.path.startswith(_AS_THEY_CAME)]
    findings: list[Finding] = []
    for file in files:
        findings += _lines(file)
        findings += _end(file)
    return Outcome(counted(len(files), "file"), findings)


def _lines(file: TextFile) -> Iterator[Finding]:
    for number, line in enumerate(file.text.split("\n"), start=1):
        if _MERGE_MARKER.match(line):
            yield Finding(file.path, number, "a merge marker", "finish the merge")
        if file.is_swift and "\t" in line:
            yield Finding(file.path, number, "a tab", "indent with four spaces; write \\t in a literal")
        if line != line.rstrip():
            yield Finding(file.path, number, "white space at the end of the line", "delete it", "committable.space")
        if home := _HOME_PATH.search(line):
            problem = f"`{home[0][:-1]}` exists on one machine only"
            yield Finding(file.path, number, problem, "use a relative path or a parameter", "committable.home")


def _end(file: TextFile) -> Iterator[Finding]:
    if file.text and not file.text.endswith("\n"):
        yield Finding(file.path, len(file.lines), "no newline at the end", "add one", "committable.end")
    elif file.text.endswith("\n\n") or file.text == "\n":
        yield Finding(file.path, len(file.lines), "blank lines at the end", "delete them", "committable.end")
