"""Everything that passes between an edge and its hub, and what it says: RFC 9000 and 9001 by aioquic's parts.

The keys are those that GnuTLS writes to the file named in `SSLKEYLOGFILE`.
"""

from __future__ import annotations

import select
import socket
import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from aioquic.buffer import Buffer, BufferReadError
from aioquic.quic.crypto import CryptoContext, CryptoError, next_key_phase
from aioquic.quic.packet import QuicPacketType, pull_quic_header
from aioquic.tls import CipherSuite

_VERSION_1 = 1
#: Frames that are so many numbers and nothing else, by their type.
_NUMBERS = {0x04: 3, 0x05: 2, 0x10: 1, 0x11: 2, 0x12: 1, 0x13: 1, 0x14: 1, 0x15: 2, 0x16: 1, 0x17: 1, 0x19: 1}
_SUITES = {
    32: [CipherSuite.AES_128_GCM_SHA256, CipherSuite.CHACHA20_POLY1305_SHA256], 48: [CipherSuite.AES_256_GCM_SHA384],
}  # fmt: skip


class Capture:
    """A link that passes datagrams on, and keeps them."""

    def __init__(self, server: str) -> None:
        host, _, port = server.rpartition(":")
        self._inside, self._outside = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        self._inside.bind(("127.0.0.1", 0))
        self._outside.connect((host, int(port)))
        self.address = "127.0.0.1:{}".format(self._inside.getsockname()[1])
        #: Each with whether it went to the server.
        self.datagrams: list[tuple[bool, bytes]] = []
        self._is_over = False
        self._thread = threading.Thread(target=self._pass, daemon=True)
        self._thread.start()

    def _pass(self) -> None:
        client = None
        while not self._is_over:
            for end in select.select([self._inside, self._outside], [], [], 0.1)[0]:
                try:
                    datagram, sender = end.recvfrom(65_536)
                except ConnectionRefusedError:
                    continue  # the hub is not there
                is_outward = end is self._inside
                self.datagrams.append((is_outward, datagram))
                if is_outward:
                    client = sender
                    self._outside.send(datagram)
                elif client is not None:
                    self._inside.sendto(datagram, client)

    def end(self) -> None:
        """Passes nothing on any more."""
        self._is_over = True
        self._thread.join()
        self._inside.close()
        self._outside.close()


@dataclass
class Said:
    """What was said through a tunnel."""

    #: What each packet held, decrypted.
    payloads: list[bytes] = field(default_factory=list)
    #: The bytes of each stream, by connection, direction and number.
    streams: dict[tuple[str, bool, int], dict[int, bytes]] = field(default_factory=lambda: defaultdict(dict))
    #: Packets of handshakes, which hold nothing of what is asked.
    handshakes: int = 0
    #: Packets that no key fits.
    unread: int = 0

    def texts(self) -> Iterator[bytes]:
        """All that can be searched; streams are in order, so that nothing hides between two packets."""
        yield from self.payloads
        for pieces in self.streams.values():
            whole = b""
            for offset, piece in sorted(pieces.items()):
                whole = whole[:offset] + piece + whole[offset + len(piece) :]
            yield whole


class _Way:
    """One direction of one connection."""

    def __init__(self, suite: CipherSuite, secret: bytes) -> None:
        self._context = CryptoContext()
        self._context.setup(cipher_suite=suite, secret=secret, version=_VERSION_1)
        self._expected = 0

    def read(self, packet: bytes, offset: int) -> bytes | None:
        """What a packet holds; nil where its key is another."""
        try:
            _, payload, number, is_next = self._context.decrypt_packet(packet, offset, self._expected)
        except CryptoError:
            return None
        if is_next:
            following = next_key_phase(self._context)
            following.hp = self._context.hp
            self._context = following
        self._expected = max(self._expected, number + 1)
        return payload


def decrypt(datagrams: list[tuple[bool, bytes]], keys: Path) -> Said:
    """What the datagrams say."""
    said = Said()
    ways = _ways(keys)
    lengths: dict[bool, int] = {}
    for is_outward, datagram in datagrams:
        rest = datagram
        while rest:
            if rest[0] & 0x80:
                # The second bit may be anything where both agree to it (RFC 9287).
                header = pull_quic_header(Buffer(data=bytes([rest[0] | 0x40]) + rest[1:]))
                lengths[not is_outward] = len(header.source_cid)
                if header.packet_type in (QuicPacketType.INITIAL, QuicPacketType.HANDSHAKE, QuicPacketType.RETRY):
                    said.handshakes += 1
                else:
                    said.unread += 1
                rest = rest[header.packet_length :]
                continue
            offset = 1 + lengths.get(is_outward, 0)
            for name, way in ways[is_outward]:
                payload = way.read(rest, offset)
                if payload is not None:
                    said.payloads.append(payload)
                    _streams(payload, (name, is_outward), said)
                    break
            else:
                said.unread += 1
            rest = b""
    return said


def _ways(keys: Path) -> dict[bool, list[tuple[str, _Way]]]:
    """The keys of all connections, by direction."""
    found: dict[bool, list[tuple[str, _Way]]] = {True: [], False: []}
    for line in sorted(set(keys.read_text().splitlines())):
        label, name, secret = line.split(" ")
        if label in ("CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"):
            known = bytes.fromhex(secret)
            found[label.startswith("CLIENT")] += [(name, _Way(suite, known)) for suite in _SUITES[len(known)]]
    return found


def _streams(payload: bytes, way: tuple[str, bool], said: Said) -> None:
    """Puts what the frames of a packet say of streams where it belongs."""
    frames = Buffer(data=payload)
    while not frames.eof():
        kind = frames.pull_uint_var()
        if kind in _NUMBERS:
            for _ in range(_NUMBERS[kind]):
                frames.pull_uint_var()
        elif kind in (0x02, 0x03):
            _skip_acknowledgement(frames, has_marks=kind == 0x03)
        elif 0x08 <= kind <= 0x0F:
            number = frames.pull_uint_var()
            offset = frames.pull_uint_var() if kind & 4 else 0
            length = frames.pull_uint_var() if kind & 2 else frames.capacity - frames.tell()
            said.streams[way[0], way[1], number][offset] = frames.pull_bytes(length)
        elif kind in (0x06, 0x07, 0x30, 0x31):
            if kind == 0x06:
                frames.pull_uint_var()
            frames.pull_bytes(frames.capacity - frames.tell() if kind == 0x30 else frames.pull_uint_var())
        elif kind == 0x18:
            frames.pull_uint_var()
            frames.pull_uint_var()
            frames.pull_bytes(frames.pull_uint8() + 16)
        elif kind in (0x1A, 0x1B):
            frames.pull_bytes(8)
        elif kind in (0x1C, 0x1D):
            for _ in range(2 if kind == 0x1C else 1):
                frames.pull_uint_var()
            frames.pull_bytes(frames.pull_uint_var())
        elif kind not in (0x00, 0x01, 0x1E):
            raise BufferReadError(f"a frame of the type {kind}")


def _skip_acknowledgement(frames: Buffer, *, has_marks: bool) -> None:
    frames.pull_uint_var()
    frames.pull_uint_var()
    count = frames.pull_uint_var()
    for _ in range(1 + 2 * count + (3 if has_marks else 0)):
        frames.pull_uint_var()
