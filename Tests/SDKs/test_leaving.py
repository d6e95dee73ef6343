"""A client that leaves a hub stops the provider behind it: before the head of an answer, before its first word, and
in the midst of it."""

from __future__ import annotations

import time
import unittest
from typing import Any, ClassVar

import leaving
from grounds import AnthropicBehind, OpenAIBehind
from matrix import Ground

_MOMENTS = {"before the head": "#hang", "before the first word": "#stall", "in the midst": "#endless"}


class Leaving(unittest.TestCase):
    grounds: ClassVar[list[Any]]

    @classmethod
    def setUpClass(cls) -> None:
        kinds: list[type[Ground]] = [OpenAIBehind, AnthropicBehind]
        cls.grounds = [kind.shared() for kind in kinds]

    def test_before_the_head(self) -> None:
        """The provider has said nothing at all."""
        self.leave("before the head")

    def test_before_the_first_word(self) -> None:
        """The provider has taken the question, and reads it still."""
        self.leave("before the first word")

    def test_in_the_midst(self) -> None:
        """Words come, and would for ever."""
        self.leave("in the midst")

    def leave(self, moment: str) -> None:
        """Lets clients leave at the moment, in turn in both dialects on both sides; looks when the provider saw it."""
        after: list[float] = []
        for number in range(leaving.TIMES):
            ground = self.grounds[number % 2]
            dialect = ("openai", "anthropic")[number // 2 % 2]
            words = {"role": "user", "content": _MOMENTS[moment]}
            body = {"model": ground.model, "stream": True, "messages": [words]}
            before = len(ground.asked())
            connection = leaving.connect(ground.url)
            connection.sendall(leaving.request(dialect, body))
            leaving.until(lambda at=ground, count=before: bool(at.asked(count)))  # type: ignore[misc]
            if moment == "in the midst":
                leaving.read_until(connection, b"words")
            else:
                time.sleep(0.02)  # the hub waits for the provider by now
            left = leaving.leave(connection, rudely=number % 4 == 3)
            time.sleep(leaving.BOUND)  # who is asked meanwhile notices later
            leaving.until(lambda at=ground, count=before: at.asked(count)[-1]["left"] is not None)  # type: ignore[misc]
            after.append((ground.asked(before)[-1]["left"] - left) / 1e9)
        print(leaving.told(moment, after))
        self.assertEqual(len(after), leaving.TIMES)
        if leaving.TIMES >= leaving.WHOLE:
            self.assertLess(max(after), leaving.BOUND)


if __name__ == "__main__":
    unittest.main()
