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


#: Small segments and many snapshots, so that segments begin and are dropped all the time; and the usual sizes.
KINDS = {
    "small segments": ["--as-node", "--segment-bytes", "65536", "--entries-per-snapshot", "20"],
    "one segment": ["--as-node"],
}
#: How often each store is killed before it is counted.
LIVES = 3


def acknowledged(folder: str, seconds: float, options: list[str]) -> dict[str, int]:
    """Kills 64 writers so many seconds after the first acknowledgement; the last head printed for each."""
    heads: dict[str, int] = {}
    command = [MESHBENCH, "store-crash", "--folder", folder, *options]
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
    def check(self, options: list[str], draw: random.Random) -> int:
        """Kills one store several times and counts; returns where its log begins."""
        folder = tempfile.mkdtemp(prefix="meshstore-")
        try:
            heads: dict[str, int] = {}
            for _ in range(LIVES):
                life = acknowledged(folder, draw.uniform(0.02, 0.6), options)
                self.assertTrue(life, "nothing was acknowledged before the kill")
                heads |= life
            first = min(Path(folder).glob("log/log-*")).name
            if draw.random() < 0.5:
                # What the index knows the log must tell too, whatever was written again and dropped.
                for file in Path(folder).glob("index.mdb*"):
                    file.unlink()
            counting = [MESHBENCH, "store-crash", "--folder", folder, "--count", *options]
            counted = subprocess.run(counting, capture_output=True, text=True)
            self.assertEqual(counted.returncode, 0, counted.stderr + counted.stdout[-500:])
            found = counted.stdout
            # Among the faults: an entry that is there twice, or another one than was issued for its place.
            self.assertNotIn("fault", found)
            counts = {key: (int(read), int(head)) for key, read, head in re.findall(r"(\S+) (\d+) of (\d+)", found)}
            for key, head in heads.items():
                read, stated = counts[key]
                self.assertEqual(read, stated)
                self.assertGreaterEqual(read, head, f"{key} lost acknowledged entries")
            return int(first.removeprefix("log-"), 16)
        finally:
            shutil.rmtree(folder)

    def test_a_killed_writer_loses_nothing_it_acknowledged_and_writes_nothing_twice(self) -> None:
        draw = random.Random(1)
        begun = {kind: [self.check(options, draw) for _ in range(max(1, KILLS // LIVES))]
                 for kind, options in KINDS.items()}
        # Otherwise no kill has met a store that drops segments.
        self.assertTrue(any(begun["small segments"]), begun)


if __name__ == "__main__":
    unittest.main()
