"""Many at one account, on the store that ships: nobody gets what is not there, and all answers fit one order."""

import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
MESHBENCH = ROOT / ".build/release/meshbench"


class LedgerRace(unittest.TestCase):
    """meshbench ledger-race, with fewer calls than docs/benchmarks.md tells of."""

    def test_sixty_four_race_for_one_account(self) -> None:
        """Three have thirty cents of the last dollar; of 20,000 calls every answer is right in the journal's order."""
        with tempfile.TemporaryDirectory() as folder:
            command = [str(MESHBENCH), "ledger-race", "--clients", "64", "--operations", "20000"]
            finished = subprocess.run(
                [*command, "--folder", f"{folder}/race"], capture_output=True, text=True, timeout=300, check=False
            )
        self.assertEqual(finished.returncode, 0, finished.stdout + finished.stderr)
        self.assertIn("3 of 64 got a part of the last dollar", finished.stdout)
        self.assertIn("there is an order in which every answer is right", finished.stdout)


if __name__ == "__main__":
    unittest.main()
