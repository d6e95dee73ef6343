"""What a hub and an edge count of themselves, as processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import unittest
from pathlib import Path

from nodes import FREE, Node, Place
from scrapes import NO_PROMTOOL, PROMTOOL, Scrape, complaints, scraped

OPEN = [*FREE[:4], "--http-listen", "127.0.0.1:0"]
ALERTS = Path(__file__).resolve().parents[2] / "scripts/prometheus-alerts.yaml"
ALERT_TESTS = Path(__file__).with_name("prometheus-alerts-test.yaml")
#: What a scrape of a node with one edge may weigh and how many series it may have; docs/benchmarks.md has the figures.
#: Each kind of actors costs some sixty series, and a hub has eleven kinds.
MOST_BYTES, MOST_SERIES = 80 << 10, 1_000


class Metrics(unittest.TestCase):
    def setUp(self) -> None:
        self.place = Place()
        self.addCleanup(self.place.end)
        words = ["--role", "hub", "--data", self.place.folder / "hub", *OPEN]
        self.hub = self.place.start(*words).ready()
        self.hub_site = str(self.hub.records[-1]["http_address"])

    def edge(self, name: str = "edge-1") -> tuple[Node, str]:
        """An edge that beats fast, and where its operators ask."""
        folder = self.place.enrol(self.hub, name)
        words = ["--hub", self.hub.address, "--data", folder, "--beat-interval", "200ms"]
        edge = self.place.start("--role", "edge", *words, "--http-listen", "127.0.0.1:0").ready()
        return edge, str(edge.records[-1]["http_address"])

    def test_a_hub_with_an_edge(self) -> None:
        """What they do together is in the numbers of both, and nothing that only grows ever falls."""
        alone = Scrape(self.hub_site)
        self.assertEqual(alone['mesh_tunnels{state="connected"}'], 0)
        self.assertEqual(alone['mesh_build_info{version="0.1.0",role="hub"}'], 1)
        edge, edge_site = self.edge()
        beats = "mesh_beats_received_total"
        first = scraped(self.hub_site, lambda found: found['mesh_tunnels{state="connected"}'] == 1 and found[beats] > 2)
        self.assertEqual(alone.falls(first), [])
        later = scraped(self.hub_site, lambda found: found[beats] > first[beats] + 3)
        self.assertEqual(first.falls(later), [])
        self._check_hub(alone, later)
        own = scraped(edge_site, lambda found: found["mesh_beats_sent_total"] > 5)
        self._check_edge(own)
        for found in (later, own):
            self.assertLess(len(found.text), MOST_BYTES)
            self.assertLess(len(found.values), MOST_SERIES)
            self.assertLess(found.seconds, 1)
        # Nothing names the edge at the hub: the number of series does not grow with edges.
        self.assertNotIn("edge-1", later.text)
        edge.signal(signal.SIGTERM)
        self.assertEqual(edge.ended(), 0)
        gone = scraped(self.hub_site, lambda found: found["mesh_links"] == 0)
        self.assertEqual(later.falls(gone), [])
        self.assertEqual(gone['mesh_tunnels{state="connected"}'], 0)
        self.assertEqual(gone.sum("mesh_tunnel_links_closed_total"), 1)

    def _check_hub(self, alone: Scrape, found: Scrape) -> None:
        read = 'mesh_frames_total{direction="read",type="heartbeat"}'
        self.assertGreaterEqual(found[read], found["mesh_beats_received_total"] - 1)
        self.assertGreater(found['mesh_frames_total{direction="written",type="heartbeat-acknowledgement"}'], 0)
        # Enrolment has written to the journal; the edge has asked the hub's actors whether they live.
        self.assertGreater(found["mesh_journal_commits_total"], alone["mesh_journal_commits_total"])
        self.assertGreater(found["mesh_journal_sync_duration_seconds_sum"], 0)
        self.assertGreaterEqual(found["mesh_journal_batch_records_sum"], found["mesh_journal_commits_total"])
        self.assertEqual(found['mesh_journal_state{state="serving"}'], 1)
        self.assertGreater(found["mesh_journal_log_bytes"], 0)
        self.assertGreater(found.sum("mesh_actor_calls_total", 'outcome="answered"'), 0)
        self.assertGreater(found['mesh_actor_call_duration_seconds_count{kind="tunnel"}'], 0)
        self.assertGreater(found.sum("mesh_actors_resident"), 0)
        self.assertEqual(found['mesh_enrolment_answers_total{outcome="issued"}'], 1)
        self.assertEqual(found["mesh_links"], 1)
        shortest, longest = (found[f'mesh_link_round_trip_seconds{{stat="{stat}"}}'] for stat in ("min", "max"))
        self.assertTrue(0 < shortest <= longest < 1, f"{shortest} {longest}")
        self.assertGreater(found['mesh_link_congestion_window_bytes{stat="p50"}'], 1_000)
        self.assertGreater(found["mesh_link_packets_received_total"], 5)
        self.assertEqual(found['mesh_check_passing{check="store_writes"}'], 1)
        self.assertGreater(found["mesh_certificate_remaining_seconds"], 86_400)
        self.assertGreater(found["mesh_authority_remaining_seconds"], found["mesh_certificate_remaining_seconds"])
        self.assertAlmostEqual(found["process_start_time_seconds"] + found["mesh_uptime_seconds"], time.time(), delta=3)
        self.assertGreater(found["process_max_fds"], found["process_open_fds"])

    def _check_edge(self, found: Scrape) -> None:
        self.assertEqual(found['mesh_tunnel_state{state="connected"}'], 1)
        self.assertEqual(found.sum("mesh_tunnel_state"), 1)
        self.assertGreater(found['mesh_tunnel_round_trip_seconds{hub="hub-1"}'], 0)
        self.assertGreater(found['mesh_tunnel_congestion_window_bytes{hub="hub-1"}'], 1_000)
        self.assertGreater(found['mesh_beats_ended_total{outcome="acknowledged"}'], 3)
        self.assertEqual(found["mesh_tunnel_connections_total"], 1)
        self.assertGreater(found["mesh_beat_round_trip_seconds"], 0)
        self.assertGreater(found['mesh_actor_calls_sent_total{kind="tunnel",outcome="answered"}'], 0)
        self.assertGreater(found["mesh_certificate_remaining_seconds"], 86_400)

    def test_who_is_refused(self) -> None:
        """A token that was changed is an answer of its own, and an edge that loses its hub has reconnected."""
        token = self.place.token("edge-9")
        words = ["enrol", token[:-4] + "AAAA", "--hub", self.hub.enrolment, "--folder", self.place.folder / "no"]
        self.assertNotEqual(self.place.run(*words).returncode, 0)
        scraped(self.hub_site, lambda found: found.sum("mesh_enrolment_answers_total", "forged_token") >= 1)

    def test_a_hub_that_hangs_and_comes_back(self) -> None:
        """The edge's tunnel goes, and its numbers say so."""
        _, edge_site = self.edge()
        scraped(edge_site, lambda found: found['mesh_tunnel_state{state="connected"}'] == 1)
        self.hub.signal(signal.SIGKILL)
        self.hub.ended()
        lost = scraped(edge_site, lambda found: found['mesh_tunnel_state{state="reconnecting"}'] == 1, 60)
        self.assertEqual(lost['mesh_tunnel_state{state="connected"}'], 0)
        self.assertNotIn("mesh_tunnel_round_trip_seconds{", lost.text)
        port = self.hub.address.rsplit(":", 1)[1]
        words = ["--role", "hub", "--data", self.place.folder / "hub", "--listen", f"127.0.0.1:{port}"]
        again = self.place.start(*words, *OPEN[2:]).ready()
        back = scraped(edge_site, lambda found: found['mesh_tunnel_state{state="connected"}'] == 1, 60)
        self.assertEqual(back["mesh_tunnel_reconnects_total"], 1)
        hub = Scrape(str(again.records[-1]["http_address"]))
        self.assertEqual(hub["mesh_journal_generation"], 2)

    @unittest.skipIf(PROMTOOL is None, NO_PROMTOOL)
    def test_promtool(self) -> None:
        """Prometheus' own tool finds nothing to say about either node's metrics."""
        _, edge_site = self.edge()
        found = scraped(self.hub_site, lambda found: found["mesh_links"] == 1)
        self.assertEqual(complaints(found.text), "")
        found = scraped(edge_site, lambda found: found["mesh_links"] == 1)
        self.assertEqual(complaints(found.text), "")
        self.assertIn("counter metrics", complaints("# HELP a A.\n# TYPE a counter\na 1\n"))

    @unittest.skipIf(PROMTOOL is None, NO_PROMTOOL)
    def test_alerts(self) -> None:
        """The alerts name metrics that there are, and fire when they should."""
        assert PROMTOOL is not None
        for words in (["check", "rules", ALERTS], ["test", "rules", ALERT_TESTS]):
            finished = subprocess.run([PROMTOOL, *words], capture_output=True, text=True, check=False, env=os.environ)
            self.assertEqual(finished.returncode, 0, finished.stdout + finished.stderr)
        reference = (ALERTS.parent.parent / "docs/metrics.md").read_text()
        known = {line.split("`")[1] for line in reference.splitlines() if line.startswith("| `")}
        named = {
            word.removesuffix("_bucket")
            for line in ALERTS.read_text().splitlines()
            if line.strip().startswith("expr:")
            for word in line.replace("(", " ").replace("{", " ").replace("[", " ").split()
            if word.startswith(("mesh_", "process_"))
        }
        self.assertGreater(len(named), 10)
        self.assertLessEqual({name.rstrip(")") for name in named}, known)


if __name__ == "__main__":
    unittest.main()
