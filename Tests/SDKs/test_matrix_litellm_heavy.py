"""The matrix, at a hub with LiteLLM's proxy behind it; heavy."""

from __future__ import annotations

import unittest

import features_provided  # noqa: F401
from grounds import IS_HEAVY, LiteLLMBehind
from matrix import declare
from sdk_makers import MAKERS

if IS_HEAVY:
    declare(globals(), LiteLLMBehind, MAKERS)

if __name__ == "__main__":
    unittest.main()
