"""A server of HTTP/1.1 that streams, stalls, floods, and knows to the nanosecond when a client has left."""

from __future__ import annotations

import asyncio
import time
from urllib.parse import parse_qsl, urlsplit

from upstreams.server_thread import ServerThread

Headers = dict[str, str]


class StreamingServer(ServerThread):
    """Answers by what the path says.

    /json     a small answer
    /sse      `n` events, `ms` apart, each with the nanosecond `t=` at which it was written
    /stall    a head and one event, then nothing
    /hang     nothing at all
    /flood    `n` pieces of `size` bytes, as fast as they are taken
    /mixed    a flood for the request with the `id` 0, events for the others
    /count    reads the body, and answers with its length
    """

    def __init__(self) -> None:
        super().__init__()
        #: When the client of a request with an `id` left before its answer was complete, in nanoseconds.
        self.gone: dict[str, int] = {}
        #: Requests that were begun, by path.
        self.begun: dict[str, int] = {}
        #: Answers that were written to their end.
        self.completed = 0
        self.connections = 0
        self.open = 0
        self.most_open = 0
        #: Bytes of floods that the system has taken.
        self.flooded = 0
        self.methods: list[str] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def reset(self) -> None:
        """Forgets what was counted; connections that are open stay."""
        self.gone, self.begun, self.completed, self.flooded, self.methods = {}, {}, 0, 0, []
        self.connections, self.most_open = 0, self.open

    def wait(self, seconds: float, wanted: str, count: int) -> int:
        """The count of `gone`, `begun` (all paths) or `completed`, once it is reached or the seconds are over."""
        end = time.monotonic() + seconds
        while True:
            value = getattr(self, wanted)
            found = sum(value.values()) if wanted == "begun" else len(value) if wanted == "gone" else value
            if found >= count or time.monotonic() > end:
                return int(found)
            time.sleep(0.005)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            while await self._serve_one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self.open -= 1
            writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query))
        self.begun[parts.path] = self.begun.get(parts.path, 0) + 1
        self.methods.append(method)
        if parts.path == "/count":
            length = await self._read_body(reader, headers)
            await self._answer(writer, str(length).encode())
            return True
        if parts.path == "/json":
            await self._read_body(reader, headers)
            await self._answer(writer, b'{"state":"ready"}')
            return True
        return await self._serve_stream(parts.path, query, reader, writer)

    async def _serve_stream(
        self, path: str, query: Headers, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        answer = asyncio.ensure_future(self._stream(path, query, writer))
        watch = asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait([answer, watch], return_when=asyncio.FIRST_COMPLETED)
            if answer.done() and answer.exception() is None:
                self.completed += 1
                return False
            self.gone[query.get("id", "")] = time.monotonic_ns()
            return False
        finally:
            answer.cancel()
            watch.cancel()

    async def _stream(self, path: str, query: Headers, writer: asyncio.StreamWriter) -> None:
        count, size = int(query.get("n", "10")), int(query.get("size", "0"))
        pause = float(query.get("ms", "10")) / 1_000
        if path == "/mixed" and query.get("id") == "0":
            count, size, pause = 10_000, 64_000, 0.0
        if path == "/hang":
            await asyncio.sleep(3_600)
        # Ends with the connection, so that whoever watches for its end is the only one who reads.
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n")
        writer.write(b"transfer-encoding: chunked\r\n\r\n")
        for number in range(count):
            piece = b"x" * size or b"data: %d t=%d\n\n" % (number, time.monotonic_ns())
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            await writer.drain()
            self.flooded += size
            if path == "/stall":
                await asyncio.sleep(3_600)
            if pause and number < count - 1:
                await asyncio.sleep(pause)
        writer.write(b"0\r\n\r\n")
        await writer.drain()

    @staticmethod
    async def _answer(writer: asyncio.StreamWriter, body: bytes) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
        await writer.drain()

    @staticmethod
    async def _read_body(reader: asyncio.StreamReader, headers: Headers) -> int:
        if headers.get("transfer-encoding") != "chunked":
            length = int(headers.get("content-length", "0"))
            await reader.readexactly(length)
            return length
        total = 0
        while length := int(await reader.readline(), 16):
            await reader.readexactly(length + 2)
            total += length
        await reader.readline()
        return total
