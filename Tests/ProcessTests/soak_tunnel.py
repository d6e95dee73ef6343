"""Hours of tunnels: a fleet in calm weather, whose every second counts, and one whose hub and way fail again and again.

usage: soak_tunnel.py MINUTES [SEED]

Prints a line a minute and one JSON object at the end; exit status 1 where something was lost, booked twice or not back.
"""

from __future__ import annotations

import json
import random
import sys
import time
from typing import Any

from fleet import Fleet, kill, until
from peers import Spoken
from test_renewal import Mesh

CALM, STORMY = 20, 30


class Storm:
    """A hub behind a bad way, with faults drawn from a seed."""

    def __init__(self, fleet: Fleet, seed: int) -> None:
        self.fleet = fleet
        self.source = random.Random(seed)
        self.hub = fleet.hub()
        self.way = fleet.proxy(self.hub.address, "delay 5 2", "loss 1")
        self.edges = fleet.edges(STORMY, self.way.address, words=("--pause", "200"))
        self.faults: dict[str, int] = {}
        self.slowest = 0.0

    def strike(self) -> None:
        """One fault, and back to all connected."""
        fault = self.source.choice(["kill", "blackhole", "cut"])
        self.faults[fault] = self.faults.get(fault, 0) + 1
        if fault == "kill":
            kill(self.hub)
            time.sleep(self.source.uniform(0, 3))
            self.hub = self.fleet.hub("hub-1", "--listen", self.hub.address)
        elif fault == "blackhole":
            milliseconds = self.source.randrange(1_000, 20_000)
            self.way.tell(f"blackhole {milliseconds}")
            time.sleep(milliseconds / 1_000)
        else:
            self.hub.tell("cut edge")
        back = until(lambda: self.hub.status()["tunnels"] == STORMY and self.all_connected(), 180)
        self.slowest = max(self.slowest, back)

    def all_connected(self) -> bool:
        return bool(self.edges.status()["connected"] == STORMY)


def figures(part: Spoken) -> dict[str, Any]:
    """What a part says of itself, with few words."""
    found = part.status()
    return {name: found[name] for name in ("resident_bytes", "descriptors") if name in found}


def soak(minutes: int, seed: int) -> dict[str, Any]:
    """The whole run."""
    with Mesh(CALM, "10m", pause=200) as calm, Fleet() as fleet:
        storm = Storm(fleet, seed)
        until(lambda: calm.devices.status()["connected"] == CALM and storm.all_connected(), 60)
        begin = time.monotonic()
        seconds = connected_seconds = 0
        next_strike = begin + 60
        early: dict[str, Any] = {}
        for minute in range(1, minutes + 1):
            while time.monotonic() < begin + 60 * minute:
                time.sleep(1)
                seconds += CALM
                connected_seconds += calm.devices.status()["connected"]
                if time.monotonic() > next_strike:
                    storm.strike()
                    next_strike = time.monotonic() + storm.source.uniform(20, 90)
            state = {"calm_hub": figures(calm.hub), "calm_devices": figures(calm.devices)}
            if minute == 5:
                early = state
            share = connected_seconds / max(1, seconds)
            booked = calm.devices.status()["acknowledged"], storm.edges.status()["acknowledged"]
            print(f"{minute} min: calm connected {share:.6f}, booked {booked}, {storm.faults}, {state}", flush=True)
        found = [json.loads(part.tell("verify")) for part in (calm.devices, storm.edges)]
        return {
            "minutes": minutes, "seed": seed, "calm_connected": connected_seconds / max(1, seconds),
            "calm_renewals": calm.hub.status()["handshakes"] - CALM,
            "calm_states": json.loads(calm.devices.tell("states")), "faults": storm.faults,
            "slowest_return_seconds": round(storm.slowest, 1), "calm": found[0], "storm": found[1],
            "failed": [part.status()["failed"] for part in (calm.devices, storm.edges)],
            "after_five_minutes": early, "at_the_end": {"hub": figures(calm.hub), "devices": figures(calm.devices)},
        }


def main() -> int:
    """As a program."""
    result = soak(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    print(json.dumps(result))
    parts = (result["calm"], result["storm"])
    is_whole = all((part["lost"], part["doubled"], part["unanswered"]) == (0, 0, 0) for part in parts)
    return 0 if is_whole and result["calm_connected"] >= 0.999 else 1


if __name__ == "__main__":
    sys.exit(main())
