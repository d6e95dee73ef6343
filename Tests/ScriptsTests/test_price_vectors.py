"""The vectors of prices are what their generator writes, and what a reader of the specification works out."""

import json
import sys
import unittest
from pathlib import Path

_VECTORS = Path(__file__).resolve().parents[1] / "Vectors"
sys.path.insert(0, str(_VECTORS))

import price_vectors


class PriceVectorTests(unittest.TestCase):
    """The file beside the generator."""

    def test_the_file_is_what_the_generator_writes(self) -> None:
        self.assertEqual(price_vectors.FILE.read_text(encoding="utf-8"), price_vectors.document())

    def test_there_are_enough_and_each_has_a_name_of_its_own(self) -> None:
        names = [case["name"] for case in json.loads(price_vectors.FILE.read_text(encoding="utf-8"))]
        self.assertGreaterEqual(len(names), 200)
        self.assertEqual(len(names), len(set(names)))

    def test_the_example_of_the_specification(self) -> None:
        cost = price_vectors.exact("3 15 0.30 3.75 6", (1_000, 0, 0, 0, 500))
        row = price_vectors.case("example", cost, "1.03", "whole")
        self.assertEqual((row["upstream"], row["total"], row["shown"]), (10_500_000, 10_815_000, "$0.011"))

    def test_halves_go_to_the_even_one(self) -> None:
        halves = [price_vectors.rounded(price_vectors.Fraction(number, 2)) for number in (1, 3, 5, 7, -1)]
        self.assertEqual(halves, [0, 2, 2, 4, 0])
