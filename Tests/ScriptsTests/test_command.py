"""The command: a clean repository passes, the lines have their form, allowances only shrink."""

import contextlib
import io
import json
import os
import subprocess
from pathlib import Path
from unittest import mock

from checks import command
from checks.sources import Repository
from fake_repository import RepositoryTestCase

ALLOWANCES = "scripts/checks/allowances.json"
PATH = "Sources/MeshLedger/More.swift"


class CommandTests(RepositoryTestCase):
    """The whole, as CI sees it."""

    def run_main(self, *arguments: str) -> tuple[int, str]:
        """Exit status and output of the command line on the small repository."""
        with contextlib.redirect_stdout(io.StringIO()) as output:
            status = command.main(["--root", str(self.root), *arguments])
        return status, output.getvalue()

    def test_a_clean_repository_passes_every_check(self) -> None:
        outcomes = command.run_checks(Repository(self.root, self.run_tool))
        self.assertEqual(len(outcomes), len(command.CHECKS) + 1)
        for name, outcome in outcomes:
            self.assertTrue(outcome.passed, outcome.render(name))

    def test_a_line_for_each_check_and_a_summary(self) -> None:
        status, output = self.run_main("--only", "sizes")
        self.assertEqual(status, 0)
        self.assertRegex(output, r"^OK      sizes  \(\d+ files\)\nscripts/check: 1 checks in [\d.]+ s, all passed\n$")

    def test_a_failure_sets_the_status_and_is_indented(self) -> None:
        self.write(PATH, "x" * 121 + "\n")
        status, output = self.run_main("--only", "sizes")
        self.assertEqual(status, 1)
        line = f"{PATH}:1: 121 characters, more than 120. Mend: wrap the line. [sizes.line]"
        self.assertIn(f"FAILED  sizes\n    {line}\n", output)
        self.assertIn(", failed: sizes\n", output)

    def test_every_check_is_listed(self) -> None:
        status, output = self.run_main("--list")
        self.assertEqual((status, len(output.splitlines())), (0, len(command.CHECKS) + 1))

    def test_the_layer_table_is_written_between_its_marks(self) -> None:
        document = (self.root / "docs/ARCHITECTURE.md").read_text()
        self.write("docs/ARCHITECTURE.md", document.replace("| L1 |", "| L2 |"))
        self.assertEqual(self.run_main("--write-layers")[0], 0)
        self.assertEqual((self.root / "docs/ARCHITECTURE.md").read_text(), document)
        self.write("docs/ARCHITECTURE.md", "# Plan\n")
        self.assertEqual(self.run_main("--write-layers")[0], 1)

    def test_the_executable_runs(self) -> None:
        script = Path(command.__file__).parents[1] / "check"
        done = subprocess.run([script, "--root", self.root, "--only", "graph"], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_in_a_git_checkout_ignored_and_deleted_files_are_not_seen(self) -> None:
        self.write(".gitignore", "/ignored.py\n")
        self.write("ignored.py", "x" * 121 + "\n")
        self.assertEqual(self.run_main("--only", "sizes")[0], 1)
        subprocess.run(["git", "init", "--quiet", self.root], check=True)
        self.write("deleted.py", "x" * 121 + "\n")
        subprocess.run(["git", "-C", self.root, "add", "deleted.py"], check=True)
        (self.root / "deleted.py").unlink()
        self.assertEqual(self.run_main("--only", "sizes")[0], 0)
        self.write("untracked.py", "x" * 121 + "\n")
        self.assertEqual(self.run_main("--only", "sizes")[0], 1)


class GitTests(RepositoryTestCase):
    """A checkout that git will not or cannot read: one line that says how to mend it, and no traceback."""

    def run_check_with_git(self, script: str | None, *arguments: str) -> str:
        """What the command prints where `git` is this script, or is missing; it must fail."""
        (self.root / ".git").mkdir(exist_ok=True)
        tools = self.root / "tools"
        tools.mkdir(exist_ok=True)
        if script is not None:
            self.write("tools/git", f"#!/bin/sh\n{script}\n")
            (tools / "git").chmod(0o755)
        with mock.patch.dict(os.environ, PATH=str(tools)), contextlib.redirect_stdout(io.StringIO()) as output:
            self.assertEqual(command.main(["--root", str(self.root), *arguments]), 1)
        return output.getvalue()

    def test_a_checkout_of_another_user_says_how_to_trust_it(self) -> None:
        words = f"fatal: detected dubious ownership in repository at '{self.root}'"
        for arguments in ((), ("--only", "sizes"), ("--write-layers",)):
            with self.subTest(arguments):
                output = self.run_check_with_git(f'echo "{words}" >&2\nexit 128', *arguments)
                self.assertEqual(len(output.splitlines()), 1)
                self.assertRegex(output, "^FAILED  git: .*another user")
                self.assertIn(f"Mend: run `git config --global --add safe.directory {self.root}`.\n", output)

    def test_a_machine_without_git_says_so(self) -> None:
        output = self.run_check_with_git(None)
        self.assertEqual(output, "FAILED  git: is not on the path. Mend: run scripts/setup, or install git.\n")

    def test_any_other_refusal_is_passed_on(self) -> None:
        output = self.run_check_with_git('echo "fatal: bad index\nfile" >&2\nexit 128')
        self.assertEqual(len(output.splitlines()), 1)
        self.assertIn("fatal: bad index file", output)


class AllowanceTests(RepositoryTestCase):
    """The list of exceptions may only shrink."""

    def allow(self, **entry: object) -> None:
        """Writes a list of one entry."""
        self.write(ALLOWANCES, json.dumps([entry]) + "\n")

    def outcomes(self) -> dict[str, object]:
        """All outcomes by name."""
        return dict(command.run_checks(Repository(self.root, self.run_tool)))

    def test_an_allowance_excuses_one_rule_in_one_file(self) -> None:
        self.write(PATH, "Task { }\n")
        self.allow(path=PATH, check="banned.task", reason="the seeded executor starts here")
        self.assertTrue(self.outcomes()["banned"].passed and self.outcomes()["allowances"].passed)
        self.write(PATH, "Task { Date() }\n")
        self.assert_fails("banned", "[banned.clock]")

    def test_an_allowance_excuses_one_use_unless_it_says_how_many(self) -> None:
        self.write(PATH, "Task { }\nTask { }\n")
        entry = {"path": PATH, "check": "banned.task", "reason": "the seeded executor starts here"}
        self.allow(**entry)
        self.assert_fails("banned", f"{PATH}:2", "[banned.task]")
        self.assertEqual(len(self.run_check("banned").findings), 1)
        self.allow(**entry, count=2)
        self.assertTrue(self.outcomes()["banned"].passed and self.outcomes()["allowances"].passed)
        self.allow(**entry, count=3)
        message = self.outcomes()["allowances"].render("allowances")
        self.assertIn(f"banned.task for {PATH} counts 3 and 2 are needed. Mend: set its `count` to 2.", message)

    def test_a_count_is_a_number_and_a_place_has_one_entry(self) -> None:
        self.write(PATH, "Task { }\n")
        entry = {"path": PATH, "check": "banned.task", "reason": "the seeded executor starts here"}
        for count in (0, -1, "2", True, 1.5, None):
            with self.subTest(count):
                self.allow(**entry, count=count)
                self.assertIn("`count`", self.outcomes()["allowances"].render("allowances"))
        self.write(ALLOWANCES, json.dumps([entry, entry]) + "\n")
        self.assertIn("twice", self.outcomes()["allowances"].render("allowances"))

    def test_an_allowance_without_a_reason_fails_and_excuses_nothing(self) -> None:
        self.write(PATH, "Task { }\n")
        self.allow(path=PATH, check="banned.task", reason="because")
        self.assertFalse(self.outcomes()["banned"].passed)
        self.assertIn("has no reason", self.outcomes()["allowances"].render("allowances"))

    def test_an_allowance_no_longer_needed_fails(self) -> None:
        for check in ("banned.task", "sizes.file", "no-such-check"):
            with self.subTest(check):
                self.allow(path="Sources/MeshCore/Core.swift", check=check, reason="it was needed a year ago")
                self.assertIn("no longer needed. Mend: delete", self.outcomes()["allowances"].render("allowances"))

    def test_an_entry_that_cannot_be_read_fails(self) -> None:
        gone = {"path": "gone", "check": "sizes.file", "reason": "a long enough reason"}
        for text in ("[{}]\n", "[1]\n", "{", "{}", json.dumps([gone])):
            with self.subTest(text):
                self.write(ALLOWANCES, text)
                self.assertFalse(self.outcomes()["allowances"].passed)

    def test_looking_at_the_list_alone_does_not_call_entries_unneeded(self) -> None:
        self.allow(path="Sources/MeshCore/Core.swift", check="banned.task", reason="nothing has run, so who knows")
        self.assert_passes("allowances")
