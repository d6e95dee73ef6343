"""Questions that a hub is asked itself, and the conversations that it keeps, as a process of its own."""

from __future__ import annotations

import http.client
import json
import signal
import unittest
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from nodes import FREE, Node, Place
from peers import MESHLOAD, Spoken
from test_chats import Answer, ask, events

OPEN = [*FREE[:4], "--http-listen", "127.0.0.1:0"]


def question(name: str, query: str, **more: Any) -> dict[str, Any]:
    return {"request_id": name, "query": query, "max_tokens": 16, **more}


class Questions(unittest.TestCase):
    def setUp(self) -> None:
        self.place = Place()
        self.addCleanup(self.place.end)

    def hub(self, *words: str | Path) -> tuple[Node, str]:
        """A hub, and the beginning of what it is asked."""
        hub = self.place.start("--role", "hub", "--data", self.place.folder / "hub", *OPEN, *words).ready()
        return hub, f"http://{hub.records[-1]['http_address']}/v1"

    def delete(self, url: str) -> int:
        """The status of a deletion."""
        try:
            with urllib.request.urlopen(urllib.request.Request(url, method="DELETE"), timeout=30) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    def test_are_answered_in_a_session_that_outlives_the_hub(self) -> None:
        """Whole and streamed by the model in the process; then the hub is killed, and the same is said again."""
        hub, base = self.hub()
        whole = ask(f"{base}/escalate", question("q-1", "Say hello.", session_id="trip"))
        self.assertEqual(whole.status, 200, whole.text)
        self.assertTrue(whole.json["content"])
        self.assertEqual(whole.json["cost"]["nanodollars"], 0)
        self.assertIsNone(whole.json["privacy"])
        stream = list(events(ask(f"{base}/stream", question("q-2", "And again?", session_id="trip")).text))
        names = [name for name, _ in stream]
        self.assertEqual((names[0], names[-1], set(names[1:-1])), ("started", "end", {"chunk"}))
        said = ""
        for name, data in stream:
            if name == "chunk":
                self.assertEqual(data["offset"], len(said.encode()))
                said += data["text"]
        self.assertEqual(stream[-1][1]["length"], len(said.encode()))
        hub.signal(signal.SIGKILL)
        hub.process.wait()

        _, base = self.hub()
        session = ask(f"{base}/sessions/trip").json
        self.assertEqual(
            [message["content"] for message in session["messages"]],
            ["Say hello.", whole.json["content"], "And again?", said],
        )
        again = ask(f"{base}/escalate", question("q-1", "Say hello.", session_id="trip"))
        self.assertEqual(again.json["content"], whole.json["content"])
        other = ask(f"{base}/escalate", question("q-1", "Say something else.", session_id="trip"))
        self.assertEqual((other.status, other.json["error"]["field"]), (409, "request_id"))
        self.assertEqual(ask(f"{base}/usage").json["requests"], 0, "nobody was asked again")
        self.assertEqual(ask(f"{base}/sessions").json["sessions"][0]["title"], "Say hello.")
        self.assertEqual(self.delete(f"{base}/sessions/trip"), 204)
        self.assertEqual(ask(f"{base}/sessions/trip").status, 410)
        self.assertEqual(self.delete(f"{base}/sessions/trip"), 410)

    def test_are_stopped_when_their_client_leaves(self) -> None:
        """Behind its first words; the upstream sees that nobody reads any more."""
        upstream = Spoken(MESHLOAD, "chat")
        self.addCleanup(lambda: upstream.process.poll() is None and upstream.end())
        models = [{"name": "endless", "context": 100_000, "free": True, "tools": True}]
        url = f"http://{upstream.address}/v1"
        settings = self.place.folder / "hub.json5"
        provider = {"name": "stub", "kind": "openai-compatible", "url": url, "models": models}
        settings.write_text(json.dumps({"role": "hub", "engine": {"enabled": False}, "providers": [provider]}))
        hub, base = self.hub("--config", settings)
        connection = http.client.HTTPConnection(base.split("/")[2], timeout=30)
        body = json.dumps(question("q-1", "Go on.", model_preference="endless", session_id="trip"))
        connection.request("POST", "/v1/stream", body, {"content-type": "application/json"})
        response = connection.getresponse()
        while not response.readline().startswith(b"event: chunk"):
            pass
        response.close()
        connection.close()
        record = hub.wait_for("chat.ended")
        self.assertEqual((record["outcome"], record["dialect"]), ("client_left", "escalation"))
        said = ask(f"{base}/sessions/trip").json["messages"]
        self.assertEqual([message["role"] for message in said], ["user"], "half an answer is none")

    def test_refuse_pages_and_what_is_no_json(self) -> None:
        """Over a real connection, the name of another host included."""
        _, base = self.hub()
        body = question("q-1", "Say hello.")
        page = ask(f"{base}/escalate", body, origin="http://evil.example")
        self.assertEqual((page.status, page.json["error"]["code"]), (403, "foreign_origin"))
        self.assertNotIn("access-control-allow-origin", page.fields)
        form = ask(f"{base}/escalate", body, content_type="text/plain")
        self.assertEqual(form.status, 415)
        rebound = ask(f"{base}/sessions", host="evil.example")
        self.assertEqual(rebound.status, 421)
        self.assertEqual(self.answer_of(base, "OPTIONS").status, 204)

    def answer_of(self, base: str, method: str) -> Answer:
        """An answer without a body, to a browser that asks first."""
        headers = {"origin": "http://evil.example", "access-control-request-method": "POST"}
        request = urllib.request.Request(f"{base}/usage", headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            found = Answer(answer.status, answer.headers, answer.read().decode())
        self.assertFalse([name for name in found.fields if name.lower().startswith("access-control-")])
        return found
