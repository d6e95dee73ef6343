"""scripts/quickstart, as somebody new runs it: shows a hub and an edge, and leaves nothing behind however it ends."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
QUICKSTART = ROOT / "scripts/quickstart"


def nodes_in(folder: Path) -> list[int]:
    """The processes of nodes whose folder lies in that one."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            line = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue  # it has ended meanwhile
        if any(word.startswith(os.fsencode(folder)) for word in line) and b"--role" in line:
            found.append(int(entry.name))
    return found


class Quickstart(unittest.TestCase):
    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory(prefix="quickstart-")
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name) / "mesh"
        self.addCleanup(lambda: [os.kill(process, signal.SIGKILL) for process in nodes_in(self.folder)])

    def run_once(self) -> str:
        """What it shows when it ends by itself."""
        words = [str(QUICKSTART), "--once", "--folder", str(self.folder)]
        finished = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(finished.returncode, 0, finished.stdout + finished.stderr)
        return finished.stdout

    def started(self) -> subprocess.Popen[bytes]:
        """One that has shown everything and waits, in a group of its own as in a terminal."""
        # Where the tests themselves run behind a shell, an interrupt is ignored, and a script could not ask for it.
        words = ["env", "--default-signal=INT", str(QUICKSTART), "--folder", str(self.folder)]
        process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True)
        self.addCleanup(lambda: (process.kill(), process.wait(), process.stdout and process.stdout.close()))
        assert process.stdout is not None
        text, end = b"", time.monotonic() + 60
        while b"Ctrl-C" not in text:
            ready, _, _ = select.select([process.stdout], [], [], max(0, end - time.monotonic()))
            piece = os.read(process.stdout.fileno(), 65536) if ready else b""
            if not piece:
                raise AssertionError(f"it does not come to its end: {text.decode()}")
            text += piece
        self.assertEqual(len(nodes_in(self.folder)), 2)
        return process

    def wait_for_no_nodes(self) -> None:
        end = time.monotonic() + 20
        while nodes_in(self.folder):
            self.assertLess(time.monotonic(), end, "a node was left behind")
            time.sleep(0.02)

    def test_it_shows_the_tunnel_a_beat_and_the_table(self) -> None:
        """In less than a minute, and again on the folder that it has left."""
        begun = time.monotonic()
        text = self.run_once()
        self.assertLess(time.monotonic() - begun, 60)
        self.assertRegex(text, r"acknowledged a beat after \d+ microseconds")
        self.assertRegex(text, r"\n  connected +since ")
        self.assertRegex(text, r"\n  processors +\d+ % of ")
        self.assertRegex(text, r"\nquickstart-edge +connected ")
        leaving = re.search(r"all that the hub and its model see:\n  (.*)\n", text)
        assert leaving is not None, text
        self.assertRegex(leaving[1], r"My name is PERSON_\w{6}, write to EMAIL_\w{6}\. Say")
        self.assertNotIn("Anna", leaving[1])
        answer = text[text.index("The answer with the names put back"):]
        self.assertIn("Anna Schmidt", answer)
        self.assertRegex(answer, r"\d+ tokens in, \d+ out, \$[\d.]+ \(.*\), 2 replaced, [1-9]\d* restored")
        self.assertEqual(nodes_in(self.folder), [])
        self.assertNotIn("a token for an edge", self.run_once().lower())

    def test_an_interrupt_ends_both_nodes_in_order(self) -> None:
        process = self.started()
        os.killpg(process.pid, signal.SIGINT)
        self.assertEqual(process.wait(30), 0)
        self.assertEqual(nodes_in(self.folder), [])
        log = (self.folder / "hub.log").read_text()
        # The hub saw its edge go before it was stopped itself.
        self.assertRegex(re.sub(r"\n", " ", log), r"hub\.tunnel-closed.*node\.stopping")

    def test_a_kill_leaves_nothing_behind(self) -> None:
        process = self.started()
        process.kill()
        process.wait()
        self.wait_for_no_nodes()


if __name__ == "__main__":
    unittest.main()
