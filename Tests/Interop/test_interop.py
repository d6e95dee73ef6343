"""The Python implementation of docs/protocol.md against the bytes that the Swift one is held to."""

import json
import math
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any

import foreign_vectors
import mesh_protocol as protocol

VECTORS = Path(__file__).resolve().parent.parent / "Vectors"


def golden() -> list[dict[str, Any]]:
    return json.loads((VECTORS / "golden.json").read_text())


def trace_of(value: list[Any]) -> list[Any]:
    return [bytes.fromhex(value[0]), *value[1:]]


def value_of(vector: dict[str, Any]) -> Any:
    """The vector's value as Python holds it: JSON cannot spell infinities and bytes."""
    kind, value = vector["type"], vector["value"]
    if kind == "number":
        return float(value)
    if kind == "numbers":
        return [float(number) for number in value]
    if kind == "bytes":
        return bytes.fromhex(value)
    if kind == "transfer":
        return [*value[:2], float(value[2]), value[3], [float(weight) for weight in value[4]], value[5]]
    if kind == "call":
        return [bytes.fromhex(value[0]), *value[1:4], bytes.fromhex(value[4]), *map(trace_of, value[5:])]
    if kind == "stream-open":
        return [*value[:2], *map(trace_of, value[2:])]
    if (kind == "reply" and value[0] < 2) or kind == "stream-chunk":
        return [value[0], bytes.fromhex(value[1]), *value[2:]]
    return value


class GoldenBytes(unittest.TestCase):
    def test_plain_values_read_as_what_they_are_and_are_written_the_same(self) -> None:
        for vector in golden():
            if vector["type"] == "stream":
                continue
            with self.subTest(vector["name"]):
                expected, found = value_of(vector), protocol.decode_value(bytes.fromhex(vector["hex"]))
                if isinstance(expected, float) and math.isnan(expected):
                    self.assertTrue(math.isnan(found))
                else:
                    self.assertEqual(found, expected)
                if isinstance(expected, float):
                    self.assertEqual(repr(found), repr(expected))  # tells -0.0 from 0.0
                self.assertEqual(protocol.encode_value(expected).hex(), vector["hex"])

    def test_hellos(self) -> None:
        for vector in [vector for vector in golden() if vector["type"] == "hello"]:
            hello = protocol.Hello.parse(bytes.fromhex(vector["hex"]))
            self.assertEqual(hello.node, vector["value"][2])
            self.assertEqual(sorted(hello.features), vector["value"][5])
            self.assertEqual(hello.payload().hex(), vector["hex"])

    def test_errors(self) -> None:
        for vector in [vector for vector in golden() if vector["type"] == "error"]:
            error = protocol.Error.parse(bytes.fromhex(vector["hex"]))
            self.assertEqual([error.code, error.message, error.retry_after_milliseconds], vector["value"])
            self.assertEqual(error.payload().hex(), vector["hex"])

    def test_payloads_of_calls_and_streams(self) -> None:
        for vector in [vector for vector in golden() if vector["type"] in protocol.PAYLOADS]:
            found = protocol.PAYLOADS[vector["type"]](bytes.fromhex(vector["hex"]))
            self.assertEqual(found, value_of(vector), vector["name"])

    def test_streams_however_they_are_cut(self) -> None:
        for vector in [vector for vector in golden() if vector["type"] == "stream"]:
            stream = bytes.fromhex(vector["hex"])
            for piece in (1, 3, 5, 6, 64, len(stream)):
                reader = protocol.FrameReader()
                parts = [stream[start:start + piece] for start in range(0, len(stream), piece)]
                frames = [frame for part in parts for frame in reader.feed(part)]
                self.assertEqual([[number, payload.hex()] for number, payload in frames], vector["value"])

    def test_agreement_on_a_version(self) -> None:
        old, new = (protocol.Hello(role, "n", "s", versions) for role, versions in ((1, (1, 2)), (2, (2, 5))))
        none = protocol.Hello(2, "n", "s", (3, 4))
        self.assertEqual([old.newest_common_version(new), new.newest_common_version(old)], [2, 2])
        self.assertIsNone(old.newest_common_version(none))


def take(value: Any, kind: type, lowest: int = 0, highest: int = 2**64 - 1) -> Any:
    """The value if it is of the kind and in its range."""
    if type(value) is not kind or (kind is int and not lowest <= value <= highest):
        raise protocol.ProtocolError(f"{kind.__name__} wanted, {value!r} found")
    return value


def read_transfer(value: Any) -> None:
    identifier, sequence, rate, memo, weights, legs = protocol.take_record(value, 6)
    for item, kind in ((identifier, str), (rate, float), (weights, list), (legs, list)):
        take(item, kind)
    take(sequence, int, -(2**63), 2**63 - 1)
    if memo is not None:
        take(memo, str)
    for weight in weights:
        take(weight, float)
    for leg in legs:
        account, amount = protocol.take_record(leg, 2)
        take(account, str), take(amount, int, -(2**63), 2**63 - 1)


def read_stream(stream: bytes) -> None:
    reader = protocol.FrameReader()
    list(reader.feed(stream))
    if reader.pending or reader.skipping:
        raise protocol.ProtocolError("the stream ends inside a frame")


#: For each type of the vectors, what reads its bytes or raises ProtocolError.
READERS: dict[str, Callable[[bytes], Any]] = {
    "unsigned": lambda payload: take(protocol.decode_value(payload), int),
    "signed": lambda payload: take(protocol.decode_value(payload), int, -(2**63), 2**63 - 1),
    "number": lambda payload: take(protocol.decode_value(payload), float),
    "truth": lambda payload: take(protocol.decode_value(payload), bool),
    "text": lambda payload: take(protocol.decode_value(payload), str),
    "bytes": lambda payload: take(protocol.decode_value(payload), bytes),
    "numbers": lambda payload: [take(item, float) for item in take(protocol.decode_value(payload), list)],
    "map": lambda payload: take(protocol.decode_value(payload), dict),
    "transfer": lambda payload: read_transfer(protocol.decode_value(payload)),
    "hello": protocol.Hello.parse,
    "error": protocol.Error.parse,
    "stream": read_stream,
    **protocol.PAYLOADS,
}


class ForeignBytes(unittest.TestCase):
    def test_what_swift_must_refuse_is_refused_here_and_the_rest_is_accepted(self) -> None:
        for vector in json.loads((VECTORS / "foreign.json").read_text()):
            with self.subTest(vector["name"]):
                read, payload = READERS[vector["type"]], bytes.fromhex(vector["hex"])
                if "refusal" in vector:
                    self.assertRaises(protocol.ProtocolError, read, payload)
                else:
                    read(payload)

    def test_the_file_that_swift_reads_is_what_would_be_written_now(self) -> None:
        self.assertEqual((VECTORS / "foreign.json").read_text(), foreign_vectors.document())

    def test_canonical_spellings_are_canonical_to_us_too(self) -> None:
        for vector in json.loads((VECTORS / "foreign.json").read_text()):
            if "canonical" in vector and vector["type"] != "stream":
                canonical = bytes.fromhex(vector["canonical"])
                self.assertEqual(protocol.encode_value(protocol.decode_value(canonical)), canonical, vector["name"])


if __name__ == "__main__":
    unittest.main()
