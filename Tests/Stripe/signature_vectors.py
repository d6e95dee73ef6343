"""Signatures of webhooks as Stripe's own SDK makes and judges them; `signature_vectors.py --write` writes the file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import stripe

#: What `StripeSignatureTests.swift` reads.
FILE = Path(__file__).resolve().parents[1] / "Vectors/stripe.json"
SECRETS = ("whsec_first_0123456789abcdef", "whsec_second_fedcba9876543210", "whsec_" + "x" * 80)
BODIES = ("{}", '{"id":"evt_1","type":"invoice.paid"}', '{"name":"Zoë \\u00fc 東京 🙂"}\n', "", "x" * 1_000)
TIME = 1_790_000_000


def document() -> str:
    """The whole file."""
    rows = [_case(number, body, secret) for number, (body, secret) in enumerate(_pairs())]
    return json.dumps(rows, indent=1, ensure_ascii=False) + "\n"


def _pairs() -> list[tuple[str, str]]:
    return [(body, secret) for body in BODIES for secret in SECRETS]


def _case(number: int, body: str, secret: str) -> dict[str, Any]:
    signer = stripe.WebhookSignature
    field = signer.generate_signature_header(body, secret, TIME + number)
    code = field.split("v1=")[1]
    fields = {
        "as it is": field,
        "beside an older secret's": f"t={TIME + number},v1={'0' * 64},v1={code}",
        "beside another kind": f"t={TIME + number},v0={code},v1={code}",
        "of another kind only": f"t={TIME + number},v0={code}",
        "of another time": f"t={TIME + number + 1},v1={code}",
        "cut": field[:-2],
        "without a time": f"v1={code}",
        "with another letter": field[:-1] + ("0" if field[-1] != "0" else "1"),
    }
    judged = {name: _judge(body, text, secret) for name, text in fields.items()}
    return {
        "body": body, "secret": secret, "time": TIME + number,
        "fields": [{"name": name, "field": text, "valid": judged[name]} for name, text in fields.items()],
    }


def _judge(body: str, field: str, secret: str) -> bool:
    """Whether the SDK believes it."""
    try:
        stripe.WebhookSignature.verify_header(body, field, secret)
    except stripe.SignatureVerificationError:
        return False
    return True


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        FILE.write_text(document(), encoding="utf-8")
    else:
        print(document(), end="")
