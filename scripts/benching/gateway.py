"""A hub in front of a provider beside the provider itself and LiteLLM's proxy, turn by turn in the same run.

`MESHNODE_BESIDE=PATH` puts the hub of another build beside them: one from before a change, such as the accounts that
every call passes.
"""

from __future__ import annotations

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
from upstreams.hub import Hub, resident_megabytes
from upstreams.litellm_proxy import KEY, LiteLLMProxy, interpreter

sys.path.append(str(ROOT / "Tests/ProcessTests"))

from peers import MESHLOAD, Spoken  # noqa: E402

ROUNDS = 5


@dataclass(frozen=True)
class Row:
    """So many chats of one kind, so many at a time; LiteLLM is asked for fewer, for it is slower."""

    name: str
    model: str
    count: int
    parallel: int
    is_streamed: bool = False
    fewer: int = 10


ROWS = [
    Row("whole, 1 at a time", "echo", 1_000, 1),
    Row("streamed, 1 at a time", "echo", 1_000, 1, is_streamed=True),
    Row("whole, 32 at once", "echo", 8_000, 32, fewer=20),
    Row("500 streams of 20 words, 50 ms apart", "paced", 500, 500, is_streamed=True, fewer=5),
]


@dataclass(frozen=True)
class Side:
    """Somebody who is asked."""

    name: str
    url: str
    key: str | None = None


@dataclass
class Found:
    """What came of one row at one side, a figure for each round; microseconds."""

    per_second: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    first_p50: list[float] = field(default_factory=list)
    first_p99: list[float] = field(default_factory=list)
    #: Of the hub alone, for each chat.
    processor: list[float] = field(default_factory=list)
    #: Of the hub, in megabytes, when the row was done for the first time.
    resident: float = 0
    failed: int = 0


def table(rounds: int = ROUNDS) -> str:
    """Measures, and returns the table for people."""
    load = os.getloadavg()[0]
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-gateway-")))
        stub = Spoken(MESHLOAD, "chat")
        stack.callback(stub.end)
        base = f"http://{stub.address}"
        models = [{"name": name, "context": 4_096, "output": 2_048, "free": True} for name in ("echo", "paced")]
        provider = {"name": "stub", "kind": "openai-compatible", "url": f"{base}/v1", "models": models}
        hub = stack.enter_context(Hub([provider], settings={"engine": {"enabled": False}}))
        fresh = hub.resident_megabytes
        sides = [Side("direct", base), Side("hub", hub.url)]
        hubs = {"hub": hub}
        if beside := os.environ.get("MESHNODE_BESIDE"):
            other = stack.enter_context(
                Hub([provider], settings={"engine": {"enabled": False}}, program=Path(beside).resolve())
            )
            hubs["hub beside"] = other
            sides.append(Side("hub beside", other.url))
        python = interpreter()
        proxy = None
        if python is not None:
            proxy = stack.enter_context(LiteLLMProxy(python, base, ["echo", "paced"], []))
            sides.append(Side("LiteLLM", proxy.url, KEY))
        found = {(row, side): Found() for row in ROWS for side in sides}
        for number in range(rounds):
            for row in ROWS:
                # Who goes first changes from round to round.
                for side in sides[number % len(sides) :] + sides[: number % len(sides)]:
                    its = hubs.get(side.name)
                    used = its.processor_microseconds if its else 0
                    asked = _measure(row, side, folder, found[row, side])
                    if its:
                        each = found[row, side]
                        each.processor.append((its.processor_microseconds - used) / asked)
                        each.resident = each.resident or its.resident_megabytes
        lines = list(_lines(found, sides))
        busy = ", ".join(f"{found[row, sides[1]].resident:.1f}" for row in ROWS)
        lines += list(_beside(found, sides))
        lines += ["", f"resident memory of the hub without a model: {fresh:.1f} MB fresh, after each row {busy} MB"]
        lines.append(
            f"resident memory of LiteLLM's proxy: {resident_megabytes(proxy.process.pid):.0f} MB" if proxy else
            "LiteLLM is not installed (scripts/setup --heavy): nothing stands beside the hub but the stub itself"
        )
    loads = f"load {load:.1f} at the begin, {os.getloadavg()[0]:.1f} at the end"
    lines.append(f"{rounds} rounds, median [least-most]; {loads}")
    return "\n".join(lines) + "\n"


def _measure(row: Row, side: Side, folder: Path, found: Found) -> int:
    """Asks; how often, those included that come before and are not counted."""
    body = folder / f"{row.model}-{row.is_streamed}.json"
    asked = {"model": row.model, "messages": [{"role": "user", "content": "say it once more, please"}]}
    body.write_text(json.dumps({**asked, "stream": row.is_streamed}))
    is_slow = side.name == "LiteLLM"
    count, parallel = row.count, row.parallel
    if is_slow:
        count //= row.fewer
        parallel = min(parallel, count)
    words = ["--http1", "--count", str(count), "--parallel", str(parallel), "--per-host", str(parallel)]
    warmth = max(10, count // 10)
    words += ["--warm", str(warmth), "--body-file", str(body)]
    if side.key is not None:
        words += ["--bearer", side.key]
    finished = subprocess.run(
        [MESHLOAD, "get", f"{side.url}/v1/chat/completions", *words], stdout=subprocess.PIPE, text=True, check=False
    )
    figures = json.loads(finished.stdout)
    wrong = figures["failed"] + sum(number for status, number in figures["statuses"] if status != 200)
    if wrong and not is_slow:
        sys.exit(f"scripts/bench: {wrong} chats failed at {side.name}: {figures}")
    found.failed += wrong
    found.per_second.append(figures["perSecond"])
    found.p50.append(figures["p50"])
    found.p99.append(figures["p99"])
    found.first_p50.append(figures["firstP50"])
    found.first_p99.append(figures["firstP99"])
    time.sleep(0.2)
    return count + warmth


def _lines(found: dict[tuple[Row, Side], Found], sides: list[Side]) -> Iterator[str]:
    for row in ROWS:
        yield row.name
        direct = found[row, sides[0]]
        for side in sides:
            each = found[row, side]
            yield (
                f"  {side.name:10}{_spread(each.per_second, 1, 0):>24} /s"
                f"   p50 {_spread(each.p50):>24} ms   p99 {_spread(each.p99):>24} ms"
                + (f"   first byte {_spread(each.first_p50):>24} ms" if row.is_streamed else "")
                + (f"   processor {_spread(each.processor, 1, 0)} us a chat" if each.processor else "")
                + (f"   {each.failed} failed" if each.failed else "")
            )
            if side is not sides[0]:
                added = [
                    ("p50", each.p50, direct.p50), ("p99", each.p99, direct.p99),
                    ("first byte", each.first_p50, direct.first_p50),
                ]
                told = [
                    f"{name} {_spread([a - b for a, b in zip(ours, theirs, strict=True)])} ms"
                    for name, ours, theirs in added if row.is_streamed or name != "first byte"
                ]
                yield f"  {'':10}{'added':>24}      " + ", ".join(told)


def _beside(found: dict[tuple[Row, Side], Found], sides: list[Side]) -> Iterator[str]:
    """What this build adds to the other one, round by round."""
    others = [side for side in sides if side.name == "hub beside"]
    for row in ROWS if others else []:
        ours, theirs = found[row, sides[1]], found[row, others[0]]
        pairs = zip(ours.p50, theirs.p50, strict=True)
        rates = zip(ours.per_second, theirs.per_second, strict=True)
        yield (
            f"{row.name}: p50 {_spread([a - b for a, b in pairs])} ms more than the hub beside, "
            f"{_spread([a / b for a, b in rates], 1)} times as many a second"
        )


def _spread(values: list[float], scale: float = 1_000, digits: int = 2) -> str:
    middle, least, most = (f"{value / scale:,.{digits}f}" for value in
                           (statistics.median(values), min(values), max(values)))
    return f"{middle} [{least}-{most}]"
