"""Every byte of an index flipped in turn: it is found, or it changes nothing; nothing wrong is served, nothing hangs.

MESHNODE_INDEX_FLIPS says how many flips to try of each kind through the program itself, several processes for a flip.
"all" tries every byte of the file in one process that is replaced when it crashes (`meshbench index-flips`).
"""

import collections
import os
import random
import select
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

RELEASE = Path(__file__).resolve().parents[2] / ".build" / "release"
MESHNODE = RELEASE / "meshnode"
MESHBENCH = RELEASE / "meshbench"
PATIENCE = 10
DAMAGED = 4
WANTED = os.environ.get("MESHNODE_INDEX_FLIPS", "80")


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs one command on a store; raises where it hangs."""
    program = [str(MESHBENCH)] if command.startswith("store-") else [str(MESHNODE), "store"]
    words = [*program, command, str(folder)]
    return subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, check=False)


def flips(size: int) -> list[tuple[int, int]]:
    """The bytes to flip, and with what: a sample with a fixed seed unless all are asked for."""
    source = random.Random(1)
    places = range(size) if WANTED == "all" else sorted(source.sample(range(size), min(size, int(WANTED))))
    # Found by a longer run: a key above the leaves that leads searches, but not a walk, astray.
    places = [*places, 28_650] if size > 28_650 else places

    def mask(place: int) -> int:
        return 1 << source.randrange(8) if source.random() < 0.5 and place != 28_650 else 0xFF

    return [(place, mask(place)) for place in places]


class Flipper:
    """A process that flips, checks and reads; a new one wherever it crashes or goes in circles."""

    def __init__(self, store: Path, sound: Path) -> None:
        self.words = [str(MESHBENCH), "index-flips", "--folder", str(store), "--sound", str(sound)]
        self.start()

    def start(self) -> None:
        environment = os.environ | {"SWIFT_BACKTRACE": "enable=no"}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(self.words, env=environment, bufsize=0, **pipes)
        self.rest = b""

    def answer(self, place: int, mask: int, what: str) -> list[str]:
        """The lines that it answered: `sound` or `damaged` to "verify", `damaged` or `checked`, `true` to "open"."""
        self.process.stdin.write(f"{place} {mask} {what}\n".encode())
        lines: list[str] = []
        while not lines or lines[-1] == "checked":
            if not select.select([self.process.stdout], [], [], PATIENCE)[0]:
                self.process.kill()
            found = self.process.stdout.read(4096)
            if not found:
                lines.append("killed" if self.process.wait() == -9 else "crashed")
                self.process.stdin.close()
                self.process.stdout.close()
                self.start()
                return lines
            *whole, self.rest = (self.rest + found).split(b"\n")
            lines += [line.decode() for line in whole]
        return lines

    def end(self) -> None:
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


class DamagedIndex(unittest.TestCase):
    def setUp(self) -> None:
        # In memory where there is such a folder: every byte in turn is tens of thousands of stores.
        memory = Path("/dev/shm")
        self.folder = Path(tempfile.mkdtemp(prefix="meshindex-", dir=memory if memory.is_dir() else None))
        self.addCleanup(shutil.rmtree, self.folder)
        self.store = self.folder / "sound"
        self.assertEqual(run("store-example", self.store).returncode, 0)
        # Without its seal the index is copied when the store is opened: after that every page of it is in use.
        (self.store / "index.mdb-seal").unlink()
        self.truth = run("store-read", self.store).stdout
        self.index = (self.store / "index.mdb").read_bytes()
        self.seal = (self.store / "index.mdb-seal").read_bytes()
        self.copy = self.folder / "copy"
        shutil.copytree(self.store, self.copy)
        self.assertIn("example/actor-3 21 21", self.truth)

    def put(self, index: bytes, seal: bytes | None) -> None:
        """Makes the copy a store with this index; the log is only ever read."""
        for name in ("index.mdb-lock", "index.mdb-seal"):
            (self.copy / name).unlink(missing_ok=True)
        (self.copy / "index.mdb").write_bytes(index)
        if seal is not None:
            (self.copy / "index.mdb-seal").write_bytes(seal)

    def flip_each(self, seal: bytes | None) -> tuple[int, int]:
        """Flips, verifies, opens and reads; returns how many were found and how many only noted."""
        found, noted = 0, 0
        for place, mask in flips(len(self.index)):
            damaged = bytearray(self.index)
            damaged[place] ^= mask
            self.put(bytes(damaged), seal)
            with self.subTest(place=place, mask=mask):
                verified = run("verify", self.copy)
                self.assertIn(verified.returncode, (0, DAMAGED), verified.stdout + verified.stderr)
                self.assertIn("sound: ", verified.stdout)
                self.assertTrue(verified.returncode == DAMAGED or "not as it was last closed" in verified.stdout)
                found += verified.returncode == DAMAGED
                noted += verified.returncode == 0
                read = run("store-read", self.copy)
                self.assertEqual(read.returncode, 0, read.stderr)
                self.assertEqual(read.stdout, self.truth)
                self.assertNotIn("sealed", read.stderr)
                if verified.returncode == DAMAGED:
                    self.assertIn("madeAgain", read.stderr)
        return found, noted

    @unittest.skipUnless(WANTED == "all", "every byte in turn is for scripts/soak")
    def test_every_byte_flipped_in_turn_is_found_or_harmless(self) -> None:
        """With the seal there: a seal that does not fit and none at all are one path from there on."""
        flipper = Flipper(self.copy, self.store)
        self.addCleanup(flipper.end)
        counts: collections.Counter[str] = collections.Counter()
        for place, mask in flips(len(self.index)):
            verified, opened = (flipper.answer(place, mask, what) for what in ("verify", "open"))
            counts[f"verify: {verified[0]}"] += 1
            counts[f"open: {' '.join(opened)}"] += 1
            with self.subTest(place=place, mask=mask):
                self.assertIn(verified[0], ("sound", "damaged", "crashed", "killed"))
                # The program takes a crash or a circle of its child for a damage; behind "checked" there may be none.
                self.assertIn(opened, (["damaged"], ["crashed"], ["killed"], ["checked", "true"]))
                if verified[0] != "sound":
                    self.assertNotIn("checked", opened, "verifying finds what opening serves")
        print(f"{len(self.index)} bytes:", dict(sorted(counts.items())))
        # Most bytes are no part of anything: a run in which every copy is damaged has not flipped what it meant to.
        self.assertGreater(counts["open: checked true"], len(self.index) // 2)

    @unittest.skipIf(WANTED == "all", "a sample goes through the program itself")
    def test_a_flip_in_a_closed_index_is_found_or_harmless(self) -> None:
        print("closed: %d found, %d noted" % self.flip_each(self.seal))

    @unittest.skipIf(WANTED == "all", "a sample goes through the program itself")
    def test_a_flip_in_an_index_that_was_not_closed_is_found_or_harmless(self) -> None:
        print("not closed: %d found, %d noted" % self.flip_each(None))

    def test_a_store_goes_on_after_a_damage(self) -> None:
        for place in (16, 24, 40, 4_096 + 24, len(self.index) - 100):
            damaged = bytearray(self.index)
            damaged[place] ^= 0xFF
            self.put(bytes(damaged), self.seal)
            self.assertEqual(run("store-read", self.copy).stdout, self.truth)
            again = run("store-read", self.copy)
            self.assertIn("sealed", again.stderr)
            self.assertEqual(again.stdout, self.truth)
            self.assertEqual(run("verify", self.copy).stdout.count("\n"), 1)

    def test_what_is_no_index_at_all_is_made_again(self) -> None:
        for index in (b"", b"x", bytes(4_096), bytes(65_536), self.index[:8_192], self.index[:-4_096]):
            with self.subTest(size=len(index)):
                self.put(index, None)
                self.assertEqual(run("store-read", self.copy).stdout, self.truth)

    def test_the_index_of_another_store_is_made_again(self) -> None:
        other = self.folder / "other"
        self.assertEqual(run("store-example", other).returncode, 0)
        with open(other / "log" / "anchor", "rb") as anchor:
            self.assertEqual(anchor.read(8), b"MESHANCH")
        (self.copy / "index.mdb").write_bytes((other / "index.mdb").read_bytes())
        (self.copy / "index.mdb-seal").write_bytes((other / "index.mdb-seal").read_bytes())
        self.assertEqual(run("store-read", self.copy).stdout, self.truth)


if __name__ == "__main__":
    unittest.main()
