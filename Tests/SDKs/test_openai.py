"""OpenAI's official SDK reads what we write."""

from __future__ import annotations

import unittest
from typing import Any

import openai
from chats import OPENAI_USAGE, WORDS, Chats

MESSAGES: list[Any] = [{"role": "system", "content": "be brief"}, {"role": "user", "content": WORDS}]


class OpenAI(unittest.TestCase):
    chats: Chats

    @classmethod
    def setUpClass(cls) -> None:
        cls.chats = Chats()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.chats.end()

    def test_whole_answer(self) -> None:
        """Text, reason, usage with what was in the cache inside, rate-limit fields."""
        raw = self.chats.openai().chat.completions.with_raw_response.create(model="echo", messages=MESSAGES)
        self.assertEqual(raw.headers["x-ratelimit-limit-requests"], "100")
        self.assertEqual(raw.headers["x-ratelimit-reset-requests"], "1m0s")
        answer = raw.parse()
        self.assertRegex(answer.id, "^chatcmpl-[0-9a-f]{32}$")
        self.assertEqual((answer.object, answer.model), ("chat.completion", "echo"))
        choice = answer.choices[0]
        self.assertEqual((choice.message.content, choice.message.role), (WORDS, "assistant"))
        self.assertEqual(choice.finish_reason, "stop")
        assert answer.usage is not None
        assert answer.usage.prompt_tokens_details is not None and answer.usage.completion_tokens_details is not None
        self.assertLessEqual(OPENAI_USAGE.items(), answer.usage.model_dump().items())
        self.assertEqual(answer.usage.prompt_tokens_details.cached_tokens, 5)
        self.assertEqual(answer.usage.completion_tokens_details.reasoning_tokens, 2)

    def test_stream(self) -> None:
        """Role first, then a character at a time, then the reason, then the usage with no choice, then the end."""
        stream = self.chats.openai().chat.completions.create(
            model="echo", messages=MESSAGES, stream=True, stream_options={"include_usage": True}
        )
        chunks = list(stream)
        self.assertEqual(len({(chunk.id, chunk.created, chunk.model) for chunk in chunks}), 1)
        first, *middle, reason, usage = chunks
        self.assertEqual((first.choices[0].delta.role, first.choices[0].delta.content), ("assistant", ""))
        self.assertEqual([chunk.choices[0].delta.content for chunk in middle], list(WORDS))
        self.assertTrue(all(chunk.usage is None and chunk.choices[0].finish_reason is None for chunk in middle))
        self.assertEqual(reason.choices[0].finish_reason, "stop")
        self.assertEqual(usage.choices, [])
        assert usage.usage is not None
        self.assertLessEqual(OPENAI_USAGE.items(), usage.usage.model_dump().items())

    def test_stream_without_usage(self) -> None:
        """Who does not ask for the usage is not told it, and every chunk has a choice."""
        chunks = list(self.chats.openai().chat.completions.create(model="echo", messages=MESSAGES, stream=True))
        self.assertTrue(all(chunk.choices for chunk in chunks))
        self.assertTrue(all("usage" not in chunk.model_fields_set for chunk in chunks))

    def test_tools(self) -> None:
        """Two calls, whole and in pieces; the SDK puts the pieces together."""
        answer = self.chats.openai().chat.completions.create(model="tools", messages=MESSAGES)
        calls = answer.choices[0].message.tool_calls
        assert calls is not None
        expected = [("call_1", "weather", '{"city":"Zürich 🏔"}'), ("call_2", "clock", "")]
        self.assertEqual([(call.id, call.function.name, call.function.arguments) for call in calls], expected)
        self.assertEqual(answer.choices[0].finish_reason, "tool_calls")
        with self.chats.openai().chat.completions.stream(model="tools", messages=MESSAGES) as stream:
            final = stream.get_final_completion().choices[0]
        assert final.message.tool_calls is not None
        found = [(call.id, call.function.name, call.function.arguments) for call in final.message.tool_calls]
        self.assertEqual(found, expected)
        self.assertEqual((final.message.content, final.finish_reason), ("I ask two tools.", "tool_calls"))

    def test_reasons(self) -> None:
        """Every way to end."""
        reasons = {
            "stop-length": "length",
            "stop-sequence": "stop",
            "stop-refusal": "content_filter",
            "stop-context": "length",
        }
        for model, expected in reasons.items():
            with self.subTest(model):
                answer = self.chats.openai().chat.completions.create(model=model, messages=MESSAGES, stop=["x"])
                self.assertEqual(answer.choices[0].finish_reason, expected)

    def test_errors(self) -> None:
        """Every class of error is the SDK's own class for it."""
        errors: dict[str, tuple[type[openai.APIStatusError], int, str | None]] = {
            "malformed": (openai.BadRequestError, 400, None),
            "contextExceeded": (openai.BadRequestError, 400, "context_length_exceeded"),
            "unauthenticated": (openai.AuthenticationError, 401, "invalid_api_key"),
            "paymentRequired": (openai.APIStatusError, 402, "credit_balance_exhausted"),
            "forbidden": (openai.PermissionDeniedError, 403, "permission_denied"),
            "unknownModel": (openai.NotFoundError, 404, "model_not_found"),
            "conflict": (openai.ConflictError, 409, "conflict"),
            "tooLarge": (openai.APIStatusError, 413, "request_too_large"),
            "rateLimited": (openai.RateLimitError, 429, "rate_limit_exceeded"),
            "engineFailed": (openai.InternalServerError, 500, "engine_failed"),
            "upstreamFailed": (openai.InternalServerError, 502, "upstream_failed"),
            "overloaded": (openai.InternalServerError, 503, "overloaded"),
            "unavailable": (openai.InternalServerError, 503, "unavailable"),
            "timedOut": (openai.InternalServerError, 504, "timeout"),
        }
        for word, (kind, status, code) in errors.items():
            for stream in (False, True):
                with self.subTest(word, stream=stream), self.assertRaises(kind) as caught:
                    self.chats.openai().chat.completions.create(model=f"fail-{word}", messages=MESSAGES, stream=stream)
                self.assertEqual((caught.exception.status_code, caught.exception.code), (status, code))

    def test_retries(self) -> None:
        """402 is asked once, 429 again after the time that we say, and what is vain is not tried again."""
        for word, asked in (("paymentRequired", 1), ("rateLimited", 2), ("upstreamBilling", 1), ("overloaded", 2)):
            with self.subTest(word):
                requests: list[object] = []
                client = self.chats.openai(retries=1)
                client._client.event_hooks = {"request": [requests.append]}
                with self.assertRaises(openai.APIStatusError):
                    client.chat.completions.create(model=f"fail-{word}", messages=MESSAGES)
                self.assertEqual(len(requests), asked)

    def test_error_in_the_midst(self) -> None:
        """An answer that breaks off is an error of the SDK behind the words that came."""
        words = ""
        with self.assertRaises(openai.APIError) as caught:
            for chunk in self.chats.openai().chat.completions.create(
                model="break-overloaded", messages=MESSAGES, stream=True
            ):
                words += chunk.choices[0].delta.content or ""
        self.assertEqual(words, "some words")
        self.assertEqual(caught.exception.code, "overloaded")

    def test_leaving(self) -> None:
        """A client that leaves stops the answer."""
        before = self.chats.counters()["cancelled"]
        with self.chats.openai() as client:
            stream = client.chat.completions.create(model="endless", messages=MESSAGES, stream=True)
            self.assertEqual(next(iter(stream)).choices[0].delta.role, "assistant")
            stream.close()
        self.chats.wait_for_stop(before + 1)

    def test_refused_requests(self) -> None:
        """What is not done here is refused with the name of what is to blame, or left out by name."""
        client = self.chats.openai()
        with self.assertRaises(openai.BadRequestError) as caught:
            client.chat.completions.create(model="echo", messages=MESSAGES, n=2)
        self.assertEqual(caught.exception.param, "n")
        raw = client.chat.completions.with_raw_response.create(
            model="echo", messages=MESSAGES, logprobs=True, top_logprobs=2
        )
        self.assertEqual(raw.headers["x-mesh-dropped-parameters"], "logprobs, top_logprobs")

    def test_models(self) -> None:
        """The list of models, and one of them."""
        client = self.chats.openai()
        self.assertEqual([model.id for model in client.models.list()], ["echo"])
        model = client.models.retrieve("echo")
        self.assertEqual((model.object, model.owned_by, model.shutdown_date), ("model", "meshnode", "2030-03-17"))
        with self.assertRaises(openai.NotFoundError):
            client.models.retrieve("nobody")


if __name__ == "__main__":
    unittest.main()
