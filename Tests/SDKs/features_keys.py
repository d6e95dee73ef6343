"""What a hub shows to those who show keys: which count, for what, and how often they may ask."""

from __future__ import annotations

from matrix import Case, feature
from talkers import Talker


def _with_key(case: Case, *words: str, retries: int = 0) -> Talker:
    """A client with a key of its own."""
    return case.another(retries, key=case.ground.make_key(*words))


def _remaining(case: Case, headers: dict[str, str]) -> int:
    name = "x-ratelimit" if case.dialect == "openai" else "anthropic-ratelimit"
    names = [f"{name}-remaining-requests", f"{name}-requests-remaining"]
    return int(next(headers[name] for name in names if name in headers))


@feature("Keyed")
def key_that_counts(case: Case) -> None:
    """A key that counts is answered, whole and streamed."""
    talker = _with_key(case)
    for stream in (False, True):
        case.assertEqual(talker.say(case.ask("hello", stream=stream)).text, "hello")


@feature("Keyed")
def key_unknown(case: Case) -> None:
    """A key of ours that nobody knows is 401, `AuthenticationError`, and not tried again."""
    talker = case.another(2, key="mesh_" + "0" * 40)
    refused = case.refusal("hello", talker)
    case.assert_status(refused, 401)
    case.assert_kind(refused, "AuthenticationError")
    if case.talker.statuses is None:
        case.assertEqual(talker.attempts, 1)


@feature("Keyed")
def key_taken_back(case: Case) -> None:
    """A key that was taken back is 401, `AuthenticationError`."""
    key = case.ground.make_key()
    talker = case.another(key=key)
    case.assertEqual(talker.say(case.ask("hello")).text, "hello")
    case.ground.revoke(key)
    refused = case.refusal("hello", talker)
    case.assert_status(refused, 401)
    case.assert_kind(refused, "AuthenticationError")


@feature("Keyed")
def key_for_something_else(case: Case) -> None:
    """A key that is for something else is 403, `PermissionDeniedError`."""
    refused = case.refusal("hello", _with_key(case, "--scope", "read"))
    case.assert_status(refused, 403)
    case.assert_kind(refused, "PermissionDeniedError")


@feature("Keyed")
def rate_limit(case: Case) -> None:
    """What a key asks beyond its share of a minute is 429, `RateLimitError`, with `retry-after`."""
    talker = _with_key(case, "--per-minute", "2")
    for _ in range(2):
        talker.say(case.ask("hello"))
    before = len(case.ground.asked())
    refused = case.refusal("hello", talker)
    case.assert_status(refused, 429)
    case.assert_kind(refused, "RateLimitError")
    if case.talker.statuses is None:
        case.assertTrue(1 <= int(refused.headers["retry-after"]) <= 60, refused.headers)
    case.assertEqual(len(case.ground.asked()), before)


@feature("Keyed")
def rate_limit_headers(case: Case) -> None:
    """Each answer says how often the key may still ask, in the vendor's fields."""
    talker = _with_key(case, "--per-minute", "5")
    left = [_remaining(case, talker.say(case.ask("hello", stream=stream)).headers) for stream in (False, True, False)]
    case.assertEqual(left, [4, 3, 2])


@feature("Keyed")
def refusals_cost_nothing(case: Case) -> None:
    """A call that is refused takes nothing of what a key may ask."""
    talker = _with_key(case, "--per-minute", "5")
    talker.say(case.ask("hello"))
    case.refusal("hello", talker, model="nobody-has-this")
    case.assertEqual(_remaining(case, talker.say(case.ask("hello")).headers), 3)
