"""The server with canned answers, and both official SDKs as its clients."""

from __future__ import annotations

import json
import sys
import time
import urllib.request
from pathlib import Path

import anthropic
import openai

sys.path.append(str(Path(__file__).resolve().parents[1] / "ProcessTests"))

from peers import MESHLOAD, Spoken  # noqa: E402

#: What a chat of these tests says: text whose characters have one to four bytes, and what JSON must escape.
WORDS = 'naïve 🦊 "日本"\n\\ \u2028end'

#: The canned usage, as each vendor counts it.
OPENAI_USAGE = {"prompt_tokens": 19, "completion_tokens": 7, "total_tokens": 26}
ANTHROPIC_USAGE = {
    "input_tokens": 11,
    "cache_read_input_tokens": 5,
    "cache_creation_input_tokens": 3,
    "output_tokens": 7,
}


class Chats(Spoken):
    """`meshload chat`, and clients of it that do not try again unless a test wants that."""

    def __init__(self) -> None:
        super().__init__(MESHLOAD, "chat")
        self.url = f"http://{self.address}"

    def __enter__(self) -> Chats:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def openai(self, retries: int = 0) -> openai.OpenAI:
        """OpenAI's client."""
        return openai.OpenAI(api_key="k", base_url=self.url + "/v1", max_retries=retries, timeout=20)

    def anthropic(self, retries: int = 0) -> anthropic.Anthropic:
        """Anthropic's client."""
        return anthropic.Anthropic(api_key="k", base_url=self.url, max_retries=retries, timeout=20)

    def counters(self) -> dict[str, int]:
        """How many answers are given, and how many were stopped."""
        with urllib.request.urlopen(self.url + "/counters", timeout=20) as answer:
            return dict(json.load(answer))

    def wait_for_stop(self, cancelled: int) -> None:
        """Waits until that many answers were stopped and none is given."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            counters = self.counters()
            if counters == {"running": 0, "cancelled": cancelled}:
                return
            time.sleep(0.01)
        raise AssertionError(f"{counters} in place of {cancelled} stopped answers")
