"""The simulator's part of each push: 300 worlds keep every promise, and a seed is the same world in every process."""

import json
import pathlib
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
MESHSIM = ROOT / ".build/release/meshsim"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """meshsim, to its end."""
    command = [str(MESHSIM), "run", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)


class Simulation(unittest.TestCase):
    """meshsim run."""

    def test_three_hundred_worlds_keep_every_promise(self) -> None:
        """No seed breaks a promise, and faults did happen."""
        finished = run("--seeds", "300", "--json")
        report = json.loads(finished.stdout)
        self.assertEqual(finished.returncode, 0, report)
        self.assertEqual(report["seeds"], 300)
        self.assertGreater(report["faults"]["crash"], 100)

    def test_a_seed_is_the_same_world_in_every_process(self) -> None:
        """Hash seeds differ between processes; traces must not."""
        first, second = (
            [line for line in run("--seeds", "20", "--notes").stdout.splitlines() if ", trace " in line] for _ in "ab"
        )
        self.assertEqual(len(first), 20)
        self.assertEqual(first, second)


if __name__ == "__main__":
    unittest.main()
