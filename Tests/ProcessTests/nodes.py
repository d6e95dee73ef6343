"""Nodes as people start them, `meshnode --role hub` and `--role edge`, in folders of a test's own."""

from __future__ import annotations

import json
import os
import re
import select
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

MESHNODE = Path(__file__).resolve().parents[2] / ".build/release/meshnode"
#: Any free port, also for operators: nothing is fixed.
FREE = ["--listen", "127.0.0.1:0", "--enrol-listen", "127.0.0.1:0", "--http-listen", "off"]


def apart(words: tuple[str | Path, ...]) -> list[str]:
    """The words with which an edge does not listen where every edge would: one for each machine may answer there."""
    line = [str(word) for word in words]
    is_edge = ("--role", "edge") in zip(line, line[1:], strict=False)
    return [*line, "--http-listen", "off"] if is_edge and "--http-listen" not in line else line


class Node:
    """A node as a process; what it logs is kept, line by line."""

    def __init__(
        self, *words: str | Path, environment: dict[str, str] | None = None, before: tuple[str, ...] = (),
        program: Path = MESHNODE,
    ):  # fmt: skip
        self.begun = time.monotonic()
        line = [*before, str(program), *apart(words), "--log-format", "json"]
        self.process = subprocess.Popen(
            line, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, env={**os.environ, **(environment or {})}
        )
        self.records: list[dict[str, Any]] = []
        self.text = b""

    def wait_for(self, event: str, seconds: float = 20) -> dict[str, Any]:
        """The first record of the event that was not waited for yet."""
        end = time.monotonic() + seconds
        assert self.process.stderr is not None
        while True:
            while b"\n" in self.text:
                line, self.text = self.text.split(b"\n", 1)
                record = json.loads(line) if line.startswith(b"{") else {"event": "", "line": line.decode()}
                self.records.append(record)
                if record["event"] == event:
                    return record
            ready, _, _ = select.select([self.process.stderr], [], [], max(0, end - time.monotonic()))
            piece = os.read(self.process.stderr.fileno(), 65536) if ready else b""
            if not piece:
                raise AssertionError(f"no '{event}' within {seconds} s, but {self.records}")
            self.text += piece

    def ready(self) -> Node:
        """Itself, once it serves."""
        record = self.wait_for("node.ready")
        self.seconds_to_ready = time.monotonic() - self.begun
        self.address = str(record.get("address", ""))
        self.enrolment = str(record.get("enrolment_address", ""))
        return self

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def ended(self, seconds: float = 30) -> int:
        """The code with which it has ended."""
        try:
            return self.process.wait(seconds)
        finally:
            self.end()

    def end(self) -> None:
        """As kill -9 does it, where it has not ended."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.process.stderr is not None:
            self.process.stderr.close()


class Place:
    """A folder with what nodes need; ends with every node that was started in it."""

    def __init__(self) -> None:
        self.holder = tempfile.TemporaryDirectory(prefix="nodes-")
        self.folder = Path(self.holder.name)
        self.nodes: list[Node] = []

    def end(self) -> None:
        for node in reversed(self.nodes):
            node.end()
        self.holder.cleanup()

    def start(self, *words: str | Path, environment: dict[str, str] | None = None) -> Node:
        node = Node(*words, environment=environment)
        self.nodes.append(node)
        return node

    def hub(self, *words: str | Path, environment: dict[str, str] | None = None) -> Node:
        """A hub in the folder 'hub' that is ready."""
        line = ["--role", "hub", "--data", self.folder / "hub", *FREE, *words]
        return self.start(*line, environment=environment).ready()

    def token(self, name: str, environment: dict[str, str] | None = None) -> str:
        """An enrolment token for that name."""
        words = ["ca", "token", "--folder", self.folder / "hub/ca", "--tenant", "main", "--id", name, "--quiet"]
        return self.run(*words, environment=environment).stdout.strip()

    def enrol(self, hub: Node, name: str = "edge-1", environment: dict[str, str] | None = None) -> Path:
        """The folder of an edge with a certificate."""
        folder = self.folder / name
        words = [self.token(name, environment), "--hub", hub.enrolment, "--folder", folder]
        finished = self.run("enrol", *words, environment=environment)
        if finished.returncode != 0:
            raise AssertionError(finished.stderr)
        return folder

    def run(
        self, *words: str | Path, environment: dict[str, str] | None = None, before: tuple[str, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        """The program to its end."""
        begins = bool(words) and words[0] in ("--role", "doctor", "diag")
        line = [*before, str(MESHNODE), *(apart(words) if begins else map(str, words))]
        return subprocess.run(
            line,
            cwd=self.folder,
            env={**os.environ, **(environment or {})},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


def preloaded(folder: Path, source: str) -> dict[str, str]:
    """The environment in which a library of this folder's sources is loaded into a process."""
    library = folder / f"{Path(source).stem}.so"
    if not library.exists():
        words = ["clang", "-shared", "-fPIC", "-O1", "-o", library, Path(__file__).with_name(source)]
        subprocess.run(words, check=True)
    return {"LD_PRELOAD": str(library)}


def clock_off(folder: Path, days: float) -> dict[str, str]:
    """The environment of a machine whose clock is that many days ahead."""
    return {**preloaded(folder, "machine.c"), "MESHNODE_TEST_CLOCK": str(int(days * 86400))}


def ahead(offset: str) -> tuple[str, ...]:
    """What stands before a program on a machine whose calendar is off as `faketime` writes it: `+1d`, `-1d`.

    Somebody else's program, where `clock_off` is ours; timers go by the other clock, which stays as it is. The library
    alone does not do: it changes the environment before Swift looks for the arguments beside it.
    """
    return ("faketime", "-m", "--exclude-monotonic", "-f", offset)


def moving_clock(folder: Path, days: float = 0) -> dict[str, str]:
    """The environment of a machine whose clock is off by what `set_clock` says at that moment."""
    set_clock(folder, days)
    return {**preloaded(folder, "machine.c"), "MESHNODE_TEST_CLOCK_FILE": str(folder / "clock")}


def set_clock(folder: Path, days: float) -> None:
    """Sets the clock of processes that were begun by `moving_clock`, running or not."""
    draft = folder / "clock.next"
    draft.write_text(str(int(days * 86400)))
    draft.replace(folder / "clock")


def sentence(text: str) -> str:
    """The only line that begins with the program's name, as people are told what is wrong."""
    lines = re.findall(r"^meshnode(?: \w+)*: error: .*$", text, re.MULTILINE)
    if len(lines) != 1:
        raise AssertionError(f"not one sentence: {text}")
    return str(lines[0])
