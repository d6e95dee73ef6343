"""The matrix, at an edge: through redaction, tunnel and hub."""

from __future__ import annotations

import unittest

import features_model  # noqa: F401
from grounds import TinyEdge
from matrix import declare
from sdk_makers import MAKERS

declare(globals(), TinyEdge, MAKERS)

if __name__ == "__main__":
    unittest.main()
