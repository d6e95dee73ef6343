"""A tiny clean repository in a temporary folder, which a test spoils in one place to see a check fail."""

import sys
import tempfile
import unittest
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from checks import layers
from checks.command import run_checks
from checks.report import Outcome
from checks.sources import Repository

MANIFEST = """// swift-tools-version: 6.2
let modules: [Module] = [
    .shim("CMeshNoise"),
    .library("MeshCore", layer: .l0, uses: ["CMeshNoise"]),
    .library("MeshActors", layer: .l1, uses: ["MeshCore"]),
    .library("MeshLedger", layer: .l1, uses: ["MeshActors", "MeshCore"]),
    .library("MeshIO", layer: .l2, uses: ["MeshCore"]),
    .library("MeshTestKit", layer: .testSupport, uses: ["MeshCore"]),
    .executable(
        "meshsim",  // rows may be wrapped
        uses: ["MeshTestKit"]
    ),
    .tests("MeshCoreTests", uses: ["MeshCore"]),
]
"""

SOURCES = {
    "Sources/CMeshNoise/include/CMeshNoise.h": "static inline int noise(void) { return 4; }\n",
    "Sources/MeshCore/Core.swift": """internal import CMeshNoise

extension Limits {
    /// Bounds on names.
    package enum Name {
        /// The longest name.
        package static let maximumBytes = 64
    }
}
""",
    "Sources/MeshCore/Limits.swift": "/// Bounds.\npackage enum Limits {}\n",
    "Sources/MeshActors/Actors.swift": "package import MeshCore\n",
    "Sources/MeshLedger/Ledger.swift": """private import MeshActors
@preconcurrency import struct MeshCore.Name

/// What everybody owes.
package struct Ledger: Hashable {
    package func hash(into hasher: inout Hasher) {}
}
""",
    "Sources/MeshIO/Loop.swift": "import Foundation\nimport MeshCore\n\nfunc start() { Task { log(Date()) } }\n",
    "Sources/MeshTestKit/Kit.swift": "import MeshCore\n",
    "Sources/meshsim/main.swift": 'import MeshTestKit\n\nprint("hello")\n',
    "Tests/MeshCoreTests/NameTests.swift": "import MeshCore\n\nlet bound = Limits.Name.maximumBytes\n",
    "scripts/setup": "#!/usr/bin/env bash\ntrue\n",
    "README.md": "# House\n\nSee [the plan](docs/ARCHITECTURE.md#the-layers).\n",
}


def silent_tool(arguments: Sequence[str], folder: Path) -> tuple[int, str]:
    """A formatter and a linter without a complaint, so that no test needs Swift."""
    return 0, ""


class RepositoryTestCase(unittest.TestCase):
    """Gives each test its own clean repository."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name).resolve()
        self.run_tool = silent_tool
        for path, text in {"Package.swift": MANIFEST, **SOURCES}.items():
            self.write(path, text)
        for name in sorted({path.split("/")[1] for path in SOURCES if path.startswith("Sources/")}):
            self.write(f"Sources/{name}/README.md", f"# {name}\n")
        self.write_layer_table()

    def write(self, path: str, text: str) -> None:
        """Writes one file, its folders too."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode())

    def add_to(self, path: str, text: str) -> None:
        """Appends to a file of the clean repository."""
        self.write(path, (self.root / path).read_text() + text)

    def change_manifest(self, old: str, new: str) -> None:
        """Changes rows of the module table and the rendered table with it."""
        manifest = (self.root / "Package.swift").read_text()
        self.assertIn(old, manifest)
        self.write("Package.swift", manifest.replace(old, new))
        self.write_layer_table()

    def write_layer_table(self) -> None:
        """Keeps docs/ARCHITECTURE.md true to the manifest."""
        table = layers.render(Repository(self.root).table)
        self.write("docs/ARCHITECTURE.md", f"# Plan\n\n## The layers\n\n{layers.BEGIN}\n{table}{layers.END}\n")

    def run_check(self, name: str) -> Outcome:
        """The outcome of one check, allowances counted."""
        return dict(run_checks(Repository(self.root, self.run_tool), only=name))[name]

    def assert_fails(self, name: str, *parts: str) -> None:
        """The check fails, and one of its lines holds every part: the place, the fault, the mend."""
        outcome = self.run_check(name)
        lines = [finding.render() for finding in outcome.findings]
        self.assertTrue(outcome.findings, f"{name} found nothing")
        self.assertTrue(any(all(part in line for part in parts) for line in lines), "\n".join(lines))

    def assert_passes(self, name: str) -> None:
        """The check finds nothing."""
        outcome = self.run_check(name)
        self.assertTrue(outcome.passed, outcome.render(name))
