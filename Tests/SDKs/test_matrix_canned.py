"""The matrix, at the server with canned answers."""

from __future__ import annotations

import unittest

import features_canned  # noqa: F401
from grounds import Canned
from matrix import declare
from sdk_makers import MAKERS

declare(globals(), Canned, MAKERS)

if __name__ == "__main__":
    unittest.main()
