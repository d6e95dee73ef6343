"""An answer in the words of either vendor, written by hand after their documentation and by nothing of ours."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

#: What the answers say they have cost, and how either vendor counts it: OpenAI's prompt holds what was in the cache.
INPUT, CACHE_READ, CACHE_WRITTEN, OUTPUT, REASONING = 11, 5, 3, 7, 2

_OPENAI_STOPS = {
    "end": "stop", "length": "length", "sequence": "stop", "tools": "tool_calls", "refusal": "content_filter",
}
_ANTHROPIC_STOPS = {
    "end": "end_turn", "length": "max_tokens", "sequence": "stop_sequence", "tools": "tool_use", "refusal": "refusal",
}
_KINDS = {
    400: "invalid_request_error", 401: "authentication_error", 402: "billing_error", 403: "permission_error",
    404: "not_found_error", 413: "request_too_large", 429: "rate_limit_error", 500: "api_error", 504: "timeout_error",
    529: "overloaded_error",
}


@dataclass
class Tool:
    """A call that the answer wants, its arguments in the pieces in which they come."""

    id: str
    name: str
    pieces: list[str]

    @property
    def arguments(self) -> str:
        """All of them."""
        return "".join(self.pieces)


@dataclass
class Answer:
    """What is answered, in nobody's words."""

    model: str
    pieces: list[str] = field(default_factory=list)
    tools: list[Tool] = field(default_factory=list)
    stop: str = "end"
    sequence: str | None = None

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self.pieces)


class OpenAIWords:
    """As OpenAI's Chat Completions."""

    path = "/v1/chat/completions"

    def whole(self, answer: Answer) -> dict[str, Any]:
        """The body of a whole answer."""
        message: dict[str, Any] = {"role": "assistant", "content": answer.text or None, "refusal": None}
        if answer.tools:
            message["tool_calls"] = [
                {"id": tool.id, "type": "function", "function": {"name": tool.name, "arguments": tool.arguments}}
                for tool in answer.tools
            ]
        choice = {"index": 0, "message": message, "finish_reason": _OPENAI_STOPS[answer.stop], "logprobs": None}
        head = {"id": "chatcmpl-up", "object": "chat.completion", "created": 1_790_000_000, "model": answer.model}
        return {**head, "choices": [choice], "usage": self._usage()}

    def events(self, answer: Answer) -> list[tuple[str | None, Any]]:
        """The events of a stream, each with its name; OpenAI's have none."""
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": "", "refusal": None}]
        deltas += [{"content": piece} for piece in answer.pieces]
        for index, tool in enumerate(answer.tools):
            function = {"name": tool.name, "arguments": ""}
            deltas.append({"tool_calls": [{"index": index, "id": tool.id, "type": "function", "function": function}]})
            deltas += [{"tool_calls": [{"index": index, "function": {"arguments": piece}}]} for piece in tool.pieces]
        chunks = [self._chunk(answer, delta, None) for delta in deltas]
        chunks.append(self._chunk(answer, {}, _OPENAI_STOPS[answer.stop]))
        chunks.append({**self._chunk(answer, {}, None), "choices": [], "usage": self._usage()})
        return [(None, chunk) for chunk in chunks] + [(None, "[DONE]")]

    def refusal(self, status: int, word: str | None, sentence: str) -> dict[str, Any]:
        """The body of an error."""
        kind = "insufficient_quota" if status == 402 else _KINDS.get(status, "server_error")
        return {"error": {"message": sentence, "type": kind, "param": None, "code": word}}

    def broken(self) -> tuple[str | None, Any]:
        """An error in the midst of a stream."""
        return None, self.refusal(529, "overloaded", "there was no room any more")

    @staticmethod
    def _chunk(answer: Answer, delta: dict[str, Any], reason: str | None) -> dict[str, Any]:
        head = {"id": "chatcmpl-up", "object": "chat.completion.chunk", "created": 1_790_000_000}
        choice = {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}
        return {**head, "model": answer.model, "choices": [choice], "usage": None}

    @staticmethod
    def _usage() -> dict[str, Any]:
        prompt = INPUT + CACHE_READ + CACHE_WRITTEN
        return {
            "prompt_tokens": prompt,
            "completion_tokens": OUTPUT,
            "total_tokens": prompt + OUTPUT,
            "prompt_tokens_details": {"cached_tokens": CACHE_READ, "cache_write_tokens": CACHE_WRITTEN},
            "completion_tokens_details": {"reasoning_tokens": REASONING},
        }


class AnthropicWords:
    """As Anthropic's Messages."""

    path = "/v1/messages"

    def whole(self, answer: Answer) -> dict[str, Any]:
        """The body of a whole answer."""
        content: list[dict[str, Any]] = [{"type": "text", "text": answer.text}] if answer.text else []
        for tool in answer.tools:
            wanted = json.loads(tool.arguments or "{}")
            content.append({"type": "tool_use", "id": tool.id, "name": tool.name, "input": wanted})
        head = {"id": "msg_up", "type": "message", "role": "assistant", "model": answer.model, "content": content}
        stop = {"stop_reason": _ANTHROPIC_STOPS[answer.stop], "stop_sequence": answer.sequence}
        return {**head, **stop, "usage": {**self._prompt(), "output_tokens": OUTPUT}}

    def events(self, answer: Answer) -> list[tuple[str | None, Any]]:
        """The events of a stream, each with its name."""
        usage = {**self._prompt(), "output_tokens": 1}
        start = {**self.whole(Answer(answer.model)), "stop_reason": None, "usage": usage}
        events: list[dict[str, Any]] = [{"type": "message_start", "message": start}, {"type": "ping"}]
        blocks: list[tuple[dict[str, Any], list[dict[str, Any]]]] = []
        if answer.pieces:
            deltas = [{"type": "text_delta", "text": piece} for piece in answer.pieces]
            blocks.append(({"type": "text", "text": ""}, deltas))
        for tool in answer.tools:
            deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in ["", *tool.pieces]]
            blocks.append(({"type": "tool_use", "id": tool.id, "name": tool.name, "input": {}}, deltas))
        for index, (block, deltas) in enumerate(blocks):
            events.append({"type": "content_block_start", "index": index, "content_block": block})
            events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
            events.append({"type": "content_block_stop", "index": index})
        end = {"stop_reason": _ANTHROPIC_STOPS[answer.stop], "stop_sequence": answer.sequence}
        events.append({"type": "message_delta", "delta": end, "usage": {"output_tokens": OUTPUT}})
        events.append({"type": "message_stop"})
        return [(event["type"], event) for event in events]

    def refusal(self, status: int, word: str | None, sentence: str) -> dict[str, Any]:
        """The body of an error."""
        kind = word or _KINDS.get(status, "api_error")
        return {"type": "error", "error": {"type": kind, "message": sentence}, "request_id": "req_up"}

    def broken(self) -> tuple[str | None, Any]:
        """An error in the midst of a stream."""
        return "error", self.refusal(529, None, "there was no room any more")

    @staticmethod
    def _prompt() -> dict[str, int]:
        return {
            "input_tokens": INPUT,
            "cache_read_input_tokens": CACHE_READ,
            "cache_creation_input_tokens": CACHE_WRITTEN,
        }


#: Either vendor's words, by the path at which they are asked for.
WORDS: dict[str, OpenAIWords | AnthropicWords] = {words.path: words for words in (OpenAIWords(), AnthropicWords())}
