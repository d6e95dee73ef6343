"""An edge as people start it, enrolled at a hub of this machine, for whoever asks through it."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from nodes import MESHNODE, Node

if TYPE_CHECKING:
    from upstreams.hub import Hub

#: How many bytes of the log are kept.
_KEPT = 65_536


class Edge:
    """`meshnode --role edge` in a folder of its own, which answers applications at a port of its own."""

    def __init__(self, hub: Hub, *words: str, name: str = "laptop-7") -> None:
        self._holder = tempfile.TemporaryDirectory(prefix="edge-")
        self.folder = Path(self._holder.name) / "edge"
        token = _said(MESHNODE, "ca", "token", "--folder", hub.folder / "hub/ca", "--tenant", "main", "--id", name,
                      "--quiet")
        _said(MESHNODE, "enrol", token, "--hub", hub.node.enrolment, "--folder", self.folder, "--quiet")
        self.node = Node("--role", "edge", "--data", self.folder, "--hub", hub.node.address,
                         "--http-listen", "127.0.0.1:0", *words)
        self.url = "http://" + str(self.node.ready().records[-1]["http_address"])
        while self.node.wait_for("tunnel.changed")["tunnel_state"] != "connected":
            pass
        #: The end of what it has logged.
        self.logged = b""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

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


def _said(*words: Any) -> str:
    command = [str(word) for word in words]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout.strip()
