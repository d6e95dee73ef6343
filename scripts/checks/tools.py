"""Programs that a check calls; a missing one is a finding, never a skip."""

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path


class MissingTool(Exception):
    """The program is not on the path."""


#: Runs a program in a folder and returns its exit status and its output. Tests pass their own.
Runner = Callable[[Sequence[str], Path], tuple[int, str]]


def run(arguments: Sequence[str], folder: Path) -> tuple[int, str]:
    """The real runner: standard output and error together."""
    try:
        done = subprocess.run(arguments, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except FileNotFoundError as error:
        raise MissingTool(arguments[0]) from error
    return done.returncode, done.stdout
