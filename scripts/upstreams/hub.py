"""A hub as people start it, with providers behind it that stand on this machine."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any, Self

_ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(_ROOT / "Tests/ProcessTests"))

from nodes import FREE, MESHNODE, Node  # noqa: E402

Provider = dict[str, Any]

#: How many bytes of the log are kept.
_KEPT = 65_536


class Hub:
    """`meshnode --role hub` in a folder of its own, at ports of its own."""

    def __init__(self, providers: list[Provider] | None = None, *, settings: dict[str, Any] | None = None,
                 environment: dict[str, str] | None = None, program: Path = MESHNODE) -> None:
        self._holder = tempfile.TemporaryDirectory(prefix="hub-")
        self.folder = Path(self._holder.name)
        configuration: dict[str, Any] = {"role": "hub", "providers": providers or [], **(settings or {})}
        file = self.folder / "hub.json5"
        file.write_text(json.dumps(configuration))
        ports = [*FREE[:-1], "127.0.0.1:0"]
        words = ["--config", file, "--data", self.folder / "hub", *ports]
        self.node = Node(*words, environment=environment, program=program)
        self.url = "http://" + str(self.node.ready().records[-1]["http_address"])
        # A line for each chat: a pipe that nobody reads is full after some hundred, and then the hub waits.
        #: The end of what it has logged.
        self.logged = b""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def resident_megabytes(self) -> float:
        """What it has in the machine's memory."""
        return resident_megabytes(self.node.process.pid)

    @property
    def processor_microseconds(self) -> float:
        """What processors have done for it."""
        return processor_nanoseconds(self.node.process.pid) / 1_000

    def _read(self) -> None:
        assert self.node.process.stderr is not None
        while piece := os.read(self.node.process.stderr.fileno(), 65_536):
            self.logged = (self.logged + piece)[-_KEPT:]

    def end(self) -> None:
        """Ends it at once, with its folder."""
        self.node.process.kill()
        self.node.process.wait()
        self._reader.join()
        self.node.end()
        self._holder.cleanup()


def processor_nanoseconds(pid: int) -> int:
    """What processors have done for all threads of a process that have not ended."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            total += int((task / "schedstat").read_text().split()[0])
    return total


def resident_megabytes(pid: int) -> float:
    """What a process has in the machine's memory."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1_024
    return 0
