"""A provider whose answers stop at a stage until they are told to go on, and that counts who asked.

`python -m upstreams.held_provider [PORT]` prints `listening ADDRESS`, answers each line that it is told with a line,
and ends with its input. A question is `#count WORDS WIDTH KEY | TEXT | TEXT …`, and its answer says the texts back,
in numbered words that are filled to the width. Stages are `accepted` (nothing of the request is read), `asked`, `head`,
the number of words that have been said, `ended` (with the reason), `done` (with the last event) and `closed`.

    hold STAGE     the next answer stops there
    mark STAGE     the next answer is noticed there, and goes on, a word each millisecond
    await SECONDS  `reached`, or `not reached` within the time
    go             what stops goes on
    drop           all connections are reset
    asked          how often each key was asked for
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
import sys
from dataclasses import dataclass, field
from typing import Any

from upstreams.vendor_words import WORDS, AnthropicWords, Answer, OpenAIWords

#: How many events stand behind the last piece of text, in either dialect; and which of them says why it ends.
_ENDING = {"/v1/chat/completions": (3, 1), "/v1/messages": (3, 2)}


def words(count: int, width: int, texts: list[str]) -> list[str]:
    """The words of an answer; what was asked is among them."""
    return [f"word {index}: {texts[index % len(texts)]} {'x' * width};\n" for index in range(count)]


@dataclass
class HeldProvider:
    """The provider."""

    counted: dict[str, int] = field(default_factory=dict)
    _stage: str | None = None
    _is_held: bool = False
    _reached: asyncio.Event = field(default_factory=asyncio.Event)
    _go: asyncio.Event = field(default_factory=asyncio.Event)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one connection."""
        self._writers.add(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._serve(reader, writer)
        self._writers.discard(writer)
        writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mine = _Passage(self)
        await mine.at("accepted")
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        path = lines[0].split(" ")[1]
        head = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:]) if name}
        body = json.loads(await reader.readexactly(int(head.get("content-length", "0"))))
        command, *texts = [text.strip() for text in _question(body).split("|")]
        _, count, width, key = command.split(" ")
        self.counted[key] = self.counted.get(key, 0) + 1
        await mine.at("asked")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
        await writer.drain()
        await mine.at("head")
        said = words(int(count), int(width), texts)
        await self._say(path, Answer(str(body.get("model")), [part for word in said for part in _halves(word)]),
                        mine, writer)
        await mine.at("done")
        writer.close()
        await mine.at("closed")

    async def _say(self, path: str, answer: Answer, mine: _Passage, writer: asyncio.StreamWriter) -> None:
        dialect: OpenAIWords | AnthropicWords = WORDS[path]
        events = dialect.events(answer)
        ending, reason = _ENDING[path]
        first = len(events) - ending - len(answer.pieces)
        for index, (name, value) in enumerate(events):
            data = value if isinstance(value, str) else json.dumps(value)
            writer.write(((f"event: {name}\n" if name else "") + f"data: {data}\n\n").encode())
            await writer.drain()
            said, is_half = divmod(index + 1 - first, 2)
            if 0 < said <= len(answer.pieces) // 2 and not is_half:
                await mine.at(str(said))
                if mine.is_slow:
                    await asyncio.sleep(0.001)
            if index == len(events) - ending + reason - 1:
                await mine.at("ended")

    async def told(self, line: str) -> str:
        """Does as it is told; what it says."""
        command, _, rest = line.partition(" ")
        match command:
            case "hold" | "mark":
                self._stage, self._is_held = rest, command == "hold"
                self._reached.clear()
                self._go.clear()
            case "await":
                try:
                    await asyncio.wait_for(self._reached.wait(), float(rest))
                except TimeoutError:
                    return "not reached"
                return "reached"
            case "go":
                self._stage = None
                self._go.set()
            case "drop":
                for writer in self._writers:
                    _reset(writer)
            case "asked":
                return json.dumps(self.counted)
            case _:
                return f"unknown: {command}"
        return "ok"

    def take(self) -> tuple[str | None, bool]:
        """The stage that the next answer shall stop at; nobody else stops there."""
        stage, self._stage = self._stage, None
        return stage, self._is_held

    async def arrive(self, *, is_held: bool) -> None:
        """Somebody is there."""
        self._reached.set()
        if is_held:
            await self._go.wait()


class _Passage:
    """One answer on its way through the stages."""

    def __init__(self, provider: HeldProvider) -> None:
        self._provider = provider
        self._stage, self._is_held = provider.take()
        #: Whether it lets others follow.
        self.is_slow = self._stage is not None and not self._is_held

    async def at(self, stage: str) -> None:
        """It has come so far."""
        if stage == self._stage:
            await self._provider.arrive(is_held=self._is_held)


def _question(body: dict[str, Any]) -> str:
    """The last thing that the user said."""
    content = next(message for message in reversed(body["messages"]) if message["role"] == "user")["content"]
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def _halves(word: str) -> tuple[str, str]:
    """Pieces that end within a word, and within a placeholder."""
    middle = word.index(":") + 8
    return word[:middle], word[middle:]


def _reset(writer: asyncio.StreamWriter) -> None:
    end = writer.get_extra_info("socket")
    if end is not None:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _main(port: int) -> None:
    provider = HeldProvider()
    server = await asyncio.start_server(provider.serve, "127.0.0.1", port, backlog=1_024)
    print("listening", "{}:{}".format(*server.sockets[0].getsockname()), flush=True)
    orders = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while line := (await orders.readline()).decode().strip():
        print(await provider.told(line), flush=True)
    server.close()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]) if len(sys.argv) > 1 else 0))
