"""What the server with canned answers (`meshload chat`) shows: every class of error, and every way to end."""

from __future__ import annotations

import time
from collections.abc import Callable

from matrix import Case, feature

#: Our word: the status, the SDKs' classes, and the vendors' words for it. OpenAI comes first.
_ERRORS: dict[str, tuple[tuple[int, str, str | None], tuple[int, str, str]]] = {
    "malformed": ((400, "BadRequestError", None), (400, "BadRequestError", "invalid_request_error")),
    "contextExceeded": (
        (400, "BadRequestError", "context_length_exceeded"), (400, "BadRequestError", "invalid_request_error"),
    ),
    "unauthenticated": (
        (401, "AuthenticationError", "invalid_api_key"), (401, "AuthenticationError", "authentication_error"),
    ),
    "paymentRequired": (
        (402, "APIStatusError", "credit_balance_exhausted"), (402, "PaymentRequiredError", "billing_error"),
    ),
    "forbidden": (
        (403, "PermissionDeniedError", "permission_denied"), (403, "PermissionDeniedError", "permission_error"),
    ),
    "unknownModel": ((404, "NotFoundError", "model_not_found"), (404, "NotFoundError", "not_found_error")),
    "conflict": ((409, "ConflictError", "conflict"), (409, "ConflictError", "conflict_error")),
    "tooLarge": ((413, "APIStatusError", "request_too_large"), (413, "ContentTooLargeError", "request_too_large")),
    "rateLimited": ((429, "RateLimitError", "rate_limit_exceeded"), (429, "RateLimitError", "rate_limit_error")),
    "engineFailed": ((500, "InternalServerError", "engine_failed"), (500, "InternalServerError", "api_error")),
    "upstreamFailed": ((502, "InternalServerError", "upstream_failed"), (502, "InternalServerError", "api_error")),
    "upstreamBilling": ((502, "InternalServerError", "upstream_billing"), (502, "InternalServerError", "api_error")),
    "unavailable": ((503, "InternalServerError", "unavailable"), (503, "InternalServerError", "api_error")),
    "timedOut": ((504, "InternalServerError", "timeout"), (504, "InternalServerError", "timeout_error")),
    "overloaded": ((503, "InternalServerError", "overloaded"), (529, "InternalServerError", "overloaded_error")),
}


def _error(word: str) -> Callable[[Case], None]:
    def check(case: Case) -> None:
        status, kind, said = _ERRORS[word][case.dialect == "anthropic"]
        for stream in (False, True):
            refused = case.refusal("hello", model=f"fail-{word}", stream=stream)
            case.assert_status(refused, status)
            if case.talker.statuses is None:
                case.assertEqual(refused.word, said)
                case.assertIn(kind, refused.kinds)
        if word == "rateLimited" and case.talker.statuses is None:
            case.assertEqual(refused.headers["retry-after"], "1")

    (status, kind, _), (other, other_kind, _) = _ERRORS[word]
    statuses = f"{status}" if status == other else f"{status} or {other}"
    kinds = f"`{kind}`" if kind == other_kind else f"`{kind}` or `{other_kind}`"
    check.__name__ = f"error_{status}_{word}"
    check.__doc__ = f"{statuses}, {word}: {kinds}, streamed or not."
    return check


for _word in _ERRORS:
    feature("Canned")(_error(_word))


def _retries(word: str, attempts: int, at_least: float) -> Callable[[Case], None]:
    def check(case: Case) -> None:
        talker = case.another(retries=1)
        begin = time.monotonic()
        case.refusal("hello", talker, model=f"fail-{word}")
        case.assertEqual(talker.attempts, attempts)
        case.assertGreaterEqual(time.monotonic() - begin, at_least)

    check.__name__ = f"retries_{word}"
    again = "again after the time that we say" if at_least else "again" if attempts > 1 else "never again"
    check.__doc__ = f"{word} is tried {again}."
    return check


_NO_COUNT = {name: "it does not tell its attempts" for name in ("litellm to openai", "litellm to anthropic")}
for _word, _attempts, _wait in [
    ("rateLimited", 2, 1.0), ("overloaded", 2, 1.0), ("engineFailed", 2, 0.0), ("paymentRequired", 1, 0.0),
    ("upstreamBilling", 1, 0.0), ("upstreamCredentials", 1, 0.0), ("unauthenticated", 1, 0.0), ("malformed", 1, 0.0),
]:
    feature("Canned", without=_NO_COUNT)(_retries(_word, _attempts, _wait))


@feature("Canned")
def error_in_the_midst(case: Case) -> None:
    """An answer that breaks off is the SDK's error, behind the words that came."""
    refused = case.refusal("hello", model="break-overloaded", stream=True)
    case.assertEqual(refused.said.text, "some words")
    case.assert_kind(refused, "APIError")


@feature("Canned")
def every_stop_reason(case: Case) -> None:
    """Every way to end has the vendor's word for it."""
    for stream in (False, True):
        for model, stop in {"stop-length": "length", "stop-refusal": "refusal", "echo": "end"}.items():
            case.assertEqual(case.say("hello", model=model, stream=stream).stop, stop)
        said = case.say("hello", model="stop-sequence", stops=["x"], stream=stream)
        case.assertEqual(said.stop, "end" if case.talker.tells == "openai" else "sequence")
        case.assertEqual(said.sequence, None if case.talker.tells == "openai" else "x")


@feature("Canned")
def dropped_parameters(case: Case) -> None:
    """What is passed over is named in `x-mesh-dropped-parameters`."""
    said = case.say("hello", model="echo", extra={"nobody_knows": 1})
    case.assertEqual(said.headers["x-mesh-dropped-parameters"], "nobody_knows")


@feature("Canned")
def rate_limit_headers(case: Case) -> None:
    """Rate-limit fields in the vendor's names."""
    headers = case.say("hello", model="echo").headers
    if case.dialect == "openai":
        case.assertEqual(headers["x-ratelimit-remaining-requests"], "99")
    else:
        case.assertEqual(headers["anthropic-ratelimit-requests-remaining"], "99")
