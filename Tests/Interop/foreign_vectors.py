#!/usr/bin/env python3
"""Bytes that the Swift side did not write: every spelling it must accept, and what it must refuse.

    foreign_vectors.py --write FILE    makes the file anew
    foreign_vectors.py --check FILE    fails if the file is not what would be written

Each entry names the type to read the bytes as, and either the canonical bytes that the value is written as again, or
the code of the refusal. Everything follows from one seed.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import struct
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import cbor2

from mesh_protocol import Error, Hello, encode_value, frame

SEED = 20261121
Entry = dict[str, Any]


def accepted(name: str, kind: str, sent: bytes, canonical: bytes) -> Entry:
    return {"name": name, "type": kind, "hex": sent.hex(), "canonical": canonical.hex()}


def refused(name: str, kind: str, sent: bytes, code: str) -> Entry:
    return {"name": name, "type": kind, "hex": sent.hex(), "refusal": code}


def head(major: int, argument: int, width: int) -> bytes:
    """An item's head with its argument in `width` bytes, shortest or not; width 0 puts it into the first byte."""
    if width == 0:
        return bytes([major << 5 | argument])
    return bytes([major << 5 | {1: 24, 2: 25, 4: 26, 8: 27}[width]]) + argument.to_bytes(width, "big")


def integers() -> list[Entry]:
    entries = []
    for value in (0, 1, 23, 24, 255, 65535, 2**32 - 1, 2**63 - 1, 2**64 - 1):
        for width in (1, 2, 4, 8):
            if value < 256**width:
                sent = head(0, value, width)
                entries.append(accepted(f"unsigned {value} in {width} bytes", "unsigned", sent, encode_value(value)))
    for value in (-1, -24, -25, -256, -(2**31), -(2**63)):
        for width in (1, 2, 4, 8):
            if -1 - value < 256**width:
                sent = head(1, -1 - value, width)
                entries.append(accepted(f"signed {value} in {width} bytes", "signed", sent, encode_value(value)))
    return entries + [
        refused("signed 2^63", "signed", encode_value(2**63), "integerOutOfRange"),
        refused("signed -2^63-1", "signed", encode_value(-(2**63) - 1), "integerOutOfRange"),
        refused("signed -2^64", "signed", encode_value(-(2**64)), "integerOutOfRange"),
        refused("unsigned, but negative", "unsigned", encode_value(-1), "typeMismatch"),
        refused("unsigned, but a bignum", "unsigned", cbor2.dumps(2**64), "typeMismatch"),
        refused("unsigned, but a float", "unsigned", encode_value(1.0), "typeMismatch"),
        refused("unsigned with a reserved length", "unsigned", bytes([0x1C, 0, 0, 0]), "unsupportedItem"),
    ]


def floats() -> list[Entry]:
    entries = []
    halves = (0.0, -0.0, 1.0, 1.5, 65504.0, 2.0**-24, 2.0**-14, 1023 * 2.0**-24, math.inf, -math.inf)
    for value in (*halves, 2.0**-149, 1e300, -4.1):
        for letter, first in (("e", 0xF9), ("f", 0xFA), ("d", 0xFB)):
            try:
                packed = struct.pack(f">{letter}", value)
            except OverflowError:
                continue
            if struct.unpack(f">{letter}", packed)[0] == value:
                sent = bytes([first]) + packed
                entries.append(accepted(f"number {value} as {sent.hex()}", "number", sent, encode_value(value)))
    for bits in ("f97e00", "f97c01", "f9fe00", "fa7fc00000", "fa7f800001", "fb7ff8000000000000", "fbfff0000000000001"):
        entries.append(accepted(f"not a number as {bits}", "number", bytes.fromhex(bits), bytes.fromhex("f97e00")))
    return entries + [
        refused("number, but an integer", "number", encode_value(1), "typeMismatch"),
        refused("number, but absent", "number", encode_value(None), "typeMismatch"),
        refused("truth, but a number", "truth", encode_value(0), "typeMismatch"),
        refused("undefined", "truth", b"\xf7", "typeMismatch"),
    ]


def half_floats() -> list[Entry]:
    """Every exponent of the half float, with the lowest, a middle and the highest fraction."""
    entries = []
    for exponent in range(31):
        for fraction in (0, 1, 512, 1023):
            sent = b"\xf9" + (exponent << 10 | fraction).to_bytes(2, "big")
            entries.append(accepted(f"half {exponent}/{fraction}", "number", sent, sent))
    return entries


def texts() -> list[Entry]:
    return [
        accepted("text with a long length", "text", head(3, 2, 4) + b"ab", encode_value("ab")),
        accepted("bytes with a long length", "bytes", head(2, 2, 8) + b"\x00\xff", encode_value(b"\x00\xff")),
        refused("text that is not UTF-8", "text", head(3, 2, 0) + b"\xc3\x28", "invalidText"),
        refused("text with an overlong encoding", "text", head(3, 2, 0) + b"\xc0\xaf", "invalidText"),
        refused("text with a surrogate", "text", head(3, 3, 0) + b"\xed\xa0\x80", "invalidText"),
        refused("text cut short", "text", head(3, 5, 0) + b"abcd", "truncated"),
        refused("text of 2^63 bytes", "text", head(3, 2**63, 8), "truncated"),
        refused("text of 2^64-1 bytes", "text", head(3, 2**64 - 1, 8), "truncated"),
        refused("text in pieces", "text", b"\x7f\x61a\xff", "unsupportedItem"),
        refused("bytes in pieces", "bytes", b"\x5f\x41a\xff", "unsupportedItem"),
        refused("text where bytes stand", "text", encode_value(b"ab"), "typeMismatch"),
        refused("nothing at all", "text", b"", "truncated"),
        refused("text and more", "text", encode_value("ab") + b"\x00", "trailingBytes"),
    ]


def maps_and_arrays() -> list[Entry]:
    canonical = encode_value({"a": [1], "b": [2], "aa": [3], "é": []})
    one = encode_value({"a": [1]})
    reordered = cbor2.dumps({"é": [], "aa": [3], "b": [2], "a": [1]})
    return [
        accepted("map in reverse order", "map", reordered, canonical),
        accepted("map with a long head", "map", head(5, 1, 8) + one[1:], one),
        refused("map with a key twice", "map", b"\xa2\x61a\x80\x61a\x80", "duplicateKey"),
        refused("map with equivalent keys", "map", b"\xa2\x62\xc3\xa9\x80\x63e\xcc\x81\x80", "duplicateKey"),
        refused("map with a number as key", "map", b"\xa1\x01\x80", "typeMismatch"),
        refused("map in pieces", "map", b"\xbf\x61a\x80\xff", "unsupportedItem"),
        refused("map without its last value", "map", b"\xa1\x61a", "truncated"),
        refused("map of 4,097 entries", "map", head(5, 4097, 2), "tooManyElements"),
        refused("map of 2^64-1 entries", "map", head(5, 2**64 - 1, 8), "tooManyElements"),
        accepted("array with a long head", "numbers", head(4, 1, 8) + b"\xf9\x3e\x00", encode_value([1.5])),
        refused("array in pieces", "numbers", b"\x9f\xf9\x3e\x00\xff", "unsupportedItem"),
        refused("array of 65,537 numbers", "numbers", head(4, 65537, 4) + b"\xf9\x00\x00" * 4, "tooManyElements"),
        refused("array of 2^64-1 numbers", "numbers", head(4, 2**64 - 1, 8), "tooManyElements"),
        refused("array longer than its bytes", "numbers", head(4, 60000, 2) + b"\xf9\x00\x00", "truncated"),
        refused("array tagged", "numbers", b"\xd8\x40\x80", "typeMismatch"),
    ]


def transfer(*, extra: list[Any] | None = None) -> list[Any]:
    return ["tx-1", -7, 0.5, None, [1.5], [["a", 1, *(extra or [])]], *(extra or [])]


def records() -> list[Entry]:
    canonical = encode_value(transfer())
    tagged = b"\x87" + canonical[1:] + b"\xc1\x01"
    undefined = b"\x87" + canonical[1:] + b"\xf7"
    newer = encode_value(transfer(extra=["new", {"k": [1.5]}, None]))
    deep: Any = 0
    for _ in range(15):
        deep = [deep]
    entries = [
        accepted("transfer from a newer node", "transfer", newer, canonical),
        accepted("transfer with a nested newer field", "transfer", encode_value([*transfer(), deep]), canonical),
        refused("transfer with a newer field too deep", "transfer", encode_value([*transfer(), [deep]]), "tooDeep"),
        refused("transfer with a tagged newer field", "transfer", tagged, "unsupportedItem"),
        refused("transfer with an undefined newer field", "transfer", undefined, "unsupportedItem"),
        refused("transfer with too few fields", "transfer", encode_value(transfer()[:5]), "missingFields"),
        refused("transfer that is a map", "transfer", encode_value({"id": "tx-1"}), "typeMismatch"),
    ]
    for cut in range(len(canonical)):
        entries.append(refused(f"transfer cut after {cut} bytes", "transfer", canonical[:cut], "truncated"))
    return entries


def random_records() -> list[Entry]:
    """Transfers as plain cbor2 writes them: every float in full width."""
    draw = random.Random(SEED)
    entries = []
    for number in range(100):
        value = [
            "".join(draw.choice("abcxyz-0189é😀") for _ in range(draw.randrange(40))),
            draw.choice([draw.randrange(-(2**63), 2**63), draw.randrange(-300, 300)]),
            draw.choice([draw.uniform(-1e9, 1e9), float(draw.randrange(-4096, 4096)), 2.0 ** draw.randrange(-40, 40)]),
            draw.choice([None, "memo" * draw.randrange(100)]),
            [draw.randrange(-64, 64) / 8 for _ in range(draw.randrange(30))],
            [[f"acct-{leg}", draw.randrange(-(10**12), 10**12)] for leg in range(draw.randrange(4))],
        ]
        entries.append(accepted(f"random transfer {number}", "transfer", cbor2.dumps(value), encode_value(value)))
    return entries


def hellos() -> list[Entry]:
    good = Hello(role=1, node="edge-1", software="other/1.0", features=frozenset([3, 1]))
    called = replace(good, labels=(("gpu", "yes"), ("site", "berlin-2")))
    fields, labelled = cbor2.loads(good.payload()), cbor2.loads(called.payload())

    def changed(index: int, value: Any) -> bytes:
        return encode_value([*fields[:index], value, *fields[index + 1:]])

    return [
        accepted("hello with features in any order", "hello", changed(5, [3, 1]), good.payload()),
        accepted("hello without any of its labels", "hello", encode_value([*fields, {}]), good.payload()),
        accepted("hello from a newer node", "hello", encode_value([*labelled, "more"]), called.payload()),
        refused("hello with text for labels", "hello", encode_value([*fields, "site"]), "typeMismatch"),
        refused("hello with a label in capitals", "hello", encode_value([*fields, {"Site": "b"}]), "invalidValue"),
        refused("hello with a label that says nothing", "hello", encode_value([*fields, {"site": ""}]), "invalidValue"),
        refused("hello with a label of two lines", "hello", encode_value([*fields, {"site": "a\nb"}]), "invalidValue"),
        refused(
            "hello with too many labels", "hello", encode_value([*fields, {f"n{i}": "x" for i in range(17)}]),
            "invalidValue",
        ),
        refused("hello of no version", "hello", changed(0, [2, 1]), "invalidValue"),
        refused("hello with a version beyond 16 bits", "hello", changed(0, [1, 65536]), "integerOutOfRange"),
        refused("hello of an unknown role", "hello", changed(1, 3), "invalidValue"),
        refused("hello of a node without a name", "hello", changed(2, ""), "invalidValue"),
        refused("hello of a node in capitals", "hello", changed(2, "Edge-1"), "invalidValue"),
        refused("hello with much software", "hello", changed(3, "x" * 65), "invalidValue"),
        refused("hello that reads almost nothing", "hello", changed(4, 65535), "invalidValue"),
        refused("hello with a feature twice", "hello", changed(5, [1, 1]), "invalidValue"),
        refused("hello with too many features", "hello", changed(5, list(range(65))), "invalidValue"),
        refused("error with a long message", "error", Error(1, "x" * 1025).payload(), "invalidValue"),
        refused("error with a code beyond 32 bits", "error", Error(2**32, "").payload(), "integerOutOfRange"),
    ]


def streams() -> list[Entry]:
    cancel = frame(0x0A, b"")
    padded = frame(0x80, b"??") + cancel + frame(0xFF, b"")
    return [
        accepted("stream with optional frames to skip", "stream", padded, cancel),
        refused("stream with a critical frame unknown", "stream", frame(0x7F, b""), "unknownFrameType"),
        refused("stream with type zero", "stream", frame(0, b""), "unknownFrameType"),
        refused("stream with a hello too long", "stream", b"\x0d\x00\x00\x10\x01", "frameTooLarge"),
        refused("stream with a length of 2^32-1", "stream", b"\x04\xff\xff\xff\xff", "frameTooLarge"),
        refused("stream with an optional frame too long", "stream", b"\x80\x00\x40\x00\x01", "frameTooLarge"),
        refused("stream cut in a header", "stream", cancel + b"\x0a\x00", "truncated"),
        refused("stream cut in a payload", "stream", b"\x0a\x00\x00\x00\x02a", "truncated"),
        refused("stream cut in a frame to skip", "stream", b"\x80\x00\x00\x00\x02a", "truncated"),
    ]


def messages() -> list[Entry]:
    """Payloads of calls, replies and streams of bytes (sections 7 and 8)."""
    call: list[Any] = [bytes(16), ["ledger", "acct-1"], 2, None, b"\x80"]

    def changed(index: int, value: Any) -> bytes:
        return encode_value([*call[:index], value, *call[index + 1:]])

    trace = [bytes(15) + b"\x01", 2**63, 1]
    plain, traced = encode_value(call), encode_value([*call, trace])
    newer = encode_value([*call, [*trace[:2], 253, "more"], "more"])
    return [
        accepted("call from a newer node", "call", newer, traced),
        accepted("call without the trace that might be there", "call", encode_value([*call, None]), plain),
        refused("call with a trace of zero", "call", encode_value([*call, [bytes(16), 1, 0]]), "invalidValue"),
        refused("call with a span of zero", "call", encode_value([*call, [*trace[:1], 0, 0]]), "invalidValue"),
        refused("call with a short trace", "call", encode_value([*call, [b"\x01", 1, 0]]), "invalidValue"),
        refused("call with text for a trace", "call", encode_value([*call, "more"]), "typeMismatch"),
        refused("call with many flags", "call", encode_value([*call, [*trace[:2], 256]]), "integerOutOfRange"),
        refused("stream-open with a trace of zero", "stream-open", encode_value(["x", 0, [bytes(16), 1, 0]]),
                "invalidValue"),
        refused("call with a short id", "call", changed(0, bytes(15)), "invalidValue"),
        refused("call of a kind in capitals", "call", changed(1, ["Ledger", "a"]), "invalidValue"),
        refused("call without a key", "call", changed(1, ["ledger", ""]), "invalidValue"),
        refused("call with a tag beyond 32 bits", "call", changed(2, 2**32), "integerOutOfRange"),
        refused("call without a body", "call", encode_value(call[:4]), "missingFields"),
        refused("reply of an unknown sort", "reply", encode_value([4, b"", None]), "invalidValue"),
        refused("reply with text in place of bytes", "reply", encode_value([0, "", None]), "typeMismatch"),
        refused("reply with a redirect to nobody", "reply", encode_value([2, "-", None]), "invalidValue"),
        refused("stream-open without a purpose", "stream-open", encode_value(["", 0]), "invalidValue"),
        refused("stream-open with a long purpose", "stream-open", encode_value(["x" * 65, 0]), "invalidValue"),
        refused("stream-open beyond every stream", "stream-open", encode_value(["x", 2**62 + 1]), "invalidValue"),
        refused("stream-chunk without bytes", "stream-chunk", encode_value([0, b""]), "invalidValue"),
        refused("stream-chunk beyond every stream", "stream-chunk", encode_value([2**62 + 1, b"x"]), "invalidValue"),
        refused("stream-end without a length", "stream-end", encode_value([]), "missingFields"),
        refused("cancel with a code beyond 32 bits", "cancel", encode_value([2**32]), "integerOutOfRange"),
        refused("go-away with many words", "go-away", encode_value([0, "x" * 1025, None, 0]), "invalidValue"),
    ]


def document() -> str:
    parts = (integers, floats, half_floats, texts, maps_and_arrays, records, random_records, hellos, streams, messages)
    entries = [entry for part in parts for entry in part()]
    return "[\n" + ",\n".join("  " + json.dumps(entry) for entry in entries) + "\n]\n"


def main() -> int:
    parser = argparse.ArgumentParser(description="Foreign bytes for the Swift tests.")
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", type=Path, metavar="FILE", help="make the file anew")
    action.add_argument("--check", type=Path, metavar="FILE", help="fail if the file is not up to date")
    arguments = parser.parse_args()
    if arguments.write:
        arguments.write.write_text(document())
        return 0
    if arguments.check.read_text() != document():
        print(f"{arguments.check} is not what foreign_vectors.py writes; run it with --write", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
