"""The documentation check: every `package` declaration says what it is for."""

from fake_repository import RepositoryTestCase

PATH = "Sources/MeshLedger/More.swift"
NOW = "package var now: Instant { instant }"
UNDOCUMENTED = (
    "package struct A {}", "package final class A {}", "package indirect enum A {}", "package actor A {}",
    "package protocol A {}", "package typealias A = Int", "package let a = 1", "package private(set) var a = 1",
    "package static func make() {}", "static package func make() {}", "package init(a: Int) {}",
    "package subscript(a: Int) -> Int { 1 }", "@inlinable package func run() {}",
    "package nonisolated var a: Int { 1 }",
    "package mutating func next() -> Int? { nil }", "package static func < (a: A, b: A) -> Bool { true }",
    "    package consuming func close() {}", "@inlinable\npackage func run() {}", "package convenience init() {}",
    "extension A { package func owe() {} }", "/// A.\nextension A { package func owe() {} }", "package\nfunc owe() {}",
    "///\npackage let a = 1", "/// \n///\npackage let a = 1", "/// .\npackage let a = 1",
    "let b = 1; package let a = 1",
    "package static\n    func owe() {}", "@inlinable\nstatic\npackage\nfunc owe() {}", "`package` package let a = 1",
)
DOCUMENTED = (
    "/// A.\npackage struct A {}", "/// A.\n@inlinable\n@available(\n    linux 1, *\n)\npackage func run() {}",
    "/// A.\n#if DEBUG\npackage let a = 1\n#endif", "package import MeshCore", "private package(set) var a = 1",
    "struct A {}\nfunc run() {}", 'let text = """\n    package func run()\n    """', "// package func run()",
    "/// A.\npackage enum A {\n    case one\n}", "/// A.\npackage protocol A {\n    func run()\n}",
    "/// A.\n///\npackage let a = 1", "/// A.\npackage\nfunc owe() {}", "/// A.\nstatic\npackage func owe() {}",
    "package import struct MeshCore.Name", "enum A {\n    case package\n    var b: Int { 1 }\n}", "let package = 1",
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

    def test_a_requirement_is_free_in_a_conformance_to_the_protocol_that_asks_for_it(self) -> None:
        equals = "package static func == (a: A, b: A) -> Bool { true }"
        text = "package var description: String { text }"
        free = {
            "extension A: CustomStringConvertible": text, "/// A.\npackage struct A<T: P>: Hashable where T: Q": equals,
            "extension A: Swift.Equatable": equals, "extension A: @retroactive Equatable, Sendable": equals,
            "extension A: @unchecked Sendable & StructuredError": text, "final class A: MeshCore.Clock": NOW,
            "extension A: B<C<D>>, Equatable": equals, "extension A:\n    Sendable,\n    Equatable\n": equals,
            "enum A: Sendable { enum B {} }\nstruct C: Clock": NOW,
        }
        for head, member in free.items():
            with self.subTest(head):
                self.write(PATH, f"{head} {{\n    {member}\n}}\n")
                self.assert_passes("documentation")

    def test_a_requirement_is_not_free_anywhere_else(self) -> None:
        owed = (
            ("extension A where T: Clock", NOW), ("extension A: Sendable", NOW), ("struct A: B<Clock>", NOW),
            ("struct A<T: Clock>: Sendable", NOW), ("struct A: Sendable where T: Clock", NOW),
            ("struct A: Clock {\n    struct B", NOW + " }"), ("struct A: Identifiable", "package let id = 1"),
            ("struct A: View", "package var body: Int { 1 }"), ("extension A: Hashable", "package let message = 1"),
            ("struct A: Clock { }\nstruct B: Sendable", NOW),
        )
        for head, member in owed:
            with self.subTest(head):
                self.write(PATH, f"{head} {{\n    {member}\n}}\n")
                self.assert_fails("documentation", PATH, "has no `///`")

    def test_tests_are_free(self) -> None:
        self.write("Tests/MeshCoreTests/More.swift", "package func help() {}\n")
        self.assert_passes("documentation")
