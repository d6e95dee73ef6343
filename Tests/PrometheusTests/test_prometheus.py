"""A real Prometheus server scrapes a hub and an edge, and answers for them."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[1] / "ProcessTests"))

from nodes import FREE, Place  # noqa: E402

PROMETHEUS = shutil.which("prometheus")
ALERTS = Path(__file__).resolve().parents[2] / "scripts/prometheus-alerts.yaml"


class Server:
    """A Prometheus server in a folder of its own."""

    def __init__(self, folder: Path, targets: list[str]) -> None:
        folder.mkdir()
        settings = folder / "prometheus.yml"
        rules = json.dumps(str(ALERTS))
        jobs = [{"job_name": "mesh", "static_configs": [{"targets": targets}]}]
        settings.write_text(
            "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
            f"rule_files: [{rules}]\nscrape_configs: {json.dumps(jobs)}\n"
        )
        self.address = f"127.0.0.1:{_free_port()}"
        self.log = folder / "log"
        words = [
            str(PROMETHEUS),
            f"--config.file={settings}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address={self.address}",
        ]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(words, stdout=log, stderr=log, cwd=folder)

    def ask(self, path: str, **query: str) -> Any:
        """What its HTTP API answers."""
        words = urllib.parse.urlencode(query)
        with urllib.request.urlopen(f"http://{self.address}/api/v1/{path}?{words}", timeout=5) as answer:
            found = json.load(answer)
        if found["status"] != "success":
            raise AssertionError(found)
        return found["data"]

    def values(self, query: str) -> list[float]:
        """The values that a query has now; none while the server does not answer yet."""
        try:
            return [float(row["value"][1]) for row in self.ask("query", query=query)["result"]]
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return []

    def until(self, query: str, wanted: list[float], seconds: float = 40) -> None:
        """Waits until a query has these values."""
        end = time.monotonic() + seconds
        while (found := self.values(query)) != wanted:
            if time.monotonic() > end or self.process.poll() is not None:
                raise AssertionError(f"{query} is {found} and not {wanted}: {self.log.read_text()[-3000:]}")
            time.sleep(0.3)

    def end(self) -> None:
        """As an operator ends it."""
        self.process.terminate()
        try:
            self.process.wait(20)
        finally:
            self.process.kill()
            self.process.wait()


def _free_port() -> int:
    """Prometheus does not say which port it was given; between here and there somebody else may take it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@unittest.skipIf(PROMETHEUS is None, "prometheus is not installed: scripts/setup --heavy")
class Scraped(unittest.TestCase):
    def setUp(self) -> None:
        self.place = Place()
        self.addCleanup(self.place.end)

    def test_a_hub_and_an_edge(self) -> None:
        """Both are up, their series can be asked for, types and help arrive, and no alert fires."""
        site = ["--http-listen", "127.0.0.1:0"]
        hub = self.place.start("--role", "hub", "--data", self.place.folder / "hub", *FREE[:4], *site).ready()
        folder = self.place.enrol(hub)
        words = ["--hub", hub.address, "--data", folder, "--beat-interval", "200ms", *site]
        edge = self.place.start("--role", "edge", *words).ready()
        targets = [str(node.records[-1]["http_address"]) for node in (hub, edge)]
        server = Server(self.place.folder / "prometheus", targets)
        self.addCleanup(server.end)
        server.until('up{job="mesh"}', [1, 1])
        server.until('mesh_tunnels{state="connected"}', [1])
        server.until('mesh_tunnel_state{state="connected"}', [1])
        server.until('count(mesh_build_info{version!=""})', [2])
        # Beats come five times a second, and what is computed of two scrapes says so.
        server.until("sum(rate(mesh_beats_received_total[10s])) > bool 2", [1])
        server.until(
            "histogram_quantile(0.5, sum by (le) (mesh_journal_sync_duration_seconds_bucket)) < bool 10", [1]
        )
        known = server.ask("metadata", metric="mesh_frames_total")["mesh_frames_total"][0]
        self.assertEqual((known["type"], known["help"]), ("counter", "Frames by direction and type."))
        server.until('count(ALERTS{alertstate="firing"}) or vector(0)', [0])
        groups = server.ask("rules")["groups"]
        health = {rule["name"]: rule["health"] for group in groups for rule in group["rules"]}
        self.assertGreater(len(health), 10)
        self.assertEqual(set(health.values()), {"ok"}, health)
        # A node that ends is down, and says so by the alert that is meant for it.
        edge.end()
        server.until('sum(up{job="mesh"})', [1])
        server.until('count(ALERTS{alertname="MeshNodeDown"})', [1])


if __name__ == "__main__":
    unittest.main()
