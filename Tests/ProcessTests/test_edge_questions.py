"""What applications ask an edge: through its privacy proxy, the tunnel and the hub, and back."""

from __future__ import annotations

import http.client
import json
import re
import signal
import time
import unittest
from pathlib import Path
from typing import Any

from nodes import MESHNODE, Node, Place
from test_chats import ask, events
from test_edge_privacy import OPEN, asked
from test_node_questions import question

NAME, MAIL = "Anna Schmidt", "anna.schmidt@example.com"
#: How often a question is asked, whose answer a tiny model does not always give.
TRIES = 12
QUERY = f"My name is {NAME}, write to {MAIL}. Say hello to me."


@unittest.skipUnless(MESHNODE.exists(), "the release build")
class EdgeQuestions(unittest.TestCase):
    def setUp(self) -> None:
        self.place = Place()
        self.addCleanup(self.place.end)
        self.hub = self.place.start("--role", "hub", "--data", self.place.folder / "hub", *OPEN).ready()
        self.folder = self.place.enrol(self.hub)
        self.edge = self.start_edge()

    def start_edge(self, *words: str | Path) -> Node:
        line = ["--role", "edge", "--hub", self.hub.address, "--data", self.folder, "--http-listen", "127.0.0.1:0"]
        edge = self.place.start(*line, *words).ready()
        self.address = str(edge.records[-1]["http_address"])
        while edge.wait_for("tunnel.changed")["tunnel_state"] != "connected":
            pass
        return edge

    def start_hub_again(self) -> None:
        listen = ["--listen", self.hub.address, "--enrol-listen", "off", "--http-listen", "127.0.0.1:0"]
        self.hub = self.place.start("--role", "hub", "--data", self.place.folder / "hub", *listen).ready()

    def killed(self, node: Node) -> None:
        node.signal(signal.SIGKILL)
        node.ended()

    def asks(self, name: str, **more: Any) -> dict[str, Any]:
        status, document = asked(self.address, "/v1/escalate", question(name, QUERY, **more))
        self.assertEqual(status, 200, document)
        return dict(document)

    def test_get_their_names_back_and_leave_none(self) -> None:
        """Whole, streamed, previewed, in a session; no original is on a disk or in a log of either."""
        # The model is tiny, placeholders are drawn, and not each of them is one that it says after us.
        for tries in range(1, TRIES + 1):
            trip = f"trip-{tries}"
            answer = self.asks(f"q-{tries}", session_id=trip)
            self.assertEqual(answer["privacy"]["replaced"], {"email": 1, "person": 1})
            if NAME in answer["content"]:
                break
        self.assertIn(NAME, answer["content"])
        self.assertGreater(answer["privacy"]["restored"], 0)
        _, preview = asked(self.address, "/v1/redact", question("p-1", QUERY, session_id=trip))
        self.assertRegex(preview["query"], r"^My name is PERSON_\w{6}, write to EMAIL_\w{6}\. Say hello to me\.$")
        self.assertEqual([turn["role"] for turn in preview["history"]], ["user", "assistant"])
        self.assertNotIn("Anna", json.dumps(preview))
        for streams in range(1, TRIES + 1):
            stream = list(events(ask(f"http://{self.address}/v1/stream", question(f"s-{streams}", QUERY)).text))
            self.assertEqual((stream[0][0], stream[-1][0]), ("started", "end"))
            said = "".join(data["text"] for name, data in stream if name == "chunk")
            if NAME in said:
                break
        self.assertIn(NAME, said)
        _, session = asked(self.address, f"/v1/sessions/{trip}")
        self.assertIn(NAME, session["title"])
        self.assertEqual([message["redacted"] for message in session["messages"]], [True, True])
        _, usage = asked(self.address, "/v1/usage")
        self.assertEqual((usage["requests"], usage["models"][0]["model"]), (tries + streams, "tiny"))
        for node in (self.edge, self.hub):
            node.signal(signal.SIGTERM)
            self.assertEqual(node.ended(), 0)
        logs = json.dumps([self.edge.records, self.hub.records]).encode() + self.edge.text + self.hub.text
        for original in (NAME, "Schmidt", MAIL):
            self.assertNotIn(original.encode(), logs)
            for path in self.place.folder.rglob("*"):
                self.assertFalse(path.is_file() and original.encode() in path.read_bytes(), (original, path))

    def test_keep_their_sessions_through_a_restart(self) -> None:
        """The edge is killed: the session is there, the same request is answered with what it was told, once."""
        first = self.asks("q-1", session_id="trip")
        self.killed(self.edge)
        self.edge = self.start_edge()
        _, session = asked(self.address, "/v1/sessions/trip")
        self.assertEqual([message["role"] for message in session["messages"]], ["user", "assistant"])
        self.assertIn(NAME, session["messages"][0]["content"])
        again = self.asks("q-1", session_id="trip")
        self.assertEqual((again["content"], again["run_id"]), (first["content"], first["run_id"]))
        self.assertEqual(asked(self.address, "/v1/sessions/trip")[1]["message_count"], 2)
        conflict, document = asked(self.address, "/v1/escalate", question("q-1", "Something else.", session_id="trip"))
        self.assertEqual((conflict, document["error"]["code"]), (409, "conflict"))

    def test_wait_for_a_hub_where_they_are_told_to(self) -> None:
        """Without a hub a question is refused, or waits through a restart of the edge, and is delivered once."""
        self.killed(self.hub)
        while asked(self.address, "/ready")[0] == 200:
            time.sleep(0.1)
        begun = time.monotonic()
        status, document = asked(self.address, "/v1/escalate", question("q-1", QUERY))
        self.assertEqual((status, document["error"]["code"]), (503, "offline"))
        self.assertLess(time.monotonic() - begun, 2)
        connection = http.client.HTTPConnection(self.address, timeout=30)
        headers = {"content-type": "application/json", "prefer": "respond-async"}
        connection.request("POST", "/v1/escalate", json.dumps(question("q-2", QUERY)), headers)
        response = connection.getresponse()
        self.assertEqual((response.status, response.getheader("location")), (202, "/v1/escalate/q-2"))
        response.read()
        connection.close()
        self.killed(self.edge)
        line = ["--role", "edge", "--hub", self.hub.address, "--data", self.folder, "--http-listen", "127.0.0.1:0"]
        self.edge = self.place.start(*line).ready()
        self.address = str(self.edge.records[-1]["http_address"])
        self.assertEqual(asked(self.address, "/v1/escalate/q-2")[0], 202)
        self.start_hub_again()
        end = time.monotonic() + 60
        while (standing := asked(self.address, "/v1/escalate/q-2"))[0] == 202:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.1)
        self.assertEqual(standing[0], 200, standing)
        self.assertIn(NAME, standing[1]["content"])
        # An answer that was lost on its way can be fetched again for a while.
        again = asked(self.address, "/v1/escalate/q-2")
        self.assertEqual((again[0], again[1]["content"]), (200, standing[1]["content"]))

    def test_refuse_pages_of_others(self) -> None:
        """DNS rebinding, a cross-site post, a form: nothing is asked, and no page may read an answer."""
        body = json.dumps(question("q-1", QUERY))
        json_type = {"content-type": "application/json"}
        cases = [
            (421, {**json_type, "host": "attacker.example"}),
            (403, {**json_type, "origin": "https://attacker.example"}),
            (403, {**json_type, "sec-fetch-site": "cross-site"}),
            (415, {"content-type": "text/plain"}),
            (415, {"content-type": "application/x-www-form-urlencoded"}),
        ]
        for path in ("/v1/escalate", "/v1/stream", "/v1/chat/completions", "/v1/messages", "/v1/redact"):
            for status, headers in cases:
                connection = http.client.HTTPConnection(self.address, timeout=30)
                connection.request("POST", path, body, headers)
                response = connection.getresponse()
                text = response.read().decode()
                self.assertEqual(response.status, status, (path, headers, text))
                allowed = [name for name, _ in response.getheaders() if re.match("access-control", name, re.IGNORECASE)]
                self.assertEqual(allowed, [])
                connection.close()


if __name__ == "__main__":
    unittest.main()
