"""A proxy of HTTP that counts: tunnels by CONNECT, and requests with a whole URL."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from upstreams.server_thread import ServerThread


class ForwardProxy(ServerThread):
    """Takes both, or refuses all of them."""

    def __init__(self, refuses: bool = False) -> None:
        super().__init__()
        self.tunnels: list[str] = []
        self.requests: list[str] = []
        self._refuses = refuses

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ", 2)
            if self._refuses:
                writer.write(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")
            elif method == "CONNECT":
                self.tunnels.append(target)
                host, _, port = target.rpartition(":")
                upstream = await asyncio.open_connection(host, int(port))
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await self._join(reader, writer, *upstream)
            else:
                self.requests.append(target)
                await self._forward(target, head, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _forward(
        self, target: str, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        parts = urlsplit(target)
        upstream = await asyncio.open_connection(parts.hostname, parts.port or 80)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        upstream[1].write(head.replace(target.encode(), path.encode(), 1))
        await self._join(reader, writer, *upstream)

    @staticmethod
    async def _join(
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        upstream_reader: asyncio.StreamReader,
        upstream_writer: asyncio.StreamWriter,
    ) -> None:
        async def pipe(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            while piece := await source.read(65_536):
                sink.write(piece)
                await sink.drain()

        pairs = [(reader, upstream_writer), (upstream_reader, writer)]
        ways = [asyncio.ensure_future(pipe(source, sink)) for source, sink in pairs]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        upstream_writer.close()
