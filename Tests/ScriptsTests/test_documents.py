"""The checks on READMEs, links and limits."""

from fake_repository import RepositoryTestCase

FENCE = "`" * 3


class ReadmeTests(RepositoryTestCase):
    """One page for every folder of Sources."""

    def test_a_folder_without_a_readme_fails(self) -> None:
        for name in ("MeshLedger", "CMeshNoise", "meshsim"):
            with self.subTest(name):
                (self.root / f"Sources/{name}/README.md").unlink()
                self.assert_fails("readmes", f"Sources/{name}/README.md", "has no README", "Mend: write purpose")

    def test_a_folder_that_has_no_row_yet_needs_one_too(self) -> None:
        self.write("Sources/MeshSync/Inner/Sync.swift", "\n")
        self.assert_fails("readmes", "Sources/MeshSync/README.md", "`MeshSync` has no README")

    def test_an_empty_readme_is_none(self) -> None:
        self.write("Sources/MeshTestKit/README.md", "\n")
        self.assert_fails("readmes", "`MeshTestKit` has no README")

    def test_a_readme_longer_than_a_page_fails(self) -> None:
        self.write("Sources/MeshLedger/README.md", "line\n" * 61)
        self.assert_fails("readmes", "61 lines, more than 60", "Mend: move detail")


class LinkTests(RepositoryTestCase):
    """Relative links and anchors."""

    def test_a_dead_link_or_anchor_fails(self) -> None:
        for link in (
            "[a](gone.md)", "[a](README.md#nowhere)", "[a](#nowhere)", "![a](docs/gone.png)", "[a]: gone.md",
            "[a](../outside.md)", '[a](gone.md "title")', "[a](<gone.md>)",
            "[a][gone]", "see [`a`][gone].", "[a b][]", "![a][gone]", "[![a][here]][gone]", "[![a][gone]][here]",
            "b][gone]", "`[gone]: README.md` [a][gone]", "[a][`gone`]",
        ):
            with self.subTest(link):
                self.write("PAGE.md", f"# Page\n\n{link}\n\n[here]: README.md\n")
                self.assert_fails("links", "PAGE.md:3", "Mend: ")

    def test_a_living_link_passes(self) -> None:
        for link in (
            "[a](README.md)", "[a](docs/ARCHITECTURE.md#the-layers)", "[a](/docs/)", "[a](docs)", "[a](#page)",
            "[a](#see-module-and-x--y)", "[a](#page-1)", "[a](https://example.com/gone)", "[a](mailto:a@b.c)",
            "[a][here]", "[a][Here  Now]", "[here][]", "[`Here`][]", "![a][here]", "[![a][here]][here]",
            "[a][^1]", "a[0][1]",
            "`[a][gone]`", "a[gone][gone]", "- [ ] [x]", "[a wrapped\n link][here]", "\\[a][gone]",
            "`[a](gone.md)`", f"{FENCE}\n[a](gone.md)\n{FENCE}", "[a](Sources/MeshCore)",
        ):
            with self.subTest(link):
                self.write("PAGE.md", f"# Page\n\n{link}\n\n## See `Module` and [x & y](README.md)?\n\n# Page\n"
                           "\n[HERE]: README.md\n[here now]: docs\n[`here`]: docs\n")
                self.assert_passes("links")


class LimitTests(RepositoryTestCase):
    """Every bound is named by a test."""

    def test_a_bound_that_no_test_names_fails(self) -> None:
        self.write("Tests/MeshCoreTests/NameTests.swift", "// Limits.Name.maximumBytes\n")
        self.assert_fails(
            "limits", "Sources/MeshCore/Core.swift:7", "`Limits.Name.maximumBytes`",
            "Mend: write a test that hits the bound",
        )

    def test_bounds_are_found_however_the_area_is_written(self) -> None:
        for text in (
            "extension Limits.Wire {\n    static let depth = 1\n}\n",
            "enum Limits {\n    enum Wire {\n        static let depth: Int = 1\n    }\n}\n",
        ):
            with self.subTest(text):
                self.write("Sources/MeshLedger/More.swift", text)
                self.assert_fails("limits", "no test names `Limits.Wire.depth`")
                self.write("Tests/MeshCoreTests/More.swift", "let a = Wire.depth\n")
                self.assert_passes("limits")
                (self.root / "Tests/MeshCoreTests/More.swift").unlink()

    def test_a_bound_of_the_same_name_in_another_area_does_not_count(self) -> None:
        self.write("Sources/MeshLedger/More.swift", "extension Limits.Wire {\n    static let depth = 1\n}\n")
        self.write("Tests/MeshCoreTests/More.swift", "let a = Limits.Tree.depth + AnyWire.depth\n")
        self.assert_fails("limits", "no test names `Limits.Wire.depth`")

    def test_other_constants_are_no_bounds(self) -> None:
        self.write("Sources/MeshLedger/More.swift", "enum Names {\n    static let one = 1\n}\nextension Limits {}\n")
        self.assert_passes("limits")
