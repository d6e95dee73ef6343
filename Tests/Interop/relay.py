"""A router between a client and a server, which now and then forgets the port that it has given the client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


class _Side(asyncio.DatagramProtocol):
    def __init__(self, received: Callable[[bytes, tuple], None]) -> None:
        self._received = received

    def datagram_received(self, data: bytes, addr: tuple) -> None:
        self._received(data, addr)


class Relay:
    """Passes datagrams on, in both directions."""

    def __init__(self, server: tuple[str, int]) -> None:
        self._server = server
        self._client: tuple | None = None
        self._inside: asyncio.DatagramTransport | None = None
        self._outside: asyncio.DatagramTransport | None = None
        self._count = 0
        self._moved = asyncio.Event()
        self.port = 0

    @classmethod
    @asynccontextmanager
    async def between(cls, port: int) -> AsyncIterator[Relay]:
        relay = cls(("127.0.0.1", port))
        relay._inside = await relay._open(relay._outwards)
        relay.port = relay._inside.get_extra_info("sockname")[1]
        await relay.rebind()
        try:
            yield relay
        finally:
            relay._inside.close()
            relay._outside.close()

    async def _open(self, received: Callable[[bytes, tuple], None]) -> asyncio.DatagramTransport:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: _Side(received), local_addr=("127.0.0.1", 0))
        return transport

    def _outwards(self, data: bytes, addr: tuple) -> None:
        self._client = addr
        self._outside.sendto(data, self._server)
        self._count += 1
        self._moved.set()

    def _inwards(self, data: bytes, _: tuple) -> None:
        self._inside.sendto(data, self._client)

    async def rebind(self) -> None:
        """From now on the server sees another port, and what it sends to the old one is lost."""
        new = await self._open(self._inwards)
        old, self._outside = self._outside, new
        if old is not None:
            old.close()

    async def passed(self, count: int) -> None:
        """Returns when so many more datagrams have gone to the server."""
        goal = self._count + count
        while self._count < goal:
            self._moved.clear()
            await asyncio.wait_for(self._moved.wait(), 30)
