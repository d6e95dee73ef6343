"""Anthropic's official SDK reads what we write."""

from __future__ import annotations

import unittest
from typing import Any

import anthropic
from chats import ANTHROPIC_USAGE, WORDS, Chats

MESSAGES: list[Any] = [{"role": "user", "content": WORDS}]


class Anthropic(unittest.TestCase):
    chats: Chats

    @classmethod
    def setUpClass(cls) -> None:
        cls.chats = Chats()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.chats.end()

    def test_whole_answer(self) -> None:
        """Text, reason, usage in counts of which none is part of another, rate-limit fields."""
        raw = self.chats.anthropic().messages.with_raw_response.create(
            model="echo", max_tokens=9, system="be brief", messages=MESSAGES
        )
        self.assertEqual(raw.headers["anthropic-ratelimit-requests-remaining"], "99")
        self.assertRegex(raw.headers["anthropic-ratelimit-requests-reset"], r"^\d{4}-\d\d-\d\dT.*Z$")
        answer = raw.parse()
        self.assertRegex(answer.id, "^msg_[0-9a-f]{32}$")
        self.assertEqual((answer.type, answer.role, answer.model), ("message", "assistant", "echo"))
        self.assertEqual([(block.type, block.text) for block in answer.content], [("text", WORDS)])
        self.assertEqual((answer.stop_reason, answer.stop_sequence), ("end_turn", None))
        self.assertLessEqual(ANTHROPIC_USAGE.items(), answer.usage.model_dump().items())

    def test_stream(self) -> None:
        """Every event in its order, the usage of the prompt at the start and all of it at the end."""
        client = self.chats.anthropic()
        events = list(client.messages.create(model="echo", max_tokens=9, messages=MESSAGES, stream=True))
        deltas = ["content_block_delta"] * len(WORDS)
        order = ["message_start", "content_block_start", *deltas, "content_block_stop", "message_delta", "message_stop"]
        self.assertEqual([event.type for event in events], order)
        start, end = events[0], events[-2]
        assert start.type == "message_start" and end.type == "message_delta"
        self.assertEqual((start.message.content, start.message.stop_reason), ([], None))
        self.assertEqual((start.message.usage.input_tokens, start.message.usage.output_tokens), (11, 1))
        self.assertEqual(end.delta.stop_reason, "end_turn")
        self.assertLessEqual(ANTHROPIC_USAGE.items(), end.usage.model_dump().items())

    def test_stream_helper(self) -> None:
        """What the SDK puts together from the pieces is the whole answer."""
        with self.chats.anthropic().messages.stream(model="tools", max_tokens=9, messages=MESSAGES) as stream:
            pieced = stream.get_final_message()
        whole = self.chats.anthropic().messages.create(model="tools", max_tokens=9, messages=MESSAGES)
        thought, text, weather, clock = pieced.content
        assert thought.type == "thinking" and text.type == "text"
        assert weather.type == "tool_use" and clock.type == "tool_use"
        self.assertEqual((thought.thinking, thought.signature), ("let me see", "seal"))
        self.assertEqual(text.text, "I ask two tools.")
        self.assertEqual((weather.id, weather.name, weather.input), ("call_1", "weather", {"city": "Zürich 🏔"}))
        self.assertEqual((clock.id, clock.name, clock.input), ("call_2", "clock", {}))
        self.assertEqual(pieced.stop_reason, "tool_use")
        self.assertLessEqual(ANTHROPIC_USAGE.items(), pieced.usage.model_dump().items())
        self.assertEqual(
            [block.model_dump(exclude_unset=True) for block in whole.content],
            [block.model_dump(exclude_unset=True) for block in pieced.content],
        )

    def test_reasons(self) -> None:
        """Every way to end."""
        reasons = {
            "stop-length": ("max_tokens", None),
            "stop-sequence": ("stop_sequence", "x"),
            "stop-refusal": ("refusal", None),
            "stop-context": ("model_context_window_exceeded", None),
        }
        for model, expected in reasons.items():
            with self.subTest(model):
                answer = self.chats.anthropic().messages.create(
                    model=model, max_tokens=9, messages=MESSAGES, stop_sequences=["x"]
                )
                self.assertEqual((answer.stop_reason, answer.stop_sequence), expected)

    def test_errors(self) -> None:
        """Every class of error is the SDK's own class for it."""
        errors: dict[str, tuple[type[anthropic.APIStatusError], int, str]] = {
            "malformed": (anthropic.BadRequestError, 400, "invalid_request_error"),
            "unauthenticated": (anthropic.AuthenticationError, 401, "authentication_error"),
            "paymentRequired": (anthropic.PaymentRequiredError, 402, "billing_error"),
            "forbidden": (anthropic.PermissionDeniedError, 403, "permission_error"),
            "unknownModel": (anthropic.NotFoundError, 404, "not_found_error"),
            "conflict": (anthropic.ConflictError, 409, "conflict_error"),
            "tooLarge": (anthropic.RequestTooLargeError, 413, "request_too_large"),
            "rateLimited": (anthropic.RateLimitError, 429, "rate_limit_error"),
            "engineFailed": (anthropic.InternalServerError, 500, "api_error"),
            "upstreamFailed": (anthropic.InternalServerError, 502, "api_error"),
            "unavailable": (anthropic.InternalServerError, 503, "api_error"),
            "timedOut": (anthropic.InternalServerError, 504, "timeout_error"),
            "overloaded": (anthropic.InternalServerError, 529, "overloaded_error"),
        }
        for word, (kind, status, said) in errors.items():
            for stream in (False, True):
                with self.subTest(word, stream=stream), self.assertRaises(kind) as caught:
                    self.chats.anthropic().messages.create(
                        model=f"fail-{word}", max_tokens=9, messages=MESSAGES, stream=stream
                    )
                body: Any = caught.exception.body
                self.assertEqual((caught.exception.status_code, body["error"]["type"]), (status, said))
                self.assertTrue(body["request_id"])

    def test_retries(self) -> None:
        """402 is asked once, 429 again after the time that we say, and what is vain is not tried again."""
        for word, asked in (("paymentRequired", 1), ("rateLimited", 2), ("upstreamCredentials", 1), ("overloaded", 2)):
            with self.subTest(word):
                requests: list[object] = []
                client = self.chats.anthropic(retries=1)
                client._client.event_hooks = {"request": [requests.append]}
                with self.assertRaises(anthropic.APIStatusError):
                    client.messages.create(model=f"fail-{word}", max_tokens=9, messages=MESSAGES)
                self.assertEqual(len(requests), asked)

    def test_error_in_the_midst(self) -> None:
        """An answer that breaks off is an error of the SDK behind the words that came."""
        words = ""
        with self.assertRaises(anthropic.APIStatusError) as caught:
            for event in self.chats.anthropic().messages.create(
                model="break-overloaded", max_tokens=9, messages=MESSAGES, stream=True
            ):
                if event.type == "content_block_delta" and event.delta.type == "text_delta":
                    words += event.delta.text
        self.assertEqual(words, "some words")
        body: Any = caught.exception.body
        self.assertEqual(body["error"]["type"], "overloaded_error")

    def test_leaving(self) -> None:
        """A client that leaves stops the answer."""
        before = self.chats.counters()["cancelled"]
        with self.chats.anthropic() as client:
            stream = client.messages.create(model="endless", max_tokens=9, messages=MESSAGES, stream=True)
            self.assertEqual(next(iter(stream)).type, "message_start")
            stream.close()
        self.chats.wait_for_stop(before + 1)

    def test_refused_requests(self) -> None:
        """Tools that a server would run are refused; what is passed over is named."""
        client = self.chats.anthropic()
        with self.assertRaises(anthropic.BadRequestError):
            client.messages.create(
                model="echo", max_tokens=9, messages=MESSAGES, tools=[{"type": "bash_20250124", "name": "bash"}]
            )
        raw = client.messages.with_raw_response.create(
            model="echo", max_tokens=9, messages=MESSAGES, service_tier="standard_only"
        )
        self.assertEqual(raw.headers["x-mesh-dropped-parameters"], "service_tier")

    def test_models(self) -> None:
        """The list of models, and one of them."""
        client = self.chats.anthropic()
        self.assertEqual([(model.id, model.type) for model in client.models.list()], [("echo", "model")])
        model = client.models.retrieve("echo")
        self.assertEqual((model.type, model.max_input_tokens, model.max_tokens), ("model", 2048, 512))
        self.assertEqual(model.lifecycle, "deprecated")


if __name__ == "__main__":
    unittest.main()
