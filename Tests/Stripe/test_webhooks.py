"""Webhooks: signed by Stripe's SDK and believed by us, signed by us and believed by the SDK, and what follows."""

from __future__ import annotations

import json
import time
import unittest
from typing import Any

import stripe
from bills import SECRETS, Bills
from fake_stripe import FakeStripe, Faults

_ACCOUNT = "acme"


class Webhooks(unittest.TestCase):
    """What Stripe tells the accounts."""

    def setUp(self) -> None:
        self.double = self.enterContext(FakeStripe())
        self.bills = self.enterContext(Bills(self.double.url))

    def sign(self, body: str, secret: str = SECRETS[0], age: int = 0) -> str:
        """The field that Stripe would send."""
        return stripe.WebhookSignature.generate_signature_header(body, secret, int(time.time()) - age)

    def tell(self, kind: str, subject: dict[str, Any], previous: dict[str, Any] | None = None) -> str:
        """What becomes of an event, which comes twice."""
        body = self.double.event(kind, subject, previous)
        first, second = (self.bills.take(body, self.sign(body)) for _ in range(2))
        self.assertEqual(first, second)
        return first

    def customer(self) -> str:
        """Stripe's name for the account, which has used something."""
        self.bills.say("charge", _ACCOUNT, 1, 6_000)
        return str(self.bills.settled(_ACCOUNT)["customer"])

    def test_the_sdk_signs_and_we_believe_it(self) -> None:
        body = self.double.event("customer.created", {"id": "cus_1", "object": "customer", "name": "Zoë 東京"})
        for secret in SECRETS:
            self.assertEqual(self.bills.take(body, self.sign(body, secret)), "taken")
        for field in (
            self.sign(body, "whsec_other"), self.sign(body, age=400), self.sign(body + " "), "t=1,v1=00",
            self.sign(body).replace("v1=", "v0="),
        ):
            self.assertIn("notSigned", self.bills.take(body, field))
        self.assertEqual(self.bills.take("{}", self.sign("{}")), "malformed")

    def test_a_thin_event_is_taken_where_the_sdk_has_signed_it(self) -> None:
        for kind in ("error_report_triggered", "no_meter_found"):
            body = json.dumps({"id": "evt_test_1", "object": "v2.core.event", "type": f"v1.billing.meter.{kind}"})
            self.assertEqual(self.bills.take(body, self.sign(body)), "taken")
            self.assertIn("notSigned", self.bills.take(body, self.sign(body, "whsec_other")))

    def test_a_subscription_that_is_paused_brings_no_tier_until_it_goes_on(self) -> None:
        subscription = {
            "id": "sub_7", "object": "subscription", "customer": self.customer(), "metadata": {"mesh_tier": "byok"},
        }
        for kind, status, tier in (
            ("created", "active", "byok"), ("paused", "paused", "free"), ("resumed", "active", "byok"),
            ("updated", "past_due", "byok"), ("updated", "unpaid", "free"), ("updated", "incomplete", "free"),
        ):
            stands = self.double.put(subscription | {"status": status})
            self.assertEqual(self.tell(f"customer.subscription.{kind}", stands), "taken")
            self.assertEqual(self.bills.standing(_ACCOUNT)["tier"], tier, (kind, status))

    def test_we_sign_and_the_sdk_believes_it(self) -> None:
        body = self.double.event("invoice.paid", {"id": "in_1", "object": "invoice", "name": "Zoë 東京"})
        field = self.bills.say("sign", body.encode().hex())["signature"]
        event = stripe.Webhook.construct_event(body, field, SECRETS[0])
        self.assertEqual(event.type, "invoice.paid")

    def test_a_payment_that_failed_stops_the_account_and_one_that_came_starts_it(self) -> None:
        invoice = self.double.put({
            "id": "in_1", "object": "invoice", "customer": self.customer(), "status": "open", "amount_paid": 0,
            "currency": "usd", "total_excluding_tax": 618,
        })
        owed = self.bills.standing(_ACCOUNT)["owed"]
        self.assertEqual(self.tell("invoice.payment_failed", invoice), "taken")
        self.assertEqual(self.bills.standing(_ACCOUNT)["suspension"], "paymentFailed")
        paid = self.double.put(invoice | {"status": "paid", "amount_paid": 618})
        self.assertEqual(self.tell("invoice.paid", paid), "taken")
        standing = self.bills.standing(_ACCOUNT)
        self.assertEqual((standing["suspension"], standing["owed"]), (None, owed - 6_180_000_000))
        # The failure is told once more, late: the invoice is paid all the same.
        self.assertEqual(self.tell("invoice.payment_failed", invoice), "taken")
        self.assertEqual(self.bills.standing(_ACCOUNT), standing)

    def test_what_was_seen_first_is_done_first(self) -> None:
        # One asks while the invoice is open, and hears it late; meanwhile it is paid, and another one asks.
        for number in range(3):
            invoice = self.double.put({
                "id": f"in_2{number}", "object": "invoice", "customer": self.customer(), "status": "open",
                "amount_paid": 0, "currency": "usd", "total_excluding_tax": 1, "attempt_count": 1,
            })
            paid = invoice | {"status": "paid", "amount_paid": 1}
            self.double.put_later(paid, 0.5)
            events = [self.double.event("invoice.payment_failed", invoice), self.double.event("invoice.paid", paid)]
            outcomes = self.bills.take_together(*((body, self.sign(body)) for body in events))
            self.assertEqual(outcomes, ["taken", "taken"])
            self.assertEqual(self.bills.standing(_ACCOUNT)["suspension"], None)

    def test_one_invoice_that_is_paid_does_not_pay_another_one(self) -> None:
        october = self.double.put({
            "id": "in_10", "object": "invoice", "customer": self.customer(), "status": "open", "amount_paid": 0,
            "currency": "usd", "total_excluding_tax": 618, "attempt_count": 1,
        })
        self.assertEqual(self.tell("invoice.payment_failed", october), "taken")
        november = self.double.put(october | {"id": "in_11", "status": "paid", "total_excluding_tax": 0})
        self.assertEqual(self.tell("invoice.paid", november), "taken")
        self.assertEqual(self.bills.standing(_ACCOUNT)["suspension"], "paymentFailed")
        # A dispute comes and goes; the invoice is unpaid all the while, and the account remembers it over its death.
        self.bills.say("resume", _ACCOUNT, "operator")
        self.bills.kill()
        self.bills.start()
        self.assertEqual(self.bills.standing(_ACCOUNT)["suspension"], "paymentFailed")
        voided = self.double.put(october | {"status": "void"})
        self.assertEqual(self.tell("invoice.voided", voided), "taken")
        self.assertEqual(self.bills.standing(_ACCOUNT)["suspension"], None)

    def test_a_top_up_counts_once_over_all_events_and_deaths(self) -> None:
        url = self.bills.say("topup", _ACCOUNT, 2_000)["url"]
        session = self.double.objects("checkout.session")[0]
        self.assertEqual((session["url"], session["amount_total"]), (url, 2_000))
        self.assertEqual(self.tell("checkout.session.completed", session), "taken")
        self.assertEqual(self.bills.standing(_ACCOUNT)["paid"], 0)
        paid = self.double.put(session | {"payment_status": "paid", "status": "complete"})
        for kind in ("checkout.session.completed", "checkout.session.async_payment_succeeded"):
            self.assertEqual(self.tell(kind, paid), "taken")
            self.bills.kill()
            self.bills.start()
        self.assertEqual(self.bills.standing(_ACCOUNT)["paid"], 20_000_000_000)
        self.assertEqual(self.bills.standing(_ACCOUNT)["faults"], [])

    def test_what_is_given_back_of_a_top_up_is_taken_back_once(self) -> None:
        self.test_a_top_up_counts_once_over_all_events_and_deaths()
        charge = {
            "id": "ch_1", "object": "charge", "currency": "usd", "amount": 2_000, "amount_refunded": 500,
            "metadata": {"mesh_account": _ACCOUNT, "mesh_purpose": "topup"},
        }
        self.assertEqual(self.tell("charge.refunded", charge, {"amount_refunded": 0}), "taken")
        self.assertEqual(self.bills.standing(_ACCOUNT)["paid"], 15_000_000_000)
        self.bills.say("charge", _ACCOUNT, 9, 10_000)
        more = charge | {"amount_refunded": 2_000}
        self.assertEqual(self.tell("charge.refunded", more, {"amount_refunded": 500}), "taken")
        standing = self.bills.standing(_ACCOUNT)
        self.assertEqual((standing["paid"], standing["suspension"], standing["faults"]), (0, "operatorStop", []))
        self.bills.say("resume", _ACCOUNT, "operator")
        self.assertEqual(self.tell("charge.refunded", more, {"amount_refunded": 500}), "taken")
        self.assertEqual(self.bills.standing(_ACCOUNT)["suspension"], None)

    def test_a_refund_that_is_told_before_its_credit_is_taken_of_it(self) -> None:
        self.bills.say("topup", _ACCOUNT, 2_500)
        session = self.double.objects("checkout.session")[0]
        paid = self.double.put(session | {"payment_status": "paid", "status": "complete"})
        charge = {
            "id": "ch_1", "object": "charge", "currency": "usd", "amount": 2_500, "amount_refunded": 1_000,
            "payment_intent": paid["payment_intent"], "metadata": paid["metadata"],
        }
        self.assertEqual(self.tell("charge.refunded", charge, {"amount_refunded": 0}), "taken")
        self.assertEqual(self.tell("checkout.session.completed", paid), "taken")
        standing = self.bills.standing(_ACCOUNT)
        self.assertEqual((standing["paid"], standing["suspension"]), (15_000_000_000, None))
        # What is told of a page that is older than the account remembers makes no credit a second time.
        self.bills.say("charge", _ACCOUNT, 3, 14_000)
        created = paid["created"] - 31 * 86_400
        self.double.put(paid | {"created": created, "id": "cs_other", "payment_intent": "pi_other"})
        old = charge | {"id": "ch_2", "payment_intent": "pi_other", "amount_refunded": 2_500}
        self.assertEqual(self.tell("charge.refunded", old, {"amount_refunded": 0}), "taken")
        standing = self.bills.standing(_ACCOUNT)
        self.assertEqual((standing["paid"], standing["suspension"], standing["faults"]), (0, "operatorStop", []))

    def test_a_dispute_stops_the_account(self) -> None:
        self.double.put({"id": "ch_2", "object": "charge", "customer": self.customer(), "metadata": {}})
        dispute = {"id": "dp_1", "object": "dispute", "charge": "ch_2", "status": "needs_response"}
        self.assertEqual(self.tell("charge.dispute.created", dispute), "taken")
        self.assertEqual(self.bills.standing(_ACCOUNT)["suspension"], "operatorStop")
        # An operator has looked; Stripe says the same again, and more of it.
        self.bills.say("resume", _ACCOUNT, "operator")
        for kind in ("charge.dispute.created", "charge.dispute.funds_withdrawn"):
            self.assertEqual(self.tell(kind, dispute), "taken")
        self.assertEqual(self.bills.standing(_ACCOUNT)["suspension"], None)
        self.assertEqual(self.tell("charge.dispute.closed", dispute | {"status": "lost"}), "taken")
        self.assertEqual(self.bills.standing(_ACCOUNT)["suspension"], "operatorStop")

    def test_a_subscription_brings_its_tier_and_its_end_takes_it(self) -> None:
        subscription = self.double.put({
            "id": "sub_1", "object": "subscription", "customer": self.customer(), "status": "active",
            "metadata": {"mesh_tier": "byok"},
        })
        self.assertEqual(self.tell("customer.subscription.updated", subscription), "taken")
        self.assertEqual(self.bills.standing(_ACCOUNT)["tier"], "byok")
        ended = self.double.put(subscription | {"status": "canceled"})
        self.assertEqual(self.tell("customer.subscription.deleted", ended), "taken")
        # Told late, after the end.
        self.assertEqual(self.tell("customer.subscription.updated", subscription), "taken")
        self.assertEqual(self.bills.standing(_ACCOUNT)["tier"], "free")

    def test_the_end_of_one_subscription_leaves_another_one(self) -> None:
        first = self.double.put({
            "id": "sub_1", "object": "subscription", "customer": self.customer(), "status": "active",
            "metadata": {"mesh_tier": "byok"},
        })
        self.assertEqual(self.tell("customer.subscription.created", first), "taken")
        self.assertEqual(self.bills.standing(_ACCOUNT)["tier"], "byok")
        second = self.double.put(first | {"id": "sub_2", "metadata": {"mesh_tier": "managed"}})
        self.double.put(first | {"id": "sub_3", "metadata": {}})
        ended = self.double.put(first | {"status": "canceled"})
        self.assertEqual(self.tell("customer.subscription.deleted", ended), "taken")
        self.assertEqual(self.bills.standing(_ACCOUNT)["tier"], "managed")
        # What was used so far is told before nobody bills it any more.
        self.bills.say("charge", _ACCOUNT, 7, 3_000)
        told = self.double.told()
        last = self.double.put(second | {"status": "canceled"})
        self.assertEqual(self.tell("customer.subscription.deleted", last), "taken")
        standing = self.bills.settled(_ACCOUNT)
        self.assertEqual((standing["tier"], standing["unflushed"]), ("free", 0))
        self.assertEqual(self.double.told() - told, 3_090_000)

    def test_what_cannot_be_looked_up_now_is_to_be_told_again(self) -> None:
        invoice = self.double.put({"id": "in_9", "object": "invoice", "customer": self.customer(), "status": "open"})
        self.double.faults = Faults(error=100)
        self.assertEqual(self.tell("invoice.payment_failed", invoice), "notNow")
        self.double.faults = Faults()
        self.assertEqual(self.bills.standing(_ACCOUNT)["suspension"], None)
        self.assertEqual(self.tell("invoice.payment_failed", invoice), "taken")
        self.assertEqual(self.bills.standing(_ACCOUNT)["suspension"], "paymentFailed")

    def test_what_is_nobodys_of_ours_is_let_go(self) -> None:
        stranger = self.double.put({"id": "cus_stranger", "object": "customer", "metadata": {}})
        invoice = self.double.put({"id": "in_2", "object": "invoice", "customer": stranger["id"], "status": "open"})
        self.assertEqual(self.tell("invoice.payment_failed", invoice), "taken")
        self.assertEqual(self.tell("invoice.payment_failed", invoice | {"customer": "cus_gone"}), "taken")
        self.assertEqual(self.tell("customer.created", {"id": "cus_5", "object": "customer"}), "taken")

    def test_a_page_for_invoices(self) -> None:
        url = self.bills.say("portal", _ACCOUNT)["url"]
        pages = self.double.objects("billing_portal.session")
        self.assertEqual([url], [page["url"] for page in pages])
        self.assertTrue(url.startswith("https://billing.stripe.test/"))


if __name__ == "__main__":
    unittest.main()
