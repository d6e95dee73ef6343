"""The memory of QUIC's arenas, compiled by itself: zeros where they are asked for, nothing shared, nothing lost."""

import ctypes
import subprocess
import tempfile
import unittest
from pathlib import Path

SHIM = Path(__file__).resolve().parents[2] / "Sources/CMeshQUIC"
#: Below and at the smallest arena, those of ngtcp2, and at and beyond the largest.
SIZES = (1, 6 * 1024 - 1, 6 * 1024, 8216, 12184, 32 * 4096, 32 * 4096 + 1, 1_000_000)


class Memory(ctypes.Structure):
    _fields_ = [
        ("user_data", ctypes.c_void_p),
        ("malloc", ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p)),
        ("free", ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)),
        ("calloc", ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_void_p)),
        ("realloc", ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p)),
    ]


def resident() -> int:
    """Bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


class Arenas(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        library = Path(folder.name) / "arenas.so"
        flags = ["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-I", SHIM / "include"]
        subprocess.run(["clang", *flags, "-o", library, SHIM / "CMeshQUICMemory.c"], check=True)
        loaded = ctypes.CDLL(str(library))
        loaded.cmesh_quic_memory.restype = ctypes.POINTER(Memory)
        cls.memory = loaded.cmesh_quic_memory().contents

    def test_they_are_zero_also_when_used_again_and_never_overlap(self) -> None:
        for size in SIZES:
            for _ in range(3):
                blocks = [self.memory.calloc(1, size, None) for _ in range(20)]
                for number, block in enumerate(blocks, 1):
                    self.assertEqual(ctypes.string_at(block, size), bytes(size))
                    ctypes.memset(block, number, size)
                for number, block in enumerate(blocks, 1):
                    self.assertEqual(ctypes.string_at(block, size), bytes([number]) * size)
                    self.memory.free(block, None)

    def test_they_keep_what_is_in_them_when_they_grow_and_shrink(self) -> None:
        for size in SIZES:
            block = self.memory.malloc(size, None)
            ctypes.memset(block, 7, size)
            for larger in [*filter(lambda other: other > size, SIZES), size]:
                block = self.memory.realloc(block, larger, None)
                self.assertEqual(ctypes.string_at(block, size), b"\7" * size)
            self.memory.free(block, None)
        self.memory.free(None, None)
        self.assertIsNone(self.memory.calloc(1 << 40, 1 << 40, None))

    def test_what_is_not_written_and_what_is_freed_takes_no_memory(self) -> None:
        before = resident()
        blocks = [self.memory.malloc(64 * 1024, None) for _ in range(1_000)]
        for block in blocks:
            ctypes.memset(block, 1, 100)
        touched = resident() - before
        self.assertLess(touched, 1_000 * 8192, "more than one page of each block, and what Python takes")
        for block in blocks:
            self.memory.free(block, None)
        self.assertLess(resident() - before, touched // 2)


if __name__ == "__main__":
    unittest.main()
