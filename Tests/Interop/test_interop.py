"""The Python implementation of docs/protocol.md against the bytes that the Swift one is held to."""

import json
import math
import unittest
from pathlib import Path
from typing import Any

import foreign_vectors
import mesh_protocol as protocol

VECTORS = Path(__file__).resolve().parent.parent / "Vectors"


def golden() -> list[dict[str, Any]]:
    return json.loads((VECTORS / "golden.json").read_text())


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


class ForeignBytes(unittest.TestCase):
    def test_the_file_that_swift_reads_is_what_would_be_written_now(self) -> None:
        self.assertEqual((VECTORS / "foreign.json").read_text(), foreign_vectors.document())

    def test_canonical_spellings_are_canonical_to_us_too(self) -> None:
        for vector in json.loads((VECTORS / "foreign.json").read_text()):
            if "canonical" in vector and vector["type"] != "stream":
                canonical = bytes.fromhex(vector["canonical"])
                self.assertEqual(protocol.encode_value(protocol.decode_value(canonical)), canonical, vector["name"])


if __name__ == "__main__":
    unittest.main()
