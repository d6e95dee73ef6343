"""How well a finder does on generated texts: recall by slot, precision where nothing is personal, time a message."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from generated import NAMES, Message

MESHBENCH = Path(__file__).resolve().parents[2] / ".build/release/meshbench"
#: Where something was found, in bytes of UTF-8.
Spans = Sequence[tuple[int, int]]


@dataclass
class Figures:
    """Counts over many messages."""

    wanted: Counter[tuple[str, str]] = field(default_factory=Counter)
    found: Counter[tuple[str, str]] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    harmless: int = 0
    wrong: list[str] = field(default_factory=list)
    nanoseconds: list[int] = field(default_factory=list)

    def take(self, message: Message, spans: Spans) -> None:
        """Counts a message. A piece is found when all of its letters and digits are covered: less of it would leak."""
        if not message.truths:
            self.harmless += 1
            if spans:
                self.wrong.append(message.text)
        covered = _covered(message.text, spans)
        for truth in message.truths:
            key = (truth.kind, message.locale)
            self.wanted[key] += 1
            if all(covered[place] for place in range(truth.start, truth.end) if message.text[place].isalnum()):
                self.found[key] += 1
            else:
                self.missed.append(f"{truth.kind} {message.text[truth.start : truth.end]!r} in {message.text!r}")

    def recall(self, *, names: bool) -> float:
        """The share of names that were found, or of everything else but addresses."""
        return self._share(lambda kind: (kind in NAMES) == names and kind != "address")

    def recall_of(self, kind: str) -> float:
        """The share of one slot."""
        return self._share(lambda other: other == kind)

    @property
    def kinds(self) -> list[str]:
        """Every slot there was."""
        return sorted({kind for kind, _ in self.wanted})

    @property
    def precision(self) -> float:
        """The share of texts about nobody in which nothing was found."""
        return 1 - len(self.wrong) / self.harmless

    @property
    def median_milliseconds(self) -> float:
        """Of finding in one message."""
        return sorted(self.nanoseconds)[len(self.nanoseconds) // 2] / 1e6

    def _share(self, counts) -> float:
        wanted = sum(number for (kind, _), number in self.wanted.items() if counts(kind))
        return sum(number for (kind, _), number in self.found.items() if counts(kind)) / wanted

    def lines(self) -> list[str]:
        """A line for each slot, and one for the rest."""
        lines = [f"  {kind:10} {self.recall_of(kind):.4f}" for kind in self.kinds]
        lines.append(f"  precision {self.precision:.4f}, p50 {self.median_milliseconds:.3f} ms a message")
        return lines


def _covered(text: str, spans: Spans) -> list[bool]:
    """For each character whether a span covers all of it."""
    places = [0]
    for character in text:
        places.append(places[-1] + len(character.encode()))
    return [
        any(start <= places[index] and places[index + 1] <= end for start, end in spans) for index in range(len(text))
    ]


def ours(messages: Sequence[Message]) -> Figures:
    """What `meshbench privacy --spans` finds."""
    lines = "".join(json.dumps({"text": message.text}) + "\n" for message in messages)
    answer = subprocess.run(
        [MESHBENCH, "privacy", "--spans"], input=lines, stdout=subprocess.PIPE, text=True, check=True, timeout=300
    )
    figures = Figures()
    answers = [json.loads(line) for line in answer.stdout.splitlines()]
    for message, found in zip(messages, answers, strict=True):
        figures.take(message, [(start, end) for _, start, end in found["spans"]])
        figures.nanoseconds.append(found["nanoseconds"])
    return figures
