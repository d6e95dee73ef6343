"""Tunnels between real processes: whatever happens to the hub or to the way, edges come back by themselves."""

import json
import os
import subprocess
import time
import unittest
from pathlib import Path

from fleet import Fleet, connected, kill, nothing_lost, until
from peers import MESHLOAD, Spoken

#: How many times as many edges as in scripts/test; scripts/test --all asks for more.
SCALE = int(os.environ.get("MESHNODE_LINK_SCALE", "1"))

#: A probe is sent after five seconds of silence and answered within five; a hub answers for three seconds on its last
#: word from the store. The rest is for a machine that is busy.
HANG_DEADLINE = 3 + 5 + 5 + 3


class HangingDisk:
    """A disk that can be made to hang: what is to be durable waits, and no error is told."""

    def __init__(self, folder: Path) -> None:
        self.library = folder / "hanging.so"
        self.mark = folder / "hangs"
        source = Path(__file__).with_name("hanging.c")
        flags = ["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror"]
        subprocess.run(["clang", *flags, "-o", self.library, source], check=True)

    def hub(self, fleet: Fleet) -> Spoken:
        """A hub whose store lies there."""
        words = ["env", f"LD_PRELOAD={self.library}", f"MESHNODE_TEST_HANGS_WHILE={self.mark}", MESHLOAD, "hub"]
        hub = Spoken(*words, "--authority", fleet.folder / "authority", "--data", fleet.folder / "hub-1")
        fleet.parts.append(hub)
        return hub

    def hang(self) -> None:
        self.mark.touch()

    def go_on(self) -> None:
        self.mark.unlink()


class Tunnels(unittest.TestCase):
    def test_two_hundred_edges_are_back_within_ten_seconds_of_a_restart(self) -> None:
        """The hub is killed in the midst of bookings, is away for three seconds, and nothing acknowledged is lost."""
        with Fleet() as fleet:
            hub = fleet.hub()
            edges = fleet.edges(200, hub.address, words=("--pause", "200"))
            connected(edges, 200)
            time.sleep(1)
            kill(hub)
            time.sleep(3)
            hub = fleet.hub("hub-1", "--listen", hub.address)
            # By the hub's own count: until an edge has noticed the loss, it says that it is connected.
            back = until(lambda: hub.status()["tunnels"] == 200, 30)
            print(f"200 edges were back {back:.1f} s after the restart: {edges.tell('status')}")
            self.assertLess(back, 10)
            connected(edges, 200)
            found = nothing_lost(edges)
            self.assertGreater(found["acknowledged"], 200)
            self.assertEqual(edges.status()["failed"], 0)

    def test_a_hub_that_is_killed_again_and_again_loses_and_doubles_nothing(self) -> None:
        """Each time with bookings under way."""
        with Fleet() as fleet:
            hub = fleet.hub()
            edges = fleet.edges(20, hub.address, words=("--pause", "10"))
            connected(edges, 20)
            for _ in range(3 * SCALE):
                time.sleep(0.5)
                kill(hub)
                hub = fleet.hub("hub-1", "--listen", hub.address)
                until(lambda: hub.status()["tunnels"] == 20, 30)
            found = nothing_lost(edges)
            print(f"killed {3 * SCALE} times: {found}, {edges.tell('states')}")
            self.assertGreater(found["acknowledged"], 100)

    def test_edges_resume_by_themselves_after_a_blackhole_of_twenty_seconds(self) -> None:
        """Nothing passes in either direction; what is asked meanwhile is answered afterwards."""
        with Fleet() as fleet:
            hub = fleet.hub()
            way = fleet.proxy(hub.address, "delay 5")
            edges = fleet.edges(10, way.address, words=("--pause", "100"))
            connected(edges, 10)
            time.sleep(1)
            before = edges.status()["acknowledged"]
            self.assertEqual(way.tell("blackhole 20000"), "ok")
            begin = time.monotonic()
            time.sleep(19)
            self.assertLess(edges.status()["acknowledged"] - before, 20)
            time.sleep(max(0, begin + 20 - time.monotonic()))
            after = edges.status()["acknowledged"]
            resumed = until(lambda: edges.status()["acknowledged"] > after + 10, 30)
            all_back = connected(edges, 10, 60)
            found = nothing_lost(edges)
            print(f"resumed {resumed:.1f} s, all {resumed + all_back:.1f} s after the blackhole: {found}")
            self.assertLess(resumed, 15)

    def test_a_hub_whose_disk_hangs_is_noticed_although_packets_pass(self) -> None:
        """Its loop acknowledges each packet and shakes hands; its actors' store just does not return."""
        with Fleet() as fleet:
            disk = HangingDisk(fleet.folder)
            hub = disk.hub(fleet)
            edges = fleet.edges(10, hub.address, words=("--pause", "100"))
            connected(edges, 10)
            until(lambda: edges.status()["acknowledged"] > 50, 20)
            disk.hang()
            noticed = until(lambda: json.loads(edges.tell("states"))["reconnecting"] == 10, 30)
            self.assertEqual(edges.status()["connected"], 0, "a handshake alone is no connection")
            before = edges.status()["acknowledged"]
            # Whatever they try, nobody takes it for alive.
            time.sleep(8)
            stands = edges.status()
            self.assertEqual((stands["connected"], stands["acknowledged"]), (0, before))
            self.assertGreater(hub.status()["handshakes"], 10, "packets pass: the hub shakes hands again")
            disk.go_on()
            back = connected(edges, 10, 60)
            until(lambda: edges.status()["acknowledged"] > before + 50, 20)
            found = nothing_lost(edges)
            print(f"a disk that hangs was noticed after {noticed:.1f} s, all back after {back:.1f} s: {found}")
            self.assertLess(noticed, HANG_DEADLINE)
            self.assertEqual(edges.status()["failed"], 0)

    def test_edges_of_a_hub_that_is_drained_go_where_it_sends_them(self) -> None:
        """And come back when the other one is drained."""
        with Fleet() as fleet:
            first, second = fleet.hub("hub-1"), fleet.hub("hub-2")
            edges = fleet.edges(20, first.address, words=("--idle",))
            connected(edges, 20)
            first.tell(f"drain 10000 {second.address}")
            moved = until(lambda: second.status()["tunnels"] == 20, 20)
            states = json.loads(edges.tell("states"))
            print(f"20 edges had moved {moved:.1f} s after the hub was drained: {states}")
            self.assertEqual(states["failed"], 0)

    def test_edges_go_to_the_second_hub_when_the_first_is_gone(self) -> None:
        """They know both; the first is preferred, and does not come back."""
        with Fleet() as fleet:
            first, second = fleet.hub("hub-1"), fleet.hub("hub-2")
            edges = fleet.edges(5, first.address, second.address, words=("--idle",))
            until(lambda: first.status()["tunnels"] == 5, 20)
            kill(first)
            moved = until(lambda: second.status()["tunnels"] == 5, 60)
            print(f"5 edges were with the second hub after {moved:.1f} s")

    def test_edges_that_start_before_their_hub_find_it(self) -> None:
        """Nobody answers at first."""
        with Fleet() as fleet:
            hub = fleet.hub()
            kill(hub)
            edges = fleet.edges(5, hub.address, words=("--idle",))
            time.sleep(2)
            self.assertEqual(edges.status()["connected"], 0)
            fleet.hub("hub-1", "--listen", hub.address)
            print(f"found after {connected(edges, 5, 60):.1f} s")


if __name__ == "__main__":
    unittest.main()
