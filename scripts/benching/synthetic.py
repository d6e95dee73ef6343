"""Models and adapters of any size, made up at run time: their words mean nothing, their work is real.

A model keeps the vocabulary and the template of a real one and gets other layers with weights drawn once and repeated.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_ALIGNMENT = 32
_F32, _F16, _Q8_0 = 0, 1, 8
_INTEGER, _FLOAT, _TEXT = 4, 6, 8
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}


@dataclass(frozen=True)
class Shape:
    """Layers of a model of llama's kind."""

    layers: int = 6
    width: int = 1024
    inner: int = 2816
    heads: int = 16

    def matrices(self, layer: int) -> Iterator[tuple[str, int, int]]:
        """Name, columns and rows of the layer's weights."""
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            yield f"blk.{layer}.{name}.weight", self.width, self.width
        yield f"blk.{layer}.ffn_gate.weight", self.width, self.inner
        yield f"blk.{layer}.ffn_up.weight", self.width, self.inner
        yield f"blk.{layer}.ffn_down.weight", self.inner, self.width


@dataclass(frozen=True)
class _Tensor:
    name: str
    dimensions: tuple[int, ...]
    kind: int

    def bytes(self) -> int:
        """How many it has."""
        count = 1
        for dimension in self.dimensions:
            count *= dimension
        return count * 4 if self.kind == _F32 else count * 2 if self.kind == _F16 else count // 32 * 34


def model(path: Path, pattern: Path, shape: Shape) -> None:
    """Writes a model with the vocabulary of the one at `pattern`."""
    keys = dict(_keys(pattern.read_bytes()))
    vocabulary = _length(keys["tokenizer.ggml.tokens"])
    for name, value in [
        ("llama.block_count", shape.layers),
        ("llama.embedding_length", shape.width),
        ("llama.feed_forward_length", shape.inner),
        ("llama.attention.head_count", shape.heads),
        ("llama.attention.head_count_kv", shape.heads),
        ("llama.rope.dimension_count", shape.width // shape.heads),
    ]:
        if name in keys or "kv" not in name:
            keys[name] = struct.pack("<II", _INTEGER, value)
    for name in ("llama.attention.key_length", "llama.attention.value_length"):
        keys.pop(name, None)
    tensors = [_Tensor("token_embd.weight", (shape.width, vocabulary), _Q8_0)]
    for layer in range(shape.layers):
        tensors += [_Tensor(name, (columns, rows), _Q8_0) for name, columns, rows in shape.matrices(layer)]
        tensors += [_Tensor(f"blk.{layer}.{name}_norm.weight", (shape.width,), _F32) for name in ("attn", "ffn")]
    tensors.append(_Tensor("output_norm.weight", (shape.width,), _F32))
    _write(path, keys, tensors)


def adapter(path: Path, shape: Shape, size: int) -> None:
    """Writes an adapter of about `size` bytes for such a model."""
    sides = sum(columns + rows for layer in range(shape.layers) for _, columns, rows in shape.matrices(layer))
    rank = max(1, size // 2 // sides)
    keys = {
        "general.architecture": _text("llama"),
        "general.type": _text("adapter"),
        "adapter.type": _text("lora"),
        "adapter.lora.alpha": struct.pack("<If", _FLOAT, rank),
    }
    tensors = []
    for layer in range(shape.layers):
        for name, columns, rows in shape.matrices(layer):
            tensors.append(_Tensor(f"{name}.lora_a", (columns, rank), _F16))
            tensors.append(_Tensor(f"{name}.lora_b", (rank, rows), _F16))
    _write(path, keys, tensors)


def _write(path: Path, keys: dict[str, bytes], tensors: list[_Tensor]) -> None:
    with path.open("wb") as file:
        file.write(struct.pack("<4sIQQ", b"GGUF", 3, len(tensors), len(keys)))
        for name, value in keys.items():
            file.write(struct.pack("<Q", len(name)) + name.encode() + value)
        offset = 0
        for tensor in tensors:
            file.write(struct.pack("<Q", len(tensor.name)) + tensor.name.encode())
            file.write(struct.pack(f"<I{len(tensor.dimensions)}Q", len(tensor.dimensions), *tensor.dimensions))
            file.write(struct.pack("<IQ", tensor.kind, offset))
            offset += _padded(tensor.bytes())
        file.write(bytes(_padded(file.tell()) - file.tell()))
        drawn = _drawn()
        for tensor in tensors:
            _fill(file, drawn[tensor.kind], tensor.bytes())
            file.write(bytes(_padded(file.tell()) - file.tell()))


def _drawn() -> dict[int, bytes]:
    """Weights of each kind, about as large as those of trained models: a few thousand are drawn and repeated."""
    source = random.Random(7)
    blocks = (struct.pack("<e", 0.0005) + source.randbytes(32) for _ in range(8_192))
    halves = struct.pack("<65536e", *(source.gauss(0, 0.01) for _ in range(65_536)))
    return {_F32: struct.pack("<f", 1) * 1_024, _F16: halves, _Q8_0: b"".join(blocks)}


def _fill(file: BinaryIO, drawn: bytes, size: int) -> None:
    while size > 0:
        size -= file.write(drawn[:size])


def _padded(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT


def _text(value: str) -> bytes:
    return struct.pack("<IQ", _TEXT, len(value)) + value.encode()


def _length(value: bytes) -> int:
    return int(struct.unpack_from("<Q", value, 8)[0])


def _keys(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Each key of a GGUF file with the bytes of its type and value."""
    count = struct.unpack_from("<Q", data, 16)[0]
    place = 24
    for _ in range(count):
        size = struct.unpack_from("<Q", data, place)[0]
        name = data[place + 8 : place + 8 + size].decode()
        start = place + 8 + size
        kind = struct.unpack_from("<I", data, start)[0]
        place = _end(data, start + 4, kind)
        yield name, data[start:place]


def _end(data: bytes, place: int, kind: int) -> int:
    """Where a value ends."""
    if kind == _TEXT:
        return place + 8 + int(struct.unpack_from("<Q", data, place)[0])
    if kind != 9:
        return place + _SIZES[kind]
    element, count = struct.unpack_from("<IQ", data, place)
    place += 12
    if element != _TEXT:
        return place + int(_SIZES[element] * count)
    for _ in range(count):
        place = _end(data, place, _TEXT)
    return place
