"""The matrix, at a hub with a provider of Anthropic's dialect behind it."""

from __future__ import annotations

import unittest

import features_provided  # noqa: F401
from grounds import AnthropicBehind
from matrix import declare
from sdk_makers import MAKERS

declare(globals(), AnthropicBehind, MAKERS)

if __name__ == "__main__":
    unittest.main()
