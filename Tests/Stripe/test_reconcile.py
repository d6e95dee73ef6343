"""`meshnode ledger reconcile`: what a stopped hub's accounts say against what the double of Stripe has."""

from __future__ import annotations

import json
import socket
import time
import unittest
from typing import Any

from bills import Bills
from fake_stripe import KEY, FakeStripe, Faults
from pauses import pause

#: What a charge of 6,000 thousandths comes to in millionths, with the fee of the tier.
_CHARGED = 6_180_000


def closed_port() -> int:
    """A port of the loopback at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Reconciliation(unittest.TestCase):
    """Accounts that have told the double of usage, and are stopped."""

    def setUp(self) -> None:
        self.double = self.enterContext(FakeStripe())
        self.bills = self.enterContext(Bills(self.double.url))
        for account in ("acme", "beta"):
            self.bills.say("charge", account, 1, 6_000)
            self.bills.settled(account)

    def run_it(self, *words: str, url: str | None = None, meter: str | None = FakeStripe.meter) -> tuple[int, str, str]:
        """Code, output and error output, with the accounts stopped."""
        self.bills.kill()
        done = self.bills.reconcile(url or self.double.url, meter, *words)
        self.assertNotIn(KEY, done.stdout + done.stderr)
        return done.returncode, done.stdout, done.stderr

    def found(self, *words: str, code: int, url: str | None = None) -> dict[str, dict[str, Any]]:
        """What it says of each account."""
        ended, text, errors = self.run_it("--json", *words, url=url)
        self.assertEqual(ended, code, text + errors)
        report = json.loads(text)
        self.assertEqual(report["agreed"], code == 0)
        return {row["account"]: row for row in report["accounts"]}

    def test_accounts_that_stripe_was_told_of_agree(self) -> None:
        code, text, _ = self.run_it()
        self.assertEqual(code, 0, text)
        self.assertIn("agreed: 2 accounts, 2 agree, 0 differ, 0 could not be asked", text)
        rows = self.found(code=0)
        customers = {one["metadata"]["mesh_account"]: one["id"] for one in self.double.objects("customer")}
        for account, row in rows.items():
            told = str(_CHARGED)
            self.assertEqual((row["customer"], row["verdict"]), (customers[account], "agrees"))
            self.assertEqual((row["flushed"], row["told"], row["difference"]), (told, told, "0"))

    def test_an_event_that_stripe_lacks_is_a_difference_of_its_value_and_one_too_much_is_one(self) -> None:
        lost = self.double.state.events.pop(0)
        rows = self.found(code=3)
        customers = {row["customer"]: row for row in rows.values()}
        self.assertEqual(customers[lost.customer]["difference"], str(lost.value))
        self.assertEqual(sorted(row["verdict"] for row in rows.values()), ["agrees", "differs"])
        code, text, _ = self.run_it()
        self.assertEqual(code, 3)
        self.assertIn(f"differs: Stripe lacks {lost.value}", text)
        self.assertIn("not agreed: 2 accounts, 1 agree, 1 differ, 0 could not be asked", text)
        self.double.state.events += [lost, lost]
        self.assertIn(f"differs: Stripe has {lost.value} too much", self.run_it()[1])

    def test_one_account_and_another_month(self) -> None:
        self.double.state.events.clear()
        self.assertEqual(list(self.found("--account", "beta", code=3)), ["beta"])
        rows = self.found("--month", "2020-02", code=0)
        figures = {(row["month"], row["flushed"], row["told"]) for row in rows.values()}
        self.assertEqual(figures, {("2020-02", "0", "0")})
        self.assertEqual(self.run_it("--month", "2020-13")[0], 2)
        code, text, errors = self.run_it("--account", "nobody")
        self.assertEqual((code, text), (1, ""))
        self.assertIn("no account of that name", errors)

    def test_what_is_on_its_way_is_no_difference_and_what_was_refused_is(self) -> None:
        self.double.faults = Faults(drop_before=100)
        self.bills.say("charge", "acme", 2, 6_000)
        self.bills.kill()
        self.double.faults = Faults()
        row = self.found(code=0)["acme"]
        self.assertEqual((row["difference"], row["waiting"], row["verdict"]), (str(_CHARGED),) * 2 + ("agrees",))
        # From here on the double does not know the meter's events: it refuses them for ever.
        self.double.event_name = "another"
        self.bills.start()
        self.bills.say("charge", "beta", 2, 6_000)
        end = time.monotonic() + 30
        while (row := self.look("beta"))["refused"] == "0" and time.monotonic() < end:
            self.bills.start()
            pause(100)
        self.assertEqual((row["difference"], row["refused"], row["verdict"]), (str(_CHARGED),) * 2 + ("differs",))

    def look(self, account: str) -> dict[str, Any]:
        """What it says of one account, whatever that is."""
        row: dict[str, Any] = json.loads(self.run_it("--json", "--account", account)[1])["accounts"][0]
        return row

    def test_where_stripe_is_down_nothing_is_said(self) -> None:
        rows = self.found(code=4, url=f"http://127.0.0.1:{closed_port()}")
        for row in rows.values():
            self.assertEqual((row["verdict"], row["told"], row["flushed"]), ("unasked", None, str(_CHARGED)))
            self.assertIn("stripe.unreachable", row["reason"])
        code, text, _ = self.run_it(url=f"http://127.0.0.1:{closed_port()}")
        self.assertEqual(code, 4)
        self.assertIn("could not be asked: Stripe does not answer", text)
        self.assertIn("0 agree, 0 differ, 2 could not be asked", text)

    def test_a_wrong_key_or_meter_is_said(self) -> None:
        (self.bills.folder / "key").write_text("sk_test_wrong")
        code, text, _ = self.run_it()
        self.assertEqual(code, 4)
        self.assertIn("Stripe does not take the key", text)
        self.assertNotIn("sk_test_wrong", text)
        (self.bills.folder / "key").write_text(KEY)
        code, text, _ = self.run_it(meter="mtr_other")
        self.assertEqual(code, 4)
        self.assertIn("Stripe has no such thing", text)

    def test_without_key_or_meter_it_says_which_setting_is_missing(self) -> None:
        key = self.bills.folder / "key"
        for words, wanted in (
            ([], "stripe.keyFile"),
            (["--stripe-key-file", str(key)], "stripe.meterID"),
            (["--stripe-key-file", str(key) + "-none", "--stripe-meter-id", "mtr_usage"], "cannot be opened"),
        ):
            done = self.bills.ledger("reconcile", *words)
            self.assertEqual((done.returncode, done.stdout), (4, ""), done.stderr)
            self.assertIn(wanted, done.stderr)
        self.assertEqual(self.run_it("--stripe-base-url", "http://example.org")[0], 2)
        code, _, errors = self.run_it(url="http://example.org")
        self.assertEqual(code, 65)
        self.assertIn("https://", errors)

    def test_the_file_of_the_hub_says_how_stripe_is_asked(self) -> None:
        self.bills.kill()
        folder = self.bills.folder
        settings = {"keyFile": str(folder / "key"), "meterID": FakeStripe.meter, "baseURL": self.double.url}
        file = folder / "hub.json5"
        file.write_text(json.dumps({"role": "hub", "stripe": settings}))
        done = self.bills.ledger("reconcile", "--config", str(file))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_folder_of_accounts_that_run_is_left_alone(self) -> None:
        done = self.bills.reconcile(self.double.url, FakeStripe.meter)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("cannot be opened", done.stderr)


if __name__ == "__main__":
    unittest.main()
