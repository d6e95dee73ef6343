"""A hundred edges and their hub as real processes: how soon they are ready, what they take, that all come back."""

from __future__ import annotations

import os
import unittest

from clusters import TOPOLOGIES, Cluster, verdict

HUNDRED = TOPOLOGIES / "hundred-edges.json5"
#: The check of a hundred takes its time: `scripts/test --all` alone asks for it.
IS_HEAVY = os.environ.get("MESHNODE_HEAVY") == "1"


def _heard(cluster: Cluster) -> bool:
    """Whether each edge has had a beat acknowledged, and none is missing."""
    edges = [node for node in cluster.nodes().values() if node["role"] == "edge"]
    return all(0 < edge["beats_sent"] == edge["beats_acknowledged"] for edge in edges)


class HundredEdgesTest(unittest.TestCase):
    """Two cores are enough for them."""

    def test_a_hundred_edges_are_ready_soon_small_and_back_after_the_hub_was_killed(self) -> None:
        with Cluster(HUNDRED) as cluster:
            cluster.up("--ready-within", "20s")
            cluster.until("cluster.ready")
            nodes = cluster.nodes()
            edges = [node for node in nodes.values() if node["role"] == "edge"]
            self.assertEqual(len(edges), 100)
            self.assertLessEqual(max(node["anonymous_kib"] for node in edges), 8 * 1024)
            cluster.wait(lambda: _heard(cluster), "not every beat is acknowledged", 60)
            cluster.ask("kill", "hub-1")
            cluster.until("cluster.ended")
            cluster.all_reopened()
            after = cluster.all_ready(60)
            self.assertEqual(sum(node["restarts"] for node in after.values()), 1)
            cluster.ask("down")
            self.assertEqual(cluster.ended(), 0)
            self.assertEqual(cluster.processes(), [])

    @unittest.skipUnless(IS_HEAVY, "scripts/test --all")
    def test_the_check_of_a_hundred_edges_is_green(self) -> None:
        with Cluster(HUNDRED) as cluster:
            cluster.up("--check")
            self.assertEqual(cluster.ended(300), 0, cluster.err())
            self.assertTrue(verdict(cluster.out())[0])
            self.assertEqual(cluster.processes(), [])


if __name__ == "__main__":
    unittest.main()
