"""What the lower floors may not drag in."""

import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Linkage(unittest.TestCase):
    def test_a_program_of_the_lower_floors_alone_does_not_link_foundation(self) -> None:
        """meshsim uses MeshCore, MeshWire, MeshCommandLine and MeshTestKit."""
        program = ROOT / ".build/release/meshsim"
        finished = subprocess.run(["readelf", "--dynamic", program], capture_output=True, text=True, check=True)
        needed = [line.split("[")[1].rstrip("]") for line in finished.stdout.splitlines() if "(NEEDED)" in line]
        self.assertIn("libswiftCore.so", needed)
        unwanted = [library for library in needed if "Foundation" in library or "dispatch" in library.lower()]
        self.assertEqual(unwanted, [])


if __name__ == "__main__":
    unittest.main()
