"""The real store on a disk that loses, tears and reorders what was not synced: nothing acknowledged is lost.

One run of 64 writers is recorded system call by system call (Tests/PowerCuts/recorder.c). Then the power is cut at many
places of the recording; each time a disk is built that may be what is left, and the store is opened on it.
"""

import collections
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import unittest
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MESHBENCH = ROOT / ".build/release/meshbench"
#: How many cuts; scripts/soak asks for a thousand.
CUTS = int(os.environ.get("MESHNODE_POWER_CUTS", "40"))

sys.path.insert(0, str(ROOT / "Tests/PowerCuts"))

import disk_after_cut  # noqa: E402


def built_recorder() -> Path:
    """The recorder as a library, made where it is older than its source."""
    source, library = ROOT / "Tests/PowerCuts/recorder.c", ROOT / ".build/test/recorder.so"
    if not library.exists() or library.stat().st_mtime < source.stat().st_mtime:
        library.parent.mkdir(parents=True, exist_ok=True)
        flags = ["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror"]
        subprocess.run(["cc", *flags, "-o", library, source], check=True)
    return library


#: Segments small enough that many begin and are dropped while it is recorded.
OPTIONS = ["--segment-bytes", "131072", "--entries-per-snapshot", "10"]


@dataclass(frozen=True)
class Life:
    """What a store and its 64 writers did until they were killed, and what was there before."""

    files: dict[str, bytes]
    notes: bytes
    records: list[disk_after_cut.Record]


def recordings(seconds: float, lives: int) -> list[Life]:
    """Several lives of one store, each killed, the next one opened on what the last one left."""
    found: list[Life] = []
    notes = b""
    with tempfile.TemporaryDirectory() as folder:
        store, log = Path(folder) / "store", Path(folder) / "log"
        store.mkdir()
        for _ in range(lives):
            files = {path.name: path.read_bytes() for path in store.iterdir()}
            settings = {"LD_PRELOAD": str(built_recorder()), "RECORDER_FOLDER": str(store), "RECORDER_LOG": str(log)}
            command = [MESHBENCH, "store-crash", "--folder", store, *OPTIONS]
            with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=os.environ | settings) as writer:
                time.sleep(seconds)
                writer.kill()
            found.append(Life(files, notes, disk_after_cut.read_log(log)))
            notes += b"".join(r.content for r in found[-1].records if r.kind == disk_after_cut.NOTED)
    return found


def acknowledged(notes: bytes) -> dict[str, int]:
    """The last head that each writer was told is durable."""
    heads: dict[str, int] = collections.defaultdict(int)
    for key, head in re.findall(rb"(\S+) (\d+)\n", notes):
        heads[key.decode()] = max(heads[key.decode()], int(head))
    return heads


def faults_after(cut: disk_after_cut.Cut) -> list[str]:
    """What is wrong with the store on the disk that the cut left."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in cut.files.items():
            (Path(folder) / name).write_bytes(content)
        command = [MESHBENCH, "store-crash", "--folder", folder, "--count", *OPTIONS]
        found = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    wanted = acknowledged(cut.notes)
    if found.returncode != 0:
        return [f"it cannot be opened: {found.stderr.strip()}"]
    # Where nothing was acknowledged there may be no store yet, which is opened all the same.
    missing = [] if wanted or "anchor" in cut.files else ["fault: journal.corrupt: 'anchor' cannot be read"]
    faults = [line for line in found.stdout.splitlines() if line.startswith("fault") and line not in missing]
    heads = {key: int(read) for key, read, _ in re.findall(r"(\S+) (\d+) of (\d+)", found.stdout)}
    return faults + [
        f"{key} has {heads.get(key, 0)} of {head} acknowledged"
        for key, head in wanted.items() if heads.get(key, 0) < head
    ]


class PowerCuts(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.lives = recordings(1.5, 2)

    def test_the_recordings_hold_what_they_must(self) -> None:
        for life in self.lives:
            kinds = collections.Counter(record.kind for record in life.records)
            for kind in (disk_after_cut.WRITTEN, disk_after_cut.SYNCED, disk_after_cut.NOTED):
                self.assertGreater(kinds[kind], 100, f"records of kind {kind}")
            # Segments begin and are dropped: otherwise no cut meets either.
            self.assertGreater(kinds[disk_after_cut.REMOVED], 1)
            self.assertGreater(kinds[disk_after_cut.FOLDER_SYNCED], 3)
        self.assertEqual([bool(life.files) for life in self.lives], [False, True])

    def test_nothing_acknowledged_is_lost_wherever_the_power_goes(self) -> None:
        draw = random.Random(20261121)
        for number in range(CUTS):
            life = self.lives[number % len(self.lives)]
            end = draw.randint(1, len(life.records))
            faults = faults_after(disk_after_cut.cut(life.records[:end], draw, life.files, life.notes))
            self.assertEqual(faults, [], f"cut {number}, after record {end} of {len(life.records)}")

    def test_a_store_whose_making_was_cut_short_can_be_opened(self) -> None:
        draw = random.Random(3)
        records = self.lives[0].records
        for end in range(1, 41):
            for _ in range(3):
                self.assertEqual(faults_after(disk_after_cut.cut(records[:end], draw)), [], f"after record {end}")

    def test_a_disk_that_lies_about_syncs_is_noticed(self) -> None:
        """The same cuts with the syncs taken out must show losses, or this file proves nothing."""
        draw = random.Random(1)
        records = self.lives[0].records
        ends = [draw.randint(len(records) // 2, len(records)) for _ in range(5)]
        lost = [faults_after(disk_after_cut.cut(records[:end], draw, syncs_count=False)) for end in ends]
        self.assertTrue(all(lost), lost)


if __name__ == "__main__":
    unittest.main()
