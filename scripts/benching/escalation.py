"""A chat asked at an edge beside the same chat asked at its hub, turn by turn; and many streams through one tunnel."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benching.paths import ROOT

sys.path.append(str(ROOT / "Tests/ProcessTests"))

from peers import MESHLOAD, Spoken  # noqa: E402
from upstreams.edge import Edge  # noqa: E402
from upstreams.hub import Hub, processor_nanoseconds, resident_megabytes  # noqa: E402

ROUNDS = 7
#: Many streams at once: so many, and for so long.
STREAMS = 200
SECONDS = 5
#: A question with personal data in it, so that there is something to replace and to put back.
QUESTION = "say it to Anna Keller at anna.keller@example.org once more, please"


@dataclass(frozen=True)
class Row:
    """So many chats of one kind, so many at a time."""

    name: str
    model: str
    count: int
    parallel: int
    is_streamed: bool = False


ROWS = [
    Row("whole, 1 at a time", "echo", 500, 1),
    Row("streamed, 1 at a time", "echo", 500, 1, is_streamed=True),
    Row("whole, 32 at once", "echo", 3_000, 32),
    Row("200 streams of 20 words, 50 ms apart", "paced", 200, 200, is_streamed=True),
]


@dataclass
class Found:
    """What came of one row at one side, a figure for each round; microseconds."""

    per_second: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    first_p50: list[float] = field(default_factory=list)
    first_p99: list[float] = field(default_factory=list)


def table(rounds: int = ROUNDS) -> str:
    """Measures, and returns the table for people."""
    load = os.getloadavg()[0]
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-escalation-")))
        stub = Spoken(MESHLOAD, "chat")
        stack.callback(stub.end)
        hub = stack.enter_context(_hub(f"http://{stub.address}"))
        edge = stack.enter_context(Edge(hub))
        sides = {"provider": f"http://{stub.address}", "hub": hub.url, "edge": edge.url}
        found = {(row, side): Found() for row in ROWS for side in sides}
        names = list(sides)
        spent: dict[Row, list[float]] = {row: [] for row in ROWS}
        for number in range(rounds):
            for row in ROWS:
                # Who goes first changes from round to round.
                for side in names[number % 3 :] + names[: number % 3]:
                    before = processor_nanoseconds(edge.node.process.pid)
                    asked = _measure(row, sides[side], folder, found[row, side])
                    if side == "edge":
                        now = processor_nanoseconds(edge.node.process.pid)
                        spent[row].append((now - before) / 1_000 / asked)
        lines = list(_lines(found, spent))
    lines += ["", *_many()]
    loads = f"load {load:.1f} at the begin, {os.getloadavg()[0]:.1f} at the end"
    lines += ["", f"{rounds} rounds, median [least-most]; {loads}"]
    return "\n".join(lines) + "\n"


def _hub(base: str) -> Hub:
    models = [{"name": name, "context": 4_096, "output": 2_048, "free": True} for name in ("echo", "paced", "endless")]
    provider = {"name": "stub", "kind": "openai-compatible", "url": f"{base}/v1", "models": models}
    return Hub([provider], settings={"engine": {"enabled": False}})


def _measure(row: Row, url: str, folder: Path, found: Found) -> int:
    """Asks; how often, those included that come before and are not counted."""
    body = folder / f"{row.model}-{row.is_streamed}.json"
    asked = {"model": row.model, "messages": [{"role": "user", "content": QUESTION}]}
    body.write_text(json.dumps({**asked, "stream": row.is_streamed}))
    parallel, warm = str(row.parallel), max(10, row.count // 10)
    words = ["--http1", "--count", str(row.count), "--parallel", parallel, "--per-host", parallel]
    command = [MESHLOAD, "get", f"{url}/v1/chat/completions", *words, "--warm", str(warm), "--body-file", str(body)]
    figures = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False).stdout)
    wrong = figures["failed"] + sum(number for status, number in figures["statuses"] if status != 200)
    if wrong:
        sys.exit(f"scripts/bench: {wrong} chats failed at {url}: {figures}")
    found.per_second.append(figures["perSecond"])
    found.p50.append(figures["p50"])
    found.p99.append(figures["p99"])
    found.first_p50.append(figures["firstP50"])
    found.first_p99.append(figures["firstP99"])
    time.sleep(0.1)
    return row.count + warm


def _lines(found: dict[tuple[Row, str], Found], spent: dict[Row, list[float]]) -> Iterator[str]:
    for row in ROWS:
        yield row.name
        for side in ("provider", "hub", "edge"):
            each = found[row, side]
            yield (
                f"  {side:10}{_spread(each.per_second, 1, 0):>24} /s"
                f"   p50 {_spread(each.p50):>22} ms   p99 {_spread(each.p99):>22} ms"
                + (f"   first byte {_spread(each.first_p50):>22} ms" if row.is_streamed else "")
            )
        edge, hub = found[row, "edge"], found[row, "hub"]
        pairs = {"p50": (edge.p50, hub.p50), "p99": (edge.p99, hub.p99)}
        if row.is_streamed:
            pairs |= {"first byte": (edge.first_p50, hub.first_p50), "its p99": (edge.first_p99, hub.first_p99)}
        told = [f"{name} {_spread([a - b for a, b in zip(ours, theirs, strict=True)])} ms"
                for name, (ours, theirs) in pairs.items()]
        yield f"  {'added by edge and tunnel':34}" + ", ".join(told)
        yield f"  {'processor of the edge':34}{_spread(spent[row], 1, 0)} us a chat"


# Many streams through one tunnel


@dataclass
class _Stream:
    """A stream that is read, and how far it has come."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    bytes: int = 0

    async def read(self) -> None:
        """Reads until somebody stops it."""
        while piece := await self.reader.read(4_096):
            self.bytes += len(piece)


def _many() -> Iterator[str]:
    """Streams that never end and never pause, read as fast as they come; then streams that nobody reads."""
    yield f"{STREAMS} endless streams through one tunnel"
    for is_read in (True, False):
        with contextlib.ExitStack() as stack:
            stub = Spoken(MESHLOAD, "chat")
            stack.callback(stub.end)
            hub = stack.enter_context(_hub(f"http://{stub.address}"))
            edge = stack.enter_context(Edge(hub))
            asyncio.run(_until_ready(edge.url))
            pids = {"edge": edge.node.process.pid, "hub": hub.node.process.pid}
            before = {name: resident_megabytes(pid) for name, pid in pids.items()}
            yield from asyncio.run(_stream(edge.url, pids, before, is_read=is_read))


async def _until_ready(url: str) -> None:
    """An edge that has just begun refuses for a moment."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    body = json.dumps({"model": "echo", "messages": [{"role": "user", "content": QUESTION}]})
    head = "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"
    answer = b""
    while b" 200 " not in answer[:20]:
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"{head}content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode())
        answer = await asyncio.wait_for(reader.read(), 20)
        writer.close()


async def _stream(url: str, pids: dict[str, int], before: dict[str, float], *, is_read: bool) -> list[str]:
    host, _, port = url.removeprefix("http://").rpartition(":")
    body = json.dumps({"model": "endless", "stream": True, "messages": [{"role": "user", "content": QUESTION}]})
    head = "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    streams = []
    for _ in range(STREAMS):
        # Small, so that what nobody reads waits in the edge and not in the machine.
        reader, writer = await asyncio.open_connection(host, int(port), limit=8_192)
        writer.write(f"{head}content-length: {len(body)}\r\n\r\n{body}".encode())
        streams.append(_Stream(reader, writer))
    for stream in streams:
        answer = await stream.reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in answer[:20]:
            sys.exit(f"scripts/bench: a stream was refused: {answer!r}")
        stream.bytes += len(answer)
    lines = [f"  {'read as they come' if is_read else 'read by nobody':22}"]
    readings: list[dict[str, float]] = []
    tasks = [asyncio.create_task(stream.read()) for stream in streams] if is_read else []
    await asyncio.sleep(1)
    start = [stream.bytes for stream in streams]
    for _ in range(SECONDS):
        await asyncio.sleep(1)
        readings.append({name: resident_megabytes(pid) for name, pid in pids.items()})
    progress = [stream.bytes - begun for stream, begun in zip(streams, start, strict=True)]
    if is_read:
        jain = sum(progress) ** 2 / (len(progress) * sum(each**2 for each in progress))
        lines[0] += (f"Jain {jain:.4f}, slowest to fastest {min(progress) / max(progress):.2f}, "
                     f"{sum(progress) / SECONDS / 1e6:.1f} MB/s")
    for task in tasks:
        task.cancel()
    told = [f"{name} {before[name]:.1f} MB, then {' '.join(f'{each[name]:.1f}' for each in readings)}"
            for name in pids]
    lines.append(f"  {'resident, each second':22}" + "; ".join(told))
    if not is_read:
        # Somebody who comes meanwhile is answered as if they were not there.
        lines.append(f"  {'a chat meanwhile':22}" + await _meanwhile(host, int(port)))
    for stream in streams:
        stream.writer.transport.abort()
    return lines


async def _meanwhile(host: str, port: int) -> str:
    body = json.dumps({"model": "echo", "messages": [{"role": "user", "content": QUESTION}]})
    head = "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"
    times = []
    for _ in range(50):
        begun = time.monotonic()
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(f"{head}content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode())
        answer = await asyncio.wait_for(reader.read(), 20)
        times.append((time.monotonic() - begun) * 1e6)
        writer.close()
        if b" 200 " not in answer[:20]:
            sys.exit(f"scripts/bench: a chat beside slow readers failed: {answer[:200]!r}")
    return f"{_spread(times)} ms"


def _spread(values: list[float], scale: float = 1_000, digits: int = 2) -> str:
    middle, least, most = (f"{value / scale:,.{digits}f}" for value in
                           (statistics.median(values), min(values), max(values)))
    return f"{middle} [{least}-{most}]"
