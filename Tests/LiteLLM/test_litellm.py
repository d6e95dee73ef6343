"""The matrix with LiteLLM as the client, at every ground."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "SDKs"))

import features_canned  # noqa: E402, F401
import features_model  # noqa: E402, F401
import features_provided  # noqa: E402, F401
from grounds import AnthropicBehind, Canned, OpenAIBehind, Tiny  # noqa: E402
from litellm_talker import MAKERS  # noqa: E402
from matrix import declare  # noqa: E402

for _ground in (Canned, Tiny, OpenAIBehind, AnthropicBehind):
    declare(globals(), _ground, MAKERS)

if __name__ == "__main__":
    unittest.main()
