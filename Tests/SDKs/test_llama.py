"""Our provider asks llama.cpp's own server, in both dialects."""

from __future__ import annotations

import json
import subprocess
import sys
import unittest
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[1] / "ProcessTests"))

from peers import MESHLOAD, Spoken  # noqa: E402

_HERE = Path(__file__).resolve().parent
_MODEL = _HERE.parents[1] / "models/tiny/tiny-q8_0.gguf"
_QUESTION = "What is the capital of France?"
_ANSWER = "Paris"


class _Llama(Spoken):
    def __init__(self) -> None:
        super().__init__(sys.executable, _HERE / "llama_server.py", _MODEL)


@unittest.skipUnless(_MODEL.exists(), f"{_MODEL} comes with the embedded engine")
class Llama(unittest.TestCase):
    server: Spoken

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = _Llama()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.server.end()

    def ask(self, dialect: str, *words: str) -> dict[str, Any]:
        """What `meshload provider` tells of one question."""
        base = f"http://{self.server.address}" + ("" if dialect == "anthropic" else "/v1")
        command = [MESHLOAD, "provider", "--base", base, "--dialect", dialect, *words]
        answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=60)
        return dict(json.loads(answer.stdout))

    def test_answers(self) -> None:
        """Whole and in pieces, the same words and the same usage, in both dialects."""
        told = {
            (dialect, how): self.ask(dialect, "--prompt", _QUESTION, *how)
            for dialect in ("compatible", "anthropic")
            for how in ((), ("--whole",))
        }
        texts = {answer["text"] for answer in told.values()}
        self.assertEqual(len(texts), 1, told)
        self.assertIn(_ANSWER, texts.pop())
        self.assertEqual(len({tuple(answer["usage"]) for answer in told.values()}), 1, told)
        for (_, how), answer in told.items():
            self.assertFalse(answer["estimated"])
            self.assertEqual(answer["stop"], "endOfTurn")
            self.assertGreater(answer["usage"][0], 5)
            self.assertTrue(answer["pieces"] == 1 if how else answer["pieces"] > 1)

    def test_length(self) -> None:
        """An answer that may have three tokens has three."""
        for dialect in ("compatible", "anthropic"):
            with self.subTest(dialect):
                answer = self.ask(dialect, "--prompt", _QUESTION, "--maximum-tokens", "3")
                self.assertEqual((answer["stop"], answer["usage"][1]), ("maximumTokens", 3))

    def test_schema(self) -> None:
        """An answer that must follow a schema does."""
        answer = self.ask("compatible", "--prompt", _QUESTION, "--schema", "--maximum-tokens", "200")
        if answer["stop"] == "endOfTurn":
            self.assertEqual(list(json.loads(answer["text"])), ["answer"])
        else:
            self.assertRegex(answer["text"], r'^\s*\{\s*"answer"\s*:\s*"')

    def test_models(self) -> None:
        """Its list of models is read."""
        self.assertEqual(len(self.ask("compatible")["models"]), 1)

    def test_long_prompt(self) -> None:
        """A prompt longer than its context is told as such."""
        for dialect in ("compatible", "anthropic"):
            with self.subTest(dialect):
                answer = self.ask(dialect, "--prompt", "word " * 5_000)
                self.assertEqual((answer["error"], answer["began"]), ("contextExceeded", False))

    def test_leaving(self) -> None:
        """Leaving in the midst ends the question at once, and the server answers the next one."""
        answer = self.ask("compatible", "--prompt", _QUESTION, "--stop-after", "1", "--maximum-tokens", "1000")
        self.assertIn("error", answer)
        self.assertIn(_ANSWER, self.ask("compatible", "--prompt", _QUESTION)["text"])


if __name__ == "__main__":
    unittest.main()
