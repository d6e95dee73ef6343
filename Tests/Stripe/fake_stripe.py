"""A test double of Stripe's API: what `MeshStripe` asks of it, with the faults that a network and a busy service have.

It keeps Stripe's rules that money hangs on: an identifier of a meter event counts once while it is remembered, and the
second one is an error; what was answered to an `Idempotency-Key` is answered again, a 500 too.
"""

from __future__ import annotations

import json
import random
import re
import socket
import struct
import threading
import time
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

Value = dict[str, Any]

#: The key that it takes.
KEY = "sk_test_double"


@dataclass
class Faults:
    """How often something goes wrong, of a hundred requests; the others are answered as they should be."""

    #: The request is carried out, and its answer is lost.
    drop_after: int = 0
    #: The connection ends before anything is carried out.
    drop_before: int = 0
    #: A 500, with nothing carried out.
    error: int = 0
    #: A 500 that is remembered for the key, although the request was carried out.
    error_after: int = 0
    #: A 429 that says when to come again.
    limit: int = 0


@dataclass
class MeterEvent:
    """A meter event that was taken."""

    identifier: str
    customer: str
    value: int
    timestamp: int
    taken: float


@dataclass
class State:
    """All that it knows; under the lock of the double."""

    events: list[MeterEvent] = field(default_factory=list)
    #: Identifiers that are remembered, and since when.
    identifiers: dict[str, float] = field(default_factory=dict)
    #: How often an identifier came that was known.
    duplicates: int = 0
    #: How often something was carried out and its answer lost.
    lost: int = 0
    objects: dict[str, Value] = field(default_factory=dict)
    answered: dict[str, tuple[str, int, bytes]] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    numbers: int = 0


class Refusal(Exception):
    """Stripe says no."""

    def __init__(self, status: int, code: str, message: str, *, retry: bool | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"type": "invalid_request_error", "code": code, "message": message}}
        self.retry = retry


class FakeStripe:
    """Listens at a free port of the loopback until the end of the `with`."""

    #: The meter that there is.
    meter = "mtr_usage"
    event_name = "mesh_usage"

    def __init__(self, seed: int = 1) -> None:
        self.state = State()
        self.faults = Faults()
        #: For how long an identifier is remembered, in seconds.
        self.memory = 86_400.0
        #: How far the clock of those who ask is ahead of this one's: tests put a node's clock forward.
        self.ahead = 0.0
        #: What an object becomes once it was asked for, and for how many seconds the answer from before then lingers.
        self.changes: dict[str, tuple[Value, float]] = {}
        self.lock = threading.Lock()
        self.random = random.Random(seed)
        double = self

        class Handler(_Handler):
            stripe = double

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    # What tests ask and say.

    @property
    def now(self) -> float:
        """Its clock."""
        return time.time() + self.ahead

    def told(self, customer: str | None = None) -> int:
        """Millionths of a dollar in all events, or in those of one customer."""
        with self.lock:
            return sum(event.value for event in self.state.events if customer in {None, event.customer})

    def put(self, value: Value) -> Value:
        """Has an object be there, by its id."""
        with self.lock:
            self.state.objects[value["id"]] = value
        return value

    def objects(self, kind: str) -> list[Value]:
        """The objects of one kind."""
        with self.lock:
            return [value for value in self.state.objects.values() if value["object"] == kind]

    def put_later(self, value: Value, seconds: float) -> None:
        """Has an object be like `value` as soon as somebody was told of it as it is now, who hears that late."""
        with self.lock:
            self.changes[value["id"]] = (value, seconds)

    def event(self, kind: str, subject: Value, previous: Value | None = None) -> str:
        """What Stripe would post for something that happened to `subject`."""
        data: Value = {"object": subject}
        if previous:
            data["previous_attributes"] = previous
        return json.dumps({
            "id": self.name("evt"), "object": "event", "api_version": "2026-10-28.endive", "created": int(self.now),
            "type": kind, "livemode": False, "pending_webhooks": 1, "data": data,
        })

    def name(self, prefix: str) -> str:
        """An id that nothing else has."""
        with self.lock:
            return self._name(prefix)

    def _name(self, prefix: str) -> str:
        self.state.numbers += 1
        return f"{prefix}_{self.state.numbers:08d}"

    # What it does; under the lock.

    def answer(self, method: str, path: str, form: Value, query: Value) -> Value:
        """Carries one request out."""
        if method == "POST":
            match path:
                case "/v1/billing/meter_events": return self._take(form)
                case "/v1/customers": return self._make("customer", "cus", form)
                case "/v1/checkout/sessions": return self._checkout(form)
                case "/v1/billing_portal/sessions":
                    page = self._make("billing_portal.session", "bps", form)
                    page["url"] = f"https://billing.stripe.test/p/{page['id']}"
                    return page
        summaries = re.fullmatch(r"/v1/billing/meters/(\w+)/event_summaries", path)
        if method == "GET" and summaries:
            return self._summaries(summaries[1], query)
        if method == "GET" and path == "/v1/subscriptions":
            return self._list("subscription", lambda one: one["customer"] == query["customer"]
                              and one["status"] not in {"canceled", "incomplete_expired"})
        if method == "GET" and path == "/v1/checkout/sessions":
            return self._list("checkout.session", lambda one: one["payment_intent"] == query["payment_intent"])
        found = re.fullmatch(r"/v1/(?:customers|checkout/sessions|invoices|subscriptions|charges)/(\w+)", path)
        if method == "GET" and found and found[1] in self.state.objects:
            return self.state.objects[found[1]]
        raise Refusal(404, "resource_missing", "No such thing")

    def _list(self, kind: str, fits: Callable[[Value], bool]) -> Value:
        """The objects of one kind that fit, the newest first."""
        rows = [value for value in self.state.objects.values() if value["object"] == kind and fits(value)]
        return {"object": "list", "data": rows[::-1], "has_more": False, "url": f"/v1/{kind}s"}

    def _take(self, form: Value) -> Value:
        identifier = form.get("identifier", "")
        payload = form.get("payload", {})
        if form.get("event_name") != self.event_name:
            raise Refusal(400, "no_meter", "No active meter found for the event name")
        if not 1 <= len(identifier) <= 100:
            raise Refusal(400, "parameter_invalid", "The identifier has too many characters")
        if not re.fullmatch(r"[0-9]{1,15}", payload.get("value", "")):
            raise Refusal(400, "meter_event_invalid_value", "The value is no whole number")
        timestamp = int(form["timestamp"])
        if timestamp > self.now + 300:
            raise Refusal(400, "timestamp_in_future", "The timestamp is in the future")
        if timestamp < self.now - 35 * 86_400:
            raise Refusal(400, "timestamp_too_far_in_past", "The timestamp is too far in the past")
        customer = payload.get("stripe_customer_id", "")
        if self.state.objects.get(customer, {}).get("object") != "customer":
            raise Refusal(400, "meter_event_customer_not_found", "No such customer")
        since = self.state.identifiers.get(identifier)
        if since is not None and self.now - since < self.memory:
            self.state.duplicates += 1
            words = f"An event already exists with identifier {identifier}."
            raise Refusal(400, "duplicate_meter_event", words, retry=False)
        self.state.identifiers[identifier] = self.now
        self.state.events.append(MeterEvent(identifier, customer, int(payload["value"]), timestamp, self.now))
        return {
            "object": "billing.meter_event", "created": int(self.now), "event_name": self.event_name,
            "identifier": identifier, "livemode": False, "payload": payload, "timestamp": timestamp,
        }

    def _summaries(self, meter: str, query: Value) -> Value:
        if meter != self.meter:
            raise Refusal(404, "resource_missing", "No such meter")
        start, end = int(query["start_time"]), int(query["end_time"])
        if start % 60 or end % 60 or start >= end:
            raise Refusal(400, "parameter_invalid", "Times must be whole minutes, in their order")
        mine = [event for event in self.state.events if event.customer == query["customer"]]
        value = sum(event.value for event in mine if start <= event.timestamp < end)
        row = {
            "id": "mtrusg_1", "object": "billing.meter_event_summary", "aggregated_value": value,
            "start_time": start, "end_time": end, "livemode": False, "meter": meter,
        }
        return {"object": "list", "data": [row] if value else [], "has_more": False, "url": "/v1/billing"}

    def _make(self, kind: str, prefix: str, form: Value) -> Value:
        made = {"id": self._name(prefix), "object": kind, "livemode": False, "created": int(self.now), **form}
        made.setdefault("metadata", {})
        self.state.objects[made["id"]] = made
        return made

    def _checkout(self, form: Value) -> Value:
        item = form["line_items"]["0"]
        amount = int(item["price_data"]["unit_amount"]) * int(item["quantity"])
        if amount < 50:
            raise Refusal(400, "amount_too_small", "The amount must be at least 50 cents")
        session = self._make("checkout.session", "cs_test", {
            "mode": form["mode"], "customer": form["customer"], "metadata": form["metadata"], "currency": "usd",
            "amount_total": amount, "amount_subtotal": amount, "payment_status": "unpaid", "status": "open",
            "payment_intent": self._name("pi"), "total_details": {"amount_tax": 0}, "success_url": form["success_url"],
        })
        session["url"] = f"https://checkout.stripe.test/c/{session['id']}"
        return session


class _Server(ThreadingHTTPServer):
    """Says nothing of clients that are killed."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """They were."""


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    stripe: FakeStripe

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads it."""

    def do_GET(self) -> None:
        """Answers a question."""
        self._serve("GET", b"")

    def do_POST(self) -> None:
        """Carries something out."""
        self._serve("POST", self.rfile.read(int(self.headers.get("Content-Length", "0"))))

    def _serve(self, method: str, body: bytes) -> None:
        stripe = self.stripe
        target = urllib.parse.urlsplit(self.path)
        if self.headers.get("Authorization") != f"Bearer {KEY}":
            self._send(401, b'{"error":{"type":"invalid_request_error","message":"Invalid API Key provided"}}')
            return
        with stripe.lock:
            stripe.state.requests.append((method, target.path))
            fault = self._fault()
        if fault == "drop_before":
            self._hang_up()
            return
        if fault == "error":
            self._send(500, b'{"error":{"type":"api_error","message":"An error occurred"}}')
            return
        if fault == "limit":
            self._send(429, b'{"error":{"code":"lock_timeout","message":"Too many"}}', {"Retry-After": "0"})
            return
        with stripe.lock:
            status, answer, fields = self._carry_out(method, target, body, fails=fault == "error_after")
            change = stripe.changes.pop(target.path.rsplit("/", 1)[-1], None) if method == "GET" else None
            if change:
                stripe.state.objects[change[0]["id"]] = change[0]
            stripe.state.lost += fault == "drop_after"
        if change:
            time.sleep(change[1])
        if fault == "drop_after":
            self._hang_up()
        else:
            self._send(status, answer, fields)

    def _fault(self) -> str | None:
        faults, drawn = self.stripe.faults, self.stripe.random.randrange(100)
        for name in ("drop_after", "drop_before", "error", "error_after", "limit"):
            drawn -= getattr(faults, name)
            if drawn < 0:
                return name
        return None

    def _carry_out(
        self, method: str, target: urllib.parse.SplitResult, body: bytes, *, fails: bool
    ) -> tuple[int, bytes, dict[str, str]]:
        stripe = self.stripe
        key = self.headers.get("Idempotency-Key")
        content = f"{target.path}?{body.decode()}"
        if method == "POST" and key and key in stripe.state.answered:
            first, status, answer = stripe.state.answered[key]
            if first != content:
                words = b'{"error":{"type":"idempotency_error","message":"Keys can only be used with the same"}}'
                return 400, words, {"stripe-should-retry": "false"}
            return status, answer, {"Idempotent-Replayed": "true"}
        fields = {}
        try:
            value = stripe.answer(method, target.path, nested(body.decode()), nested(target.query))
            # Sums are numbers with a point, as Stripe sends them; here they are whole until they are written.
            text = re.sub(r'("aggregated_value": \d+)', r"\1.0", json.dumps(value))
            status, answer = 200, text.encode()
        except Refusal as refusal:
            status, answer = refusal.status, json.dumps(refusal.body).encode()
            if refusal.retry is not None:
                fields["stripe-should-retry"] = str(refusal.retry).lower()
        if fails:
            status, answer = 500, b'{"error":{"type":"api_error","message":"An error occurred"}}'
        if method == "POST" and key:
            stripe.state.answered[key] = (content, status, answer)
        return status, answer, fields

    def _send(self, status: int, body: bytes, fields: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(fields or {})}.items():
            self.send_header(name, value)
        self.send_header("Request-Id", "req_double")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _hang_up(self) -> None:
        """Breaks the connection off, as a network does: with a reset."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()


def nested(form: str) -> Value:
    """The values of a form, in objects as the brackets in their names say."""
    root: Value = {}
    for name, value in urllib.parse.parse_qsl(form, keep_blank_values=True):
        steps = re.findall(r"[^\[\]]+", name)
        place = root
        for step in steps[:-1]:
            place = place.setdefault(step, {})
        place[steps[-1]] = value
    return root
