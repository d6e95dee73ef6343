"""Nodes that speak section 9 of docs/protocol.md with aioquic, written from that page alone."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from unittest import mock

from aioquic import tls
from aioquic.asyncio import QuicConnectionProtocol, serve
from aioquic.quic import events
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection

import mesh_protocol as protocol
from certificates import Node

HEARTBEAT, ACKNOWLEDGEMENT, CHUNK, END, ERROR, CALL, REPLY, GO_AWAY, HELLO, OPEN = (
    0x01, 0x02, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0C, 0x0D, 0x0F)
CHUNK_BYTES = 60_000
PATIENCE = 30.0


class Ended(Exception):
    """A stream was reset, or the connection has ended."""


class Stream:
    """The frames that arrive on one stream."""

    def __init__(self) -> None:
        self.reader = protocol.FrameReader()
        self.frames: asyncio.Queue[tuple[int, bytes] | None] = asyncio.Queue()

    def feed(self, data: bytes, *, is_last: bool) -> None:
        for frame in self.reader.feed(data):
            self.frames.put_nowait(frame)
        if is_last:
            self.frames.put_nowait(None)

    async def next(self) -> tuple[int, bytes]:
        frame = await asyncio.wait_for(self.frames.get(), PATIENCE)
        if frame is None:
            self.frames.put_nowait(None)
            raise Ended
        return frame


class MeshConnection(QuicConnectionProtocol):
    """One side of a link: its hello, what it asks, and as a server an echo."""

    hello = protocol.Hello(1, "laptop-py", "aioquic", labels=(("site", "berlin"),))
    is_server = False

    def __init__(self, *arguments, **words) -> None:
        super().__init__(*arguments, **words)
        self.streams: dict[int, Stream] = {}
        self.datagrams: asyncio.Queue[bytes] = asyncio.Queue()
        self.termination: asyncio.Future[events.ConnectionTerminated] = asyncio.get_running_loop().create_future()
        self.handshake: events.HandshakeCompleted | None = None
        self.echoes: set[asyncio.Task[None]] = set()
        #: Sockets of addresses that it has left; what is on its way there is still taken.
        self.left: list[asyncio.BaseTransport] = []

    @property
    def quic(self) -> QuicConnection:
        return self._quic

    def quic_event_received(self, event: events.QuicEvent) -> None:
        match event:
            case events.StreamDataReceived():
                self.stream(event.stream_id).feed(event.data, is_last=event.end_stream)
            case events.StreamReset():
                self.stream(event.stream_id).frames.put_nowait(None)
            case events.DatagramFrameReceived():
                self.received_datagram(event.data)
            case events.HandshakeCompleted():
                self.handshake = event
            case events.ConnectionTerminated():
                if not self.termination.done():
                    self.termination.set_result(event)
                for stream in self.streams.values():
                    stream.frames.put_nowait(None)

    def received_datagram(self, data: bytes) -> None:
        if self.is_server:
            self.quic.send_datagram_frame(data)
        self.datagrams.put_nowait(data)

    def stream(self, number: int) -> Stream:
        if number not in self.streams:
            self.streams[number] = Stream()
            if self.is_server:
                task = asyncio.create_task(self.serve(number))
                self.echoes.add(task)
                task.add_done_callback(self.echoes.discard)
        return self.streams[number]

    def send(self, number: int, frame_type: int, payload: bytes, *, is_last: bool = False) -> None:
        self.quic.send_stream_data(number, protocol.frame(frame_type, payload), is_last)
        self.transmit()

    # As a client

    def say_hello(self) -> None:
        """On stream 0, which is the client's first."""
        number = self.quic.get_next_available_stream_id()
        assert number == 0
        self.stream(0)
        self.send(0, HELLO, self.hello.payload())

    async def hear_hello(self) -> protocol.Hello:
        frame_type, payload = await self.stream(0).next()
        assert frame_type == HELLO, frame_type
        return protocol.Hello.parse(payload)

    async def ask(self, payload: bytes) -> tuple[int, bytes]:
        number = self.quic.get_next_available_stream_id()
        stream = self.stream(number)
        self.send(number, CALL, payload, is_last=True)
        return await stream.next()

    async def echo(self, content: bytes, *, offset: int = 0, purpose: str = "echo") -> bytes:
        """Sends a stream of bytes and returns what comes back."""
        number = self.quic.get_next_available_stream_id()
        stream = self.stream(number)
        self.send(number, OPEN, protocol.encode_value([purpose, offset]))
        for start in range(0, len(content), CHUNK_BYTES):
            piece = content[start:start + CHUNK_BYTES]
            self.quic.send_stream_data(
                number, protocol.frame(CHUNK, protocol.encode_value([offset + start, piece])))
        self.send(number, END, protocol.encode_value([offset + len(content)]), is_last=True)
        received = bytearray()
        while True:
            frame_type, payload = await stream.next()
            if frame_type == END:
                assert protocol.parse_stream_end(payload) == [offset + len(received)]
                return bytes(received)
            if frame_type == ERROR:
                raise protocol.ProtocolError(protocol.Error.parse(payload).message)
            start, piece = protocol.parse_stream_chunk(payload)
            assert (frame_type, start) == (CHUNK, offset + len(received))
            received += piece

    # As a server

    async def serve(self, number: int) -> None:
        stream = self.streams[number]
        try:
            if number == 0:
                self.send(0, HELLO, self.hello.payload())
                await self.hear_hello()
                await self.serve_control(stream)
            frame_type, payload = await stream.next()
            if frame_type == CALL:
                self.send(number, REPLY, payload, is_last=True)
            elif frame_type == OPEN:
                await self.serve_echo(number, stream, *protocol.parse_stream_open(payload)[:2])
            else:
                self.send(number, ERROR, protocol.Error(4, "of no use here").payload(), is_last=True)
        except Ended:
            pass

    async def serve_control(self, stream: Stream) -> None:
        while True:
            frame_type, payload = await stream.next()
            if frame_type == HEARTBEAT:
                sequence = protocol.parse_beat(payload)[2]
                self.send(0, ACKNOWLEDGEMENT, protocol.encode_value([sequence, 1_795_248_000_123]))

    async def serve_echo(self, number: int, stream: Stream, purpose: str, offset: int) -> None:
        if purpose != "echo":
            return self.send(number, ERROR, protocol.Error(7, "only an echo is served").payload(), is_last=True)
        while True:
            frame_type, payload = await stream.next()
            self.send(number, frame_type, payload, is_last=frame_type == END)
            if frame_type == END:
                return

    # Addresses

    async def move(self) -> None:
        """Goes on from another port, with another connection id (RFC 9000 section 9.5)."""
        self.left.append(self._transport)
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, sock=dual_stack_socket())
        self.change_connection_id()
        await self.ping()


class MeshServer(MeshConnection):
    """A hub."""

    hello = protocol.Hello(2, "hub-py", "aioquic")
    is_server = True


def dual_stack_socket() -> socket.socket:
    found = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    found.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    found.bind(("::", 0))
    return found


def configuration(node: Node, *, is_client: bool, shows: bool = True, alpn: str = "mesh/1") -> QuicConfiguration:
    words = {"server_name": "localhost"} if is_client else {"verify_mode": ssl.CERT_REQUIRED}
    result = QuicConfiguration(
        is_client=is_client, alpn_protocols=[alpn], cafile=str(node.authority), max_datagram_frame_size=1200, **words)
    if shows:
        result.load_cert_chain(node.certificate, node.key)
    return result


@contextmanager
def patched_tls(**attributes: object) -> Iterator[None]:
    """Has aioquic's TLS differ in attributes that its own API does not reach."""
    original = tls.Context.__init__

    def patched(self: tls.Context, *arguments: object, **words: object) -> None:
        original(self, *arguments, **words)
        vars(self).update(attributes)

    with mock.patch.object(tls.Context, "__init__", patched):
        yield


@asynccontextmanager
async def dial(
    port: int, settings: QuicConfiguration, *, tickets: list | None = None, waits: bool = True, early: bool = False,
) -> AsyncIterator[MeshConnection]:
    """A client that has begun to connect; with `early` its hello goes out before the server has answered."""
    handler = None if tickets is None else tickets.append
    connection = QuicConnection(configuration=settings, session_ticket_handler=handler)
    loop = asyncio.get_running_loop()
    _, link = await loop.create_datagram_endpoint(lambda: MeshConnection(connection), sock=dual_stack_socket())
    try:
        link.connect(("::ffff:127.0.0.1", port, 0, 0), transmit=not early)
        if early:
            link.say_hello()
        if waits:
            await asyncio.wait_for(link.wait_connected(), PATIENCE)
        if waits and not early:
            link.say_hello()
        yield link
    finally:
        link.close()
        await asyncio.wait_for(link.wait_closed(), PATIENCE)
        for transport in (*link.left, link._transport):
            transport.close()


@asynccontextmanager
async def listen(node: Node, *, retry: bool = False) -> AsyncIterator[tuple[int, list[MeshServer]]]:
    """A server that demands certificates; its port, and its connections as they come."""
    accepted: list[MeshServer] = []
    tickets: dict[bytes, object] = {}

    def accept(*arguments: object, **words: object) -> MeshServer:
        accepted.append(MeshServer(*arguments, **words))
        return accepted[-1]

    # aioquic 1.7 would wait for a certificate in resumed handshakes too, where TLS 1.3 has none.
    asks = property(lambda context: not context.session_resumed, lambda context, value: None)
    with mock.patch.object(tls.Context, "_request_client_certificate", asks, create=True):
        server = await serve(
            "127.0.0.1", 0, configuration=configuration(node, is_client=False), create_protocol=accept, retry=retry,
            session_ticket_fetcher=lambda label: tickets.pop(label, None),
            session_ticket_handler=lambda ticket: tickets.__setitem__(ticket.ticket, ticket),
        )
        try:
            yield server._transport.get_extra_info("sockname")[1], accepted
        finally:
            server.close()


def sample(count: int) -> bytes:
    return os.urandom(count)
