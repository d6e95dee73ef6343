"""What programs hear where nobody pays for a call, and what a call was charged, on a hub and through an edge."""

from __future__ import annotations

import json
import signal
import time
import unittest
from decimal import Decimal
from typing import Any

from nodes import MESHNODE, Node, Place
from peers import MESHLOAD, Spoken
from test_chats import HELLO, OPEN, ask, events
from test_node_questions import question

#: A tenth of a cent for each token that is said, and a hundredth of one for each that is read.
PRICE = {"input": 100_000_000_000, "output": 1_000_000_000_000}
TOP_UP = "https://pay.example/main"


def nanodollars(text: str) -> int:
    """What `$0.010815` comes to."""
    return int(Decimal(text.removeprefix("$")) * 1_000_000_000)


def table(ceiling: int) -> dict[str, Any]:
    """The table of the ledger with that ceiling for those who pay, in nano-dollars."""
    tier = {"local": 1000, "cloud": 1030, "knowledge": 1300, "cloudCharges": "whole", "grant": 0}
    row = {name: {**tier, "ceiling": 0 if name == "free" else ceiling} for name in ("free", "managed", "byok")}
    return {"version": "2026-11-22", "rows": [{"from": "2026-01-01", "flushAt": 5_000_000_000, **row}]}


@unittest.skipUnless(MESHNODE.exists(), "the release build")
def site(node: Node) -> str:
    """Where programs ask it, as it has said when it was ready."""
    return next(str(record["http_address"]) for record in node.records if "http_address" in record)


class Ceilings(unittest.TestCase):
    def setUp(self) -> None:
        self.place = Place()
        self.addCleanup(self.place.end)
        self.upstream = Spoken(MESHLOAD, "chat")
        self.addCleanup(lambda: self.upstream.process.poll() is None and self.upstream.end())

    def hub(self, ceiling: int, *words: str, http: str = "127.0.0.1:0") -> Node:
        """A hub with a provider whose model `echo` costs something, and an account that may owe so much."""
        policy = self.place.folder / "ledger.json5"
        policy.write_text(json.dumps(table(ceiling)))
        model = {"name": "echo", "context": 1_000, "output": 100, "price": PRICE}
        url = f"http://{self.upstream.address}/v1"
        settings = {
            "role": "hub",
            "ledger": {"policyFile": str(policy), "topUpURL": TOP_UP},
            "providers": [{"name": "stub", "kind": "openai-compatible", "url": url, "models": [model]}],
        }
        path = self.place.folder / "hub.json5"
        path.write_text(json.dumps(settings))
        line = ["--role", "hub", "--data", self.place.folder / "hub", *OPEN[:4], "--http-listen", http]
        hub = self.place.start(*line, "--config", path, *words).ready()
        while "echo" not in (hub.wait_for("chat.models") if not self.known(hub) else self.known(hub))["models"]:
            pass
        return hub

    def known(self, hub: Node) -> dict[str, Any]:
        return next((record for record in hub.records if record["event"] == "chat.models"), {})

    def edge(self, hub: Node) -> str:
        """Where programs ask an edge of the hub."""
        folder = self.place.enrol(hub)
        line = ["--role", "edge", "--hub", hub.address, "--data", folder, "--http-listen", "127.0.0.1:0"]
        edge = self.place.start(*line).ready()
        while edge.wait_for("tunnel.changed")["tunnel_state"] != "connected":
            pass
        return site(edge)

    def check_refusal(self, error: dict[str, Any]) -> None:
        self.assertEqual(error["action"], "suspend_cloud_access", error)
        self.assertEqual(error["topup_url"], TOP_UP)
        self.assertRegex(error["needed"], r"^\$[0-9]+\.[0-9]{3}$")
        self.assertEqual(error["available"], "$0.001")

    def check_refused(self, address: str) -> None:
        """402 in all four dialects, whole and streamed, and a free model goes on."""
        chat = {"model": "echo", "messages": HELLO, "max_tokens": 10}
        for streamed in (False, True):
            body = {**chat, "stream": streamed}
            answer = ask(f"http://{address}/v1/chat/completions", body)
            self.assertEqual((answer.status, answer.fields["retry-after"]), (402, None), answer.text)
            error = answer.json["error"]
            self.assertEqual((error["type"], error["code"]), ("insufficient_quota", "credit_ceiling_exceeded"))
            self.check_refusal(error)
            answer = ask(f"http://{address}/v1/messages", body, anthropic_version="2023-06-01")
            self.assertEqual((answer.status, answer.json["type"]), (402, "error"), answer.text)
            error = answer.json["error"]
            self.assertEqual((error["type"], error["code"]), ("billing_error", "credit_ceiling_exceeded"))
            self.check_refusal(error)
        for path in ("escalate", "stream"):
            wanted = question(f"q-{path}", "Say hello.", model_preference="echo")
            answer = ask(f"http://{address}/v1/{path}", wanted)
            self.assertEqual((answer.status, answer.json["error"]), (402, "credit_ceiling_exceeded"), answer.text)
            self.check_refusal(answer.json)
        free = ask(f"http://{address}/v1/chat/completions", {**chat, "model": "tiny"})
        self.assertEqual((free.status, free.fields["x-mesh-total"]), (200, "$0.00"), free.text)
        self.assertEqual(free.fields["x-mesh-funded-by"], "none")

    def test_at_the_ceiling_every_dialect_says_so_on_hub_and_edge(self) -> None:
        """The worst case of a call is more than the account may owe."""
        hub = self.hub(1_999_999)
        self.check_refused(site(hub))
        self.check_refused(self.edge(hub))
        hub.signal(signal.SIGTERM)
        self.assertEqual(hub.ended(), 0)

    def test_what_a_call_was_charged_is_told_everywhere(self) -> None:
        """The same figures in fields, comments, answers and ends, by HTTP and through a tunnel."""
        hub = self.hub(50_000_000_000)
        for address in (site(hub), self.edge(hub)):
            body = {"model": "echo", "messages": HELLO, "max_tokens": 10}
            whole = ask(f"http://{address}/v1/chat/completions", body)
            self.assertEqual(whole.status, 200, whole.text)
            usage = whole.json["usage"]
            cost = usage["prompt_tokens"] * 100_000 + usage["completion_tokens"] * 1_000_000
            names = ("x-mesh-upstream-cost", "x-mesh-fee", "x-mesh-total")
            told = [nanodollars(whole.fields[name]) for name in names]
            self.assertEqual(told, [cost, cost * 3 // 100, cost * 103 // 100], whole.text)
            self.assertEqual(whole.fields["x-mesh-funded-by"], f"metered={whole.fields['x-mesh-total']}")
            streamed = ask(f"http://{address}/v1/messages", {**body, "stream": True}).text
            self.assertIn("; x-mesh-total: $", streamed)
            wanted = question("q-1", "Say hello.", model_preference="echo")
            document = ask(f"http://{address}/v1/escalate", wanted).json
            end = list(events(ask(f"http://{address}/v1/stream", {**wanted, "request_id": "q-2"}).text))[-1]
            self.assertEqual(end[0], "end")
            for said in (document["cost"], end[1]["cost"]):
                parts = [nanodollars(said[name]) for name in ("upstream_cost", "fee", "total")]
                self.assertEqual((parts[0] + parts[1], parts[2]), (parts[2], said["nanodollars"]))
                self.assertGreater(parts[1], 0)
                self.assertEqual(said["funded_by"]["metered"], said["total"])
            counted = ask(f"http://{address}/v1/usage").json
            self.assertGreater(counted["cost"]["nanodollars"], told[2])

    def test_a_hub_that_was_killed_keeps_account(self) -> None:
        """What was charged before is owed after; an account that is new is free where the hub says so."""
        hub = self.hub(60_000_000)
        address = site(hub)
        body = {"model": "echo", "messages": HELLO, "max_tokens": 10}
        charged, answer = 0, ask(f"http://{address}/v1/chat/completions", body)
        while answer.status == 200:
            charged += nanodollars(answer.fields["x-mesh-total"])
            answer = ask(f"http://{address}/v1/chat/completions", body)
        self.assertEqual(answer.status, 402, answer.text)
        self.assertGreater(charged, 0)
        self.assertLessEqual(charged, 60_000_000)
        available = answer.json["error"]["available"]
        hub.signal(signal.SIGKILL)
        hub.ended()
        hub = self.hub(60_000_000)
        address = site(hub)
        answer = ask(f"http://{address}/v1/chat/completions", body)
        self.assertEqual((answer.status, answer.json["error"]["available"]), (402, available), answer.text)
        self.assertEqual(available, f"$0.{(60_000_000 - charged) // 1_000_000:03}")

    def test_a_new_account_is_free_where_the_hub_says_so(self) -> None:
        """It has models that cost nothing, and no others."""
        hub = self.hub(50_000_000_000, "--ledger-new-accounts", "free")
        address = site(hub)
        body = {"model": "echo", "messages": HELLO, "max_tokens": 10}
        deadline = time.monotonic() + 10
        answer = ask(f"http://{address}/v1/chat/completions", body)
        self.assertEqual((answer.status, answer.json["error"]["available"]), (402, "$0.00"), answer.text)
        while (free := ask(f"http://{address}/v1/chat/completions", {**body, "model": "tiny"})).status != 200:
            self.assertLess(time.monotonic(), deadline, free.text)


if __name__ == "__main__":
    unittest.main()
