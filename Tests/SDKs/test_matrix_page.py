"""docs/conformance.md shows the matrix as it is declared; `python test_matrix_page.py --write` mends it."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

import features_canned  # noqa: F401
import features_keys  # noqa: F401
import features_model  # noqa: F401
import features_provided  # noqa: F401
import grounds
from matrix import CLIENTS, HEAVY_CLIENTS, Ground, page

_PAGE = Path(__file__).resolve().parents[2] / "docs/conformance.md"
_BEGIN, _END = "<!-- matrix:begin -->\n", "<!-- matrix:end -->"
_ALL = CLIENTS + HEAVY_CLIENTS
#: Who asks at which ground, and whether all of it is heavy.
_KINDS: list[tuple[type[Ground], list[str], bool]] = [
    (grounds.Tiny, _ALL, False), (grounds.OpenAIBehind, _ALL, False), (grounds.AnthropicBehind, _ALL, False),
    (grounds.Keyed, CLIENTS, False), (grounds.LlamaBehind, CLIENTS, False), (grounds.LiteLLMBehind, CLIENTS, True),
    (grounds.Canned, _ALL, False), (grounds.TinyEdge, CLIENTS, False), (grounds.OpenAIBehindEdge, CLIENTS, False),
    (grounds.AnthropicBehindEdge, CLIENTS, False),
]


def _wanted(text: str) -> str:
    """The page with the tables that it ought to have."""
    before, _, rest = text.partition(_BEGIN)
    return before + _BEGIN + "\n" + page(_KINDS) + "\n" + _END + rest.partition(_END)[2]


class Page(unittest.TestCase):
    def test_page(self) -> None:
        """The page shows what is tested."""
        text = _PAGE.read_text()
        self.assertEqual(text, _wanted(text), "mend it: Tests/SDKs/test_matrix_page.py --write")


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        _PAGE.write_text(_wanted(_PAGE.read_text()))
    else:
        unittest.main()
