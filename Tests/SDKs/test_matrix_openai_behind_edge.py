"""The matrix, at an edge: through redaction, tunnel and hub."""

from __future__ import annotations

import unittest

import features_provided  # noqa: F401
from grounds import OpenAIBehindEdge
from matrix import declare
from sdk_makers import MAKERS

declare(globals(), OpenAIBehindEdge, MAKERS)

if __name__ == "__main__":
    unittest.main()
