"""A second implementation of docs/protocol.md, sections 1 to 8, written from that page alone.

It shares no code with the Swift one. Values come from the cbor2 package; `Walker` first holds the bytes to
section 1, which allows less than CBOR does.
"""

from __future__ import annotations

import io
import json
import re
import unicodedata
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
    0x0E: ("actor-message", 1048576),
    0x0F: ("stream-open", 1024),
    0x10: ("enrolment-request", 65536),
    0x11: ("enrolment-answer", 65536),
}

NODE = re.compile(r"[a-z0-9]([a-z0-9_.-]{0,61}[a-z0-9])?", re.ASCII)
LABEL_VALUE = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)


class ProtocolError(Exception):
    """Bytes that break a rule of the protocol."""


def encode_value(value: Any) -> bytes:
    """The one encoding of a value that a node may send."""
    return cbor2.dumps(value, canonical=True)


@dataclass
class Walker:
    """Holds bytes to section 1 without making values of them."""

    payload: bytes
    position: int = 0

    MAXIMUM_DEPTH, MAXIMUM_ELEMENTS, MAXIMUM_ENTRIES = 16, 65_536, 4_096

    def walk(self, depth: int = 0) -> None:
        """Past one item, or an error."""
        start = self.position
        major, information = self.take(1)[0] >> 5, self.payload[start] & 31
        if major == 7:
            widths = {20: 0, 21: 0, 22: 0, 25: 2, 26: 4, 27: 8}
            if information not in widths:
                raise ProtocolError("a simple value that is never used")
            self.take(widths[information])
            return
        argument = self.argument(information)
        if major in (2, 3):
            content = self.take(argument)
            if major == 3:
                self.text(content)
        elif major in (4, 5):
            self.nested(major, argument, depth + 1)
        elif major == 6:
            raise ProtocolError("a tag")

    def argument(self, information: int) -> int:
        if information < 24:
            return information
        if information > 27:
            raise ProtocolError("an indefinite or reserved length")
        return int.from_bytes(self.take(1 << (information - 24)), "big")

    def nested(self, major: int, count: int, depth: int) -> None:
        limit = self.MAXIMUM_ELEMENTS if major == 4 else self.MAXIMUM_ENTRIES
        if count > limit or depth > self.MAXIMUM_DEPTH:
            raise ProtocolError("too many elements, or nested too deep")
        keys = set()
        for _ in range(count):
            if major == 5:
                start = self.position
                self.walk(depth)
                if self.payload[start] >> 5 != 3:
                    raise ProtocolError("a key that is not text")
                keys.add(unicodedata.normalize("NFC", cbor2.loads(self.payload[start:self.position])))
            self.walk(depth)
        if major == 5 and len(keys) != count:
            raise ProtocolError("a key twice")

    def text(self, content: bytes) -> None:
        try:
            content.decode()
        except UnicodeDecodeError as error:
            raise ProtocolError("text that is not UTF-8") from error

    def take(self, count: int) -> bytes:
        taken = self.payload[self.position:self.position + count]
        if len(taken) < count:
            raise ProtocolError("the bytes end inside an item")
        self.position += count
        return taken


def decode_value(payload: bytes) -> Any:
    """A value that fills its bytes."""
    walker = Walker(payload)
    walker.walk()
    if walker.position != len(payload):
        raise ProtocolError("bytes are left after the value")
    return cbor2.CBORDecoder(io.BytesIO(payload)).decode()


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


def take_labels(value: Any) -> tuple[tuple[str, str], ...]:
    """Labels in the order of their names."""
    if not isinstance(value, dict) or len(value) > 16:
        raise ProtocolError("a map of at most 16 labels wanted")
    for name, word in value.items():
        if len(take_text(name, 32)) == 0 or not NODE.fullmatch(name):
            raise ProtocolError("a label has no valid name")
        if not LABEL_VALUE.fullmatch(take_text(word, 63)):
            raise ProtocolError("a label has no valid value")
    return tuple(sorted(value.items()))


@dataclass(frozen=True)
class Hello:
    """Section 3."""

    role: int
    node: str
    software: str
    versions: tuple[int, int] = (1, 1)
    maximum_payload: int = MAXIMUM_PAYLOAD
    features: frozenset[int] = frozenset()
    labels: tuple[tuple[str, str], ...] = ()

    def payload(self) -> bytes:
        fields = [
            list(self.versions), self.role, self.node, self.software, self.maximum_payload, sorted(self.features),
        ]
        return encode_value([*fields, dict(self.labels)] if self.labels else fields)

    @classmethod
    def parse(cls, payload: bytes) -> Hello:
        record = decode_value(payload)
        versions, role, node, software, maximum, features = take_record(record, 6)
        lowest, highest = (take_unsigned(version, 65535) for version in take_record(versions, 2))
        if lowest > highest:
            raise ProtocolError("no version at all")
        if take_unsigned(role, 2**64 - 1) not in (1, 2):
            raise ProtocolError("the role is unknown")
        if not isinstance(node, str) or not NODE.fullmatch(node):
            raise ProtocolError("the node has no valid id")
        if take_unsigned(maximum, 2**32 - 1) < 65536:
            raise ProtocolError("the payload bound is too small")
        if not isinstance(features, (list, tuple)):
            raise ProtocolError("features are an array")
        listed = [take_unsigned(feature, 2**32 - 1) for feature in features]
        if len(listed) > 64 or len(set(listed)) != len(listed):
            raise ProtocolError("too many features, or one twice")
        labels = take_labels(record[6] if len(record) > 6 else {})
        return cls(role, node, take_text(software, 64), (lowest, highest), maximum, frozenset(listed), labels)

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


MAXIMUM_OFFSET = 2**62
KIND = re.compile(r"[a-z0-9-]{1,32}", re.ASCII)


def take_bytes(value: Any, lowest: int = 0, highest: int = MAXIMUM_PAYLOAD) -> bytes:
    if not isinstance(value, bytes) or not lowest <= len(value) <= highest:
        raise ProtocolError(f"{lowest} to {highest} bytes wanted")
    return value


def take_optional(value: Any, maximum: int) -> int | None:
    return None if value is None else take_unsigned(value, maximum)


def take_trace(record: Any, index: int) -> list[Any]:
    """The trace at that place of a record, in an array of its own, which is empty where there is none (section 7)."""
    if len(record) <= index or record[index] is None:
        return []
    number, span, flags = take_record(record[index], 3)
    if not any(take_bytes(number, 16, 16)) or take_unsigned(span, 2**64 - 1) == 0:
        raise ProtocolError("a trace of zero")
    return [[number, span, take_unsigned(flags, 255)]]


def parse_call(payload: bytes) -> list[Any]:
    """The fields of an actor-call or actor-message (section 7): five, and the trace where there is one."""
    record = decode_value(payload)
    command, address, tag, left, body = take_record(record, 5)
    kind, key = take_record(address, 2)
    if not KIND.fullmatch(take_text(kind, 32)) or not take_text(key, 256):
        raise ProtocolError("no address of an actor")
    if take_bytes(command, 16, 16)[8] == 0xFF:
        raise ProtocolError("an id that an actor's own node derives")
    return [
        command, [kind, key], take_unsigned(tag, 2**32 - 1), take_optional(left, 2**64 - 1),
        take_bytes(body, 0, 1_024_000), *take_trace(record, 5),
    ]


def parse_reply(payload: bytes) -> list[Any]:
    """The three fields of an actor-reply (section 7)."""
    sort, first, second = take_record(decode_value(payload), 3)
    match take_unsigned(sort, 2**64 - 1):
        case 0 | 1:
            return [sort, take_bytes(first), None]
        case 2:
            if not NODE.fullmatch(take_text(first, 63)):
                raise ProtocolError("a redirect to no node")
            return [sort, first, None]
        case 3:
            return [sort, take_unsigned(first, 2**64 - 1), take_optional(second, 2**64 - 1)]
    raise ProtocolError("an unknown sort of reply")


def parse_stream_open(payload: bytes) -> list[Any]:
    record = decode_value(payload)
    purpose, offset = take_record(record, 2)
    if not take_text(purpose, 64):
        raise ProtocolError("a stream without a purpose")
    return [purpose, take_unsigned(offset, MAXIMUM_OFFSET), *take_trace(record, 2)]


def parse_stream_chunk(payload: bytes) -> list[Any]:
    offset, content = take_record(decode_value(payload), 2)
    return [take_unsigned(offset, MAXIMUM_OFFSET), take_bytes(content, 1)]


def parse_stream_end(payload: bytes) -> list[Any]:
    return [take_unsigned(take_record(decode_value(payload), 1)[0], 2**64 - 1)]


def parse_cancel(payload: bytes) -> list[Any]:
    return [take_unsigned(take_record(decode_value(payload), 1)[0], 2**32 - 1)]


def parse_go_away(payload: bytes) -> list[Any]:
    patience, message, elsewhere, window = take_record(decode_value(payload), 4)
    where = None if elsewhere is None else take_text(elsewhere, 1024)
    return [take_unsigned(patience, 2**32 - 1), take_text(message, 1024), where, take_unsigned(window, 2**32 - 1)]


def take_signed(value: Any) -> int:
    if type(value) is not int or not -(2**63) <= value < 2**63:
        raise ProtocolError(f"a signed integer wanted, {value!r} found")
    return value


def parse_acknowledgement(payload: bytes) -> list[Any]:
    sequence, received = take_record(decode_value(payload), 2)
    return [take_unsigned(sequence, 2**64 - 1), take_signed(received)]


def parse_pre_warm(payload: bytes) -> list[Any]:
    *names, timestamp = take_record(decode_value(payload), 3)
    for name in names:
        if name is not None and not take_text(name, 256):
            raise ProtocolError("an empty name")
    return [*names, take_signed(timestamp)]


def beat(device: str, timestamp: int, sequence: int, vitals: dict[str, Any]) -> bytes:
    """The payload of a heartbeat (section 8)."""
    return json.dumps({"device_id": device, "timestamp": timestamp, "sequence": sequence, "vitals": vitals}).encode()


def parse_beat(payload: bytes) -> tuple[str, int, int, dict[str, Any]]:
    """Whose beat it is, its timestamp, its number, and the vitals, of which anything may be absent."""
    fields = json.loads(payload)
    if not isinstance(fields, dict) or not isinstance(fields.get("vitals"), dict):
        raise ProtocolError("no beat")
    if take_unsigned(fields.get("sequence"), 2**63 - 1) == 0:
        raise ProtocolError("beats are counted from 1")
    if not NODE.fullmatch(take_text(fields.get("device_id"), 63)):
        raise ProtocolError("a beat of no device")
    return fields["device_id"], take_signed(fields.get("timestamp")), fields["sequence"], fields["vitals"]


#: What reads the payloads of sections 7 and 8, by the names that the vectors use.
PAYLOADS = {
    "call": parse_call, "reply": parse_reply, "stream-open": parse_stream_open, "stream-chunk": parse_stream_chunk,
    "stream-end": parse_stream_end, "cancel": parse_cancel, "go-away": parse_go_away,
    "heartbeat-acknowledgement": parse_acknowledgement, "pre-warm": parse_pre_warm,
}


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
