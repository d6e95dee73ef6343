"""The programs as a person meets them: words, pipes and exit codes."""

import subprocess
import unittest
from pathlib import Path

RELEASE = Path(__file__).resolve().parents[2] / ".build/release"


def run(program: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([RELEASE / program, *words], capture_output=True, text=True, check=False)


class CommandLines(unittest.TestCase):
    def test_every_program_explains_itself(self) -> None:
        for program in ("meshsim", "meshbench"):
            finished = run(program, "--help")
            self.assertEqual((finished.returncode, finished.stderr), (0, ""))
            self.assertIn("EXIT CODES", finished.stdout)

    def test_a_wrong_word_is_a_usage_error_with_a_suggestion(self) -> None:
        finished = run("meshsim", "grond")
        self.assertEqual((finished.returncode, finished.stdout), (2, ""))
        self.assertIn("did you mean 'ground'?", finished.stderr)

    def test_a_closed_pipe_ends_a_command_quietly(self) -> None:
        command = f"set -o pipefail; {RELEASE}/meshsim ground --seeds 3000 | head --lines=1"
        finished = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
        self.assertEqual((finished.returncode, finished.stderr), (0, ""))
        self.assertEqual(len(finished.stdout.splitlines()), 1)

    def test_the_fuzzer_built_without_a_fuzzer_replays_files(self) -> None:
        vector = Path(__file__).resolve()
        finished = run("meshfuzz", "items", str(vector))
        self.assertEqual(finished.returncode, 0, finished.stderr)
        self.assertIn("no promise broken", finished.stdout)
        self.assertEqual(run("meshfuzz", "--help").returncode, 0)
        for wrong in (("no-such-target", str(vector)), ("items",), ()):
            self.assertEqual(run("meshfuzz", *wrong).returncode, 2)


if __name__ == "__main__":
    unittest.main()
