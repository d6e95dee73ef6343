"""The servers of the matrix, and what stands behind them."""

from __future__ import annotations

import sys
from pathlib import Path

from matrix import Ground

sys.path.append(str(Path(__file__).resolve().parents[1] / "ProcessTests"))

from peers import MESHLOAD, Spoken  # noqa: E402


class Canned(Ground):
    """Our dialects with an engine of canned answers, and nothing else."""

    title = "`meshload chat`: our words, canned answers"
    model = "echo"

    def __init__(self) -> None:
        self._server = Spoken(MESHLOAD, "chat")
        self.url = f"http://{self._server.address}"

    def end(self) -> None:
        self._server.end()
