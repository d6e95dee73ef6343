"""Every byte of a log and its anchor flipped in turn, beside an index that is in place: found, or without effect.

MESHNODE_LOG_FLIPS says how many flips go through the program itself, which starts a child to check the log in. "all"
tries every byte in one process (`meshbench log-flips`).
"""

import os
import random
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

MESHBENCH = Path(__file__).resolve().parents[2] / ".build" / "release" / "meshbench"
WANTED = os.environ.get("MESHNODE_LOG_FLIPS", "60")


def run(*words: str | Path, patience: int = 10) -> subprocess.CompletedProcess[str]:
    return subprocess.run([MESHBENCH, *words], capture_output=True, text=True, timeout=patience, check=False)


class DamagedLog(unittest.TestCase):
    def setUp(self) -> None:
        memory = Path("/dev/shm")
        self.folder = Path(tempfile.mkdtemp(prefix="meshlog-", dir=memory if memory.is_dir() else None))
        self.addCleanup(shutil.rmtree, self.folder)
        self.store, self.copy = self.folder / "sound", self.folder / "copy"
        self.assertEqual(run("store-example", "--segment-bytes", "4096", self.store).returncode, 0)
        self.truth = run("store-read", self.store).stdout
        self.assertIn("example/actor-3 21 21", self.truth)
        self.segments = sorted(path.name for path in (self.store / "log").glob("log-*"))

    def served_after(self, name: str, place: int, mask: int) -> subprocess.CompletedProcess[str]:
        """Opens and reads a copy of the store with one byte changed."""
        shutil.rmtree(self.copy, ignore_errors=True)
        shutil.copytree(self.store, self.copy)
        with (self.copy / "log" / name).open("r+b") as file:
            file.seek(place)
            byte = file.read(1)
            file.seek(place)
            file.write(bytes([byte[0] ^ mask]))
        return run("store-read", self.copy)

    def test_there_are_several_segments_and_the_index_is_in_place(self) -> None:
        self.assertGreater(len(self.segments), 5)
        self.assertIn("index: sealed", run("store-read", self.store).stderr)

    @unittest.skipIf(WANTED == "all", "a sample goes through the program itself")
    def test_a_flip_anywhere_is_found_or_harmless(self) -> None:
        source = random.Random(1)
        found = 0
        for _ in range(int(WANTED)):
            name = source.choice([*self.segments, "anchor"])
            used = len((self.store / "log" / name).read_bytes().rstrip(b"\0"))
            place, mask = source.randrange(used), source.choice((0xFF, 0x01, 0x80))
            with self.subTest(name=name, place=place, mask=mask):
                read = self.served_after(name, place, mask)
                self.assertTrue(read.returncode != 0 or read.stdout == self.truth, read.stdout)
                found += read.returncode != 0
                if read.returncode != 0:
                    self.assertIn("is not served: its log does not check", read.stderr)
                    self.assertIn("FAULT", read.stderr)
        self.assertGreater(found, int(WANTED) // 3)

    def test_a_flip_in_an_old_segment_is_found_before_anything_is_served(self) -> None:
        for name in self.segments[:-1]:
            used = len((self.store / "log" / name).read_bytes().rstrip(b"\0"))
            for place in (30, 100, used // 2, used - 1):
                with self.subTest(name=name, place=place):
                    read = self.served_after(name, place, 0x10)
                    self.assertEqual((read.returncode, read.stdout), (1, ""))

    def test_an_old_segment_that_is_missing_or_exchanged_is_found(self) -> None:
        for change in ("missing", "exchanged"):
            shutil.rmtree(self.copy, ignore_errors=True)
            shutil.copytree(self.store, self.copy)
            log = self.copy / "log"
            if change == "missing":
                (log / self.segments[2]).unlink()
            else:
                (log / self.segments[2]).write_bytes((log / self.segments[1]).read_bytes())
            with self.subTest(change):
                self.assertEqual(run("store-read", self.copy).returncode, 1)

    def test_a_store_whose_making_was_interrupted_is_made(self) -> None:
        for files in ({}, {"anchor": b""}, {"anchor": b"", "log-0000000000000000": bytes(4096)}):
            shutil.rmtree(self.copy, ignore_errors=True)
            (self.copy / "log").mkdir(parents=True)
            for name, content in files.items():
                (self.copy / "log" / name).write_bytes(content)
            with self.subTest(list(files)):
                read = run("store-read", self.copy)
                self.assertEqual((read.returncode, read.stdout), (0, ""), read.stderr)

    @unittest.skipUnless(WANTED == "all", "every byte in turn is for scripts/soak")
    def test_every_byte_flipped_in_turn_is_found_or_harmless(self) -> None:
        finished = run("log-flips", "--folder", self.store, "--copy", self.copy, patience=7200)
        print(finished.stdout.strip())
        self.assertEqual(finished.returncode, 0, finished.stdout + finished.stderr)


if __name__ == "__main__":
    unittest.main()
