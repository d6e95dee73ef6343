"""What a hub tells its operators by HTTP, as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import sys
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

from nodes import FREE, Node, Place

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from upstreams.authority import self_signed  # noqa: E402

#: All ports free ones, that of operators too.
OPEN = [*FREE[:4], "--http-listen", "127.0.0.1:0"]

CONNECTED, SUSPECTED = 'mesh_tunnels{state="connected"}', 'mesh_tunnels{state="suspected"}'


def ask(url: str, host: str | None = None, trust: Path | None = None) -> tuple[int, str, str]:
    """Status, type and text of an answer."""
    request = urllib.request.Request(url, headers={"Host": host} if host else {})
    context = ssl.create_default_context(cafile=trust) if trust else None
    try:
        with urllib.request.urlopen(request, timeout=10, context=context) as answer:
            return answer.status, answer.headers["content-type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers["content-type"], error.read().decode()


class Operators(unittest.TestCase):
    def setUp(self) -> None:
        self.place = Place()
        self.addCleanup(self.place.end)

    def hub(self, *words: str | Path) -> tuple[Node, str]:
        """A hub, and where its operators ask."""
        hub = self.place.start("--role", "hub", "--data", self.place.folder / "hub", *OPEN, *words).ready()
        return hub, str(hub.records[-1]["http_address"])

    def test_health_readiness_and_numbers(self) -> None:
        """A hub without edges lives, is ready, and counts itself."""
        hub, address = self.hub()
        self.assertEqual(ask(f"http://{address}/health"), (200, "application/json", '{"status":"alive"}'))
        status, _, text = ask(f"http://{address}/ready")
        checks = json.loads(text)["checks"]
        self.assertEqual((status, set(checks.values())), (200, {"ready"}), text)
        self.assertLessEqual({"certificate_counts", "listener_bound", "phase", "store_answers"}, set(checks))
        status, kind, numbers = ask(f"http://{address}/metrics")
        self.assertEqual((status, kind), (200, "text/plain; version=0.0.4; charset=utf-8"))
        values = dict(line.rsplit(" ", 1) for line in numbers.splitlines() if not line.startswith("#"))
        self.assertEqual(values[CONNECTED], "0")
        self.assertGreater(int(values["process_resident_memory_bytes"]), 1 << 20)
        self.assertIn('http_requests_total{route="/ready",method="GET",status="2xx"}', values)
        self.assertEqual(ask(f"http://{address}/")[1], "text/html; charset=utf-8")
        self.assertEqual(ask(f"http://{address}/none")[0], 404)
        # A page elsewhere whose name suddenly leads here is not answered.
        self.assertEqual(ask(f"http://{address}/metrics", host="evil.example.org")[0], 421)
        hub.signal(signal.SIGTERM)
        self.assertEqual(hub.ended(), 0)
        with self.assertRaises(OSError):
            socket.create_connection(tuple_of(address), timeout=2)

    def test_an_edge_and_its_beats(self) -> None:
        """An edge that comes is counted, and so are its beats."""
        hub, address = self.hub()
        folder = self.place.enrol(hub)
        words = ["--hub", hub.address, "--data", folder, "--beat-interval", "200ms"]
        self.place.start("--role", "edge", *words).ready()
        end = time.monotonic() + 20
        while True:
            numbers = ask(f"http://{address}/metrics")[2]
            values = dict(line.rsplit(" ", 1) for line in numbers.splitlines() if not line.startswith("#"))
            if values[CONNECTED] == "1" and int(values["mesh_beats_received_total"]) >= 3:
                break
            self.assertLess(time.monotonic(), end, numbers)
            time.sleep(0.1)
        self.assertEqual(values["mesh_edges_known"], "1")
        self.assertEqual(values[SUSPECTED], "0")

    def test_a_certificate_that_is_exchanged(self) -> None:
        """Over HTTPS, and after SIGHUP with the certificate that lies there then."""
        folder = self.place.folder
        first, second = self_signed(folder, "first"), self_signed(folder, "second")
        files = folder / "site.pem", folder / "site.key"
        for source, target in zip(first, files, strict=True):
            os.replace(source, target)
        trust = folder / "first-trust.pem"
        trust.write_bytes(files[0].read_bytes())
        hub, address = self.hub("--http-certificate", files[0], "--http-key", files[1])
        self.assertEqual(ask(f"https://{address}/health", trust=trust)[0], 200)
        later = folder / "second-trust.pem"
        later.write_bytes(second[0].read_bytes())
        for source, target in zip(second, files, strict=True):
            os.replace(source, target)
        hub.signal(signal.SIGHUP)
        hub.wait_for("node.reloaded")
        self.assertEqual(ask(f"https://{address}/health", trust=later)[0], 200)
        with self.assertRaises(urllib.error.URLError):
            ask(f"https://{address}/health", trust=trust)


def tuple_of(address: str) -> tuple[str, int]:
    """Host and port."""
    host, port = address.rsplit(":", 1)
    return host, int(port)


if __name__ == "__main__":
    unittest.main()
