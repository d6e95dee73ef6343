"""What a node shows on /metrics, as Prometheus reads it."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable

#: None where Debian's package is not installed: scripts/setup --heavy does that.
PROMTOOL = shutil.which("promtool")
NO_PROMTOOL = "promtool is not installed: scripts/setup --heavy"

_LINE = re.compile(r'^([a-z_]+)(\{[a-z_]+="[^"]*"(?:,[a-z_]+="[^"]*")*\})? (-?[0-9.]+)$')


class Scrape:
    """One answer of a node."""

    def __init__(self, address: str) -> None:
        begun = time.monotonic()
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as answer:
            self.text: str = answer.read().decode()
        self.seconds = time.monotonic() - begun
        self.values: dict[str, float] = {}
        self.kinds: dict[str, str] = {}
        helped: set[str] = set()
        for line in self.text.splitlines():
            if line.startswith("# HELP "):
                _, _, name, words = line.split(" ", 3)
                if not words.endswith((".", "1", "1.")):
                    raise AssertionError(f"no sentence: {line}")
                helped.add(name)
            elif line.startswith("# TYPE "):
                _, _, name, self.kinds[name] = line.split(" ")
            else:
                found = _LINE.match(line)
                if not found:
                    raise AssertionError(f"no sample: {line}")
                family = re.sub(r"_(bucket|sum|count)$", "", found[1])
                if found[1] not in self.kinds and self.kinds.get(family) != "histogram":
                    raise AssertionError(f"a sample without a type: {line}")
                self.values[line.rsplit(" ", 1)[0]] = float(found[3])
        if helped != set(self.kinds):
            raise AssertionError(f"help and types differ: {helped ^ set(self.kinds)}")

    def __getitem__(self, series: str) -> float:
        return self.values[series]

    def sum(self, name: str, *labels: str) -> float:
        """Over all series of the metric that have these labels, as `kind="node"`."""
        fitting = [
            value
            for series, value in self.values.items()
            if series.split("{")[0] == name and all(label in series for label in labels)
        ]
        if not fitting:
            raise AssertionError(f"no series {name} with {labels}")
        return sum(fitting)

    def falls(self, later: Scrape) -> list[str]:
        """What only grows, and has become less or gone in `later`."""
        growing = {name for name, kind in self.kinds.items() if kind == "counter"}
        grown = [
            series
            for series in self.values
            if series.split("{")[0] in growing or re.match(r"\w+_(bucket|count)\b", series)
        ]
        return [series for series in grown if later.values.get(series, -1) < self.values[series]]


def scraped(address: str, wanted: Callable[[Scrape], bool], seconds: float = 20) -> Scrape:
    """The first scrape that is as wanted; a node gathers what it shows once a second."""
    end = time.monotonic() + seconds
    while True:
        found = Scrape(address)
        if wanted(found):
            return found
        if time.monotonic() > end:
            raise AssertionError(f"not so within {seconds} s: {found.text}")
        time.sleep(0.2)


def complaints(text: str) -> str:
    """What promtool says against it."""
    if PROMTOOL is None:
        raise AssertionError(NO_PROMTOOL)
    finished = subprocess.run([PROMTOOL, "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    words = finished.stdout + finished.stderr
    return words if finished.returncode == 0 else words or f"exit {finished.returncode}"
