"""What a disk may hold after a power cut, built from the log of recorder.c.

The model: what was synced stays. Each write that was not is kept, lost, or torn at sectors of 512 bytes, by itself and
whatever became of the others. Names (created, renamed, removed) are safe once their folder was synced; of those that
were not, the disk keeps the first few, as a journaling file system does.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

OPENED, WRITTEN, SYNCED, TRUNCATED, RENAMED, REMOVED, FOLDER_SYNCED, NOTED = range(1, 9)
SECTOR = 512
_HEAD = struct.Struct("<BIQQI")


@dataclass(frozen=True)
class Record:
    """One thing that the process did."""

    position: int
    kind: int
    file: int
    offset: int
    mark: int
    content: bytes


def read_log(path: Path) -> list[Record]:
    """Every record; one that was cut short by the end of the process is left out."""
    log, position, records = path.read_bytes(), 0, []
    while position + _HEAD.size <= len(log):
        kind, file, offset, mark, length = _HEAD.unpack_from(log, position)
        content = log[position + _HEAD.size:position + _HEAD.size + length]
        if len(content) < length:
            break
        records.append(Record(position, kind, file, offset, mark, content))
        position += _HEAD.size + length
    return records


@dataclass
class File:
    """A file by itself, whatever it is called: what was done to it, and up to where that is safe."""

    changes: list[Record] = field(default_factory=list)
    safe_before: int = 0
    #: What was in it before the log began, which is safe.
    before: bytes = b""

    def content(self, draw: random.Random) -> bytes:
        """One of the contents that the disk may hold."""
        content = bytearray(self.before)
        for change in self.changes:
            is_safe = change.position < self.safe_before
            if change.kind == TRUNCATED:
                if is_safe or draw.random() < 0.5:
                    _resize(content, change.offset)
            elif is_safe or draw.random() < 0.5:
                _overwrite(content, change.offset, change.content)
            elif draw.random() < 0.5:
                for start, sector in _sectors(change):
                    if draw.random() < 0.5:
                        _overwrite(content, start, sector)
        return bytes(content)


def _resize(content: bytearray, size: int) -> None:
    del content[size:]
    content.extend(bytes(size - len(content)))


def _overwrite(content: bytearray, offset: int, piece: bytes) -> None:
    if len(content) < offset + len(piece):
        _resize(content, offset + len(piece))
    content[offset:offset + len(piece)] = piece


def _sectors(change: Record) -> Iterator[tuple[int, bytes]]:
    """The write cut where the disk's sectors are."""
    start, end = change.offset, change.offset + len(change.content)
    while start < end:
        stop = min(end, (start // SECTOR + 1) * SECTOR)
        yield start, change.content[start - change.offset:stop - change.offset]
        start = stop


@dataclass
class Cut:
    """The disk at one moment of the log."""

    files: dict[str, bytes]
    notes: bytes


def cut(
    records: list[Record],
    draw: random.Random,
    before: dict[str, bytes] | None = None,
    notes_before: bytes = b"",
    *,
    syncs_count: bool = True,
) -> Cut:
    """What the disk may hold when the power goes right after the last of `records`, with the files `before` them.

    With `syncs_count` off the disk lies: nothing is ever safe. A test that does not notice would prove nothing.
    """
    # The log counts files from 1: those of before get numbers that it does not use.
    old = {name: -number for number, name in enumerate(sorted(before or {}), 1)}
    files = {number: File(before=(before or {})[name]) for name, number in old.items()}
    names = _Names(old)
    notes = bytearray(notes_before)
    for record in records:
        if record.kind == OPENED:
            name = record.content.decode()
            number = names.now.get(name)
            files[record.file] = files[number] if number is not None else File()
            if number is None:
                names.change(lambda table, name=name, number=record.file: table.__setitem__(name, number))
        elif record.kind in (WRITTEN, TRUNCATED):
            files[record.file].changes.append(record)
        elif record.kind == SYNCED and syncs_count:
            file = files[record.file]
            file.safe_before = max(file.safe_before, record.mark)
        elif record.kind == RENAMED:
            old, new = (name.decode() for name in record.content.split(b"\0"))
            names.change(lambda table, old=old, new=new: table.__setitem__(new, table.pop(old)))
        elif record.kind == REMOVED:
            names.change(lambda table, name=record.content.decode(): table.pop(name))
        elif record.kind == FOLDER_SYNCED and syncs_count:
            names.sync()
        elif record.kind == NOTED:
            notes += record.content
    kept = names.after_cut(draw)
    return Cut({name: files[number].content(draw) for name, number in sorted(kept.items())}, bytes(notes))


class _Names:
    """Which name leads to which file, now and after a cut."""

    def __init__(self, names: dict[str, int]) -> None:
        self.now = dict(names)
        self._safe = dict(names)
        self._unsafe: list = []

    def change(self, change) -> None:
        change(self.now)
        self._unsafe.append(change)

    def sync(self) -> None:
        self._safe, self._unsafe = dict(self.now), []

    def after_cut(self, draw: random.Random) -> dict[str, int]:
        names = dict(self._safe)
        for change in self._unsafe[:draw.randint(0, len(self._unsafe))]:
            change(names)
        return names
