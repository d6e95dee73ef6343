"""Real processes for the tests of the transport: a hub, edges, and a bad link between them."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

RELEASE = Path(__file__).resolve().parents[2] / ".build/release"
MESHLOAD = RELEASE / "meshload"
MESHPROXY = RELEASE / "meshproxy"


class Spoken:
    """A process that prints `listening ADDRESS`, then answers each line that it is told with a line."""

    def __init__(self, *words: str | Path) -> None:
        self.process = subprocess.Popen(
            [str(word) for word in words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self.address = self._line().removeprefix("listening ")

    def tell(self, line: str) -> str:
        """What it answers to a line."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self._line()

    def status(self) -> dict[str, Any]:
        """What it says of itself."""
        return dict(json.loads(self.tell("status")))

    def end(self) -> None:
        """Closes its input and waits for its end."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        try:
            self.process.wait(20)
        finally:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


class Mesh:
    """An authority and a hub in a folder of their own; ends with everything that was started in it."""

    def __init__(self, *words: str) -> None:
        self.holder = tempfile.TemporaryDirectory(prefix="meshload-")
        self.folder = Path(self.holder.name) / "authority"
        subprocess.run([MESHLOAD, "authority", "--authority", self.folder], check=True)
        self.hub = Spoken(MESHLOAD, "serve", "--authority", self.folder, *words)
        self.parts = [self.hub]

    def __enter__(self) -> Mesh:
        return self

    def __exit__(self, *_: object) -> None:
        for part in reversed(self.parts):
            part.end()
        self.holder.cleanup()

    def link(self, *rules: str, seed: int = 1) -> Spoken:
        """A bad link to the hub."""
        words = [word for rule in rules for word in ("--rule", rule)]
        proxy = Spoken(MESHPROXY, "--server", self.hub.address, "--seed", str(seed), *words)
        self.parts.append(proxy)
        return proxy

    def start(self, command: str, address: str, *words: str) -> subprocess.Popen[str]:
        """A peer that plays `command` towards `address`."""
        line = [MESHLOAD, command, "--authority", self.folder, "--to", address, *words]
        return subprocess.Popen([str(word) for word in line], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def ask(self, address: str, *words: str, timeout: float = 120) -> dict[str, Any]:
        """Edges that ask, to their end."""
        return finished(self.start("ask", address, *words), timeout)


def finished(process: subprocess.Popen[str], timeout: float = 120) -> dict[str, Any]:
    """The figures in the last line of a process; those of one that failed hold why."""
    try:
        output, errors = process.communicate(timeout=timeout)
    finally:
        process.kill()
        process.wait()
    lines = output.strip().splitlines()
    if not lines or not lines[-1].startswith("{"):
        raise AssertionError(f"it said nothing, and: {errors.strip()}")
    return dict(json.loads(lines[-1]))


def wait_for(process: subprocess.Popen[str], line: str) -> None:
    """Returns once the process has printed the line."""
    assert process.stdout is not None
    while True:
        found = process.stdout.readline()
        if found.strip() == line:
            return
        if not found:
            raise AssertionError(f"it ended without saying '{line}'")


def settled(hub: Spoken, seconds: float, **wanted: int) -> dict[str, Any]:
    """The hub's figures once they are as wanted, or when the seconds are over."""
    end = time.monotonic() + seconds
    while True:
        figures = hub.status()
        if all(figures[name] == value for name, value in wanted.items()) or time.monotonic() > end:
            return figures
        time.sleep(0.05)
