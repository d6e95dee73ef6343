"""A client that leaves a hub stops the engine in it: while nothing has been said, while a long prompt is read, and in
the midst of an answer.

When the engine stops is told by the machine, not by the hub: the processor time that the hub still uses after the
client has left. An engine that goes on uses all of a processor.
"""

from __future__ import annotations

import time
import unittest
from typing import Any

import leaving
from grounds import Tiny
from upstreams.hub import processor_nanoseconds

#: As many tokens as there is room for, and what makes the model say so much.
_MOST = 1_900
_SCHEMA = {"type": "string", "minLength": 1_900}
#: How long is watched whether the engine goes on.
_WATCHED = 0.3


class LeavingTheEngine(unittest.TestCase):
    def setUp(self) -> None:
        self.ground: Any = Tiny.shared()

    def test_it_would_go_on(self) -> None:
        """What is left in these tests would take a second and more: 1,900 tokens."""
        begin = time.monotonic()
        with leaving.connect(self.ground.url) as connection:
            connection.settimeout(120)
            connection.sendall(leaving.request("openai", self.body(stream=False)))
            leaving.read_until(connection, b'"completion_tokens":1900')
        seconds = time.monotonic() - begin
        print(f"one who stays waits for {seconds:.2f} s")
        if leaving.TIMES >= leaving.WHOLE:
            self.assertGreater(seconds, 1)

    def test_before_the_head(self) -> None:
        """A whole answer is being computed, of which nothing is sent before its end."""
        self.leave("before the head", self.body(stream=False), lambda _: time.sleep(0.1))

    def test_in_the_prompt(self) -> None:
        """A long prompt is being read."""
        self.leave("in the prompt", self.body(stream=True, words="word " * 1_500), lambda _: time.sleep(0.02))

    def test_in_the_midst(self) -> None:
        """Words come."""
        body = self.body(stream=True)
        self.leave("in the midst", body, lambda connection: leaving.read_until(connection, b'"content":"'))

    def body(self, *, stream: bool, words: str = "Count.") -> dict[str, Any]:
        """A question whose answer is long."""
        schema = {"name": "numbers", "schema": _SCHEMA, "strict": True}
        said = [{"role": "user", "content": words}]
        wanted = {"type": "json_schema", "json_schema": schema}
        most = _MOST if len(words) < 100 else 500
        return {"model": "local", "stream": stream, "messages": said, "max_tokens": most, "response_format": wanted}

    def leave(self, moment: str, body: dict[str, Any], before: Any) -> None:
        """Lets clients leave at the moment, and sees for how long the hub computes on."""
        pid = self.ground.pid
        after: list[float] = []
        for number in range(leaving.TIMES):
            connection = leaving.connect(self.ground.url)
            connection.sendall(leaving.request("openai", body))
            before(connection)
            leaving.leave(connection, rudely=number % 2 == 1)
            used = processor_nanoseconds(pid)
            time.sleep(_WATCHED)
            after.append((processor_nanoseconds(pid) - used) / 1e9)
        print(leaving.told(moment, after))
        self.assertTrue(self.ground.comes_to_rest())
        if leaving.TIMES >= leaving.WHOLE:
            self.assertLess(max(after), leaving.BOUND)
        self.assertLess(max(after), _WATCHED / 2)


if __name__ == "__main__":
    unittest.main()
