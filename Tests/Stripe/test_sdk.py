"""Stripe's own SDK against our double of Stripe: what the double says, the SDK must take for Stripe's words."""

from __future__ import annotations

import time
import unittest

import stripe
from fake_stripe import KEY, FakeStripe, Faults


class TheDouble(unittest.TestCase):
    """The SDK asks the double."""

    def setUp(self) -> None:
        self.double = self.enterContext(FakeStripe())
        self.client = stripe.StripeClient(KEY, base_addresses={"api": self.double.url}, max_network_retries=8)
        # The SDK waits half a second at least before each further try.
        stripe.max_network_retries = 8

    def tell(self, identifier: str, customer: str, value: int = 7) -> None:
        """Tells the meter of usage."""
        self.client.v1.billing.meter_events.create({
            "event_name": FakeStripe.event_name,
            "identifier": identifier,
            "timestamp": int(time.time()),
            "payload": {"stripe_customer_id": customer, "value": str(value)},
        })

    def test_an_event_counts_once_and_its_repetition_is_the_error_that_we_take_for_a_delivery(self) -> None:
        customer = self.client.v1.customers.create({"name": "acme", "metadata": {"mesh_account": "acme"}})
        self.tell("mesh|acme|usage|1-7", customer.id)
        with self.assertRaises(stripe.InvalidRequestError) as caught:
            self.tell("mesh|acme|usage|1-7", customer.id)
        self.assertEqual(caught.exception.http_status, 400)
        self.assertIn("already exists with identifier mesh|acme|usage|1-7", str(caught.exception))
        self.assertEqual(self.double.told(), 7)

    def test_what_was_told_is_summed_up_by_minutes(self) -> None:
        customer = self.client.v1.customers.create({"name": "acme"})
        for number in range(3):
            self.tell(f"mesh|acme|usage|{number}-{number}", customer.id, 10)
        now = int(time.time()) // 60 * 60
        rows = self.client.v1.billing.meters.event_summaries.list(
            FakeStripe.meter, {"customer": customer.id, "start_time": now - 120, "end_time": now + 120}
        )
        self.assertEqual([row.aggregated_value for row in rows], [30.0])

    def test_a_key_makes_one_customer_and_an_unknown_one_is_none(self) -> None:
        first = self.client.v1.customers.create({"name": "acme"}, {"idempotency_key": "a"})
        again = self.client.v1.customers.create({"name": "acme"}, {"idempotency_key": "a"})
        self.assertEqual(first.id, again.id)
        with self.assertRaises(stripe.InvalidRequestError):
            self.client.v1.customers.retrieve("cus_of_nobody")

    def test_pages_for_a_top_up_and_for_invoices(self) -> None:
        customer = self.client.v1.customers.create({"name": "acme"})
        session = self.client.v1.checkout.sessions.create({
            "mode": "payment", "customer": customer.id, "success_url": "https://a.test", "metadata": {"a": "b"},
            "line_items": [{
                "quantity": 1,
                "price_data": {"currency": "usd", "unit_amount": 2_000, "product_data": {"name": "Credit"}},
            }],
        })
        self.assertEqual(session.amount_total, 2_000)
        page = self.client.v1.billing_portal.sessions.create({"customer": customer.id, "return_url": "https://a.test"})
        self.assertTrue(page.url)

    def test_the_sdk_loses_nothing_either_where_answers_are_lost(self) -> None:
        customer = self.client.v1.customers.create({"name": "acme"})
        self.double.faults = Faults(drop_after=30)
        for number in range(4):
            self.tell(f"mesh|acme|usage|{number}-{number}", customer.id, 10)
        self.double.faults = Faults()
        self.assertEqual(self.double.told(), 40)
        # The draws are the seed's, so that at least one answer was.
        self.assertGreater(self.double.state.lost, 0)

    def test_another_key_is_refused(self) -> None:
        other = stripe.StripeClient("sk_test_other", base_addresses={"api": self.double.url})
        with self.assertRaises(stripe.AuthenticationError):
            other.v1.customers.create({"name": "acme"})


if __name__ == "__main__":
    unittest.main()
