"""The checks that call a tool, and the one that looks at bytes."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from checks import tools
from fake_repository import RepositoryTestCase

#: Joined from halves, so that this file does not report itself.
HOME, MARKER = "/ro" + "ot/x", "<" * 7 + " HEAD"


def missing_tool(arguments: Sequence[str], folder: Path) -> tuple[int, str]:
    """A machine before scripts/setup."""
    raise tools.MissingTool(arguments[0])


class ToolTests(RepositoryTestCase):
    """format and shell, with a tool that complains, one that breaks, and none."""

    def answer(self, status: int, output: str) -> None:
        """Lets the tool end with a status and an output."""
        self.run_tool = lambda arguments, folder: (status, output)

    def test_a_complaint_of_the_formatter_fails(self) -> None:
        path = "Sources/MeshCore/Core.swift"
        complaints = ("3:1: error: [Indentation] indent by 4 spaces", "4:1: error: [AddLines] add 1 line break",
                      "5:9: error: [NeverForceUnwrap] do not force unwrap 'a'")
        self.answer(1, "".join(f"{self.root}/{path}:{complaint}\n" for complaint in complaints))
        self.assert_fails("format", f"{path}:3: layout differs in 2 places", "Mend: run scripts/format")
        self.assert_fails("format", f"{path}:5: [NeverForceUnwrap] do not force unwrap", "Mend: do what the rule")

    def test_a_complaint_of_shellcheck_fails(self) -> None:
        self.answer(1, "scripts/setup:2:6: note: Double quote to prevent globbing. [SC2086]\n")
        self.assert_fails("shell", "scripts/setup:2: Double quote", "SC2086")

    def test_a_tool_that_breaks_is_a_failure(self) -> None:
        self.answer(2, "no such option\n")
        self.assert_fails("format", "no such option")
        self.assert_fails("shell", "no such option")

    def test_a_missing_tool_is_a_failure_and_never_a_skip(self) -> None:
        self.run_tool = missing_tool
        self.assert_fails("format", "swift: is not on the path", "Mend: run scripts/setup")
        self.assert_fails("shell", "shellcheck: is not on the path", "Mend: run scripts/setup")

    def test_the_runner_tells_a_missing_program_from_one_that_fails(self) -> None:
        self.assertEqual(tools.run(["sh", "-c", "echo no; exit 3"], self.root), (3, "no\n"))
        with self.assertRaises(tools.MissingTool):
            tools.run(["no-such-program-anywhere"], self.root)

    def test_the_formatter_is_called_on_what_exists(self) -> None:
        calls: list[Sequence[str]] = []
        self.run_tool = lambda arguments, folder: (calls.append(arguments) or 0, "")
        shutil.rmtree(self.root / "Tests")
        self.assert_passes("format")
        self.assertEqual(calls[0][-2:], ["Sources", "Package.swift"])
        self.assertIn("--strict", calls[0])


class CommittableTests(RepositoryTestCase):
    """What may not be committed."""

    def test_each_fault_fails_at_its_line(self) -> None:
        faults = {
            f"a\n{MARKER}\n": ("a merge marker", "finish the merge"),
            "a\n\tb\n": ("a tab", "indent with four spaces"),
            "a\nb \n": ("white space", "delete it"),
            "a\nb\r\n": ("white space", "delete it"),
            "a\nb": ("no newline at the end", "add one"),
            "a\n\n": ("blank lines at the end", "delete them"),
            f"a\nlet p = {HOME}\n": ("exists on one machine only", "use a relative path"),
        }
        for text, (problem, mend) in faults.items():
            with self.subTest(text):
                self.write("Sources/MeshLedger/More.swift", text)
                self.assert_fails("committable", "Sources/MeshLedger/More.swift:2", problem, f"Mend: {mend}")

    def test_lookalikes_pass(self) -> None:
        paths = "scripts/lab/x ~/lab/x $HOME/lab/x https://example.com/home/x\n"
        for text in ("Title\n=======\n", paths, "a\tb\n"):
            with self.subTest(text):
                self.write("NOTES.md", text)
                self.assert_passes("committable")

    def test_bytes_that_are_no_text_and_fuzz_seeds_are_left_alone(self) -> None:
        (self.root / "picture.bin").write_bytes(b"\0 \n\n")
        (self.root / "latin.txt").write_bytes(b"\xff \n")
        self.write("Tests/Corpus/hello/seed", "GET / \r\n\r\n")
        self.assert_passes("committable")
