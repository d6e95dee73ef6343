"""OpenAI's SDK, both kinds, as clients of the matrix."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

import openai
from talkers import TOOLS, Ask, Call, Refused, Said, Turn

_STOPS = {"stop": "end", "length": "length", "tool_calls": "tools", "content_filter": "refusal"}


class OpenAITalker:
    """openai.OpenAI."""

    name = "openai"
    dialect = tells = "openai"
    statuses: dict[int, int] | None = None

    def __init__(self, url: str, key: str = "k", retries: int = 0) -> None:
        self.attempts = 0
        self._client = self._made(api_key=key, base_url=url + "/v1", max_retries=retries, timeout=30)

    def say(self, ask: Ask, enough: Callable[[int], bool] | None = None) -> Said:
        """Asks through `chat.completions.create`."""
        said = Said()
        try:
            if ask.stream:
                self._stream(arguments(ask), said, enough)
            else:
                headers, answer = self._whole(arguments(ask))
                take_whole(said, answer)
                said.headers = headers
            return said
        except openai.APIError as error:
            raise refused(error, said) from error

    def models(self) -> list[str]:
        """By `models.list`."""
        return [model.id for model in self._client.models.list()]

    def model(self, name: str) -> str:
        """By `models.retrieve`."""
        try:
            return str(self._client.models.retrieve(name).id)
        except openai.APIError as error:
            raise refused(error, Said()) from error

    def close(self) -> None:
        """Closes the client."""
        self._client.close()

    def _made(self, **words: Any) -> Any:
        client = openai.OpenAI(**words)
        client._client.event_hooks = {"request": [self._count]}
        return client

    def _count(self, _: object) -> None:
        self.attempts += 1

    def _whole(self, words: dict[str, Any]) -> tuple[dict[str, str], Any]:
        raw = self._client.chat.completions.with_raw_response.create(**words)
        return dict(raw.headers), raw.parse()

    def _stream(self, words: dict[str, Any], said: Said, enough: Callable[[int], bool] | None) -> None:
        raw = self._client.chat.completions.with_raw_response.create(**words)
        said.headers = dict(raw.headers)
        pieces = Pieces(said)
        with raw.parse() as stream:
            for count, chunk in enumerate(stream, 1):
                pieces.take(chunk)
                if enough is not None and enough(count):
                    return
        pieces.end()


class AsyncOpenAITalker(OpenAITalker):
    """openai.AsyncOpenAI."""

    name = "openai async"

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
        except openai.APIError as error:
            raise refused(error, Said()) from error

    def close(self) -> None:
        """Closes the client and the loop."""
        self._run(self._client.close())
        self._runner.close()

    def _run(self, wanted: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(wanted)

    def _made(self, **words: Any) -> Any:
        client = openai.AsyncOpenAI(**words)

        async def count(_: object) -> None:
            self.attempts += 1

        client._client.event_hooks = {"request": [count]}
        return client

    def _whole(self, words: dict[str, Any]) -> tuple[dict[str, str], Any]:
        raw = self._run(self._client.chat.completions.with_raw_response.create(**words))
        return dict(raw.headers), raw.parse()

    def _stream(self, words: dict[str, Any], said: Said, enough: Callable[[int], bool] | None) -> None:
        async def read() -> None:
            raw = await self._client.chat.completions.with_raw_response.create(**words)
            said.headers = dict(raw.headers)
            pieces = Pieces(said)
            count = 0
            async with raw.parse() as stream:
                async for chunk in stream:
                    count += 1
                    pieces.take(chunk)
                    if enough is not None and enough(count):
                        return
            pieces.end()

        self._run(read())


def arguments(ask: Ask) -> dict[str, Any]:
    """The question in OpenAI's words."""
    messages: list[dict[str, Any]] = [{"role": "system", "content": ask.system}] if ask.system else []
    for turn in ask.turns:
        messages += _messages(turn)
    words: dict[str, Any] = {"model": ask.model, "messages": messages}
    if ask.stream:
        words["stream"] = True
        if ask.wants_usage:
            words["stream_options"] = {"include_usage": True}
    if ask.tools:
        words["tools"] = [
            {"type": "function", "function": {"name": name, "description": f"the {name}", "parameters": schema}}
            for name, schema in TOOLS.items()
        ]
    if ask.choice in ("auto", "none", "required"):
        words["tool_choice"] = ask.choice
    elif ask.choice:
        words["tool_choice"] = {"type": "function", "function": {"name": ask.choice}}
    if ask.schema:
        wanted = {"name": "answer", "schema": ask.schema, "strict": True}
        words["response_format"] = {"type": "json_schema", "json_schema": wanted}
    if ask.stops:
        words["stop"] = ask.stops
    rest = {"max_tokens": ask.most, "temperature": ask.temperature, "seed": ask.seed}
    words |= {name: value for name, value in rest.items() if value is not None}
    return words | ({"extra_body": ask.extra} if ask.extra else {})


def _messages(turn: Turn) -> list[dict[str, Any]]:
    messages = [{"role": "tool", "tool_call_id": id, "content": text} for id, text in turn.results.items()]
    if not turn.parts and not turn.calls:
        return messages
    message: dict[str, Any] = {"role": turn.role}
    if len(turn.parts) == 1 and not turn.parts[0].startswith("png:"):
        message["content"] = turn.parts[0]
    elif turn.parts:
        message["content"] = [_part(part) for part in turn.parts]
    if turn.calls:
        message["tool_calls"] = [
            {"id": call.id, "type": "function",
             "function": {"name": call.name, "arguments": json.dumps(call.arguments, ensure_ascii=False)}}
            for call in turn.calls
        ]
    return [*messages, message]


def _part(part: str) -> dict[str, Any]:
    if part.startswith("png:"):
        return {"type": "image_url", "image_url": {"url": "data:image/png;base64," + part.removeprefix("png:")}}
    return {"type": "text", "text": part}


def take_whole(said: Said, answer: Any) -> None:
    """What a whole answer says."""
    choice = answer.choices[0]
    said.text = choice.message.content or ""
    said.pieces = [said.text]
    said.calls = [
        Call(call.id, call.function.name, json.loads(call.function.arguments or "{}"))
        for call in choice.message.tool_calls or []
    ]
    said.stop, said.model, said.id = _STOPS[choice.finish_reason], answer.model, answer.id
    said.usage = usage(answer.usage)


def usage(counted: Any) -> dict[str, int] | None:
    """The counts, or None."""
    if counted is None:
        return None
    cached = counted.prompt_tokens_details.cached_tokens if counted.prompt_tokens_details else 0
    return {"prompt": counted.prompt_tokens, "cached": cached or 0, "output": counted.completion_tokens}


class Pieces:
    """Puts the chunks of a stream together, by hand: by `index`, as OpenAI's documentation says."""

    def __init__(self, said: Said) -> None:
        self._said = said
        self._calls: dict[int, list[str]] = {}

    def take(self, chunk: Any) -> None:
        """The next chunk."""
        said = self._said
        said.model, said.id = chunk.model or said.model, chunk.id
        counted = getattr(chunk, "usage", None)
        if counted is not None:
            said.usage = usage(counted)
        for choice in chunk.choices:
            if choice.delta.content:
                said.pieces.append(choice.delta.content)
                said.text += choice.delta.content
            for call in choice.delta.tool_calls or []:
                held = self._calls.setdefault(call.index, ["", "", ""])
                function = call.function
                held[0] += call.id or ""
                held[1] += (function.name if function else None) or ""
                held[2] += (function.arguments if function else None) or ""
            if choice.finish_reason:
                said.stop = _STOPS[choice.finish_reason]

    def end(self) -> None:
        """All has come."""
        calls = [self._calls[index] for index in sorted(self._calls)]
        self._said.calls = [Call(id, name, json.loads(text or "{}")) for id, name, text in calls]


def refused(error: Any, said: Said) -> Refused:
    """What the SDK threw, in nobody's words."""
    response = getattr(error, "response", None)
    headers = dict(response.headers) if response is not None else {}
    return Refused(error, getattr(error, "status_code", None), getattr(error, "code", None), headers, said)
