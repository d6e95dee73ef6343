"""Anthropic's SDK, both kinds, as clients of the matrix."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable, Coroutine
from typing import Any

import anthropic
from talkers import TOOLS, Ask, Call, Refused, Said, Turn

_STOPS = {
    "end_turn": "end", "max_tokens": "length", "stop_sequence": "sequence", "tool_use": "tools", "refusal": "refusal",
}


class AnthropicTalker:
    """anthropic.Anthropic."""

    name = "anthropic"
    dialect = tells = "anthropic"
    statuses: dict[int, int] | None = None

    def __init__(self, url: str, key: str = "k", retries: int = 0) -> None:
        self.attempts = 0
        self._client = self._made(api_key=key, base_url=url, max_retries=retries, timeout=30)

    def say(self, ask: Ask, enough: Callable[[int], bool] | None = None) -> Said:
        """Asks through `messages.create`."""
        said = Said()
        try:
            if ask.stream:
                self._stream(arguments(ask), said, enough)
            else:
                headers, answer = self._whole(arguments(ask))
                _take_whole(said, answer)
                said.headers = headers
            return said
        except anthropic.APIError as error:
            raise _refused(error, said) from error

    def models(self) -> list[str]:
        """By `models.list`."""
        return [model.id for model in self._client.models.list()]

    def model(self, name: str) -> str:
        """By `models.retrieve`."""
        try:
            return str(self._client.models.retrieve(name).id)
        except anthropic.APIError as error:
            raise _refused(error, Said()) from error

    def close(self) -> None:
        """Closes the client."""
        self._client.close()

    def _made(self, **words: Any) -> Any:
        client = anthropic.Anthropic(**words)
        client._client.event_hooks = {"request": [self._count]}
        return client

    def _count(self, _: object) -> None:
        self.attempts += 1

    def _whole(self, words: dict[str, Any]) -> tuple[dict[str, str], Any]:
        raw = self._client.messages.with_raw_response.create(**words)
        return dict(raw.headers), raw.parse()

    def _stream(self, words: dict[str, Any], said: Said, enough: Callable[[int], bool] | None) -> None:
        raw = self._client.messages.with_raw_response.create(**words)
        said.headers = dict(raw.headers)
        pieces = _Pieces(said)
        with raw.parse() as stream:
            for count, event in enumerate(stream, 1):
                pieces.take(event)
                if enough is not None and enough(count):
                    return


class AsyncAnthropicTalker(AnthropicTalker):
    """anthropic.AsyncAnthropic."""

    name = "anthropic async"

    def __init__(self, url: str, key: str = "k", retries: int = 0) -> None:
        self._runner = asyncio.Runner()
        super().__init__(url, key, retries)

    def models(self) -> list[str]:
        """By `models.list`."""

        async def all_of_them() -> list[str]:
            return [model.id async for model in self._client.models.list()]

        return list(self._run(all_of_them()))

    def model(self, name: str) -> str:
        """By `models.retrieve`."""
        try:
            return str(self._run(self._client.models.retrieve(name)).id)
        except anthropic.APIError as error:
            raise _refused(error, Said()) from error

    def close(self) -> None:
        """Closes the client and the loop."""
        self._run(self._client.close())
        self._runner.close()

    def _run(self, wanted: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(wanted)

    def _made(self, **words: Any) -> Any:
        client = anthropic.AsyncAnthropic(**words)

        async def count(_: object) -> None:
            self.attempts += 1

        client._client.event_hooks = {"request": [count]}
        return client

    def _whole(self, words: dict[str, Any]) -> tuple[dict[str, str], Any]:
        async def read() -> tuple[dict[str, str], Any]:
            raw = await self._client.messages.with_raw_response.create(**words)
            answer = raw.parse()
            return dict(raw.headers), (await answer if inspect.isawaitable(answer) else answer)

        return tuple(self._run(read()))  # type: ignore[return-value]

    def _stream(self, words: dict[str, Any], said: Said, enough: Callable[[int], bool] | None) -> None:
        async def read() -> None:
            raw = await self._client.messages.with_raw_response.create(**words)
            said.headers = dict(raw.headers)
            pieces = _Pieces(said)
            parsed = raw.parse()
            count = 0
            async with (await parsed if inspect.isawaitable(parsed) else parsed) as stream:
                async for event in stream:
                    count += 1
                    pieces.take(event)
                    if enough is not None and enough(count):
                        return

        self._run(read())


def arguments(ask: Ask) -> dict[str, Any]:
    """The question in Anthropic's words."""
    words: dict[str, Any] = {"model": ask.model, "max_tokens": ask.most or 64, "messages": _messages(ask.turns)}
    if ask.system:
        words["system"] = ask.system
    if ask.stream:
        words["stream"] = True
    if ask.tools:
        words["tools"] = [
            {"name": name, "description": f"the {name}", "input_schema": schema} for name, schema in TOOLS.items()
        ]
    if ask.choice:
        kinds = {"auto": "auto", "none": "none", "required": "any"}
        named = {"type": "tool", "name": ask.choice}
        words["tool_choice"] = {"type": kinds[ask.choice]} if ask.choice in kinds else named
    if ask.stops:
        words["stop_sequences"] = ask.stops
    extra = dict(ask.extra)
    if ask.schema:
        words["output_config"] = {"format": {"type": "json_schema", "schema": ask.schema}}
    if ask.temperature is not None:  # no longer an argument of the SDK
        extra["temperature"] = ask.temperature
    return words | ({"extra_body": extra} if extra else {})


def _messages(turns: list[Turn]) -> list[dict[str, Any]]:
    messages = []
    for turn in turns:
        content: list[dict[str, Any]] = [
            {"type": "tool_result", "tool_use_id": id, "content": text} for id, text in turn.results.items()
        ]
        content += [_part(part) for part in turn.parts]
        content += [
            {"type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments} for call in turn.calls
        ]
        plain = len(content) == 1 and content[0]["type"] == "text"
        messages.append({"role": turn.role, "content": content[0]["text"] if plain else content})
    return messages


def _part(part: str) -> dict[str, Any]:
    if part.startswith("png:"):
        source = {"type": "base64", "media_type": "image/png", "data": part.removeprefix("png:")}
        return {"type": "image", "source": source}
    return {"type": "text", "text": part}


def _take_whole(said: Said, answer: Any) -> None:
    said.text = "".join(block.text for block in answer.content if block.type == "text")
    said.pieces = [said.text]
    said.calls = [Call(block.id, block.name, block.input) for block in answer.content if block.type == "tool_use"]
    said.stop, said.sequence = _STOPS[answer.stop_reason], answer.stop_sequence
    said.model, said.id, said.usage = answer.model, answer.id, _usage(answer.usage)


def _usage(counted: Any) -> dict[str, int]:
    """Counts of which none is a part of another, as one prompt."""
    cached = counted.cache_read_input_tokens or 0
    prompt = (counted.input_tokens or 0) + cached + (counted.cache_creation_input_tokens or 0)
    return {"prompt": prompt, "cached": cached, "output": counted.output_tokens}


class _Pieces:
    """Puts the events of a stream together, by hand, as Anthropic's documentation says."""

    def __init__(self, said: Said) -> None:
        self._said = said
        self._calls: dict[int, list[str]] = {}

    def take(self, event: Any) -> None:
        """The next event."""
        said = self._said
        match event.type:
            case "message_start":
                said.id, said.model, said.usage = event.message.id, event.message.model, _usage(event.message.usage)
            case "content_block_start" if event.content_block.type == "tool_use":
                self._calls[event.index] = [event.content_block.id, event.content_block.name, ""]
            case "content_block_delta" if event.delta.type == "text_delta":
                said.pieces.append(event.delta.text)
                said.text += event.delta.text
            case "content_block_delta" if event.delta.type == "input_json_delta":
                self._calls[event.index][2] += event.delta.partial_json
            case "message_delta":
                said.stop, said.sequence = _STOPS[event.delta.stop_reason], event.delta.stop_sequence
                said.usage = _usage(event.usage) if event.usage.input_tokens is not None else said.usage
                assert said.usage is not None
                said.usage["output"] = event.usage.output_tokens
            case "message_stop":
                calls = [self._calls[index] for index in sorted(self._calls)]
                said.calls = [Call(id, name, json.loads(text or "{}")) for id, name, text in calls]


def _refused(error: Any, said: Said) -> Refused:
    response = getattr(error, "response", None)
    headers = dict(response.headers) if response is not None else {}
    body = getattr(error, "body", None)
    inner = body.get("error") if isinstance(body, dict) else None
    word = inner.get("type") if isinstance(inner, dict) else None
    return Refused(error, getattr(error, "status_code", None), word, headers, said)
