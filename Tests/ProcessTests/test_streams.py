"""Content between real processes over a tunnel that is cut again and again: whole, and little of it sent twice."""

import os
import subprocess
import time
import unittest
from typing import Any

from fleet import Fleet, kill
from peers import MESHLOAD, Spoken, finished

MEGABYTES = int(os.environ.get("MESHNODE_STREAM_MEGABYTES", "10"))
CUTS = int(os.environ.get("MESHNODE_STREAM_CUTS", "2"))
LENGTH = MEGABYTES * 1_000_000
#: Each way: 10 MB/s, and 10 ms there and back. What is on the way when a link is cut is sent again: no deep queue.
SLOW = ("rate 10000000 32768", "delay 5")
#: One percent of 100 MB, for five cuts.
ALLOWED = 200_000 * CUTS
#: Longer than an edge needs to notice that nothing passes: it asks after five seconds, and waits for five.
DARK_SECONDS = 12


class Ground:
    """A shelf behind a slow way, and an edge that fetches or gives."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.shelf = self._shelf()
        self.way = fleet.proxy(self.shelf.address, *SLOW)
        #: What hubs that were killed had sent when they were asked last.
        self.sent_before = 0

    def _shelf(self, *words: str) -> Spoken:
        folder = self.fleet.folder
        shelf = Spoken(
            MESHLOAD, "shelf", "--authority", folder / "authority", "--tally", folder / "tally", *words
        )
        self.fleet.parts.append(shelf)
        return shelf

    def edge(self, command: str) -> subprocess.Popen[str]:
        words = [MESHLOAD, command, "--authority", self.fleet.folder / "authority", "--to", self.way.address]
        line = [str(word) for word in [*words, "--bytes", LENGTH]]
        return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def cut(self) -> None:
        """The hub closes all links."""
        self.shelf.tell("cut")

    def kill(self) -> None:
        """The hub is killed, and is back at once."""
        self.sent_before += int(self.shelf.status()["stream_bytes_sent"])
        kill(self.shelf)
        self.shelf = self._shelf("--listen", self.shelf.address)

    def darken(self) -> None:
        """Nothing passes until the edge has noticed."""
        assert self.way.tell(f"blackhole {DARK_SECONDS * 1_000}") == "ok"

    def play(self, edge: subprocess.Popen[str], counted: str, manners: list[str]) -> dict[str, Any]:
        """Cuts at equal distances, each in its manner, and returns what the edge has come to."""
        for number, manner in enumerate(manners, 1):
            wanted = LENGTH * number // (len(manners) + 1)
            end = time.monotonic() + 120
            while self.shelf.status()[counted] < wanted:
                if edge.poll() is not None or time.monotonic() > end:
                    edge.kill()
                    raise AssertionError(f"not at byte {wanted}: {self.shelf.status()}, {edge.communicate()}")
                time.sleep(0.01)
            getattr(self, manner)()
        return finished(edge, 300)


def manners(*first: str) -> list[str]:
    """As many ways to cut as are asked for: the first ones, then closed links."""
    return [*first, *["cut"] * CUTS][:CUTS]


class Streams(unittest.TestCase):
    def test_a_download_that_is_cut_comes_whole_and_little_of_it_is_sent_twice(self) -> None:
        """The hub closes the link, is killed and back, and, of five times, once nothing passes at all."""
        with Fleet() as fleet:
            ground = Ground(fleet)
            found = ground.play(ground.edge("fetch"), "handed_over", manners("cut", "kill", "darken"))
            shelf = ground.shelf.status()
            self.assertEqual(found["bytes"], LENGTH)
            self.assertIn(found["sha256"], ground.shelf.tell(f"digest {LENGTH}"))
            twice = shelf["handed_over"] - LENGTH
            sent = shelf["stream_bytes_sent"] + ground.sent_before - LENGTH
            print(f"download: {found}, {CUTS} cuts, handed over twice {twice}, stream bytes beyond the length {sent}")
            self.assertEqual(found["streams"], shelf["streams"])
            self.assertGreater(found["streams"], CUTS)
            self.assertLess(twice, ALLOWED)
            self.assertLess(sent, ALLOWED)

    def test_an_upload_that_is_cut_comes_whole_and_little_of_it_is_sent_twice(self) -> None:
        """The hub closes the link; of five times, once nothing passes at all."""
        with Fleet() as fleet:
            ground = Ground(fleet)
            found = ground.play(ground.edge("give"), "uploaded", manners("cut", "cut", "darken"))
            shelf = ground.shelf.status()
            self.assertEqual((shelf["uploaded"], shelf["is_complete"]), (LENGTH, 1))
            self.assertEqual(shelf["sha256"], found["sha256"])
            self.assertIn(found["sha256"], ground.shelf.tell(f"digest {LENGTH}"))
            sent = found["stream_bytes_sent"] - LENGTH
            print(f"upload: {found}, {CUTS} cuts, stream bytes beyond the length {sent}")
            self.assertEqual(found["streams"], CUTS + 1)
            self.assertLess(found["handed_over_twice"], ALLOWED)
            self.assertLess(sent, ALLOWED)


if __name__ == "__main__":
    unittest.main()
