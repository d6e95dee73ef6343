"""A hub as people start it, with a double of Stripe behind it, and webhooks that come over HTTP."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import stripe
from fake_stripe import KEY, FakeStripe

_HERE = Path(__file__).resolve().parent
sys.path += [str(_HERE.parent / "ProcessTests"), str(_HERE.parents[1] / "scripts")]

import nodes  # noqa: E402
from upstreams.hub import Hub  # noqa: E402

PROGRAM = Path(os.environ.get("MESHNODE_MESHNODE", nodes.MESHNODE))
_SECRET = "whsec_0123456789abcdef"


def post(url: str, body: str, fields: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """Status and content of the answer."""
    request = urllib.request.Request(url, body.encode(), {"Content-Type": "application/json", **fields})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def said_at_start(hub: Hub) -> list[str]:
    """Who bills, as the hub has said before it was ready."""
    return [str(one["reason"]) for one in hub.node.records if one["event"] == "hub.biller"]


class HubThatBills(unittest.TestCase):
    """`meshnode --role hub` with `stripe.keyFile`."""

    def setUp(self) -> None:
        self.double = self.enterContext(FakeStripe())
        folder = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="stripe-")))
        for name, text in (("key", KEY), ("secrets", f"whsec_older\n{_SECRET}\n")):
            (folder / name).touch(mode=0o600)
            (folder / name).write_text(text)
        settings = {
            "keyFile": str(folder / "key"), "webhookSecretFile": str(folder / "secrets"), "meterID": FakeStripe.meter,
            "baseURL": self.double.url, "successURL": "https://example.org/thanks",
        }
        told = {"stripe": settings, "engine": {"enabled": False}}
        self.hub = self.enterContext(Hub(settings=told, program=PROGRAM))

    def tell(self, body: str, field: str | None = None) -> tuple[int, dict[str, Any]]:
        """What the hub answers to a webhook."""
        field = field or stripe.WebhookSignature.generate_signature_header(body, _SECRET, int(time.time()))
        return post(f"{self.hub.url}/v1/webhooks/stripe", body, {"Stripe-Signature": field})

    def test_a_webhook_is_taken_in_once_it_is_signed_and_no_key_is_asked(self) -> None:
        session = self.double.put({
            "id": "cs_test_1", "object": "checkout.session", "mode": "payment", "payment_status": "paid",
            "amount_total": 2_000, "currency": "usd", "metadata": {"mesh_account": "main", "mesh_purpose": "topup"},
        })
        body = self.double.event("checkout.session.completed", session)
        self.assertEqual(self.balance("main")["credits"], "0")
        for _ in range(2):
            self.assertEqual(self.tell(body), (200, {"received": True}))
            self.assertEqual(self.balance("main")["credits"], "20")
        self.assertEqual(self.tell(body, "t=1,v1=00")[0], 400)
        self.assertEqual(self.tell(body, "t=1,v1=00")[1]["error"]["code"], "bad_signature")
        self.assertIn(b"stripe.webhook-taken", self.logged(b"stripe.webhook-taken"))
        self.assertNotIn(_SECRET.encode(), self.hub.logged)

    def test_what_stripe_took_and_does_not_bill_is_an_error_and_a_count(self) -> None:
        self.assertEqual(said_at_start(self.hub), ["Stripe bills, by events of the meter 'mesh_usage' ('mtr_usage')"])
        for kind in ("error_report_triggered", "no_meter_found"):
            body = json.dumps({
                "id": f"evt_test_{kind}", "object": "v2.core.event", "type": f"v1.billing.meter.{kind}",
                "related_object": {"id": "mtr_1", "type": "billing.meter", "url": "/v1/billing/meters/mtr_1"},
            })
            self.assertEqual(self.tell(body, "t=1,v1=00")[0], 400)
            self.assertEqual(self.tell(body), (200, {"received": True}))
            self.assertIn(f"evt_test_{kind}".encode(), self.logged(f"evt_test_{kind}".encode()))
        self.assertEqual(self.hub.logged.count(b"stripe.meter-reported"), 2)
        with urllib.request.urlopen(f"{self.hub.url}/metrics", timeout=20) as answer:
            self.assertIn("mesh_meter_reports_total 2\n", answer.read().decode())

    def test_an_operator_is_told_of_the_page_for_invoices(self) -> None:
        status, page = post(f"{self.hub.url}/v1/billing/portal", "{}", {})
        self.assertEqual((status, page["url"][:29]), (200, "https://billing.stripe.test/p"))
        self.assertEqual(self.double.objects("customer")[0]["metadata"], {"mesh_account": "main"})
        self.assertNotIn(KEY.encode(), self.hub.logged)

    def test_what_cannot_be_looked_up_is_to_be_told_again(self) -> None:
        invoice = {"id": "in_1", "object": "invoice", "customer": "cus_1", "status": "open"}
        body = self.double.event("invoice.payment_failed", invoice)
        self.double.faults.drop_before = 100
        status, answer = self.tell(body)
        self.assertEqual((status, answer["error"]["code"]), (503, "not_now"))

    def set_tier(self, account: str, tier: str) -> None:
        """What an operator does when somebody signs up."""
        status, answer = post(f"{self.hub.url}/v1/ledger/set-tier", json.dumps({"account": account, "tier": tier}), {})
        self.assertEqual((status, answer["account"]), (200, account), answer)

    def customers(self, wanted: int) -> list[str]:
        """Whose customers there are, once there are so many."""
        end = time.monotonic() + 10
        while len(self.double.objects("customer")) < wanted and time.monotonic() < end:
            time.sleep(0.01)
        return sorted(one["metadata"]["mesh_account"] for one in self.double.objects("customer"))

    def balance(self, account: str) -> dict[str, Any]:
        """How an account stands."""
        with urllib.request.urlopen(f"{self.hub.url}/v1/ledger/balance?account={account}", timeout=20) as answer:
            return dict(json.loads(answer.read()))

    def test_who_signs_up_is_a_customer_from_then_on_and_once(self) -> None:
        for account, tier in (("acme", "managed"), ("nobody", "free"), ("beta", "byok"), ("acme", "byok")):
            self.set_tier(account, tier)
        self.assertEqual(self.customers(2), ["acme", "beta"])
        # Customers are asked for one after the other: behind the last one none can follow.
        self.set_tier("last", "managed")
        self.assertEqual(self.customers(3), ["acme", "beta", "last"])
        names = {one["metadata"]["mesh_account"]: one["id"] for one in self.double.objects("customer")}
        for account, tier in (("acme", "byok"), ("beta", "byok")):
            balance = self.balance(account)
            self.assertEqual((balance["customer"], balance["tier"]), (names[account], tier))
        self.assertEqual(self.balance("nobody")["customer"], None)

    def test_a_tier_is_set_though_stripe_does_not_answer_and_the_customer_is_made_later(self) -> None:
        self.double.faults.drop_before = 100
        self.set_tier("acme", "managed")
        self.assertEqual(self.balance("acme")["tier"], "managed")
        line = self.logged(b"stripe.customer-deferred")
        self.assertIn(b"stripe.customer-deferred", line)
        self.assertEqual((self.customers(0), self.balance("acme")["customer"]), ([], None))
        self.double.faults.drop_before = 0
        self.set_tier("acme", "managed")
        self.assertEqual(self.customers(1), ["acme"])
        self.assertNotIn(KEY.encode(), self.hub.logged)
    def test_what_stripe_refuses_is_heard_of_shown_and_seen_to_by_an_operator(self) -> None:
        ledger = f"{self.hub.url}/v1/ledger"
        use = {"id": "c-1", "model": "claude-sonnet-4-6", "kind": "cloud", "input_tokens": 1_000_000}
        self.assertEqual(post(f"{ledger}/set-tier", '{"tier":"managed"}', {})[0], 200)
        for number in (1, 2):
            told = {**use, "id": f"c-{number}", "output_tokens": 200_000 * number}
            self.double.event_name = "mesh_other"
            self.assertEqual(post(f"{ledger}/record", json.dumps(told), {})[0], 200)
            self.assertIn(b"no_meter", self.logged(b"no_meter"))
            table = self.people("outbox", until="no_meter")
            name = re.findall(r"^(mesh\|main\|usage\|\S+) .* no_meter *$", table, re.MULTILINE)[0]
            self.double.event_name = "mesh_usage"
            if number == 1:
                self.assertIn("told", self.people("retry-event", name))
            else:
                self.assertIn("closed", self.people("close-event", name, "--note", "in_1"))
            self.people("outbox", "--quiet", until="", unless=name)
        self.assertEqual(self.double.told(), 6_180_000)
        with urllib.request.urlopen(f"{self.hub.url}/metrics", timeout=20) as answer:
            figures = answer.read().decode()
        for outcome, count in (("refused", 2), ("retried", 1), ("delivered", 1), ("closed", 1)):
            self.assertIn(f'mesh_meter_events_total{{outcome="{outcome}"}} {count}\n', figures)
        for line in (b"stripe.meter-refused", b"stripe.meter-retried", b"stripe.meter-closed"):
            self.assertIn(line, self.hub.logged)

    def people(self, *words: str, until: str | None = None, unless: str | None = None) -> str:
        """What an operator is told, once it has `until` and not `unless`."""
        line = [str(nodes.MESHNODE.with_name("synesis")), "ledger", *words, "--gateway", self.hub.url]
        end = time.monotonic() + 20
        while True:
            done = subprocess.run(line, capture_output=True, text=True, check=True, timeout=60)
            is_said = (until or "") in done.stdout and not (unless and unless in done.stdout)
            if is_said or time.monotonic() > end:
                self.assertTrue(is_said, done.stdout)
                return done.stdout
            time.sleep(0.05)

    def logged(self, wanted: bytes) -> bytes:
        """The log, once it has `wanted`."""
        end = time.monotonic() + 10
        while wanted not in self.hub.logged and time.monotonic() < end:
            time.sleep(0.01)
        return self.hub.logged


class HubThatDoesNot(unittest.TestCase):
    """A hub without a key for Stripe, and with a bad one."""

    def test_without_a_key_nobody_bills(self) -> None:
        with Hub(settings={"engine": {"enabled": False}}, program=PROGRAM) as hub:
            for path in ("/v1/webhooks/stripe", "/v1/billing/portal"):
                status, answer = post(hub.url + path, "{}", {})
                self.assertEqual((status, answer["error"]["code"]), (404, "no_billing"))
            self.assertTrue((hub.folder / "hub/meter-events.jsonl").exists())
            file = hub.folder / "hub/meter-events.jsonl"
            words = f"nobody bills: without stripe.keyFile, usage is written into '{file}'"
            self.assertEqual(said_at_start(hub), [words])

    def test_a_key_that_others_can_read_keeps_the_hub_from_starting(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            key = Path(name) / "key"
            key.write_text(KEY)
            key.chmod(0o644)
            settings = {"role": "hub", "stripe": {"keyFile": str(key)}}
            file = Path(name) / "hub.json5"
            file.write_text(json.dumps(settings))
            node = nodes.Node("--config", file, "--data", Path(name) / "hub", *nodes.FREE, program=PROGRAM)
            self.assertEqual(node.ended(), 65)


if __name__ == "__main__":
    unittest.main()
