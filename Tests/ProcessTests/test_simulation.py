"""The simulator's part of each push: 300 worlds keep every promise, and a seed is the same world in every process."""

import json
import pathlib
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
MESHSIM = ROOT / ".build/release/meshsim"


def run(world: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """meshsim, to its end."""
    command = [str(MESHSIM), world, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)


def traces(world: str) -> list[str]:
    """The lines that name the traces of twenty worlds."""
    return [line for line in run(world, "--seeds", "20", "--notes").stdout.splitlines() if ", trace " in line]


class Simulation(unittest.TestCase):
    """meshsim run, tunnel, escalation and ledger."""

    def test_three_hundred_worlds_keep_every_promise(self) -> None:
        """No seed breaks a promise, and faults did happen."""
        finished = run("run", "--seeds", "300", "--json")
        report = json.loads(finished.stdout)
        self.assertEqual(finished.returncode, 0, report)
        self.assertEqual(report["seeds"], 300)
        self.assertGreater(report["faults"]["crash"], 100)

    def test_a_seed_is_the_same_world_in_every_process(self) -> None:
        """Hash seeds differ between processes; traces must not."""
        for world in ("run", "tunnel", "escalation", "ledger"):
            with self.subTest(world=world):
                first, second = traces(world), traces(world)
                self.assertEqual(len(first), 20)
                self.assertEqual(first, second)

    def test_three_hundred_worlds_of_tunnels_keep_every_promise(self) -> None:
        """No seed breaks a promise, every fault did happen, and a herd did come."""
        finished = run("tunnel", "--seeds", "300", "--json")
        report = json.loads(finished.stdout)
        self.assertEqual(finished.returncode, 0, report)
        self.assertEqual(report["seeds"], 300)
        self.assertEqual(len(report["faults"]), 13)
        self.assertGreater(min(report["faults"].values()), 100)
        self.assertGreater(report["most_dials_a_second"], 10)

    def test_three_hundred_worlds_of_questions_keep_every_promise(self) -> None:
        """No seed breaks a promise, every fault did happen, and answers did arrive."""
        finished = run("escalation", "--seeds", "300", "--json")
        report = json.loads(finished.stdout)
        self.assertEqual(finished.returncode, 0, report)
        self.assertEqual(report["seeds"], 300)
        self.assertEqual(len(report["faults"]), 14)
        self.assertGreater(min(report["faults"].values()), 50)
        self.assertGreater(report["whole"], 300)
        self.assertGreater(report["again"], 100)

    def test_three_hundred_worlds_of_accounts_bill_what_the_oracle_says(self) -> None:
        """Not a nano-dollar beside the oracle, every fault did happen, and requests were made."""
        finished = run("ledger", "--seeds", "300", "--json")
        report = json.loads(finished.stdout)
        self.assertEqual(finished.returncode, 0, report)
        self.assertEqual(report["seeds"], 300)
        self.assertEqual(report["difference_nanodollars"], 0)
        self.assertGreater(report["billed_nanodollars"], 1_000_000_000)
        self.assertEqual(len(report["faults"]), 22)
        self.assertGreater(min(report["faults"].values()), 50)
        self.assertGreater(report["requests"], 20_000)
        for name in ("refused", "late", "voided", "expired", "repeats", "conflicts", "told_again"):
            self.assertGreater(report[name], 100, name)


if __name__ == "__main__":
    unittest.main()
