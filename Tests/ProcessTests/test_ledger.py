"""The accounts of a hub over HTTP and by `synesis`: to the digit, once for an id, each his own, and kept in a crash."""

from __future__ import annotations

import csv
import io
import json
import re
import signal
import time
import unittest
import urllib.error
import urllib.request
from typing import Any

from nodes import Node, Place
from test_synesis import OPEN, SYNESIS, environment, on_a_terminal, synesis

#: The example of the specification: a model at $3 and $15 for a million tokens.
MODEL = "claude-sonnet-4-6"
EXAMPLE = {"id": "c-1", "model": MODEL, "kind": "cloud", "input_tokens": 1000, "output_tokens": 500}
#: An amount as the hub says it: no exponent, no zeros that say nothing.
AMOUNT = re.compile(r"\A-?(0|[1-9][0-9]*)(\.[0-9]{0,8}[1-9])?\Z")


class Answer:
    """What a gateway said."""

    def __init__(self, status: int, fields: Any, body: bytes) -> None:
        self.status, self.fields, self.body = status, fields, body

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return str(self.json["error"]["code"])


def ask(url: str, what: str, body: Any = None, **fields: str) -> Answer:
    """A question, or with a body a change; bytes are sent as they are."""
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    headers = {name.replace("_", "-"): value for name, value in fields.items()}
    if data is not None:
        headers.setdefault("content-type", "application/json")
    request = urllib.request.Request(f"{url}/v1/ledger/{what}", data=data, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return Answer(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.headers, error.read())


class Accounts(unittest.TestCase):
    """A hub of its own for each test."""

    def setUp(self) -> None:
        self.place = Place()
        self.addCleanup(self.place.end)
        self.start()

    def start(self) -> None:
        self.hub: Node = self.place.start("--role", "hub", "--data", self.place.folder / "hub", *OPEN).ready()
        self.url = f"http://{self.hub.records[-1]['http_address']}"

    def key(self, *words: str) -> str:
        """A key's text."""
        made = self.place.run("keys", "create", *words, "--data", self.place.folder / "hub")
        self.assertEqual(made.returncode, 0, made.stderr)
        return made.stdout.strip()

    def change(self, what: str, body: Any, **fields: str) -> Any:
        """A change that is made, every amount of which is one."""
        answer = ask(self.url, what, body, **fields)
        self.assertEqual(answer.status, 200, answer.body)
        for name in ("charged", "balance", "credits", "available"):
            self.assertRegex(answer.json[name], AMOUNT)
        return answer.json

    def balance(self, account: str = "") -> Any:
        answer = ask(self.url, "balance" + (f"?account={account}" if account else ""))
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json

    # To the digit.

    def test_the_example_of_the_specification(self) -> None:
        self.assertEqual(self.change("set-tier", {"tier": "managed"})["tier"], "managed")
        told = self.change("record", EXAMPLE)
        self.assertEqual((told["charged"], told["display"]["charged"]), ("0.010815", "$0.011"))
        charge = told["charge"]
        self.assertEqual((charge["total"], charge["display"]), ("0.010815", "$0.011"))
        self.assertEqual((charge["upstream"], charge["fee"], charge["owed"]), ("0.0105", "0.000315", "0.010815"))
        self.assertEqual((told["balance"], told["credits"]), ("-0.010815", "0"))
        usage = ask(self.url, "usage").json
        self.assertEqual((usage["total"]["charged"], usage["total"]["display"]), ("0.010815", "$0.011"))
        self.assertEqual(usage["periods"][0]["rows"][0]["name"], MODEL)
        self.assertEqual(ask(self.url, "verify").json["faults"], [])

    def test_the_same_id_is_one_charge_and_another_content_a_conflict(self) -> None:
        self.change("set-tier", {"tier": "managed"})
        first, second = (ask(self.url, word, EXAMPLE) for word in ("record", "log-usage"))
        self.assertEqual((first.status, first.body), (200, second.body))
        bare = {name: value for name, value in EXAMPLE.items() if name != "id"}
        self.assertEqual(ask(self.url, "record", bare, idempotency_key="c-1").body, first.body)
        other = ask(self.url, "record", {**EXAMPLE, "output_tokens": 501})
        self.assertEqual((other.status, other.code), (409, "conflict"))
        credit = {"id": "gift", "amount": "0.000000001", "fund": "knowledge"}
        self.assertEqual(self.change("add-credit", credit), self.change("add-credit", credit))
        self.assertEqual(ask(self.url, "add-credit", {**credit, "amount": "1"}).code, "conflict")
        balance = self.balance()
        self.assertEqual((balance["postings"], balance["knowledge"]), (2, "0.000000001"))
        self.assertEqual((balance["owed"], balance["balance"]), ("0.010815", "-0.010814999"))

    def test_what_was_booked_outlives_a_crash(self) -> None:
        self.change("set-tier", {"tier": "managed"})
        first = self.change("record", EXAMPLE)
        self.change("add-credit", {"id": "a", "amount": "12.50"})
        before = self.balance()
        self.hub.process.kill()
        self.hub.process.wait()
        self.start()
        self.assertEqual(self.balance(), before)
        self.assertEqual(self.change("record", EXAMPLE)["charge"], first["charge"])
        self.assertEqual(self.balance(), before)

    # Entries and standing.

    def test_entries(self) -> None:
        self.change("set-tier", {"tier": "managed"})
        self.change("add-credit", {"id": "1", "amount": "0.01", "fund": "paid", "note": "cash"})
        told = self.change("record", EXAMPLE)["charge"]
        self.assertEqual((told["from_paid"], told["owed"]), ("0.01", "0.000815"))
        back = self.change("refund", {"id": "2", "call": "c-1", "amount": "0.005"})
        self.assertEqual((back["charged"], back["display"]["charged"]), ("-0.005", "-$0.005"))
        rest = self.change("refund", {"id": "3", "call": "c-1"})
        self.assertEqual((rest["charged"], rest["balance"]), ("-0.005815", "0.01"))
        self.assertEqual(ask(self.url, "refund", {"id": "4", "call": "c-1", "amount": "0.1"}).code, "insufficient")
        self.change("correct", {"id": "5", "amount": "-0.01", "fund": "paid", "note": "twice"})
        self.change("record", {**EXAMPLE, "id": "c-2"})
        self.assertEqual(self.change("payment", {"id": "6", "amount": "0.010815", "note": "in_1"})["balance"], "0")
        self.assertEqual(self.change("suspend", b"")["suspended"], "operator")
        self.assertEqual(self.change("resume", {})["suspended"], None)
        flushed = self.change("flush", b"")["flushed"]
        self.assertEqual(flushed["amount"], "0.010815")
        self.assertTrue(flushed["identifier"].startswith("mesh|"))
        self.assertNotIn("flushed", self.change("flush", {}))
        self.assertEqual(ask(self.url, "verify").json["sound"], True)

    def test_nonsense_is_refused_by_field(self) -> None:
        for what, body, status, code, field in (
            ("record", {}, 400, "invalid_field", "id"),
            ("record", {**EXAMPLE, "model": "nobody"}, 400, "invalid_field", "model"),
            ("record", {**EXAMPLE, "kind": "sky"}, 400, "invalid_field", "kind"),
            ("record", {**EXAMPLE, "input_tokens": -1}, 400, "invalid_field", "input_tokens"),
            ("record", {**EXAMPLE, "date": "2999-01-01"}, 400, "invalid_field", "model"),
            ("record", {**EXAMPLE, "cost": "0"}, 400, "invalid_field", "cost"),
            ("record", b"{", 400, "bad_request", None),
            ("record", b"\xff", 400, "bad_request", None),
            ("add-credit", {"id": "a", "amount": 0.1}, 400, "invalid_field", "amount"),
            ("add-credit", {"id": "a", "amount": "0.0000000001"}, 400, "invalid_field", "amount"),
            ("add-credit", {"id": "a", "amount": "1e2"}, 400, "invalid_field", "amount"),
            ("add-credit", {"id": "a", "amount": "-1"}, 400, "bad_amount", None),
            ("add-credit", {"id": "a", "amount": "1", "account": "A B"}, 400, "invalid_field", "account"),
            ("refund", {"id": "a", "call": "never"}, 404, "unknown_call", None),
            ("correct", {"id": "a", "amount": "-1", "note": "n"}, 409, "insufficient", None),
            ("set-tier", {"tier": "gold"}, 400, "invalid_field", "tier"),
            ("suspend", {"reason": "ceiling"}, 400, "invalid_field", "reason"),
            ("topup", {"amount": "0.5"}, 400, "invalid_field", "amount"),
            ("flush", {"all": True}, 400, "invalid_field", "all"),
        ):  # fmt: skip
            answer = ask(self.url, what, body)
            said = (answer.status, answer.code, answer.json["error"].get("field"))
            self.assertEqual(said, (status, code, field), f"{what} {body!r}")
        for query in ("period=2026", "from=2026-02&to=2026-01", "by=color", "format=xml", "page=2", "account=A"):
            answer = ask(self.url, f"usage?{query}")
            self.assertEqual((answer.status, answer.code), (400, "bad_request"), query)
        self.assertEqual(ask(self.url, "flush", b"{}", content_type="text/plain").status, 415)
        self.assertEqual(ask(self.url, "balance", origin="http://elsewhere.example").status, 403)
        self.assertEqual(self.balance()["postings"], 0)

    def test_each_key_its_own_account(self) -> None:
        self.change("add-credit", {"id": "1", "amount": "5", "account": "acme"})
        acme = {"x_api_key": self.key("--name", "acme", "--tenant", "acme", "--scope", "chat")}
        self.assertEqual(ask(self.url, "balance", **acme).json["credits"], "5")
        self.assertEqual(ask(self.url, "usage", **acme).status, 200)
        for what, body in (("balance?account=main", None), ("usage?account=main", None), ("verify", None),
                           ("record", EXAMPLE), ("add-credit", {"id": "2", "amount": "5"}),
                           ("set-tier", {"tier": "managed"}), ("flush", {}),
                           ("topup", {"amount": "5", "account": "main"})):  # fmt: skip
            answer = ask(self.url, what, body, **acme)
            self.assertEqual((answer.status, answer.code), (403, "missing_scope"), what)
        operator = {"x_api_key": self.key("--name", "boss", "--scope", "operate")}
        self.assertEqual(ask(self.url, "balance?account=acme", **operator).json["credits"], "5")
        self.assertEqual(self.balance()["credits"], "0")

    def test_an_edge_keeps_no_accounts(self) -> None:
        folder = self.place.enrol(self.hub)
        line = ["--role", "edge", "--hub", self.hub.address, "--data", folder, "--http-listen", "127.0.0.1:0"]
        edge = self.place.start(*line).ready()
        url = f"http://{edge.records[-1]['http_address']}"
        for what, body in (("balance", None), ("usage", None), ("record", EXAMPLE), ("topup", {"amount": "5"})):
            answer = ask(url, what, body)
            self.assertEqual((answer.status, answer.code), (404, "not_a_hub"), what)
        for words in (("balance",), ("usage",), ("usage", "--csv"), ("topup", "25"), ("ledger", "outbox"),
                      ("ledger", "accounts")):
            told = synesis(*words, gateway=url)
            self.assertEqual((told.returncode, told.stdout, told.stderr.count("\n")), (4, "", 1), words)
            self.assertIn("is an edge, and the hub keeps the accounts", told.stderr)
        self.assertIn("which knows no others", synesis("nodes", gateway=url).stderr)

    # Usage and synesis.

    def test_usage_as_rows(self) -> None:
        for number, project in enumerate(("alpha", "=cmd", "+1", "alpha"), 1):
            self.change("record", {**EXAMPLE, "id": f"c-{number}", "project": project})
        answer = ask(self.url, "usage?by=project&format=csv")
        self.assertEqual(answer.fields["content-type"], "text/csv; charset=utf-8; header=present")
        rows = list(csv.DictReader(io.StringIO(answer.body.decode(), newline=""), strict=True))
        self.assertEqual([row["name"] for row in rows], ["'+1", "'=cmd", "alpha"])
        self.assertEqual([row["charged"] for row in rows], ["0.010815", "0.010815", "0.02163"])
        self.assertEqual(answer.body.count(b"\r\n"), 4)
        lines = ask(self.url, "usage?by=project", accept="application/x-ndjson").body.decode().splitlines()
        self.assertEqual([json.loads(line)["name"] for line in lines], ["+1", "=cmd", "alpha"])
        month = time.strftime("%Y-%m", time.gmtime())
        for by, names in (("model", [MODEL]), ("kind", ["cloud"]), ("session", [])):
            usage = ask(self.url, f"usage?period={month}&by={by}").json
            self.assertEqual([row["name"] for row in usage["periods"][0]["rows"]], names)

    def test_synesis(self) -> None:
        def run(*words: str) -> str:
            done = synesis(*words, gateway=self.url)
            self.assertEqual(done.returncode, 0, done.stderr)
            return done.stdout

        run("ledger", "set-tier", "managed")
        record = ("ledger", "record", MODEL, "--input", "1000", "--output", "500", "--id", "c-1")
        self.assertEqual(run(*record, "--quiet"), "0.010815\n")
        self.assertIn("$0.011 ($0.010815)", run(*record))
        self.assertEqual(json.loads(run(*record, "--json"))["charged"], "0.010815")
        self.assertEqual(run("balance", "--quiet"), "-0.010815\n")
        self.assertRegex(run("balance"), r"\Amain\n  balance +-\$0\.011\n")
        run("ledger", "add-credit", "25", "--fund", "paid", "--note", "cash")
        run("ledger", "correct", "--amount=-5", "--fund", "paid", "--note", "too much")
        run("ledger", "refund", "c-1", "--amount", "0.000815")
        run("ledger", "payment", "0.01")
        self.assertEqual(json.loads(run("balance", "--json"))["balance"], "20")
        self.assertIn("by an operator", run("ledger", "suspend"))
        self.assertNotIn("by an operator", run("ledger", "resume"))
        run("ledger", "flush")
        self.assertEqual(run("ledger", "verify"), "main: its figures agree\n")
        self.assertEqual(json.loads(run("ledger", "outbox", "--json"))["account"], "main")
        listed = json.loads(run("ledger", "accounts", "--json"))["accounts"]
        self.assertEqual([one for one in listed if one["account"] == "main"],
                         [json.loads(run("balance", "--json"))])
        self.assertIn("main\n", run("ledger", "accounts", "--quiet"))
        self.assertRegex(run("ledger", "accounts"), r"^ACCOUNT +TIER +BALANCE +OWED +AVAILABLE +SUSPENDED\n")
        for words in (("retry-event", "mesh|main|usage|9-9", "--not-there"),
                      ("close-event", "mesh|main|usage|9-9", "--note", "seen", "--counted")):
            gone = synesis("ledger", *words, gateway=self.url)
            self.assertEqual((gone.returncode, gone.stdout), (4, ""))
            self.assertIn("no meter event of this name waits", gone.stderr)
        # The call was the first posting of this account: no entry has opened it.
        self.assertNotIn("opened", json.loads(run("ledger", "add-credit", "1", "--json")))
        misspelt = run("ledger", "add-credit", "25", "--account", "acmee")
        self.assertRegex(misspelt, r"credits +\$25\.00\n")
        self.assertRegex(misspelt, r"new +nothing stood in this account before: is its name right\?\n")
        rows = run("usage", "--by", "project").splitlines()
        self.assertRegex(rows[1], r"\A\(none\) +1 +1000 +500 +\$0\.011\Z")
        self.assertEqual(rows[1].split()[1:], rows[2].split()[1:], "the rows are the total")
        table = run("usage")
        self.assertRegex(table, rf"\AMODEL +CALLS +TOKENS IN +TOKENS OUT +CHARGED\n{MODEL} +1 +1000 +500 +\$0\.011\n")
        self.assertEqual(run("usage", "--quiet"), "0.010815\n")
        self.assertEqual(json.loads(run("usage", "--by", "day", "--json"))["by"], "day")
        self.assertEqual(len(run("usage", "--by", "kind", "--csv").splitlines()), 2)
        nowhere = synesis("topup", "25", gateway=self.url)
        self.assertEqual((nowhere.returncode, nowhere.stdout), (4, ""))
        self.assertIn("its operator adds credit", nowhere.stderr)
        wrong = synesis("ledger", "record", "nobody", "--output", "1", gateway=self.url)
        self.assertEqual(wrong.returncode, 4)
        self.assertIn("model", wrong.stderr)

    def test_a_new_account_is_shown_as_it_will_be(self) -> None:
        shown = synesis("balance", gateway=self.url)
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertRegex(shown.stdout, r"available +\$50\.00\n  tier +managed from its first call on: it is new\n")
        self.assertEqual((self.balance()["policy"], self.balance()["postings"]), (None, 0))
        nothing = synesis("usage", gateway=self.url)
        self.assertEqual((nothing.returncode, nothing.stdout), (0, ""))
        self.assertRegex(nothing.stderr, r"\ANo usage\..*\n\Z")
        for amount in ("0", "-5", "0.001"):
            wrong = synesis("topup", amount, gateway=self.url)
            self.assertEqual((wrong.returncode, wrong.stdout), (2, ""), amount)
            self.assertIn("dollars above nothing in whole cents", wrong.stderr)

    def test_the_proof_names_the_hub_that_runs(self) -> None:
        folder = self.place.folder / "hub"
        for words in (("ledger", "verify"), ("store", "stats"), ("store", "verify")):
            told = self.place.run(*words, folder)
            self.assertNotEqual(told.returncode, 0)
            self.assertIn(f"process {self.hub.process.pid} has the store", told.stderr, words)
            self.assertIn("stop that node first, or name a backup", told.stderr)
        self.hub.signal(signal.SIGTERM)
        self.assertEqual(self.hub.ended(), 0)
        for words in (("ledger", "verify"), ("store", "stats"), ("store", "verify")):
            self.assertEqual(self.place.run(*words, folder).returncode, 0, words)
            own = folder / "store" if words[0] == "store" else folder
            self.assertEqual(self.place.run(*words, own).returncode, 0, words)

    def test_bars_are_for_terminals(self) -> None:
        self.change("record", EXAMPLE)
        line = [str(SYNESIS), "usage", "--gateway", self.url]
        code, seen = on_a_terminal(line, width=90)
        self.assertEqual(code, 0, seen)
        self.assertIn("\x1b[32m█", seen)
        code, plain = on_a_terminal(line, width=90, NO_COLOR="1")
        self.assertNotIn("\x1b[", plain)
        self.assertIn("█" * 10, plain)
        self.assertLessEqual(max(map(len, plain.split("\n"))), 90)
        code, narrow = on_a_terminal(line, width=40, NO_COLOR="1")
        self.assertLessEqual(max(map(len, narrow.split("\n"))), 40)
        piped = synesis("usage", gateway=self.url, env=environment())
        self.assertNotIn("█", piped.stdout)


if __name__ == "__main__":
    unittest.main()
