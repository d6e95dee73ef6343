"""Waiting, in whole milliseconds."""

from __future__ import annotations

import time


def pause(milliseconds: int) -> None:
    """Waits for so long."""
    time.sleep(milliseconds / 1_000)
