"""The graph check: arrows point down, and the table, the folders and the imports agree."""

from unittest import mock

from fake_repository import RepositoryTestCase, layers

LEDGER_ROW = '.library("MeshLedger", layer: .l1, uses: ["MeshActors", "MeshCore"])'


class ImportTests(RepositoryTestCase):
    """Imports against the table."""

    def test_an_upward_import_fails_and_names_the_mend(self) -> None:
        self.change_manifest(LEDGER_ROW, LEDGER_ROW.replace('"MeshCore"', '"MeshCore", "MeshIO"'))
        self.add_to("Sources/MeshLedger/Ledger.swift", "import MeshIO\n")
        self.assert_fails("graph", "Package.swift:6", "points upward", "`MeshIO` (l2)", "Mend: declare a port in l1")

    def test_an_upward_import_without_a_row_is_told_to_declare_a_port_too(self) -> None:
        self.add_to("Sources/MeshLedger/Ledger.swift", "import MeshIO\n")
        self.assert_fails("graph", "Ledger.swift:8", "undeclared import of `MeshIO`", "Mend: declare a port in l1")

    def test_an_undeclared_import_fails_and_names_the_mend(self) -> None:
        self.change_manifest(LEDGER_ROW, '.library("MeshLedger", layer: .l1, uses: ["MeshActors"])')
        self.assert_fails(
            "graph", "Sources/MeshLedger/Ledger.swift:2", "undeclared import of `MeshCore`",
            "Mend: remove the import; or, if the dependency is meant, add `MeshCore` to the uses of `MeshLedger`",
        )

    def test_a_module_does_not_import_itself(self) -> None:
        self.write("Sources/MeshLedger/More.swift", "import MeshLedger\n")
        self.assert_fails("graph", "More.swift:1", "`MeshLedger` imports itself", "Mend: delete the import")

    def test_every_spelling_of_an_import_is_seen(self) -> None:
        spellings = (
            "import MeshIO", "package import MeshIO", "@preconcurrency import MeshIO", "import struct MeshIO.Loop",
            "@_spi(Inside) private import func MeshIO.start", "#if true\n  import MeshIO\n#endif",
            "import `MeshIO`", "import\n    MeshIO", "let a = 1; import MeshIO", "import /* why */ MeshIO",
            "import struct `MeshIO`.Loop", "func f() {} import MeshIO",
        )
        for spelling in spellings:
            with self.subTest(spelling):
                self.write("Sources/MeshLedger/More.swift", spelling + "\n")
                self.assert_fails("graph", "More.swift", "undeclared import of `MeshIO`")

    def test_an_import_in_a_comment_or_a_string_is_none(self) -> None:
        text = '/*\nimport MeshIO\n*/\nlet text = """\n    import MeshIO\n    """\n'
        text += "enum A {\n    case `import`\n    case MeshIO\n}\nlet a = A.import\nlet b = MeshIO\n"
        self.write("Sources/MeshLedger/More.swift", text)
        self.assert_passes("graph")

    def test_a_declared_dependency_that_nothing_imports_fails(self) -> None:
        self.write("Sources/MeshLedger/Ledger.swift", "import MeshCore\n")
        self.assert_fails("graph", "Package.swift:6", "declares `MeshActors`", "Mend: delete `MeshActors`")

    def test_low_layers_import_little_of_the_toolchain(self) -> None:
        refused = {"MeshCore": ("Foundation", "FoundationEssentials"), "MeshLedger": ("Glibc", "Foundation")}
        for module, names in refused.items():
            for name in names:
                with self.subTest(f"{module} {name}"):
                    self.write(f"Sources/{module}/More.swift", f"import {name}\n")
                    self.assert_fails("graph", "More.swift:1", f"`{name}` may not be imported", "Mend: take what")
                    (self.root / f"Sources/{module}/More.swift").unlink()
        self.write("Sources/MeshCore/More.swift", "import Glibc\n")
        self.assert_passes("graph")


class LayerRuleTests(RepositoryTestCase):
    """Who may use whom."""

    def test_neighbours_meet_only_where_the_architecture_says_so(self) -> None:
        self.change_manifest(LEDGER_ROW, LEDGER_ROW + ',\n    .library("MeshSync", layer: .l1, uses: ["MeshLedger"])')
        self.write("Sources/MeshSync/Sync.swift", "import MeshLedger\n")
        self.assert_fails("graph", "points sideways", "`MeshSync` uses `MeshLedger`", "write a decision record")

    def test_an_exception_needs_its_decision_record(self) -> None:
        self.change_manifest(LEDGER_ROW, LEDGER_ROW + ',\n    .library("MeshSync", layer: .l1, uses: ["MeshLedger"])')
        self.write("Sources/MeshSync/Sync.swift", "import MeshLedger\n")
        with mock.patch.dict(layers.SAME_LAYER, {("MeshSync", "MeshLedger"): "0007"}):
            self.assert_fails("graph", "by decision 0007, which is not in docs/decisions", "Mend: write the decision")
            self.write("docs/decisions/0007-sync-reads-the-ledger.md", "# 0007\n")
            self.assert_passes("graph")

    def test_commands_never_use_the_node(self) -> None:
        rows = '.library("MeshNode", layer: .l3), .library("MeshCommands", layer: .l3, uses: ["MeshNode"])'
        self.change_manifest(LEDGER_ROW, f"{LEDGER_ROW}, {rows}")
        self.assert_fails("graph", "`MeshCommands` uses `MeshNode` of its own layer")

    def test_test_support_is_for_tests_and_simulators(self) -> None:
        row = '.library("MeshIO", layer: .l2, uses: ["MeshCore"'
        self.change_manifest(row, row + ', "MeshTestKit"')
        self.assert_fails("graph", "`MeshTestKit` is test support", "only tests and meshbench, meshfuzz")

    def test_nobody_uses_an_executable(self) -> None:
        self.change_manifest('"MeshCoreTests", uses: [', '"MeshCoreTests", uses: ["meshsim", ')
        self.assert_fails("graph", "uses `meshsim`, which is no library")

    def test_a_shim_has_exactly_one_user(self) -> None:
        self.change_manifest('"MeshActors", layer: .l1, uses: [', '"MeshActors", layer: .l1, uses: ["CMeshNoise", ')
        self.assert_fails("graph", "`CMeshNoise` is used by MeshCore and MeshActors", "exactly one Swift module")
        self.change_manifest('["CMeshNoise", "MeshCore"]', '["MeshCore"]')
        self.change_manifest('uses: ["CMeshNoise"]', "uses: []")
        self.assert_fails("graph", "`CMeshNoise` is used by no module")

    def test_a_cycle_fails(self) -> None:
        row = '.library("MeshActors", layer: .l1, uses: ["MeshCore"'
        self.change_manifest(row, row + ', "MeshLedger"')
        self.assert_fails("graph", "a cycle among", "`MeshActors`", "`MeshLedger`")


class TableTests(RepositoryTestCase):
    """Rows, folders and the rendered table."""

    def test_a_row_without_a_folder_fails(self) -> None:
        self.change_manifest(LEDGER_ROW, LEDGER_ROW + ', .library("MeshSync", layer: .l1)')
        self.assert_fails("graph", "`MeshSync` has no sources in Sources/MeshSync/")

    def test_a_folder_without_a_row_fails(self) -> None:
        for folder in ("Sources/MeshSync", "Tests/MeshSyncTests"):
            with self.subTest(folder):
                self.write(f"{folder}/Sync.swift", "\n")
                self.assert_fails("graph", f"{folder}/Sync.swift", "has no row", "Mend: add a row")

    def test_tests_in_python_need_no_row(self) -> None:
        self.write("Tests/ScriptsTests/test_it.py", "pass\n")
        self.assert_passes("graph")

    def test_a_use_of_an_unknown_module_fails(self) -> None:
        self.change_manifest(LEDGER_ROW, LEDGER_ROW.replace('"MeshCore"', '"MeshCore", "MeshMoon"'))
        self.assert_fails("graph", "`MeshLedger` uses `MeshMoon`, which has no row")

    def test_a_row_that_cannot_be_read_fails_and_does_not_vanish(self) -> None:
        for row in ('.plugin("MeshMagic")', '.library("MeshMagic", layer: .l9)', '.shim("MeshCore")'):
            with self.subTest(row):
                rows = f'{LEDGER_ROW},\n.shim("MeshCore"), {row}\n'
                self.write("Package.swift", f"let modules: [Module] = [\n{rows}]\n")
                self.assert_fails("graph", "Package.swift:3", "row")
        self.write("Package.swift", "let package = 1\n")
        self.assert_fails("graph", "there is no `let modules: [Module] = [` table")

    def test_a_stale_layer_table_fails_and_an_absent_document_too(self) -> None:
        document = (self.root / "docs/ARCHITECTURE.md").read_text()
        self.write("docs/ARCHITECTURE.md", document.replace("| L1 |", "| L2 |"))
        self.assert_fails("graph", "docs/ARCHITECTURE.md:5", "Mend: run scripts/check --write-layers")
        self.write("docs/ARCHITECTURE.md", "# Plan\n")
        self.assert_fails("graph", "has no layer table", "layers:begin")
        (self.root / "docs/ARCHITECTURE.md").unlink()
        self.assert_fails("graph", "docs/ARCHITECTURE.md: does not exist")
