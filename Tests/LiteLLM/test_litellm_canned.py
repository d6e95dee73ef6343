"""The matrix with LiteLLM as the client, at the server with canned answers."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "SDKs"))

import features_canned  # noqa: E402, F401
from grounds import Canned  # noqa: E402
from litellm_talker import MAKERS  # noqa: E402
from matrix import declare  # noqa: E402

declare(globals(), Canned, MAKERS)

if __name__ == "__main__":
    unittest.main()
