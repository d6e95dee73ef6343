"""Usage that Stripe is told of: each event once, whatever happens to answers and to us."""

from __future__ import annotations

import json
import os
import random
import tempfile
import unittest
from pathlib import Path

from bills import Bills
from fake_stripe import FakeStripe, Faults
from nodes import moving_clock, set_clock
from pauses import pause

#: Lives that end with kill -9; more before an issue is resolved.
_KILLS = int(os.environ.get("MESHNODE_BILL_KILLS", "12"))
#: What a charge of so many thousandths comes to in millionths, with the fee of the tier.
_CHARGED = {number: number * 1_030 for number in (1, 1_000, 6_000)}


class Meters(unittest.TestCase):
    """Accounts against the double."""

    def setUp(self) -> None:
        self.double = self.enterContext(FakeStripe(seed=7))

    def check(self, bills: Bills, accounts: list[str], charged: dict[str, int]) -> None:
        """Nothing is lost, nothing is there twice, and both sides say the same."""
        for account in accounts:
            standing = bills.settled(account)
            if standing["unflushed"] >= 1_000:
                bills.say("flush", account)
                standing = bills.settled(account)
            self.assertEqual(standing["faults"], [])
            told = self.double.told(standing["customer"])
            # An account may have two customers where Stripe failed as it made one; usage has one of them alone.
            used = {event.customer for event in self.double.state.events}
            named = [one["id"] for one in self.double.objects("customer") if one["metadata"]["mesh_account"] == account]
            self.assertLessEqual(used & set(named), {standing["customer"]})
            self.assertEqual(told * 1_000 + standing["unflushed"], charged[account] * 1_000, account)
            found = bills.say("reconcile", account)
            self.assertEqual((found["agrees"], found["flushed"], found["told"]), (True, told, told))
        names = [event.identifier for event in self.double.state.events]
        self.assertEqual(len(names), len(set(names)))

    def check_stopped(self, bills: Bills) -> None:
        """Accounts that are stopped are proved from their first entries on, and agree with the double."""
        bills.kill()
        verified = bills.ledger("verify", "--json")
        self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)
        self.assertTrue(json.loads(verified.stdout)["proved"])
        reconciled = bills.reconcile(self.double.url, self.double.meter, "--json")
        self.assertEqual(reconciled.returncode, 0, reconciled.stdout + reconciled.stderr)
        report = json.loads(reconciled.stdout)
        self.assertTrue(report["agreed"])
        self.assertEqual(sum(int(row["told"]) for row in report["accounts"]), self.double.told())

    def test_usage_is_told_from_five_dollars_on_and_a_customer_is_made_first(self) -> None:
        with Bills(self.double.url) as bills:
            bills.say("charge", "acme", 1, 1_000)
            self.assertEqual(bills.standing("acme")["outbox"], 0)
            self.assertEqual(bills.standing("acme")["customer"], None)
            bills.say("charge", "acme", 2, 6_000)
            standing = bills.settled("acme")
            self.assertEqual(self.double.objects("customer")[0]["metadata"], {"mesh_account": "acme"})
            self.assertEqual(standing["customer"], self.double.objects("customer")[0]["id"])
            self.assertEqual(self.double.told(), _CHARGED[1_000] + _CHARGED[6_000])
            self.check(bills, ["acme"], {"acme": _CHARGED[1_000] + _CHARGED[6_000]})

    def test_nothing_is_lost_and_nothing_doubled_where_a_third_of_the_answers_is(self) -> None:
        self.double.faults = Faults(drop_after=30, drop_before=5, error=5, error_after=5, limit=10)
        accounts = ["acme", "beta"]
        with Bills(self.double.url) as bills:
            for number in range(40):
                for account in accounts:
                    bills.say("charge", account, number, 6_000)
            for account in accounts:
                bills.settled(account)
            self.double.faults = Faults()
            self.check(bills, accounts, dict.fromkeys(accounts, 40 * _CHARGED[6_000]))
        self.assertGreater(self.double.state.duplicates, 5)
        self.assertEqual(len(self.double.state.events), 80)

    def test_nothing_is_lost_and_nothing_doubled_where_we_are_killed_between_sending_and_noting(self) -> None:
        self.double.faults = Faults(drop_after=30, error=5, limit=5)
        accounts, draw = ["acme", "beta", "gamma"], random.Random(3)
        charged = dict.fromkeys(accounts, 0)
        number = 0
        with Bills(self.double.url) as bills:
            for _ in range(_KILLS):
                for _ in range(draw.randint(1, 6)):
                    number += 1
                    account = draw.choice(accounts)
                    bills.say("charge", account, number, 6_000)
                    charged[account] += _CHARGED[6_000]
                pause(draw.randrange(50))
                bills.kill()
                bills.start()
            for account in accounts:
                bills.settled(account)
            # Where those fell is chance; this one falls behind Stripe's yes, of which nobody here has heard.
            self.double.faults = Faults(drop_after=100)
            events = len(self.double.state.events)
            bills.say("charge", "acme", number + 1, 6_000)
            charged["acme"] += _CHARGED[6_000]
            self.wait_for_events(events + 1)
            bills.kill()
            # A last request of the dead process is none of the next life's.
            pause(500)
            duplicates = self.double.state.duplicates
            self.double.faults = Faults()
            bills.start()
            bills.settled("acme")
            self.assertGreater(self.double.state.duplicates, duplicates)
            self.assertEqual(len(self.double.state.events), events + 1)
            self.check(bills, accounts, charged)
            self.check_stopped(bills)

    def wait_for_events(self, wanted: int) -> None:
        """Returns once the double has taken so many events."""
        for _ in range(2_000):
            if len(self.double.state.events) >= wanted:
                return
            pause(10)
        raise AssertionError(f"{wanted} events were wanted, and there are {len(self.double.state.events)}")

    def test_a_day_later_what_was_told_is_not_told_again_and_what_was_not_is(self) -> None:
        holder = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="clock-")))
        clock = tuple(f"{name}={value}" for name, value in moving_clock(holder).items())
        with Bills(self.double.url, before=("/usr/bin/env", *clock)) as bills:
            bills.say("charge", "told", 1, 6_000)
            bills.settled("told")
            bills.say("charge", "lost", 1, 6_000)
            bills.settled("lost")
            # One event is taken and its answer lost, the other never arrives; and then a day passes.
            self.double.faults = Faults(drop_after=100)
            bills.say("charge", "told", 2, 7_000)
            while len(self.double.state.events) < 3:
                pause(10)
            self.double.faults = Faults(drop_before=100)
            bills.say("charge", "lost", 2, 7_000)
            pause(500)
            bills.kill()
            # A last request of the dead process must not be served after the day has passed.
            pause(500)
            self.assertEqual(len(self.double.state.events), 3)
            set_clock(holder, 2)
            self.double.ahead = 2 * 86_400
            self.double.faults = Faults()
            posts = self.double.state.requests.count(("POST", "/v1/billing/meter_events"))
            bills.start()
            for account in ("told", "lost"):
                standing = bills.settled(account)
                told = self.double.told(standing["customer"]) + standing["unflushed"] // 1_000
                self.assertEqual(told, 13_000 * 1_030, account)
            self.assertEqual(self.double.state.requests.count(("POST", "/v1/billing/meter_events")), posts + 1)

    def refused(self, bills: Bills, account: str, reason: str) -> str:
        """The event of an account that is refused, once it is; it is the only one."""
        for _ in range(1_000):
            events = bills.say("outbox", account)["events"]
            if [event["refusal"] for event in events] == [reason]:
                self.assertEqual(bills.standing(account)["refused"], 1)
                return str(events[0]["identifier"])
            pause(20)
        raise AssertionError(f"{reason} is not said: {events}")

    def test_what_is_refused_is_shown_mended_told_again_and_billed_once(self) -> None:
        with Bills(self.double.url) as bills:
            self.double.event_name = "mesh_other"
            names = {}
            for account in ("acme", "beta"):
                bills.say("charge", account, 1, 6_000)
                names[account] = self.refused(bills, account, "no_meter")
            # It is people's word that sends it again: a new life of the hub does not.
            bills.kill()
            bills.start()
            self.assertEqual(self.refused(bills, "acme", "no_meter"), names["acme"])
            posts = self.double.state.requests.count(("POST", "/v1/billing/meter_events"))
            bills.say("retry", "acme", names["acme"])
            self.assertEqual(self.refused(bills, "acme", "no_meter"), names["acme"])
            self.assertGreater(self.double.state.requests.count(("POST", "/v1/billing/meter_events")), posts)
            self.assertEqual(self.double.state.events, [])
            self.double.event_name = "mesh_usage"
            bills.say("retry", "acme", names["acme"])
            self.check(bills, ["acme"], {"acme": _CHARGED[6_000]})
            self.assertEqual([event.identifier for event in self.double.state.events], [names["acme"]])
            # What is billed by hand is owed as before, and the meter is not expected to have it.
            owed = bills.standing("beta")["owed"]
            bills.say("close", "beta", names["beta"])
            standing = bills.settled("beta")
            self.assertEqual((standing["owed"], standing["refused"], standing["faults"]), (owed, 0, []))
            found = bills.say("reconcile", "beta")
            self.assertEqual((found["agrees"], found["flushed"], found["told"]), (True, 0, 0))

    def test_a_time_in_the_future_is_told_once_the_clocks_agree(self) -> None:
        with Bills(self.double.url) as bills:
            self.double.ahead = -360
            bills.say("charge", "acme", 1, 6_000)
            while self.double.state.requests.count(("POST", "/v1/billing/meter_events")) < 2:
                pause(20)
            standing = bills.standing("acme")
            self.assertEqual((standing["outbox"], standing["refused"]), (1, 0))
            self.double.ahead = 0
            self.check(bills, ["acme"], {"acme": _CHARGED[6_000]})

    def test_a_day_later_people_say_what_is_there_where_nobody_else_can(self) -> None:
        holder = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="clock-")))
        clock = tuple(f"{name}={value}" for name, value in moving_clock(holder).items())
        accounts = ("there", "missing")
        with Bills(self.double.url, before=("/usr/bin/env", *clock), words=("--no-meter-id",)) as bills:
            for account in accounts:
                bills.say("charge", account, 1, 6_000)
                bills.settled(account)
            # One event is taken and its answer lost, the other never arrives; and then two days pass.
            self.double.faults = Faults(drop_after=100)
            bills.say("charge", "there", 2, 7_000)
            while len(self.double.state.events) < 3:
                pause(10)
            self.double.faults = Faults(drop_before=100)
            bills.say("charge", "missing", 2, 7_000)
            pause(500)
            bills.kill()
            # What it had sent, the double may have before it yet: it is answered before the day is another.
            pause(500)
            set_clock(holder, 2)
            self.double.ahead = 2 * 86_400
            self.double.faults = Faults()
            bills.start()
            names = {account: self.refused(bills, account, "older_than_a_day") for account in accounts}
            # Asked again without anybody's word, it is what it was.
            bills.say("retry", "missing", names["missing"])
            self.refused(bills, "missing", "older_than_a_day")
            bills.say("close", "there", names["there"], "counted")
            # The answer to what is sent by that word is lost, too, and nothing is doubled.
            self.double.faults = Faults(drop_after=100)
            bills.say("retry", "missing", names["missing"], "missing")
            while len(self.double.state.events) < 4:
                pause(10)
            bills.kill()
            self.double.faults = Faults()
            bills.start()
            for account in accounts:
                standing = bills.settled(account)
                told = self.double.told(standing["customer"]) + standing["unflushed"] // 1_000
                self.assertEqual((told, standing["faults"]), (13_000 * 1_030, []), account)
            self.assertEqual(len(self.double.state.events), 4)

    def test_a_wrong_key_loses_nothing(self) -> None:
        with Bills(self.double.url) as bills:
            (bills.folder / "key").write_text("sk_test_wrong")
            bills.kill()
            bills.start()
            bills.say("charge", "acme", 1, 6_000)
            pause(333)
            self.assertEqual(bills.standing("acme")["outbox"], 1)
            (bills.folder / "key").write_text("sk_test_double")
            bills.kill()
            bills.start()
            self.check(bills, ["acme"], {"acme": _CHARGED[6_000]})

    def test_without_stripe_a_file_has_each_event_once_through_all_our_deaths(self) -> None:
        with Bills(None) as bills:
            for number in range(10):
                bills.say("charge", "acme", number, 6_000)
                bills.kill()
                bills.start()
            standing = bills.settled("acme")
            if standing["unflushed"] >= 1_000:
                bills.say("flush", "acme")
                bills.settled("acme")
            lines = [json.loads(line) for line in (bills.folder / "events.jsonl").read_text().splitlines()]
            self.assertEqual(sum(line["microdollars"] for line in lines), 10 * _CHARGED[6_000])
            self.assertEqual(len(lines), len({line["identifier"] for line in lines}))


if __name__ == "__main__":
    unittest.main()
