"""Presidio's pattern recognisers and our rules on the same texts, in the same run."""

from __future__ import annotations

import sys
import time
import unittest
from collections.abc import Sequence
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "Privacy"))

import tldextract  # noqa: E402
from generated import Message, harmless, personal  # noqa: E402
from measured import Figures, ours  # noqa: E402
from presidio_analyzer import PatternRecognizer  # noqa: E402
from presidio_analyzer import predefined_recognizers as recognizers  # noqa: E402

#: What both look for without a model. Presidio has no rule for keys and passwords.
_COMPARED = ("email", "phone", "card", "iban", "ipv4", "ipv6", "mac", "national")
_NAMES = (
    "EmailRecognizer",
    "PhoneRecognizer",
    "CreditCardRecognizer",
    "IbanRecognizer",
    "IpRecognizer",
    "MacAddressRecognizer",
    "UsSsnRecognizer",
    "UkNinoRecognizer",
    "EsNifRecognizer",
    "EsNieRecognizer",
    "ItFiscalCodeRecognizer",
    "PlPeselRecognizer",
    "DeTaxIdRecognizer",
)


def _presidio(messages: Sequence[Message]) -> Figures:
    # The list of top-level names that comes with the package; it must not be fetched.
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    rules = [getattr(recognizers, name)() for name in _NAMES if hasattr(recognizers, name)]
    figures = Figures()
    for message in messages:
        start = time.perf_counter_ns()
        spans = []
        for rule in rules:
            found = rule.analyze(message.text, rule.supported_entities, None)
            # What a pattern gives below this is what its authors call weak without a word beside it.
            spans += [(result.start, result.end) for result in found or [] if result.score >= _threshold(rule)]
        figures.nanoseconds.append(time.perf_counter_ns() - start)
        places = [0]
        for character in message.text:
            places.append(places[-1] + len(character.encode()))
        figures.take(message, [(places[start], places[end]) for start, end in spans])
    return figures


def _threshold(rule: object) -> float:
    """Everything that a checksum or a library has confirmed, and patterns that are not the weakest."""
    return 0.3 if isinstance(rule, PatternRecognizer) else 0.0


class Presidio(unittest.TestCase):
    def test_beside_presidio(self) -> None:
        """Ours finds no less of what both look for, and takes no longer."""
        messages = [*personal(42, 10), *harmless(42, 10)]
        us, them = ours(messages), _presidio(messages)
        for kind in _COMPARED:
            print(f"  {kind:10} ours {us.recall_of(kind):.4f}, Presidio {them.recall_of(kind):.4f}")
        print(f"  precision ours {us.precision:.4f}, Presidio {them.precision:.4f}")
        print(f"  p50 ours {us.median_milliseconds:.3f} ms, Presidio {them.median_milliseconds:.3f} ms")
        for kind in _COMPARED:
            self.assertGreaterEqual(us.recall_of(kind), them.recall_of(kind), kind)
        self.assertGreaterEqual(us.precision, them.precision)
        self.assertLess(us.median_milliseconds, them.median_milliseconds)


if __name__ == "__main__":
    unittest.main()
