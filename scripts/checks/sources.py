"""The repository as the checks see it: its files, its module table, its Swift with and without comments."""

import os
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from checks import tools
from checks.modules import Module, ModuleTable, parse_table
from checks.swift_names import plain
from checks.swift_text import code_only, line_at, line_starts

_NEVER_WALKED = {".git", ".build", ".cache", ".swiftpm", "__pycache__"}


class GitRefused(Exception):
    """Without git nobody knows which files count, so nothing can be checked: what is wrong, and the mend."""

    def __init__(self, problem: str, mend: str) -> None:
        super().__init__(f"git: {problem}. Mend: {mend}.")


@dataclass
class TextFile:
    """One tracked text file; everything derived from it is computed once."""

    path: str
    text: str

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @cached_property
    def code(self) -> str:
        """Swift only: comments and string literals blanked, every character in its place."""
        return code_only(self.text)

    @cached_property
    def plain_code(self) -> str:
        """Swift only: `code` with one spelling for each name."""
        return plain(self.code)

    @cached_property
    def _line_starts(self) -> list[int]:
        return line_starts(self.text)

    def line_of(self, offset: int) -> int:
        """The line, counted from 1, that holds an offset."""
        return line_at(self._line_starts, offset)

    @property
    def is_swift(self) -> bool:
        return self.path.endswith(".swift")

    @property
    def shebang(self) -> str:
        """The interpreter line, or nothing."""
        return self.lines[0] if self.text.startswith("#!") else ""

    @property
    def is_shell(self) -> bool:
        words = self.shebang.replace("/", " ").split()
        return self.path.endswith(".sh") or "bash" in words or "sh" in words

    @property
    def is_python(self) -> bool:
        return self.path.endswith(".py") or "python" in self.shebang


class Repository:
    """All files that git tracks or would track; outside a git checkout, all files."""

    def __init__(self, root: Path, run_tool: tools.Runner = tools.run) -> None:
        self.root = root.resolve()
        self.run_tool = run_tool

    @cached_property
    def paths(self) -> list[str]:
        """Every file, relative to the root, sorted."""
        listed = self._listed_by_git() if (self.root / ".git").exists() else self._walked()
        return sorted(path for path in set(listed) if (self.root / path).is_file())

    def _listed_by_git(self) -> list[str]:
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        try:
            done = subprocess.run(command, cwd=self.root, capture_output=True, text=True)
        except FileNotFoundError as error:
            raise GitRefused("is not on the path", "run scripts/setup, or install git") from error
        if "dubious ownership" in done.stderr:
            mend = f"run `git config --global --add safe.directory {self.root}`"
            raise GitRefused("does not trust a checkout that another user owns", mend)
        if done.returncode != 0:
            words = " ".join(done.stderr.split())
            raise GitRefused(f"cannot list the files: {words}", "run `git status` and mend what it says")
        return [path for path in done.stdout.split("\0") if path]

    def _walked(self) -> list[str]:
        found = []
        for folder, folders, files in os.walk(self.root):
            folders[:] = [name for name in folders if name not in _NEVER_WALKED]
            found += [os.path.relpath(os.path.join(folder, name), self.root) for name in files]
        return found

    @cached_property
    def texts(self) -> dict[str, TextFile]:
        """Every file that is text (UTF-8 without a zero byte), by path."""
        texts = {}
        for path in self.paths:
            content = (self.root / path).read_bytes()
            try:
                if b"\0" not in content:
                    texts[path] = TextFile(path, content.decode())
            except UnicodeDecodeError:
                continue
        return texts

    @cached_property
    def swift(self) -> list[TextFile]:
        """Every Swift file, the manifest too."""
        return [file for file in self.texts.values() if file.is_swift]

    def swift_under(self, folder: str) -> list[TextFile]:
        """The Swift files below a folder such as `Sources` or `Tests/MeshCoreTests`."""
        return [file for file in self.swift if file.path.startswith(folder + "/")]

    @cached_property
    def table(self) -> ModuleTable:
        """The module table of Package.swift."""
        manifest = self.texts.get("Package.swift")
        return parse_table(manifest.text if manifest else "")

    def module_of(self, path: str) -> Module | None:
        """The row whose folder holds a file; None for the manifest and for folders without a row."""
        module = self.table.rows.get(path.split("/")[1]) if path.count("/") >= 2 else None
        return module if module and path.startswith(module.folder + "/") else None
