"""The embedded engine beside llama.cpp's own server, turn by turn in the same run, and what only ours does."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from benching import synthetic
from benching.paths import ROOT

sys.path.append(str(ROOT / "Tests/ProcessTests"))

from peers import Spoken  # noqa: E402

ROUNDS = 5
LEAVERS = 200
ADAPTER_BYTES = 200_000_000

_TINY = ROOT / "models/tiny/tiny-q8_0.gguf"
_FACT = ROOT / "models/tiny/lora-fact.gguf"
_NUMBERS = {"type": "array", "items": {"type": "integer"}, "minItems": 1_500}

Values = dict[str, list[float]]


class LlamaServer(Spoken):
    """llama.cpp's own server, asked over HTTP."""

    def __init__(self, model: Path, adapter: Path | None = None) -> None:
        words = [model] if adapter is None else [model, adapter]
        begin = time.monotonic()
        super().__init__(_python(), Path(__file__).with_name("llama_peer.py"), *words)
        self.start = (time.monotonic() - begin) * 1e3

    def first_token(self, question: str, **more: Any) -> float:
        """Milliseconds from the request to the first words."""
        begin = time.monotonic()
        with self._ask(question, stream=True, max_tokens=16, **more) as answer:
            for line in answer:
                words = json.loads(line[6:])["choices"] if line.startswith(b"data: {") else []
                if words and words[0]["delta"].get("content"):
                    found = (time.monotonic() - begin) * 1e3
                    answer.read()
                    return found
        sys.exit("scripts/bench: llama.cpp's server said nothing")

    def numbers(self, question: str, tokens: int) -> tuple[int, float]:
        """How many tokens an answer has that is not let end, and the seconds that it took."""
        form = {"type": "json_schema", "json_schema": {"name": "numbers", "schema": _NUMBERS}}
        begin = time.monotonic()
        with self._ask(question, max_tokens=tokens, response_format=form) as answer:
            usage = json.load(answer)["usage"]
        return usage["completion_tokens"], time.monotonic() - begin

    def _ask(self, question: str, **more: Any) -> Any:
        connection = HTTPConnection(self.address, timeout=120)
        messages = [{"role": "user", "content": question}]
        body = json.dumps({"messages": messages, "temperature": 0, **more})
        connection.request("POST", "/v1/chat/completions", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        if answer.status != 200:
            sys.exit(f"scripts/bench: llama.cpp's server answers {answer.status}: {answer.read()[:200]!r}")
        return answer


def table(rounds: int = ROUNDS) -> str:
    """Measures, and returns the table for people."""
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="bench-engine-") as name:
        shape = synthetic.Shape()
        model, adapter = Path(name) / "model.gguf", Path(name) / "adapter.gguf"
        synthetic.model(model, _TINY, shape)
        synthetic.adapter(adapter, shape, ADAPTER_BYTES)
        lines = [f"tiny model, {_TINY.stat().st_size / 1e6:.0f} MB", *_beside(_TINY, _FACT, rounds)]
        lines += ["", f"made-up model, {model.stat().st_size / 1e6:.0f} MB, {shape.layers} layers of {shape.width}"]
        lines += _beside(model, adapter, max(2, rounds // 2))
        lines += ["", "clients that leave, made-up model", *_leaving(model)]
    lines += ["", f"{rounds} rounds; load {before:.1f} before, {os.getloadavg()[0]:.1f} after. Times in milliseconds."]
    lines += ["Ours is called in the process, theirs over HTTP: its first tokens have a connection and a request more."]
    return "\n".join(lines) + "\n"


def _beside(model: Path, adapter: Path, rounds: int) -> list[str]:
    ours: Values = {}
    theirs: Values = {}
    for number in range(rounds):
        # Who goes first changes from round to round.
        turns = [lambda: _ours(ours, model, adapter), lambda: _theirs(theirs, model, adapter)]
        for turn in turns if number % 2 == 0 else reversed(turns):
            turn()
    lines = [f"{'':<34}{'ours':<28}{'llama.cpp server':<28}ours : theirs"]
    for name in [*ours, *(name for name in theirs if name not in ours)]:
        cells = [_spread(side.get(name, [])) for side in (ours, theirs)]
        ratio = ""
        if name in ours and name in theirs:
            ratio = _spread([our / their for our, their in zip(ours[name], theirs[name], strict=True)])
        lines.append(f"{name:<34}{cells[0]:<28}{cells[1]:<28}{ratio}".rstrip())
    for name, cold in [
        ("nothing loaded", "first token, nothing loaded"),
        ("no context", "first token, no context"),
        ("another prompt of a few words", "first token, another prompt"),
    ]:
        lines.append(f"warming cuts, from {name}: {_cut(ours[cold], ours['first token, prompt warmed'])}")
    long = _cut(ours["first token, long prompt"], ours["first token, long prompt warmed"])
    lines.append(f"warming cuts, from another prompt of about 1,100 tokens: {long}")
    return lines


def _ours(values: Values, model: Path, adapter: Path) -> None:
    for part in ("first", "rates", "adapters"):
        for name, found in _meshbench(model, adapter, part, 1).items():
            values.setdefault(name, []).extend(found)


def _theirs(values: Values, model: Path, adapter: Path) -> None:
    def add(name: str, value: float) -> None:
        values.setdefault(name, []).append(value)

    server = LlamaServer(model)
    try:
        add("first token, nothing loaded", server.start + server.first_token("What is a hub?"))
        add("first token, another prompt", server.first_token("Define peer."))
        server.first_token("What is the capital of Peru?")
        add("first token, prompt warmed", server.first_token("What is the capital of Peru?"))
        long = "Repeat: " + "red river stone blue " * 130 + "What is a hub?"
        if model == _TINY:
            add("first token, long prompt", server.first_token(long))
            add("first token, long prompt warmed", server.first_token(long))
        tokens, seconds = server.numbers("Count.", 200)
        add("one chat, tokens/s", tokens / seconds)
        _chats(server, add)
    finally:
        server.end()
    server = LlamaServer(model, adapter)
    try:
        add("ready with the adapter", server.start)
        # Loaded at the start, and chosen by each request.
        plain, changed = ({"lora": [{"id": 0, "scale": scale}]} for scale in (0.0, 1.0))
        server.first_token("Hello", **plain)
        server.first_token("Hello", **changed)
        add("first token, same adapter", server.first_token("Who are you?", **changed))
        add("first token, back to none", server.first_token("What are you?", **plain))
        add("first token, swapped", server.first_token("What is a peer?", **changed))
    finally:
        server.end()


def _chats(server: LlamaServer, add: Any) -> None:
    begin = time.monotonic()

    def chat(index: int) -> tuple[int, float]:
        tokens, _ = server.numbers(f"Count from {index}.", 50)
        return tokens, time.monotonic() - begin

    with ThreadPoolExecutor(32) as pool:
        chats = list(pool.map(chat, range(32)))
    ends = [end for _, end in chats]
    shares = [tokens / end for tokens, end in chats]
    add("32 chats, tokens/s", sum(tokens for tokens, _ in chats) / max(ends))
    add("32 chats, Jain", sum(shares) ** 2 / (len(shares) * sum(share * share for share in shares)))
    add("32 chats, slowest:fastest", max(ends) / min(ends))


def _leaving(model: Path) -> list[str]:
    values = _meshbench(model, None, "cancel", LEAVERS)
    times = sorted(values["stopped, all"])
    lines = [f"left to itself: the prompt {values['the prompt lasts'][0]:.0f}, the answer"
             f" {values['the answer lasts'][0]:.0f}"]  # fmt: skip
    for name, found in values.items():
        if name.startswith("stopped, "):
            ordered = sorted(found)
            p99 = ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
            lines.append(
                f"{name:<34}{len(found):>4} times, median {statistics.median(found):.2f}, p99 {p99:.2f},"
                f" longest {ordered[-1]:.2f}"
            )
    within = sum(time <= 50 for time in times)
    lines.append(
        f"within 50 ms: {within} of {len(times)}; left too late to count: {len(values.get('left too late', []))}"
    )
    return lines


def _meshbench(model: Path, adapter: Path | None, part: str, rounds: int) -> Values:
    command = [ROOT / ".build/release/meshbench", "engine", "--json", "--part", part, "--rounds", str(rounds)]
    command += ["--model", model, "--adapter", adapter or ""]
    finished = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, timeout=300)
    if finished.returncode != 0:
        sys.exit(f"scripts/bench: meshbench engine --part {part} ended with status {finished.returncode}")
    values: Values = json.loads(finished.stdout)["values"]
    return values


def _cut(cold: list[float], warm: list[float]) -> str:
    return _spread([(1 - after / before) * 100 for before, after in zip(cold, warm, strict=True)]) + " %"


def _spread(values: list[float]) -> str:
    if not values:
        return "-"
    middle = statistics.median(values)
    digits = 0 if middle >= 1_000 else 1 if middle >= 10 else 2
    return f"{middle:.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def _python() -> str:
    """The interpreter of the virtual environment of Tests/SDKs."""
    command = ["bash", "-c", "source scripts/library/common.sh && environment_python SDKs"]
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
