"""The matrix, at a hub with llama.cpp's own server behind it."""

from __future__ import annotations

import unittest

import features_model  # noqa: F401
from grounds import LlamaBehind
from matrix import declare
from sdk_makers import MAKERS

declare(globals(), LlamaBehind, MAKERS)

if __name__ == "__main__":
    unittest.main()
