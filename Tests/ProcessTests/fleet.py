"""Hubs and edges as they ship, as processes of their own, for the tests of the tunnel."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from peers import MESHLOAD, MESHPROXY, Spoken


class Fleet:
    """An authority, hubs with a store each, and what was started to talk to them; ends with everything in it."""

    def __init__(self) -> None:
        self.holder = tempfile.TemporaryDirectory(prefix="fleet-")
        self.folder = Path(self.holder.name)
        subprocess.run([MESHLOAD, "authority", "--authority", self.folder / "authority"], check=True)
        self.parts: list[Spoken] = []

    def __enter__(self) -> Fleet:
        return self

    def __exit__(self, *_: object) -> None:
        for part in reversed(self.parts):
            if part.process.poll() is None:
                part.end()
        self.holder.cleanup()

    def _start(self, command: str, *words: str | Path) -> Spoken:
        part = Spoken(MESHLOAD, command, "--authority", self.folder / "authority", *words)
        self.parts.append(part)
        return part

    def hub(self, name: str = "hub-1", *words: str) -> Spoken:
        """A hub that goes on with the store of the hub of that name."""
        return self._start("hub", "--name", name, "--data", self.folder / name, *words)

    def edges(self, count: int, *hubs: str, words: tuple[str, ...] = ()) -> Spoken:
        """Edges in one process that know these hubs, the first first."""
        known = [word for hub in hubs for word in ("--to", hub)]
        return self._start("edges", "--count", str(count), *known, *words)

    def proxy(self, address: str, *rules: str) -> Spoken:
        """A link to an address that can be made bad."""
        words = [word for rule in rules for word in ("--rule", rule)]
        part = Spoken(MESHPROXY, "--server", address, *words)
        self.parts.append(part)
        return part


def kill(part: Spoken) -> None:
    """As kill -9 does it."""
    part.process.kill()
    part.process.wait()
    for end in (part.process.stdin, part.process.stdout):
        if end is not None:
            end.close()


def until(wanted: Callable[[], bool], seconds: float) -> float:
    """Seconds until it is so; fails where it is not in time."""
    begin = time.monotonic()
    while not wanted():
        if time.monotonic() - begin > seconds:
            raise AssertionError(f"not so within {seconds} s")
        time.sleep(0.05)
    return time.monotonic() - begin


def connected(edges: Spoken, count: int, seconds: float = 30) -> float:
    """Seconds until so many say that they are connected."""
    return until(lambda: edges.status()["connected"] == count, seconds)


def nothing_lost(edges: Spoken) -> dict[str, Any]:
    """What the accounts hold beside what was acknowledged."""
    found: dict[str, Any] = json.loads(edges.tell("verify"))
    if (found["lost"], found["doubled"], found["unanswered"]) != (0, 0, 0):
        raise AssertionError(f"not what was acknowledged: {found}")
    return found
