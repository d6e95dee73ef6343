"""The matrix, at a hub to which keys are shown."""

from __future__ import annotations

import unittest

import features_keys  # noqa: F401
from grounds import Keyed
from matrix import declare
from sdk_makers import MAKERS

declare(globals(), Keyed, MAKERS)

if __name__ == "__main__":
    unittest.main()
