"""Clusters as people run them, `meshnode cluster up`, in folders of a test's own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from nodes import MESHNODE

_Found = TypeVar("_Found")
TOPOLOGIES = Path(__file__).resolve().parents[2] / "topology"


class Cluster:
    """A cluster that was started, what it says, and its folder; ends with everything in it."""

    def __init__(self, description: str | Path, *words: str) -> None:
        self.holder = tempfile.TemporaryDirectory(prefix="cluster-")
        self.base = Path(self.holder.name)
        self.folder = self.base / "cluster"
        if isinstance(description, Path):
            self.description = description
        else:
            self.description = self.base / "cluster.json5"
            self.description.write_text(description)
        self.process: subprocess.Popen[bytes] | None = None
        self.words = words

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.holder.cleanup()

    def command(self, *words: str) -> list[str]:
        return [str(MESHNODE), "cluster", *words, "--folder", str(self.folder)]

    def up(self, *words: str) -> None:
        """Starts it; what it says goes to a file."""
        line = [*self.command("up", "--topology", str(self.description)), "--json", *self.words, *words]
        with (self.base / "out").open("wb") as out, (self.base / "err").open("wb") as err:
            self.process = subprocess.Popen(line, stdout=out, stderr=err, stdin=subprocess.DEVNULL)

    def until(self, event: str, seconds: float = 60, count: int = 1) -> dict[str, Any]:
        """The record of an event that has come so often."""
        def last() -> dict[str, Any] | None:
            found = self.records(event)
            return found[count - 1] if len(found) >= count else None

        return self.wait(last, f"no '{event}'", seconds)

    def wait(self, wanted: Callable[[], _Found | None], words: str, seconds: float = 60) -> _Found:
        end = time.monotonic() + seconds
        while True:
            found = wanted()
            if found:
                return found
            ended = self.process is not None and self.process.poll() is not None
            if ended or time.monotonic() > end:
                raise AssertionError(f"{words} within {seconds} s: {self.out()[-3000:]} {self.err()}")
            time.sleep(0.05)

    def out(self) -> str:
        return (self.base / "out").read_text()

    def err(self) -> str:
        return (self.base / "err").read_text()

    def records(self, event: str | None = None) -> list[dict[str, Any]]:
        """What the cluster and its nodes have said, so far as lines are whole."""
        lines = self.out().split("\n")[:-1]
        found = [json.loads(line) for line in lines if line.startswith("{")]
        return [record for record in found if event is None or record.get("event") == event]

    def run(self, *words: str, seconds: float = 60) -> subprocess.CompletedProcess[str]:
        """Another command about it, to its end."""
        return subprocess.run(self.command(*words), capture_output=True, text=True, check=False, timeout=seconds)

    def ask(self, *words: str) -> None:
        finished = self.run(*words)
        if finished.returncode != 0:
            raise AssertionError(finished.stderr)

    def nodes(self) -> dict[str, dict[str, Any]]:
        """How each node stands."""
        finished = self.run("status", "--json")
        if finished.returncode != 0:
            raise AssertionError(finished.stderr)
        return {node["name"]: node for node in json.loads(finished.stdout)["nodes"]}

    def all_ready(self, seconds: float = 60) -> dict[str, dict[str, Any]]:
        def ready() -> dict[str, dict[str, Any]] | None:
            nodes = self.nodes()
            return nodes if all(node["state"] == "ready" for node in nodes.values()) else None

        return self.wait(ready, "not all ready", seconds)

    def all_reopened(self, seconds: float = 120) -> None:
        """Waits until the hub that was killed has a new tunnel of every edge: that they are ready tells nothing yet."""
        edges = {name for name, node in self.nodes().items() if node["role"] == "edge"}

        def reopened() -> bool:
            records = self.records()
            ends = [at for at, record in enumerate(records) if record.get("event") == "cluster.ended"]
            after = records[ends[-1] + 1:] if ends else []
            # `peer` is an identity, which ends with the node's name.
            peers = [str(record.get("peer", "")) for record in after if record.get("event") == "hub.tunnel-opened"]
            return edges <= {peer.rsplit("/", 1)[-1] for peer in peers}

        self.wait(reopened, "not every edge has a new tunnel", seconds)

    def ended(self, seconds: float = 60) -> int:
        """The code with which `up` has ended."""
        assert self.process is not None
        return self.process.wait(seconds)

    def processes(self) -> list[int]:
        """Every process whose command line names this cluster's folder, but for `up` itself."""
        mine = str(self.folder).encode()
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) not in (os.getpid(), self.process.pid if self.process else 0):
                try:
                    line = (entry / "cmdline").read_bytes()
                    state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
                except OSError:
                    continue
                if mine in line and state != "Z":
                    found.append(int(entry.name))
        return found


def verdict(text: str) -> tuple[bool, dict[str, bool]]:
    """Whether the check was green, and what each checker said."""
    found = re.findall(r'^\{.*"cluster.verdict".*$', text, re.MULTILINE)
    if len(found) != 1:
        raise AssertionError(f"not one verdict: {text[-3000:]}")
    record = json.loads(found[0])
    return record["passed"], {check["check"]: check["passed"] for check in record["checks"]}
