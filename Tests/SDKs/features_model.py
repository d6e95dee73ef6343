"""What a hub shows with a model that really answers: its own tiny one, or one of llama.cpp's server behind it."""

from __future__ import annotations

import json
import threading

from matrix import Case, feature
from talkers import Said, Turn

_QUESTION = "What is the capital of France?"
_ANSWER = "Paris"
_SCHEMA = {
    "type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"],
    "additionalProperties": False,
}
_PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
_BOTH = ("Tiny", "LlamaBehind")


def _calm(case: Case, stream: bool = False, **words: object) -> Said:
    """The answer of a model that never guesses."""
    return case.say(_QUESTION, temperature=0.0, stream=stream, **words)


@feature(*_BOTH)
def whole_answer(case: Case) -> None:
    """A whole answer that answers the question."""
    said = _calm(case)
    case.assertIn(_ANSWER, said.text)
    case.assertEqual(said.stop, "end")


@feature(*_BOTH)
def streamed_answer(case: Case) -> None:
    """A stream of several pieces says the same as a whole answer."""
    whole = _calm(case).text
    most = 0
    for _ in range(20):  # a short answer of a tiny model may be there as a whole before its first piece has left
        said = _calm(case, stream=True)
        case.assertEqual(said.text, whole)
        case.assertEqual(said.stop, "end")
        most = max(most, len(said.pieces))
        if most > 1:
            break
    case.assertGreater(most, 1)


@feature(*_BOTH)
def usage(case: Case) -> None:
    """Counted tokens, the same whole and streamed."""
    whole, streamed = _calm(case).usage, _calm(case, stream=True).usage
    assert whole is not None and streamed is not None
    case.assertEqual((whole["prompt"], whole["output"]), (streamed["prompt"], streamed["output"]))
    case.assertGreater(whole["prompt"], 5)
    case.assertGreater(whole["output"], 1)


@feature(*_BOTH)
def most_tokens(case: Case) -> None:
    """An answer that may have three tokens has three, and says that it was cut."""
    for stream in (False, True):
        said = _calm(case, stream=stream, most=3)
        assert said.usage is not None
        case.assertEqual((said.stop, said.usage["output"]), ("length", 3))


@feature(*_BOTH)
def stop_sequences(case: Case) -> None:
    """An answer ends before a stop sequence, of which nothing is said."""
    whole = _calm(case).text
    before, _, _ = whole.partition(_ANSWER)
    for stream in (False, True):
        said = _calm(case, stream=stream, stops=[_ANSWER])
        case.assertEqual(said.text.strip(), before.strip())
        case.assertIn(said.stop, ("end", "sequence"))


@feature("Tiny", dialects=("openai",), without={"litellm to anthropic": "Anthropic has no seed"})
def seeds(case: Case) -> None:
    """The same seed says the same, also where the model may guess."""
    answers = {case.say("Tell me something.", temperature=1.0, seed=7, most=24).text for _ in range(3)}
    case.assertEqual(len(answers), 1)
    others = {case.say("Tell me something.", temperature=1.0, seed=seed, most=24).text for seed in range(8)}
    case.assertGreater(len(others), 1)


@feature("Tiny", without={"litellm to anthropic": "it asks for a tool in place of a schema"})
def json_schema(case: Case) -> None:
    """An answer that must follow a schema does."""
    for stream in (False, True):
        said = _calm(case, stream=stream, schema=_SCHEMA, most=200)
        if said.stop == "end":
            case.assertEqual(list(json.loads(said.text)), ["answer"])
        else:
            case.assertRegex(said.text, r'^\s*\{\s*"answer"\s*:\s*"')


@feature(*_BOTH)
def conversation(case: Case) -> None:
    """A system prompt and a conversation of several turns with any characters are answered."""
    begun = [Turn("user", ["naïve 🦊 日本"]), Turn("assistant", ["Yes, \u2028indeed."])]
    turns = [*begun, Turn("user", [_QUESTION, " Say."])]
    said = case.say("", turns=turns, system="You are brief. 🇨🇭", most=16)
    assert said.usage is not None
    case.assertGreater(said.usage["prompt"], 20)


@feature(*_BOTH)
def parallel_streams(case: Case) -> None:
    """Six streams at once say what one alone says."""
    alone = _calm(case, stream=True).text
    found: list[str] = []

    def one() -> None:
        talker = type(case).maker(case.ground.url, case.ground.key, 0)
        found.append(talker.say(case.ask(_QUESTION, temperature=0.0, stream=True)).text)
        talker.close()

    threads = [threading.Thread(target=one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    case.assertEqual(len(found), 6)
    case.assertTrue(all(_ANSWER in text for text in found), (alone, found))


@feature(*_BOTH)
def long_prompt(case: Case) -> None:
    """A prompt that is longer than the model can read is the SDK's `BadRequestError`."""
    for stream in (False, True):
        refused = case.refusal("word " * 5_000, stream=stream)
        case.assert_status(refused, 400)
        case.assert_kind(refused, "BadRequestError")
        if case.talker.statuses is None and case.dialect == "openai":
            case.assertEqual(refused.word, "context_length_exceeded")


@feature("Tiny")
def picture(case: Case) -> None:
    """A picture, which the model cannot see, is the SDK's `BadRequestError`."""
    refused = case.refusal("", turns=[Turn("user", ["look", f"png:{_PNG}"])])
    case.assert_status(refused, 400)
    case.assert_kind(refused, "BadRequestError")


@feature("Tiny")
def unknown_model(case: Case) -> None:
    """A model that nobody has is the SDK's `NotFoundError`."""
    refused = case.refusal("hello", model="nobody-has-this")
    case.assert_status(refused, 404)
    case.assert_kind(refused, "NotFoundError")


@feature("Tiny")
def automatic(case: Case) -> None:
    """`auto` is answered by the model that there is, and says why."""
    said = case.say(_QUESTION, model="auto", most=8)
    case.assertIn("auto", said.headers["x-mesh-model-reason"])
    case.assertEqual(said.headers["x-mesh-model"], said.model)


@feature("Tiny", without={"litellm to openai": "it has no list", "litellm to anthropic": "it has no list"})
def list_of_models(case: Case) -> None:
    """The list of models, and one of them by itself."""
    names = case.talker.models()
    case.assertEqual(len(names), 1)
    case.assertEqual(case.talker.model(names[0]), names[0])
    case.assertEqual(case.talker.model(case.ground.model), names[0])


@feature("Tiny")
def unknown_parameters(case: Case) -> None:
    """What nobody knows is passed over, and named in `x-mesh-dropped-parameters`."""
    said = case.say(_QUESTION, extra={"nobody_knows": 1}, most=4)
    case.assertIn("nobody_knows", said.headers["x-mesh-dropped-parameters"])


@feature("Tiny")
def malformed(case: Case) -> None:
    """A request that means nothing is the SDK's `BadRequestError`, and not tried again."""
    talker = case.another(retries=2)
    refused = case.refusal("hello", talker, extra={"temperature": "hot"})
    case.assert_status(refused, 400)
    case.assert_kind(refused, "BadRequestError")
    if case.talker.statuses is None:
        case.assertEqual(talker.attempts, 1)


#: Their transports read nothing once they cannot write, and tell of a connection that failed.
_DEAF = {name: "it does not read while it writes" for name in ("openai async", "anthropic async")}
_SLOW = {name: "it is slow with so much" for name in ("litellm to openai", "litellm to anthropic")}


@feature("Tiny", without=_DEAF | _SLOW)
def too_large(case: Case) -> None:
    """A request of 33 MiB is refused with 413."""
    refused = case.refusal("x" * (33 << 20))
    case.assert_status(refused, 413)


@feature("Tiny", "LlamaBehind", without={"litellm to anthropic": "its streams cannot be closed"})
def leaving(case: Case) -> None:
    """A client that leaves in the midst stops the answer."""
    case.talker.say(case.ask("Count as far as you can.", stream=True, most=400), lambda count: count > 2)
    case.assertTrue(case.ground.comes_to_rest())
