"""A second implementation of docs/protocol.md, sections 1 to 4, written from that page alone.

It shares no code with the Swift one. CBOR comes from the cbor2 package; what the protocol forbids beyond CBOR's own
rules is checked here.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from typing import Any, Iterator

import cbor2

HEADER_BYTES = 5
MAXIMUM_PAYLOAD = 4 * 1024 * 1024

FRAME_BOUNDS = {
    0x01: ("heartbeat", 65536),
    0x02: ("heartbeat-acknowledgement", 1024),
    0x03: ("pre-warm", 4096),
    0x04: ("escalation", 4194304),
    0x05: ("stream-chunk", 65536),
    0x06: ("stream-end", 65536),
    0x07: ("error", 4096),
    0x08: ("actor-call", 1048576),
    0x09: ("actor-reply", 1048576),
    0x0A: ("cancel", 1024),
    0x0B: ("blob", 1048576),
    0x0C: ("go-away", 4096),
    0x0D: ("hello", 4096),
}

NODE = re.compile(r"[a-z0-9]([a-z0-9_.-]{0,61}[a-z0-9])?", re.ASCII)


class ProtocolError(Exception):
    """Bytes that break a rule of the protocol."""


def encode_value(value: Any) -> bytes:
    """The one encoding of a value that a node may send."""
    return cbor2.dumps(value, canonical=True)


def decode_value(payload: bytes) -> Any:
    """A value that fills its bytes."""
    stream = io.BytesIO(payload)
    try:
        value = cbor2.CBORDecoder(stream).decode()
    except cbor2.CBORDecodeError as error:
        raise ProtocolError(f"not a value: {error}") from error
    if stream.tell() != len(payload):
        raise ProtocolError("bytes are left after the value")
    return value


def take_record(value: Any, count: int) -> list[Any]:
    """The first `count` fields of a record; newer fields at the end are skipped."""
    if not isinstance(value, (list, tuple)) or len(value) < count:
        raise ProtocolError(f"a record of at least {count} fields wanted")
    return list(value[:count])


def take_unsigned(value: Any, maximum: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= maximum:
        raise ProtocolError(f"an unsigned integer up to {maximum} wanted, {value!r} found")
    return value


def take_text(value: Any, maximum_bytes: int) -> str:
    if not isinstance(value, str) or len(value.encode()) > maximum_bytes:
        raise ProtocolError(f"text of at most {maximum_bytes} bytes wanted")
    return value


@dataclass(frozen=True)
class Hello:
    """Section 3."""

    role: int
    node: str
    software: str
    versions: tuple[int, int] = (1, 1)
    maximum_payload: int = MAXIMUM_PAYLOAD
    features: frozenset[int] = frozenset()

    def payload(self) -> bytes:
        return encode_value([
            list(self.versions), self.role, self.node, self.software, self.maximum_payload, sorted(self.features),
        ])

    @classmethod
    def parse(cls, payload: bytes) -> Hello:
        versions, role, node, software, maximum, features = take_record(decode_value(payload), 6)
        lowest, highest = (take_unsigned(version, 65535) for version in take_record(versions, 2))
        if lowest > highest:
            raise ProtocolError("no version at all")
        if take_unsigned(role, 2**64 - 1) not in (1, 2):
            raise ProtocolError("the role is unknown")
        if not isinstance(node, str) or not NODE.fullmatch(node):
            raise ProtocolError("the node has no valid id")
        if take_unsigned(maximum, 2**32 - 1) < 65536:
            raise ProtocolError("the payload bound is too small")
        listed = [take_unsigned(feature, 2**32 - 1) for feature in features]
        if len(listed) > 64 or len(set(listed)) != len(listed):
            raise ProtocolError("too many features, or one twice")
        return cls(role, node, take_text(software, 64), (lowest, highest), maximum, frozenset(listed))

    def newest_common_version(self, other: Hello) -> int | None:
        newest = min(self.versions[1], other.versions[1])
        return newest if newest >= max(self.versions[0], other.versions[0]) else None


@dataclass(frozen=True)
class Error:
    """Section 4."""

    code: int
    message: str
    retry_after_milliseconds: int | None = None

    def payload(self) -> bytes:
        return encode_value([self.code, self.message, self.retry_after_milliseconds])

    @classmethod
    def parse(cls, payload: bytes) -> Error:
        code, message, retry = take_record(decode_value(payload), 3)
        return cls(
            take_unsigned(code, 2**32 - 1),
            take_text(message, 1024),
            None if retry is None else take_unsigned(retry, 2**32 - 1),
        )


def frame(frame_type: int, payload: bytes) -> bytes:
    """One frame of section 2."""
    return bytes([frame_type]) + len(payload).to_bytes(4, "big") + payload


@dataclass
class FrameReader:
    """Cuts a stream into frames, however the bytes arrive."""

    pending: bytearray = field(default_factory=bytearray)
    skipping: int = 0

    def feed(self, piece: bytes) -> Iterator[tuple[int, bytes]]:
        self.pending += piece
        while True:
            skipped = min(self.skipping, len(self.pending))
            del self.pending[:skipped]
            self.skipping -= skipped
            if self.skipping or len(self.pending) < HEADER_BYTES:
                return
            frame_type, length = self.pending[0], int.from_bytes(self.pending[1:HEADER_BYTES], "big")
            name, bound = FRAME_BOUNDS.get(frame_type, ("unknown", MAXIMUM_PAYLOAD))
            if name == "unknown" and frame_type < 0x80:
                raise ProtocolError(f"critical frame type {frame_type:#x} is unknown")
            if length > bound:
                raise ProtocolError(f"{length} bytes in {name}, bound {bound}")
            if name == "unknown":
                del self.pending[:HEADER_BYTES]
                self.skipping = length
                continue
            if len(self.pending) < HEADER_BYTES + length:
                return
            yield frame_type, bytes(self.pending[HEADER_BYTES:HEADER_BYTES + length])
            del self.pending[:HEADER_BYTES + length]
