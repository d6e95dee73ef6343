"""docs/conformance.md shows the matrix as it is declared; `python test_matrix_page.py --write` mends it."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

import features_canned  # noqa: F401
import features_model  # noqa: F401
import features_provided  # noqa: F401
import grounds
from matrix import page

_PAGE = Path(__file__).resolve().parents[2] / "docs/conformance.md"
_BEGIN, _END = "<!-- matrix:begin -->\n", "<!-- matrix:end -->"
_KINDS = [
    grounds.Tiny, grounds.OpenAIBehind, grounds.AnthropicBehind, grounds.LlamaBehind, grounds.LiteLLMBehind,
    grounds.Canned,
]


def _wanted(text: str) -> str:
    """The page with the tables that it ought to have."""
    before, _, rest = text.partition(_BEGIN)
    titles = {kind.__name__: (kind.title, kind is grounds.LiteLLMBehind) for kind in _KINDS}
    return before + _BEGIN + "\n" + page(titles) + "\n" + _END + rest.partition(_END)[2]


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
