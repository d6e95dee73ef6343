"""The matrix, at a hub that was started with no configuration."""

from __future__ import annotations

import unittest

import features_model  # noqa: F401
from grounds import Tiny
from matrix import declare
from sdk_makers import MAKERS

declare(globals(), Tiny, MAKERS)

if __name__ == "__main__":
    unittest.main()
