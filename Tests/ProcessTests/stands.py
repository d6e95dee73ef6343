"""A hub, an edge, a provider and a link, which are killed, stopped and cut, and come back where they were."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nodes import FREE, Node, Place
from peers import MESHPROXY, Spoken

#: How old what a node tells may be: `Limits.Operations.readingAge`, and a little.
_READING_AGE = 1.1
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


def _held(base: str) -> list[dict[str, Any]]:
    model = {"name": "counted", "context": 200_000, "output": 100_000, "free": True}
    return [{"name": "held", "kind": "openai-compatible", "url": f"{base}/v1", "models": [model]}]


@dataclass
class Ground:
    """What a stand is made of."""

    #: The provider: a module of scripts/ that prints `listening ADDRESS`.
    module: str = "upstreams.held_provider"
    #: The settings of those whom the hub asks, where the provider is at a URL.
    providers: Callable[[str], list[dict[str, Any]]] = _held
    #: Where the edge goes to find what is at an address.
    between: Callable[[str], str] = field(default=lambda address: address)
    #: More words for both nodes.
    words: tuple[str, ...] = ()
    environment: dict[str, str] | None = None


class Stand:
    """The four of them, in a folder of their own; ends with all of them."""

    def __init__(self, ground: Ground | None = None) -> None:
        self._ground = ground or Ground()
        self._place = Place()
        self.folder = self._place.folder
        self._earlier: dict[str, int] = {}
        #: How often the provider had been asked when this hub began.
        self.asked_before = 0
        self.provider = self._provider("0")
        #: All that nodes have logged that have ended.
        self.logged: dict[str, bytes] = {"hub": b"", "edge": b""}
        self._addresses: dict[str, list[str]] = {}
        self.hub = self._start_hub()
        self.link = Spoken(MESHPROXY, "--server", self.hub.node.address)
        folder = self._place.enrol(self.hub.node, "laptop-7")
        way = self._ground.between(self.link.address)
        self._edge_words = ["--role", "edge", "--data", str(folder), "--hub", way, *self._ground.words]
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

    # Starting

    def _provider(self, port: str) -> Spoken:
        words = ["/usr/bin/env", f"PYTHONPATH={_SCRIPTS}", "/usr/bin/python3", "-m", self._ground.module]
        return Spoken(*words, *([port] if port != "0" else []))

    def _start_hub(self) -> _Running:
        providers = self._ground.providers(f"http://{self.provider.address}")
        settings = {"role": "hub", "engine": {"enabled": False}, "providers": providers}
        file = self.folder / "hub.json5"
        file.write_text(json.dumps(settings))
        places = self._addresses.get("hub", [*FREE[:-1], "127.0.0.1:0"])
        node = self._place.start("--config", file, "--data", self.folder / "hub", *places, *self._ground.words,
                                 environment=self._ground.environment).ready()
        http = str(node.records[-1]["http_address"])
        self._addresses["hub"] = ["--listen", node.address, "--enrol-listen", node.enrolment, "--http-listen", http]
        self.hub_address = http
        return _Running(node)

    def _start_edge(self) -> _Running:
        place = self._addresses.get("edge", ["--http-listen", "127.0.0.1:0"])
        node = self._place.start(*self._edge_words, *place, environment=self._ground.environment).ready()
        self.edge_address = str(node.records[-1]["http_address"])
        self._addresses["edge"] = ["--http-listen", self.edge_address]
        while node.wait_for("tunnel.changed")["tunnel_state"] != "connected":
            pass
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
        self.asked_before = sum(self.asked().values())
        self.hub = self._start_hub()

    def kill_provider(self) -> None:
        """And starts it again at its port."""
        before = self.asked()
        self.provider.process.kill()
        self.provider.end()
        self.provider = self._provider(self.provider.address.rpartition(":")[2])
        self._earlier = before

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
        """The hub's account of chats: `begun`, `closed`, `open`, `refused`, and what went wrong."""
        numbers = self._numbers()

        def total(name: str) -> float:
            return sum(value for key, value in numbers.items() if re.fullmatch(rf"mesh_{name}(\{{.*\}})?", key))

        return {
            "begun": total("chats_total"),
            "closed": total("chat_settlements_total"),
            "open": total("chats_under_way") + total("chat_settlements_waiting"),
            "refused": total("chats_refused_total"),
            "failed": total("chat_settling_failures_total"),
        }

    def _numbers(self) -> dict[str, float]:
        with urllib.request.urlopen(f"http://{self.hub_address}/metrics", timeout=20) as answer:
            lines = answer.read().decode().splitlines()
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line[:1] != "#")}

    def session(self, name: str) -> list[tuple[str, str]]:
        """Who said what in a session of the edge."""
        try:
            with urllib.request.urlopen(f"http://{self.edge_address}/v1/sessions/{name}", timeout=20) as answer:
                return [(message["role"], message["content"]) for message in json.load(answer)["messages"]]
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return []
            raise

    def resting(self, closed: float | None = None, seconds: float = 10) -> dict[str, float]:
        """The same once nothing is under way and so many are settled, or when the time is over.

        What a node tells is up to a moment old: without a number, it must say the same for longer than that.
        """
        end = time.monotonic() + seconds
        last, since = self.settled(), time.monotonic()
        while time.monotonic() < end:
            found = self.settled()
            if found != last:
                last, since = found, time.monotonic()
            is_steady = time.monotonic() - since > _READING_AGE if closed is None else found["closed"] >= closed
            if is_steady and not found["open"]:
                break
            time.sleep(0.05)
        return last
