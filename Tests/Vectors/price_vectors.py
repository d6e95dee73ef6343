"""What calls cost, worked out by `decimal` and `fractions`: an oracle that shares nothing with the Swift code.

usage: price_vectors.py --write | --check

Prices are those of the vendors' pages, in dollars for a million tokens, typed in here by hand: `data/models.json5` is
not read, so a wrong figure there shows. The multipliers are those of `data/ledger.json5`, typed in likewise.
"""

from __future__ import annotations

import argparse
import json
import sys
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal, getcontext
from fractions import Fraction
from pathlib import Path

FILE = Path(__file__).with_name("prices.json")
getcontext().prec = 60

#: Model, tier of price, first day, day after the last: input, output, cache read, cache write, cache write of an hour;
#: and from how many prompt tokens on which others hold.
PRICES: tuple[tuple[str, str, str, str | None, str, tuple[int, str] | None], ...] = (
    ("claude-opus-5-5", "standard", "2026-01-01", None, "4 20 0.20 5 8", None),
    ("claude-opus-5-5", "fast", "2026-01-01", None, "8 40 0.40 10 16", None),
    ("claude-sonnet-5-5", "standard", "2026-01-01", "2026-10-07", "2 10 0.20 2.5 4", None),
    ("claude-sonnet-5-5", "standard", "2026-10-07", None, "2 10 0.10 2.5 4", None),
    (
        "claude-haiku-5-5", "standard", "2026-01-01", None,
        "0.10 0.50 0.01 0.125 0.20", (100_000, "0.50 2.50 0.05 0.625 1"),
    ),
    ("claude-sonnet-4-6", "standard", "2026-01-01", None, "3 15 0.30 3.75 6", None),
    ("gpt-6.1-sol", "standard", "2026-01-01", None, "2 10 0.10 2.5 5", (272_000, "4 15 0.20 5 10")),
    ("gpt-6.1-sol", "priority", "2026-01-01", None, "4 20 0.20 5 10", (272_000, "8 30 0.40 10 20")),
    ("gpt-6.1-sol", "flex", "2026-01-01", None, "1 5 0.05 1.25 2.5", (272_000, "2 7.5 0.10 2.5 5")),
)  # fmt: skip
#: Multipliers of tier and kind.
RATES = {
    ("free", "local"): "1.00", ("free", "cloud"): "1.03", ("free", "knowledge"): "1.30",
    ("managed", "local"): "1.00", ("managed", "cloud"): "1.03", ("managed", "knowledge"): "1.30",
    ("byok", "local"): "1.00", ("byok", "cloud"): "1.30", ("byok", "knowledge"): "1.30",
}  # fmt: skip
DAYS = ("2026-01-01", "2026-10-06", "2026-10-07", "2026-11-22")
#: Input, cache read, cache write, cache write of an hour, output.
USAGES = (
    (1_000, 0, 0, 0, 500), (0, 0, 0, 0, 0), (1, 0, 0, 0, 0), (0, 1, 0, 0, 0), (0, 0, 1, 0, 1), (0, 0, 0, 1, 0),
    (99_999, 1, 0, 0, 7), (99_999, 1, 1, 0, 7), (100_000, 0, 0, 1, 3), (271_999, 0, 1, 0, 11), (272_000, 1, 0, 0, 11),
    (12_345, 67_890, 1_234, 567, 8_901), (900_000, 3, 5, 7, 128_000),
)  # fmt: skip


def rounded(amount: Fraction) -> int:
    """Half to even, by two libraries that have nothing to do with each other."""
    quotient = (Decimal(amount.numerator) / Decimal(amount.denominator)).quantize(Decimal(1), ROUND_HALF_EVEN)
    if int(quotient) != round(amount):
        raise AssertionError(f"decimal and fractions do not agree on {amount}")
    return int(quotient)


def shown(nanodollars: int) -> str:
    """A cost for people: up to a tenth of a cent, which is left out where it is nothing."""
    text = f"${(Decimal(nanodollars) / 10**9).quantize(Decimal('0.001'), ROUND_CEILING)}"
    return text.removesuffix("0")


def exact(rates: str, usage: tuple[int, ...]) -> Fraction:
    """Nano-dollars, before any rounding."""
    read, said, cached, kept, kept_long = (Fraction(rate) for rate in rates.split())
    tokens = (usage[0] * read, usage[1] * cached, usage[2] * kept, usage[3] * kept_long, usage[4] * said)
    return sum(tokens, Fraction(0)) * 1_000  # dollars for a million tokens are a thousand nano-dollars for one


def case(name: str, cost: Fraction, multiplier: str, basis: str, **facts: object) -> dict[str, object]:
    """One row: what is asked, and what the answer is."""
    factor = Fraction(multiplier)
    upstream = rounded(cost) if basis == "whole" else 0
    total = rounded(cost * (factor if basis == "whole" else factor - 1))
    answer = {"upstream": upstream, "fee": total - upstream, "total": total, "shown": shown(total)}
    return {"name": name, **facts, "thousandths": int(factor * 1_000), "basis": basis, **answer}


def of_models() -> list[dict[str, object]]:
    """Prices by model, tier and day, with usage on both sides of each band."""
    cases = []
    pairs = sorted(RATES)
    for model, price_tier, first, end, rates, long in PRICES:
        for day in DAYS:
            if day < first or (end is not None and day >= end):
                continue
            for index, usage in enumerate(USAGES):
                tier, kind = pairs[(index + len(cases)) % len(pairs)]
                held = long[1] if long is not None and sum(usage[:4]) > long[0] else rates
                facts = {"model": model, "price_tier": price_tier, "day": day, "tier": tier, "kind": kind}
                name = f"{model} {price_tier} {day} {tier} {kind} {usage}"
                multiplier = RATES[tier, kind]
                cases.append(case(name, exact(held, usage), multiplier, "whole", **facts, usage=list(usage)))
    return cases


def of_halves() -> list[dict[str, object]]:
    """Prices made so that the product ends in a half, and just beside it: 1 n$ for a million tokens is the unit."""
    cases = []
    steps = (
        ("1.00", "whole", 500_000), ("1.30", "whole", 5_000_000), ("1.03", "whole", 500_000),
        ("1.30", "fee", 5_000_000), ("1.03", "fee", 50_000_000),
    )  # fmt: skip
    for multiplier, basis, step in steps:
        for tokens in (1, 2, 3, 5, 99, 100, 101, 300, 500, 700, 1_300, 99_999):
            for off in (-1, 0, 1):
                rate = step + off
                cost = Fraction(rate * tokens, 1_000_000)
                name = f"{tokens} tokens at {rate} x {multiplier} {basis}"
                cases.append(case(name, cost, multiplier, basis, rate=rate, usage=[tokens, 0, 0, 0, 0]))
    return cases


def of_large() -> list[dict[str, object]]:
    """As much as a call can come to, where floating point has long lost the last digits."""
    cases = []
    for tokens in (10**9 + 1, 10**11 + 3, 123_456_789_012):
        for rate in (7, 1_000_000_007, 9_999_999_999_999):
            cost = Fraction(rate * tokens, 1_000_000)
            if cost * 2 >= 2**63:
                continue
            name = f"{tokens} tokens at {rate}"
            cases.append(case(name, cost, "1.03", "whole", rate=rate, usage=[tokens, 0, 0, 0, 0]))
    return cases


def document() -> str:
    """The whole file."""
    cases = of_models() + of_halves() + of_large()
    return "[\n" + ",\n".join("  " + json.dumps(each) for each in cases) + "\n]\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", action="store_true", help="make the file anew")
    action.add_argument("--check", action="store_true", help="fail where the file is not up to date")
    if parser.parse_args().write:
        FILE.write_text(document(), encoding="utf-8")
        return 0
    if FILE.read_text(encoding="utf-8") != document():
        print(f"{FILE.name} is not what price_vectors.py writes; run it with --write", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
