"""A provider of both vendors' dialects that does as it is told, keeps what it was asked, and knows when a client left.

`python -m upstreams.chat_provider` prints `listening ADDRESS` and ends with its input. What it does is the first word
of the last thing that the user said; everything else is said back, a character at a time.

    #split TEXT        says TEXT back, with the bytes of a character in different packets
    #tools             wants two tools, the arguments in pieces
    #stop REASON       says a little, and stops so: length, sequence, refusal
    #fail STATUS [SECONDS [WORD]]   refuses; with `retry-after`, and the vendor's own word for it
    #break, #breakerror   some words, then the connection ends, or an error of the vendor comes
    #garbage           something that is no answer
    #hang, #stall      nothing at all; the head of an answer and nothing more
    #endless           words for ever, one every 5 ms

`GET /asked` is the list of requests: path, head, body, and `left`, the nanosecond of the machine's monotonic clock at
which the client left an answer that was not complete. `?after=N` skips the first N.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from upstreams.vendor_words import WORDS, AnthropicWords, Answer, OpenAIWords, Tool

_TOOLS = [Tool("call_1", "weather", ['{"city":', '"Zürich 🏔"}']), Tool("call_2", "clock", ["{}"])]
_MODELS = ["claude-sonnet-5-5", "claude-haiku-5-5", "gpt-6.1-sol", "gpt-6-luna", "canned"]
_KEPT = 10_000
#: How many events stand behind the last piece of text, in either dialect.
_ENDING = 3


@dataclass
class Asked:
    """A request, and what became of it."""

    path: str
    head: dict[str, str]
    body: Any
    at: int
    left: int | None = None
    complete: bool = False


@dataclass
class ChatProvider:
    """The provider; what it was asked stays until it ends, up to a bound."""

    asked: list[Asked] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one connection."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._serve_one(reader, writer):
                pass
        writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = lines[0].split(" ", 2)
        head = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:]) if name}
        bytes_ = await reader.readexactly(int(head.get("content-length", "0")))
        parts = urlsplit(target)
        if method == "GET":
            _send(writer, 200, self._list(parts.path, dict(parse_qsl(parts.query)), head))
            return True
        asked = Asked(parts.path, head, json.loads(bytes_), time.monotonic_ns())
        if len(self.asked) < _KEPT:
            self.asked.append(asked)
        if parts.path not in WORDS:
            _send(writer, 404, {"error": {"message": "there is nothing at this path", "type": "not_found_error"}})
            return True
        answering = asyncio.ensure_future(_answer(asked, WORDS[parts.path], writer))
        leaving = asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait([answering, leaving], return_when=asyncio.FIRST_COMPLETED)
            asked.complete = answering.done() and answering.exception() is None
            if not asked.complete:
                asked.left = time.monotonic_ns()
            return asked.complete and answering.result()
        finally:
            for task in (answering, leaving):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                    await task

    def _list(self, path: str, query: dict[str, str], head: dict[str, str]) -> Any:
        if path == "/asked":
            return [asdict(asked) for asked in self.asked[int(query.get("after", "0")):]]
        if "anthropic-version" in head:
            data = [{"type": "model", "id": name, "display_name": name, "created_at": "2026-01-01T00:00:00Z"}
                    for name in _MODELS]
            return {"data": data, "has_more": False, "first_id": _MODELS[0], "last_id": _MODELS[-1]}
        owner = {"object": "model", "created": 1_790_000_000, "owned_by": "test"}
        return {"object": "list", "data": [{"id": name, **owner} for name in _MODELS]}


async def _answer(asked: Asked, words: OpenAIWords | AnthropicWords, writer: asyncio.StreamWriter) -> bool:
    """Answers; whether the connection can be used again."""
    said = _last_words(asked.body)
    word, _, rest = said.partition(" ")
    streamed = bool(asked.body.get("stream"))
    if word == "#fail":
        status, *more = rest.split()
        fields = {"retry-after": more[0]} if more and more[0] != "-" else {}
        refusal = words.refusal(int(status), more[1] if len(more) > 1 else None, f"as asked: {status}")
        _send(writer, int(status), refusal, fields)
        return True
    if word == "#hang":
        await asyncio.sleep(3_600)
    if word == "#garbage":
        _send(writer, 200, "no answer at all")
        return True
    answer = _canned(asked.body, word, said, rest)
    if not streamed:
        if word in ("#stall", "#endless"):
            await asyncio.sleep(3_600)
        if word in ("#break", "#breakerror"):
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{")
            return False
        _send(writer, 200, words.whole(answer))
        return True
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
    await writer.drain()
    if word == "#stall":
        await asyncio.sleep(3_600)
    await _stream(writer, word, words, answer)
    return False


async def _stream(
    writer: asyncio.StreamWriter, word: str, words: OpenAIWords | AnthropicWords, answer: Answer
) -> None:
    events = words.events(answer)
    if word not in ("#break", "#breakerror", "#endless"):
        for number, event in enumerate(events):
            await _write(writer, event, escaped=number % 2 == 1, split=word == "#split")
        return
    for event in events[:-_ENDING]:
        await _write(writer, event)
    while word == "#endless":
        await _write(writer, events[-_ENDING - 1])
        await asyncio.sleep(0.005)
    if word == "#breakerror":
        await _write(writer, words.broken())


async def _write(
    writer: asyncio.StreamWriter, event: tuple[str | None, Any], *, escaped: bool = False, split: bool = False
) -> None:
    name, value = event
    data = value if isinstance(value, str) else json.dumps(value, ensure_ascii=escaped)
    bytes_ = ((f"event: {name}\n" if name else "") + f"data: {data}\n\n").encode()
    if not split:
        writer.write(bytes_)
        await writer.drain()
        return
    start = 0
    for index, byte in enumerate(bytes_):
        if byte >= 0x80 or byte == 0x5C:  # within characters, and within what stands for one
            writer.write(bytes_[start:index])
            await asyncio.sleep(0.001)
            start = index
    writer.write(bytes_[start:])
    await writer.drain()


def _canned(body: dict[str, Any], word: str, said: str, rest: str) -> Answer:
    answer = Answer(model=str(body.get("model")))
    choice = body.get("tool_choice")
    if word == "#tools" and body.get("tools") and choice not in ("none", {"type": "none"}):
        answer.tools, answer.stop, answer.pieces = _TOOLS, "tools", ["I ask ", "two tools."]
    elif word == "#stop":
        answer.pieces, answer.stop = ["some ", "words"], rest
        stops = body.get("stop_sequences") or body.get("stop") or [None]
        answer.sequence = stops[0] if rest == "sequence" else None
    elif word in ("#break", "#breakerror", "#endless"):
        answer.pieces = ["some ", "words "]
    else:
        answer.pieces = list(rest if word == "#split" else said)
    return answer


def _last_words(body: dict[str, Any]) -> str:
    """The text of the last thing that the user said."""
    for message in reversed(body.get("messages", [])):
        if message.get("role") == "user":
            content = message.get("content")
            if isinstance(content, str):
                return content
            texts = [part.get("text", "") for part in content or [] if part.get("type") == "text"]
            if texts:
                return "".join(texts)
    return ""


def _send(writer: asyncio.StreamWriter, status: int, value: Any, fields: dict[str, str] | None = None) -> None:
    body = value.encode() if isinstance(value, str) else json.dumps(value).encode()
    head = {"content-type": "application/json", "content-length": str(len(body)), **(fields or {})}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    writer.write(f"HTTP/1.1 {status} As Asked\r\n{lines}\r\n".encode() + body)


async def _main() -> None:
    provider = ChatProvider()
    server = await asyncio.start_server(provider.serve, "127.0.0.1", 0, backlog=1_024)
    print("listening", "{}:{}".format(*server.sockets[0].getsockname()), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(_main())
