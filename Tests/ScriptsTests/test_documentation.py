"""The documentation check: every `package` declaration says what it is for."""

from fake_repository import RepositoryTestCase

PATH = "Sources/MeshLedger/More.swift"
UNDOCUMENTED = (
    "package struct A {}", "package final class A {}", "package indirect enum A {}", "package actor A {}",
    "package protocol A {}", "package typealias A = Int", "package let a = 1", "package private(set) var a = 1",
    "package static func make() {}", "static package func make() {}", "package init(a: Int) {}",
    "package subscript(a: Int) -> Int { 1 }", "@inlinable package func run() {}",
    "package nonisolated var a: Int { 1 }",
    "package mutating func next() -> Int? { nil }", "package static func < (a: A, b: A) -> Bool { true }",
    "    package consuming func close() {}", "@inlinable\npackage func run() {}", "package convenience init() {}",
)
DOCUMENTED = (
    "/// A.\npackage struct A {}", "/// A.\n@inlinable\n@available(\n    linux 1, *\n)\npackage func run() {}",
    "/// A.\n#if DEBUG\npackage let a = 1\n#endif", "package import MeshCore", "private package(set) var a = 1",
    "struct A {}\nfunc run() {}", 'let text = """\n    package func run()\n    """', "// package func run()",
    "/// A.\npackage enum A {\n    case one\n}", "/// A.\npackage protocol A {\n    func run()\n}",
)


class DocumentationTests(RepositoryTestCase):
    """What needs a comment and what does not."""

    def test_an_undocumented_package_declaration_fails_and_names_the_mend(self) -> None:
        self.write(PATH, "package func owe(amount: Int, to other: Int) {}\n")
        self.assert_fails(
            "documentation", f"{PATH}:1", "`package func owe(amount:to:)` has no `///`", "Mend: say in one line"
        )

    def test_every_kind_of_declaration_needs_a_comment(self) -> None:
        for example in UNDOCUMENTED:
            with self.subTest(example):
                self.write(PATH, f"let before = 1\n{example}\n")
                self.assert_fails("documentation", PATH, "has no `///` comment directly above")

    def test_documented_or_free_declarations_pass(self) -> None:
        for example in DOCUMENTED:
            with self.subTest(example):
                self.write(PATH, example + "\n")
                self.assert_passes("documentation")

    def test_a_comment_that_is_not_directly_above_does_not_count(self) -> None:
        for between in ("\n", "// why\n", "let other = 1\n"):
            with self.subTest(between):
                self.write(PATH, f"/// A.\n{between}package let a = 1\n")
                self.assert_fails("documentation", f"{PATH}:{2 + between.count(chr(10))}")

    def test_well_known_requirements_are_free_in_a_conformance_alone(self) -> None:
        members = "    package var description: String { text }\n"
        members += "    package static func == (a: A, b: A) -> Bool { true }\n"
        for head in ("extension A: CustomStringConvertible {", "/// A.\npackage struct A<T: P>: Hashable where T: Q {"):
            with self.subTest(head):
                self.write(PATH, f"{head}\n{members}}}\n")
                self.assert_passes("documentation")
        self.write(PATH, f"extension A where T: P {{\n{members}}}\n")
        self.assert_fails("documentation", "`package var description`")

    def test_tests_are_free(self) -> None:
        self.write("Tests/MeshCoreTests/More.swift", "package func help() {}\n")
        self.assert_passes("documentation")
