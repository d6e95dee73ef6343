"""A hub, an edge, a provider and a link, which are killed, stopped and cut, and come back where they were."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

from nodes import FREE, Node, Place
from peers import MESHPROXY, Spoken

_SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


class _Running:
    """A node whose log is read, for a pipe that nobody reads is full some day."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.logged = b""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.node.process.stderr is not None
        while piece := os.read(self.node.process.stderr.fileno(), 65_536):
            self.logged += piece

    def kill(self) -> None:
        """As kill -9 does it."""
        self.node.process.kill()
        self.node.process.wait()
        self._reader.join()
        self.node.end()


class Stand:
    """The four of them, in a folder of their own; ends with all of them."""

    def __init__(self, *, dialect: str = "openai") -> None:
        self._place = Place()
        self._dialect = dialect
        self._holder = tempfile.TemporaryDirectory(prefix="stand-")
        self.folder = self._place.folder
        self.asked_before: dict[str, int] = {}
        self.provider = self._provider("0")
        #: All that nodes have logged.
        self.logged: dict[str, bytes] = {"hub": b"", "edge": b""}
        self._addresses: dict[str, list[str]] = {}
        self.hub = self._start_hub()
        self.link = Spoken(MESHPROXY, "--server", self.hub.node.address)
        folder = self._place.enrol(self.hub.node, "laptop-7")
        self._edge_words = ["--role", "edge", "--data", str(folder), "--hub", self.link.address]
        self.edge = self._start_edge()

    def __enter__(self) -> Stand:
        return self

    def __exit__(self, *_: object) -> None:
        for running in (self.edge, self.hub):
            running.kill()
        self.link.end()
        self.provider.process.kill()
        self.provider.end()
        self._place.end()
        self._holder.cleanup()

    # Starting

    def _provider(self, port: str) -> Spoken:
        words = ["/usr/bin/env", f"PYTHONPATH={_SCRIPTS}", sys.executable, "-m", "upstreams.held_provider", port]
        return Spoken(*words)

    def _start_hub(self) -> _Running:
        url = f"http://{self.provider.address}" + ("/v1" if self._dialect == "openai" else "")
        kind = {"openai": "openai-compatible", "anthropic": "anthropic"}[self._dialect]
        model = {"name": "counted", "context": 200_000, "output": 100_000, "free": True}
        provider = {"name": "held", "kind": kind, "url": url, "models": [model]}
        settings = {"role": "hub", "engine": {"enabled": False}, "providers": [provider]}
        file = self.folder / "hub.json5"
        file.write_text(json.dumps(settings))
        places = self._addresses.get("hub", [*FREE[:-1], "127.0.0.1:0"])
        node = self._place.start("--config", file, "--data", self.folder / "hub", *places).ready()
        http = str(node.records[-1]["http_address"])
        self._addresses["hub"] = ["--listen", node.address, "--enrol-listen", node.enrolment, "--http-listen", http]
        self.hub_address = http
        return _Running(node)

    def _start_edge(self) -> _Running:
        place = self._addresses.get("edge", ["--http-listen", "127.0.0.1:0"])
        node = self._place.start(*self._edge_words, *place).ready()
        self.edge_address = str(node.records[-1]["http_address"])
        self._addresses["edge"] = ["--http-listen", self.edge_address]
        node.wait_for("tunnel.changed")
        return _Running(node)

    # What happens to them

    def kill_edge(self) -> None:
        """And starts it again, on its folder and port."""
        self.edge.kill()
        self.logged["edge"] += self.edge.logged
        self.edge = self._start_edge()

    def kill_hub(self, seconds: float = 0) -> None:
        """And starts it again after that time, on its folder and ports."""
        self.hub.kill()
        self.logged["hub"] += self.hub.logged
        time.sleep(seconds)
        # Its account is a new one; what the provider was asked before belongs to the other.
        self.asked_before = self.asked()
        self.hub = self._start_hub()

    def kill_provider(self) -> None:
        """And starts it again at its port."""
        before = self.asked()
        self.provider.process.kill()
        self.provider.end()
        self.provider = self._provider(self.provider.address.rpartition(":")[2])
        self._earlier = {key: before.get(key, 0) for key in before}

    _earlier: dict[str, int] = {}  # noqa: RUF012

    def stop(self, whom: str, seconds: float) -> None:
        """Holds one of them still."""
        processes = {"hub": self.hub.node.process, "edge": self.edge.node.process, "provider": self.provider.process}
        process = processes[whom]
        process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        process.send_signal(signal.SIGCONT)

    def cut(self, seconds: float) -> None:
        """Nothing passes between edge and hub, in neither direction."""
        assert self.link.tell("blackhole on") == "ok"
        time.sleep(seconds)
        assert self.link.tell("blackhole off") == "ok"

    # What is known of them

    def asked(self) -> dict[str, int]:
        """How often the provider was asked for each key."""
        counts = dict(self._earlier)
        for key, count in json.loads(self.provider.tell("asked")).items():
            counts[key] = counts.get(key, 0) + count
        return counts

    def settled(self) -> dict[str, float]:
        """The hub's account of chats: `begun`, `closed`, `open`, and what went wrong."""
        numbers = self._numbers()

        def total(name: str) -> float:
            return sum(value for key, value in numbers.items() if re.fullmatch(rf"mesh_{name}(\{{.*\}})?", key))

        return {
            "begun": total("chats_total") ,
            "closed": total("chat_settlements_total"),
            "open": total("chats_under_way") + total("chat_settlements_waiting"),
            "failed": total("chat_settling_failures_total"),
        }

    def _numbers(self) -> dict[str, float]:
        with urllib.request.urlopen(f"http://{self.hub_address}/metrics", timeout=20) as answer:
            lines = answer.read().decode().splitlines()
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line[:1] != "#")}

    def resting(self, seconds: float = 20) -> dict[str, Any]:
        """The same once nothing is under way, or when the time is over."""
        end = time.monotonic() + seconds
        while True:
            found = self.settled()
            if not found["open"] or time.monotonic() > end:
                return found
            time.sleep(0.02)
