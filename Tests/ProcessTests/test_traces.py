"""One request followed over two machines: the same trace in the log of the hub and of the edge."""

from __future__ import annotations

import re
import unittest
import urllib.request
from typing import Any

from nodes import FREE, Node, Place

SAID = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def trace_of(record: dict[str, Any]) -> str:
    """The trace of a line; fails where it has none."""
    trace = str(record.get("trace", ""))
    if not re.fullmatch("[0-9a-f]{32}", trace):
        raise AssertionError(f"no trace in {record}")
    return trace


class Traces(unittest.TestCase):
    def setUp(self) -> None:
        self.place = Place()
        self.addCleanup(self.place.end)

    def hub(self, *words: str) -> Node:
        line = ["--role", "hub", "--data", self.place.folder / "hub", *FREE[:4], "--http-listen", "127.0.0.1:0"]
        return self.place.start(*line, *words).ready()

    def test_a_renewal_is_found_in_both_logs(self) -> None:
        """The edge begins a trace, its call carries it, and the hub's lines about the certificate say it."""
        hub = self.hub("--certificates-for", "6s")
        folder = self.place.enrol(hub)
        # The enrolment itself came without a trace: over its own protocol nothing is said of one.
        self.assertNotIn("trace", hub.wait_for("enrolment.issued"))
        edge = self.place.start("--role", "edge", "--hub", hub.address, "--data", folder).ready()
        traces = []
        for _ in range(2):
            issued, renewed = hub.wait_for("enrolment.issued"), edge.wait_for("enrolment.renewed")
            self.assertEqual(trace_of(issued), trace_of(renewed))
            traces.append(trace_of(renewed))
        self.assertEqual(len(set(traces)), 2, "each renewal has its own")

    def test_a_request_over_http_has_its_client_s_trace_or_a_new_one(self) -> None:
        """A client that says a trace is told our span of it; the line of the request has it."""
        hub = self.hub()
        address = hub.records[-1]["http_address"]
        request = urllib.request.Request(f"http://{address}/health", headers={"traceparent": SAID})
        with urllib.request.urlopen(request, timeout=10) as answer:
            self.assertRegex(answer.headers["traceparent"], f"^{SAID[:36]}[0-9a-f]{{16}}-01$")
            self.assertNotEqual(answer.headers["traceparent"], SAID)
        self.assertEqual(trace_of(hub.wait_for("http.request")), SAID[3:35])
        with urllib.request.urlopen(f"http://{address}/health", timeout=10) as answer:
            self.assertIsNone(answer.headers["traceparent"])
            name = answer.headers["x-request-id"]
        self.assertEqual(trace_of(hub.wait_for("http.request")), name.replace("-", ""))


if __name__ == "__main__":
    unittest.main()
