"""Customers and payments that fail, with a double of Stripe that somebody else wrote: it signs and posts by itself."""

from __future__ import annotations

import base64
import http.server
import json
import os
import socket
import subprocess
import sys
import threading
import time
import unittest
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

_HERE = Path(__file__).resolve().parent
sys.path += [str(_HERE.parent / "Stripe"), str(_HERE.parent / "ProcessTests")]

from bills import SECRETS, Bills  # noqa: E402
from fake_stripe import KEY  # noqa: E402

#: An account at a bank from which nothing can be taken, which the bank says later; and a card that pays.
_EMPTY = {
    "type": "sepa_debit", "sepa_debit[iban]": "DE62370400440532013001", "billing_details[name]": "A",
    "billing_details[email]": "a@example.org",
}
_CARD = {
    "type": "card", "card[number]": "4242424242424242", "card[exp_month]": "12", "card[exp_year]": "2040",
    "card[cvc]": "123",
}


def sources() -> str:
    """Where scripts/setup has put localstripe's sources, by the rule in scripts/library/common.sh."""
    script = 'source scripts/library/common.sh; echo "$cache_folder/localstripe-$(content_key scripts/$0)"'
    command = ["bash", "-c", script, "sources-localstripe.txt"]
    return subprocess.run(command, cwd=_HERE.parents[1], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


class LocalStripe:
    """localstripe as a process at a free port."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        environment = {**os.environ, "PYTHONPATH": sources()}
        command = [sys.executable, "-m", "localstripe", "--from-scratch", "--port", str(port)]
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/"
        )
        end = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise
                time.sleep(0.05)

    def post(self, path: str, form: dict[str, str]) -> dict[str, Any]:
        """Does what an operator does in the dashboard."""
        request = urllib.request.Request(self.url + path, urllib.parse.urlencode(form).encode())
        request.add_header("Authorization", "Basic " + base64.b64encode(f"{KEY}:".encode()).decode())
        with urllib.request.urlopen(request, timeout=20) as answer:
            return dict(json.loads(answer.read() or b"{}"))

    def pays_by(self, customer: str, form: dict[str, str]) -> None:
        """Has the customer pay in this way from now on."""
        method = self.post("/v1/payment_methods", form)["id"]
        self.post(f"/v1/payment_methods/{method}/attach", {"customer": customer})
        self.post(f"/v1/customers/{customer}", {"invoice_settings[default_payment_method]": method})

    def end(self) -> None:
        """Ends it."""
        self.process.kill()
        self.process.wait()


class Endpoint:
    """Hands what is posted to it to the accounts, as the gateway of a hub does."""

    def __init__(self, bills: Bills) -> None:
        self.taken: list[tuple[str, str]] = []
        endpoint = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: Any) -> None:
                """Nobody reads it."""

            def do_POST(self) -> None:
                """Takes one in."""
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                outcome = bills.take(body, self.headers["Stripe-Signature"])
                endpoint.taken.append((json.loads(body)["type"], outcome))
                self.send_response(200 if outcome == "taken" else 503)
                self.send_header("Content-Length", "0")
                self.end_headers()

        # One after the other: the accounts answer line by line.
        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def wait_for(self, kind: str) -> str:
        """What became of the first event of that kind."""
        end = time.monotonic() + 30
        while time.monotonic() < end:
            for taken, outcome in list(self.taken):
                if taken == kind:
                    return outcome
            time.sleep(0.02)
        raise AssertionError(f"no {kind} within 30 s, but {self.taken}")

    def end(self) -> None:
        """Takes no more."""
        self.server.shutdown()
        self.server.server_close()


class LocalStripeTests(unittest.TestCase):
    """Accounts with localstripe behind them."""

    def test_a_payment_that_fails_stops_the_account_and_one_that_comes_starts_it(self) -> None:
        local = LocalStripe()
        self.addCleanup(local.end)
        with Bills(local.url) as bills:
            # localstripe has no pages, but the customer is made before one is asked for.
            with self.assertRaises(AssertionError):
                bills.say("portal", "acme")
            customer = bills.standing("acme")["customer"]
            self.assertTrue(customer.startswith("cus_"))
            endpoint = Endpoint(bills)
            self.addCleanup(endpoint.end)
            local.post("/_config/webhooks/hub", {"url": endpoint.url, "secret": SECRETS[1]})
            local.pays_by(customer, _EMPTY)
            product = local.post("/v1/products", {"name": "usage", "type": "service"})
            local.post("/v1/plans", {
                "id": "plan", "amount": "618", "currency": "usd", "interval": "month", "product": product["id"],
            })
            local.post("/v1/subscriptions", {"customer": customer, "items[0][plan]": "plan"})
            self.assertEqual(endpoint.wait_for("invoice.payment_failed"), "taken")
            self.assertEqual(bills.standing("acme")["suspension"], "paymentFailed")
            invoice = self.first_invoice(local, customer)
            local.pays_by(customer, _CARD)
            local.post(f"/v1/invoices/{invoice}/pay", {})
            self.assertEqual(endpoint.wait_for("invoice.payment_succeeded"), "taken")
            standing = bills.standing("acme")
            self.assertEqual((standing["suspension"], standing["owed"]), (None, -6_180_000_000))

    def first_invoice(self, local: LocalStripe, customer: str) -> str:
        """The one that was not paid."""
        request = urllib.request.Request(f"{local.url}/v1/invoices?customer={customer}")
        request.add_header("Authorization", "Basic " + base64.b64encode(f"{KEY}:".encode()).decode())
        with urllib.request.urlopen(request, timeout=20) as answer:
            return str(json.loads(answer.read())["data"][0]["id"])


if __name__ == "__main__":
    unittest.main()
