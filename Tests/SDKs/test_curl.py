"""`curl` gets whole and streamed answers from a hub that was started with no configuration."""

from __future__ import annotations

import json
import subprocess
import unittest
from typing import Any

from grounds import Tiny

_QUESTION = {"role": "user", "content": "What is the capital of France?"}


def _curl(url: str, body: dict[str, Any] | None = None) -> str:
    words = ["curl", "--silent", "--show-error", "--fail-with-body", "--no-buffer", "--max-time", "60", url]
    if body is not None:
        words += ["--header", "content-type: application/json", "--data", json.dumps(body)]
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout


class Curl(unittest.TestCase):
    def setUp(self) -> None:
        self.url = Tiny.shared().url

    def test_whole(self) -> None:
        """Either dialect, with no key and no field but the type of the body."""
        body = {"model": "auto", "max_tokens": 64, "messages": [_QUESTION], "temperature": 0}
        answer = json.loads(_curl(f"{self.url}/v1/chat/completions", body))
        self.assertIn("Paris", answer["choices"][0]["message"]["content"])
        answer = json.loads(_curl(f"{self.url}/v1/messages", body))
        self.assertIn("Paris", answer["content"][0]["text"])

    def test_streamed(self) -> None:
        """Either dialect, by its own events up to its own end."""
        body = {"model": "auto", "max_tokens": 64, "messages": [_QUESTION], "temperature": 0, "stream": True}
        lines = _curl(f"{self.url}/v1/chat/completions", body).split("\n\n")
        self.assertEqual([line for line in lines if line][-1], "data: [DONE]")
        chunks = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: {")]
        said = "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks if chunk["choices"])
        self.assertIn("Paris", said)
        events = _curl(f"{self.url}/v1/messages", body).split("\n\n")
        names = [event.partition("\n")[0].removeprefix("event: ") for event in events if event]
        self.assertEqual((names[0], names[-1]), ("message_start", "message_stop"))

    def test_models(self) -> None:
        """The list of models."""
        answer = json.loads(_curl(f"{self.url}/v1/models"))
        self.assertEqual(answer["object"], "list")
        self.assertEqual(len(answer["data"]), 1)


if __name__ == "__main__":
    unittest.main()
