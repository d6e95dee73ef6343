"""The sizes check: files, functions and lines."""

from fake_repository import RepositoryTestCase

PATH = "Sources/MeshLedger/More.swift"


def function(head: str, lines: int) -> str:
    """A function of so many lines, its braces counted."""
    return head + " {\n" + "    step()\n" * (lines - 2) + "}\n"


class SizeTests(RepositoryTestCase):
    """Each limit, from both sides."""

    def test_a_file_of_600_lines_fails_and_names_the_mend(self) -> None:
        self.write(PATH, "let a = 1\n" * 600)
        self.assert_fails("sizes", f"{PATH}: 600 lines, more than 500", "Mend: split it", "[sizes.file]")
        self.write(PATH, "let a = 1\n" * 500)
        self.assert_passes("sizes")

    def test_an_allowance_stretches_to_800_lines_and_no_further(self) -> None:
        entry = f'[{{"path": "{PATH}", "check": "sizes.file", "reason": "a table of all wire codes"}}]\n'
        self.write("scripts/checks/allowances.json", entry)
        self.write(PATH, "let a = 1\n" * 800)
        self.assert_passes("sizes")
        self.write(PATH, "let a = 1\n" * 801)
        self.assert_fails("sizes", "past the hard stop of 800", "two machines")

    def test_a_long_function_fails(self) -> None:
        heads = (
            "func run()", "init?(a: Int)", "deinit", "static func == (left: A, right: A) -> Bool",
            "var rows: [Row]", "subscript(a: Int) -> Int", "static let command = Command(\n    1\n)", "let a = map",
            "private var a = 1", "func `run`()", "func f(actor a: Int)", "public init<T>(_ a: T) where T: B",
            "func run<T>(\n    body: (T) -> Void = { _ in }\n) async throws -> [T]\nwhere T: Hashable",
        )
        for head in heads:
            with self.subTest(head):
                self.write(PATH, function(head, 71))
                self.assert_fails("sizes", f"{PATH}:1", "lines, more than 70", "Mend: name a part of it")

    def test_a_function_of_70_lines_passes(self) -> None:
        for head in ("func run()", "var rows: [Row]", "static let command = Command(1)", "subscript(a: Int) -> Int"):
            with self.subTest(head):
                self.write(PATH, function(head, 70))
                self.assert_passes("sizes")

    def test_a_long_body_is_reported_once_and_where_it_stands(self) -> None:
        for head in ("func run()", "var rows: [Row]"):
            with self.subTest(head):
                body = function("    if a", 80) + "    let b = map { 1 }\n"
                self.write(PATH, f"struct A {{\n    {head} {{\n{body}    }}\n}}\n")
                self.assertEqual([finding.line for finding in self.run_check("sizes").findings], [2])

    def test_a_type_may_be_as_long_as_its_file(self) -> None:
        heads = (
            "struct S", "final class C<T: P>: B<T>, D", "enum E: String", "actor A", "protocol P: Sendable",
            "extension A.B", "extension Array where Element == UInt8", "struct S\nwhere T: P\n",
        )
        for head in heads:
            with self.subTest(head):
                self.write(PATH, f"{head} {{\n" + "    let a = map { 1 }\n" * 90 + "}\n")
                self.assert_passes("sizes")

    def test_a_long_function_in_python_fails(self) -> None:
        for head in ("def f():", "class A:\n  async def f(\n    self\n  ):"):
            with self.subTest(head):
                path = "scripts/tool.py"
                lines = 71 - head.count("\n", head.find("def"))
                self.write(path, f"{head}\n" + "    step()\n" * (lines - 1))
                self.assert_fails("sizes", path, "`f` has 71 lines, more than 70", "[sizes.function]")
                self.write(path, f"{head}\n" + "    step()\n" * (lines - 2))
                self.assert_passes("sizes")

    def test_python_that_cannot_be_read_fails(self) -> None:
        self.write("scripts/tool.py", "import os\ndef f(:\n")
        self.assert_fails("sizes", "scripts/tool.py:2", "is not Python")

    def test_a_requirement_has_no_body_and_braces_in_strings_do_not_count(self) -> None:
        protocol = "protocol P {\n    func run()\n    init()\n    func stop() async\n}\n"
        self.write(PATH, protocol + function("struct S", 90) + 'func f() {\n    log("{")\n}\n' + "let a = 1\n" * 90)
        self.assert_passes("sizes")

    def test_a_long_line_fails_in_every_language(self) -> None:
        for path in (PATH, "scripts/tool.py", "scripts/tool.sh", "Sources/CMeshNoise/noise.c"):
            with self.subTest(path):
                self.write(path, "x" * 121 + "\n")
                self.assert_fails("sizes", f"{path}:1", "121 characters", "Mend: wrap the line")
                self.write(path, "x" * 120 + "\n")
                self.assert_passes("sizes")

    def test_a_script_without_a_suffix_is_known_by_its_first_line(self) -> None:
        for interpreter in ("python3", "bash"):
            with self.subTest(interpreter):
                self.write("scripts/tool", f"#!/usr/bin/env {interpreter}\n" + "pass\n" * 600)
                self.assert_fails("sizes", "scripts/tool", "601 lines")
