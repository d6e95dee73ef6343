"""Beats between real processes: this machine's vitals arrive and are acknowledged, and both sides count alike."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path
from typing import Any

from fleet import Fleet, connected, kill, until
from peers import RELEASE, Spoken

MESHNODE = RELEASE / "meshnode"


class Node:
    """`meshnode` in a role, and what it logs."""

    def __init__(self, folder: Path, name: str, *words: str | Path, path: str = "") -> None:
        self.log = folder / f"{name}.log"
        environment = {**os.environ, "PATH": f"{path}:{os.environ['PATH']}"} if path else None
        with self.log.open("w") as file:
            logging = ["--log-format", "json", "--log-level", "debug"]
            self.process = subprocess.Popen([MESHNODE, *words, *logging], stderr=file, cwd=folder, env=environment)

    def records(self, event: str) -> list[dict[str, Any]]:
        """What it has logged of an event, but for a line that is not whole yet."""
        lines = self.log.read_text().split("\n")[:-1]
        return [record for record in map(json.loads, lines) if record["event"] == event]

    def wait_for(self, event: str, seconds: float = 20, count: int = 1) -> list[dict[str, Any]]:
        """The records of an event once there are so many."""
        until(lambda: len(self.records(event)) >= count, seconds)
        return self.records(event)

    def end(self) -> int:
        """As an operator ends it."""
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        try:
            return self.process.wait(20)
        finally:
            self.process.kill()
            self.process.wait()


class Pair(unittest.TestCase):
    """A hub and an edge that has enrolled there, as an operator starts them."""

    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory(prefix="beats-")
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        listen = ("--listen", "127.0.0.1:0", "--enrol-listen", "127.0.0.1:0")
        self.hub = Node(self.folder, "hub", "--role", "hub", "--data", "hub", *listen)
        self.addCleanup(self.hub.end)
        ready = self.hub.wait_for("node.ready")[0]
        self.address = ready["address"]
        words = ("ca", "token", "--folder", "hub/ca", "--tenant", "main", "--id", "laptop-7", "--json")
        made = subprocess.run([MESHNODE, *words], cwd=self.folder, check=True, capture_output=True, text=True)
        enrol = (MESHNODE, "enrol", json.loads(made.stdout)["token"], "--hub", ready["enrolment_address"])
        subprocess.run([*enrol, "--folder", "laptop-7"], cwd=self.folder, check=True, capture_output=True)

    def edge(self, interval: str, path: str = "") -> Node:
        words = ("--role", "edge", "--hub", self.address, "--data", "laptop-7", "--beat-interval", interval)
        words = (*words, "--http-listen", "off")
        edge = Node(self.folder, "edge", *words, path=path)
        self.addCleanup(edge.end)
        return edge

    def test_beats_are_acknowledged_and_end_in_good_order(self) -> None:
        edge = self.edge("200ms")
        acknowledged = edge.wait_for("edge.beat-acknowledged", count=10)
        self.assertEqual([record["sequence"] for record in acknowledged], list(range(1, len(acknowledged) + 1)))
        trips = sorted(record["round_trip"] for record in acknowledged)
        print(f"round trips of {len(trips)} beats between processes: {trips[0] / 1e3:.0f} to {trips[-1] / 1e3:.0f} µs")
        self.assertLess(trips[len(trips) // 2], 50_000_000)
        self.assertEqual(edge.end(), 0)
        beats = [record["sequence"] for record in self.hub.records("hub.beat")]
        self.assertEqual(beats, list(range(1, len(beats) + 1)))
        for event in ("hub.beats-lost", "hub.beat-late", "hub.edge-suspected", "hub.clock-skew"):
            self.assertEqual(self.hub.records(event), [], event)

    def test_an_edge_that_hangs_is_suspected_and_comes_back(self) -> None:
        edge = self.edge("500ms")
        edge.wait_for("edge.beat-acknowledged", count=3)
        edge.process.send_signal(signal.SIGSTOP)
        begin = time.monotonic()
        suspected = self.hub.wait_for("hub.edge-suspected", 10)
        noticed = time.monotonic() - begin
        edge.process.send_signal(signal.SIGCONT)
        self.hub.wait_for("hub.beat-late", 10)
        print(f"a stopped edge that beats every 0.5 s was suspected after {noticed:.1f} s")
        self.assertEqual([record["peer"] for record in suspected], ["laptop-7"])
        self.assertGreater(noticed, 0.9)

    def test_an_edge_whose_card_is_busy_pre_warms_its_hub_once(self) -> None:
        tools = self.folder / "tools"
        tools.mkdir()
        program = tools / "nvidia-smi"
        program.write_text("#!/bin/sh\necho 'NVIDIA GeForce RTX 4090, 95, 24564, 20000, 83'\n")
        program.chmod(0o755)
        edge = self.edge("200ms", str(tools))
        told = edge.wait_for("edge.pre-warm-sent")
        self.assertEqual((told[0]["gpu_load_percent"], told[0]["temperature_celsius"]), (95, 83))
        heard = self.hub.wait_for("hub.pre-warm")
        edge.wait_for("edge.beat-acknowledged", count=len(edge.records("edge.beat-acknowledged")) + 5)
        self.assertEqual([record["peer"] for record in heard], ["laptop-7"])
        self.assertEqual(len(self.hub.records("hub.pre-warm")), 1, "it stays busy, and once is enough")

    def test_a_program_of_the_card_that_hangs_holds_no_beat_up_for_long(self) -> None:
        tools = self.folder / "tools"
        tools.mkdir()
        program = tools / "nvidia-smi"
        program.write_text("#!/bin/sh\nsleep 1000\n")
        program.chmod(0o755)
        edge = self.edge("200ms", str(tools))
        # Five seconds until it is killed; then it is left alone.
        edge.wait_for("edge.beat-acknowledged", 20, count=10)
        begun = time.monotonic()
        self.assertEqual(edge.end(), 0)
        self.assertLess(time.monotonic() - begun, 5)


class Counts(unittest.TestCase):
    """Both sides' counts, by edges and hubs that can be asked."""

    def beats(self, part: Spoken) -> dict[str, int]:
        return dict(json.loads(part.tell("beats")))

    def settled(self, edges: Spoken, hub: Spoken, first: int = 0) -> tuple[dict[str, int], dict[str, int]]:
        """Both sides' counts at a moment at which nothing was under way; `first` beats went to another hub."""
        def now() -> tuple[dict[str, int], dict[str, int]]:
            return self.beats(edges), self.beats(hub)

        def agree() -> bool:
            (sent, heard), again = now(), self.beats(edges)
            done = sent["acknowledged"] + sent["late"] + sent["lost"]
            return sent == again and sent["sent"] == done and sent["sent"] == heard["received"] + heard["lost"] + first

        until(agree, 20)
        return now()

    def test_vitals_of_this_machine_arrive_from_every_edge(self) -> None:
        with Fleet() as fleet:
            hub = fleet.hub()
            edges = fleet.edges(10, hub.address, words=("--idle", "--beat", "500"))
            connected(edges, 10)
            until(lambda: self.beats(hub)["received"] >= 50, 30)
            sent, heard = self.settled(edges, hub)
            print(f"10 edges at two beats a second: {sent}, the hub: {heard}")
            self.assertEqual((sent["lost"], sent["late"], heard["lost"], heard["duplicates"]), (0, 0, 0, 0))
            total = next(line for line in Path("/proc/meminfo").read_text().splitlines() if "MemTotal" in line)
            for index in range(10):
                found = json.loads(hub.tell(f"vitals edge-{index}"))
                self.assertEqual(found["vitals"]["memory_total_bytes"], int(total.split()[1]) * 1024)
                self.assertLess(abs(found["skew_milliseconds"]), 1_000)
                self.assertFalse(found["suspected"])
                # A beat has none where two readings fell into one tick of the processors' clock.
                until(lambda: "cpu_load" in json.loads(hub.tell(f"vitals edge-{index}"))["vitals"], 10)

    def test_a_hub_that_is_killed_is_told_again_and_nothing_is_counted_twice(self) -> None:
        with Fleet() as fleet:
            hub = fleet.hub()
            edges = fleet.edges(5, hub.address, words=("--idle", "--beat", "200"))
            connected(edges, 5)
            until(lambda: self.beats(hub)["received"] >= 30, 20)
            kill(hub)
            time.sleep(1)
            hub = fleet.hub("hub-1", "--listen", hub.address)
            until(lambda: hub.status()["tunnels"] == 5 and self.beats(hub)["received"] >= 30, 40)
            sent, heard = self.beats(edges), self.beats(hub)
            print(f"after a hub was killed: {sent}, the new hub: {heard}")
            # What was under way is lost, and an edge may have had one beat on its way.
            self.assertLessEqual(sent["lost"], 5 * 4)
            self.assertEqual((heard["lost"], heard["duplicates"], heard["restarts"]), (0, 0, 0))

    def test_a_blackhole_makes_beats_late_or_lost_and_both_sides_agree(self) -> None:
        with Fleet() as fleet:
            hub = fleet.hub()
            way = fleet.proxy(hub.address, "delay 5")
            edges = fleet.edges(5, way.address, words=("--idle", "--beat", "200"))
            connected(edges, 5)
            until(lambda: self.beats(hub)["received"] >= 50, 20)
            for pause in (3_000, 12_000):
                self.assertEqual(way.tell(f"blackhole {pause}"), "ok")
                time.sleep(pause / 1_000)
                connected(edges, 5, 60)
                before = self.beats(hub)["received"]
                until(lambda: self.beats(hub)["received"] > before + 20, 30)
            sent, heard = self.settled(edges, hub)
            print(f"after two blackholes: {sent}, the hub: {heard}")
            self.assertGreater(sent["coalesced"], 10, "nothing was queued while one waited")
            self.assertGreater(heard["late"], 0)
            self.assertEqual((heard["duplicates"], heard["restarts"], heard["dropped"]), (0, 0, 0))


if __name__ == "__main__":
    unittest.main()
