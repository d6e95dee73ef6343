"""A store whose writer is killed: what was acknowledged is there, and everything checks."""

import os
import random
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import unittest
from pathlib import Path

MESHBENCH = Path(__file__).resolve().parents[2] / ".build/release/meshbench"
#: How many kills; scripts/soak asks for a thousand.
KILLS = int(os.environ.get("MESHNODE_KILLS", "4"))


def acknowledged(folder: str, seconds: float) -> dict[str, int]:
    """Kills 64 writers so many seconds after the first acknowledgement; the last head printed for each."""
    heads: dict[str, int] = {}
    command = [MESHBENCH, "store-crash", "--folder", folder]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        timer = threading.Timer(seconds, process.send_signal, [signal.SIGKILL])
        for line in process.stdout:
            if not heads:
                timer.start()
            if line.endswith("\n"):
                key, head = line.split()
                heads[key] = int(head)
        if heads:
            timer.join()
    return heads


class KilledStore(unittest.TestCase):
    def test_a_killed_writer_loses_nothing_it_acknowledged(self) -> None:
        source = random.Random(1)
        for _ in range(KILLS):
            folder = tempfile.mkdtemp(prefix="meshstore-")
            try:
                heads = acknowledged(folder, source.uniform(0.02, 0.6))
                self.assertTrue(heads, "nothing was acknowledged before the kill")
                counting = [MESHBENCH, "store-crash", "--folder", folder, "--count"]
                found = subprocess.run(counting, capture_output=True, text=True, check=True).stdout
                self.assertNotIn("fault", found)
                counts = {key: (int(read), int(head)) for key, read, head in re.findall(r"(\S+) (\d+) of (\d+)", found)}
                for key, head in heads.items():
                    read, stated = counts[key]
                    self.assertEqual(read, stated)
                    self.assertGreaterEqual(read, head, f"{key} lost acknowledged entries")
            finally:
                shutil.rmtree(folder)


if __name__ == "__main__":
    unittest.main()
