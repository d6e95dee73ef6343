"""The real store on a disk that fills: nothing acknowledged is lost, and writing goes on when there is room again.

The disk is a small tmpfs in a mount namespace of its own; where none may be made, the test says so and fails.
"""

import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MESHBENCH = ROOT / ".build/release/meshbench"
#: How many sizes of disk; scripts/soak asks for a hundred.
SIZES = int(os.environ.get("MESHNODE_DISK_SIZES", "6"))

# Half of the disk is taken from the start. The writers fill the rest, or a second filler does where they are slow; then
# the first half is given back.
SCRIPT = """
set -e
mount -t tmpfs -o size="$2"k tmpfs "$1"
mkdir "$1/log"
dd if=/dev/zero of="$1/half" bs=1k count=$(($2 / 2)) 2>/dev/null
"$3" store-crash --folder "$1/log" --persistent > "$4" &
writer=$!
sleep 0.3
dd if=/dev/zero of="$1/rest" bs=4k 2>/dev/null || true
sleep 0.5
wc --lines < "$4"
rm "$1/half"
sleep 0.7
wc --lines < "$4"
kill -9 $writer
wait $writer || true
"$3" store-crash --folder "$1/log" --count
"""


class FullDisk(unittest.TestCase):
    def test_nothing_is_lost_when_the_disk_fills_and_writing_goes_on_when_there_is_room(self) -> None:
        for number in range(SIZES):
            # Between one segment's worth and several, at odd sizes, so that every step meets the end of the disk.
            size = 24_000 + number * 7_001
            with self.subTest(kibibytes=size), tempfile.TemporaryDirectory() as folder:
                mount, notes = Path(folder) / "disk", Path(folder) / "acknowledged"
                mount.mkdir()
                command = ["unshare", "--mount", "bash", "-c", SCRIPT, "bash", mount, str(size), MESHBENCH, notes]
                finished = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
                self.assertEqual(finished.returncode, 0, finished.stderr)
                before, after, *counted = finished.stdout.splitlines()
                self.assertGreater(int(after), int(before), "nothing was written after there was room again")
                self.assertNotIn("fault", finished.stdout)
                found = {key: int(read) for key, read in re.findall(r"(\S+) (\d+) of \d+", "\n".join(counted))}
                lines = re.findall(r"(\S+) (\d+)\n", notes.read_text())
                refusals = sum(key == "refused" for key, _ in lines)
                self.assertGreater(refusals, 0, "the disk was never full for the store")
                for key, head in lines:
                    if key == "refused":
                        continue
                    self.assertGreaterEqual(found.get(key, 0), int(head), key)


if __name__ == "__main__":
    unittest.main()
