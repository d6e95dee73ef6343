"""What a hub shows with a provider behind it that is not ours: what arrives there, and what becomes of its answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from matrix import Case, feature
from talkers import Call, Talker, Turn

#: A fox, a flag of two code points, a family joined by invisible ones, letters with marks apart, CJK, and what JSON
#: escapes.
_TEXT = 'naïve 🦊 🇨🇭 👩‍👩‍👧 é ñ̃ 日本語 한국어 "\n\\ \u2028end'
_GROUNDS = ("OpenAIBehind", "AnthropicBehind")
#: Also where LiteLLM's proxy stands between.
_PROXIED = (*_GROUNDS, "LiteLLMBehind")
_SCHEMA = {
    "type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"],
    "additionalProperties": False,
}
#: A picture of one point.
_PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
_CALLS = [Call("call_1", "weather", {"city": "Zürich 🏔"}), Call("call_2", "clock", {})]


def _asked(case: Case) -> dict[str, Any]:
    """The last body that the provider got."""
    return dict(case.ground.asked()[-1]["body"])


def _behind_openai(case: Case) -> bool:
    return bool(case.ground.dialect == "openai")


# Answers


@feature(*_PROXIED)
def whole_answer(case: Case) -> None:
    """A whole answer: text, reason, model, id."""
    said = case.say("hello there")
    case.assertEqual((said.text, said.stop), ("hello there", "end"))
    if case.talker.statuses is None:
        case.assertRegex(said.id, "^chatcmpl-[0-9a-f]{32}$" if case.dialect == "openai" else "^msg_[0-9a-f]{32}$")
    case.assertEqual(said.model, case.ground.model)


@feature(*_PROXIED)
def streamed_answer(case: Case) -> None:
    """A stream: the same text, piece by piece."""
    said = case.say("hello there", stream=True)
    case.assertEqual((said.text, said.stop), ("hello there", "end"))
    case.assertGreater(len(said.pieces), 5)


@feature(*_PROXIED)
def unicode_whole(case: Case) -> None:
    """Emoji, flags, joined and marked letters, CJK and what JSON escapes, there and back."""
    case.assertEqual(case.say(_TEXT).text, _TEXT)


@feature(*_PROXIED)
def unicode_split(case: Case) -> None:
    """The same in a stream whose packets end within characters and within escapes."""
    case.assertEqual(case.say(f"#split {_TEXT}", stream=True).text, _TEXT)


@feature(*_PROXIED)
def parallel_streams(case: Case) -> None:
    """Twelve streams at once, none mixed with another."""
    found: dict[int, str] = {}

    def one(number: int) -> None:
        talker = type(case).maker(case.ground.url, case.ground.key, 0)
        found[number] = talker.say(case.ask(f"#split stream {number} 🦊", stream=True)).text
        talker.close()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    case.assertEqual(found, {number: f"stream {number} 🦊" for number in range(12)})


# Questions


@feature(*_PROXIED)
def system_prompt(case: Case) -> None:
    """The system prompt arrives where the provider's dialect has it."""
    case.say("hello", system="be brief")
    body = _asked(case)
    if _behind_openai(case):
        case.assertEqual(body["messages"][0], {"role": "system", "content": "be brief"})
    else:
        case.assertEqual(body["system"], "be brief")


@feature(*_PROXIED)
def conversation(case: Case) -> None:
    """A conversation of several turns arrives in its order."""
    turns = [Turn("user", ["one"]), Turn("assistant", ["two"]), Turn("user", ["three"])]
    case.assertEqual(case.say("", turns=turns).text, "three")
    said = [(message["role"], message["content"]) for message in _asked(case)["messages"]]
    case.assertEqual(said, [("user", "one"), ("assistant", "two"), ("user", "three")])


@feature(*_GROUNDS)
def content_parts(case: Case) -> None:
    """A turn of several parts stays one of several parts."""
    case.say("", turns=[Turn("user", ["one ", "two"])])
    content = _asked(case)["messages"][-1]["content"]
    case.assertEqual([part["text"] for part in content], ["one ", "two"])


@feature(*_GROUNDS)
def picture(case: Case) -> None:
    """A picture arrives as the provider's dialect has it."""
    case.say("", turns=[Turn("user", ["look", f"png:{_PNG}"])])
    part = _asked(case)["messages"][-1]["content"][1]
    if _behind_openai(case):
        case.assertEqual(part["image_url"]["url"], f"data:image/png;base64,{_PNG}")
    else:
        case.assertEqual((part["source"]["media_type"], part["source"]["data"]), ("image/png", _PNG))


@feature(*_PROXIED)
def most_tokens(case: Case) -> None:
    """The most tokens of an answer arrive."""
    case.say("hello", most=17)
    body = _asked(case)
    case.assertEqual(body.get("max_completion_tokens", body.get("max_tokens")), 17)


@feature(*_GROUNDS, without={"litellm to openai": "it does not send them to models of this name"})
def stop_sequences(case: Case) -> None:
    """Stop sequences arrive, and a stop at one is told as the vendor does."""
    said = case.say("#stop sequence", stops=["x", "y"])
    body = _asked(case)
    case.assertEqual(body["stop" if _behind_openai(case) else "stop_sequences"], ["x", "y"])
    told = case.talker.tells == "anthropic" and not _behind_openai(case)  # OpenAI says `stop` and not at which
    case.assertEqual((said.stop, said.sequence), ("sequence", "x") if told else ("end", None))


@feature("OpenAIBehind", dialects=("openai",))
def seed(case: Case) -> None:
    """A seed arrives."""
    case.say("hello", seed=7)
    case.assertEqual(_asked(case)["seed"], 7)


@feature(*_GROUNDS, without={"litellm to anthropic": "it asks for a tool in place of a schema"})
def json_schema(case: Case) -> None:
    """A schema for the answer arrives, and the answer comes."""
    case.assertEqual(case.say('{"answer":"42"}', schema=_SCHEMA).text, '{"answer":"42"}')
    body = _asked(case)
    asked = body["response_format"]["json_schema"] if _behind_openai(case) else body["output_config"]["format"]
    case.assertEqual(asked["schema"], _SCHEMA)


@feature("AnthropicBehind", without={"litellm to anthropic": "it refuses them itself"})
def refused_parameters(case: Case) -> None:
    """What the model refuses is left out, and named in `x-mesh-dropped-parameters`."""
    said = case.say("hello", temperature=0.3)
    case.assertNotIn("temperature", _asked(case))
    case.assertIn("temperature", said.headers["x-mesh-dropped-parameters"])


@feature(*_GROUNDS)
def unknown_parameters(case: Case) -> None:
    """What nobody knows is passed over, and named in `x-mesh-dropped-parameters`."""
    said = case.say("hello", extra={"nobody_knows": 1})
    case.assertNotIn("nobody_knows", _asked(case))
    case.assertIn("nobody_knows", said.headers["x-mesh-dropped-parameters"])


# Tools


@feature(*_PROXIED)
def tools_whole(case: Case) -> None:
    """Two calls of tools in a whole answer."""
    said = case.say("#tools", tools=True, choice="auto")
    case.assertEqual((said.text, said.calls, said.stop), ("I ask two tools.", _CALLS, "tools"))
    tools = _asked(case)["tools"]
    names = [tool["function"]["name"] if _behind_openai(case) else tool["name"] for tool in tools]
    case.assertEqual(names, ["weather", "clock"])


@feature(*_PROXIED)
def tools_streamed(case: Case) -> None:
    """The same in a stream, the arguments in pieces."""
    said = case.say("#tools", tools=True, stream=True)
    case.assertEqual((said.text, said.calls, said.stop), ("I ask two tools.", _CALLS, "tools"))


@feature(*_PROXIED)
def tool_forced(case: Case) -> None:
    """A tool that must be called is named to the provider."""
    case.assertEqual(case.say("#tools", tools=True, choice="weather").stop, "tools")
    named: dict[str, Any] = {"type": "tool", "name": "weather"}
    if _behind_openai(case):
        named = {"type": "function", "function": {"name": "weather"}}
    case.assertEqual(_asked(case)["tool_choice"], named)


@feature(*_GROUNDS)
def tools_forbidden(case: Case) -> None:
    """Tools that must not be called are not."""
    said = case.say("#tools", tools=True, choice="none")
    case.assertEqual((said.calls, said.stop), ([], "end"))
    case.assertEqual(_asked(case)["tool_choice"], "none" if _behind_openai(case) else {"type": "none"})


@feature(*_PROXIED)
def tool_results(case: Case) -> None:
    """What a tool said is sent back under the id of its call."""
    wanted = Turn("assistant", [], calls=[_CALLS[0]])
    turns = [Turn("user", ["how is it?"]), wanted, Turn("user", results={"call_1": "5 °C"})]
    case.say("", turns=turns, tools=True)
    messages = _asked(case)["messages"]
    if _behind_openai(case):
        case.assertEqual(messages[1]["tool_calls"][0]["id"], "call_1")
        case.assertEqual(messages[2], {"role": "tool", "tool_call_id": "call_1", "content": "5 °C"})
    else:
        case.assertEqual(messages[1]["content"][0]["input"], {"city": "Zürich 🏔"})
        result = messages[2]["content"][0]
        case.assertEqual((result["type"], result["tool_use_id"]), ("tool_result", "call_1"))
        case.assertIn("5 °C", str(result["content"]))


# Reasons and usage


def _stops(reason: str) -> Callable[[Case], None]:
    def check(case: Case) -> None:
        for stream in (False, True):
            said = case.say(f"#stop {reason}", stream=stream)
            case.assertEqual((said.text, said.stop), ("some words", reason))

    check.__name__ = f"stop_{reason}"
    check.__doc__ = f"An answer that ends by {reason} says so, whole and streamed."
    return check


for _reason in ("length", "refusal"):
    feature(*_PROXIED)(_stops(_reason))

_USAGE = {"prompt": 19, "cached": 5, "output": 7}


@feature(*_PROXIED)
def usage_whole(case: Case) -> None:
    """Usage with what was in the cache, counted as the client's vendor counts."""
    case.assertEqual(case.say("hello").usage, _USAGE)


@feature(*_PROXIED)
def usage_streamed(case: Case) -> None:
    """The same at the end of a stream."""
    case.assertEqual(case.say("hello", stream=True).usage, _USAGE)


@feature(*_GROUNDS, dialects=("openai",), without={"litellm to openai": "it always asks"})
def usage_not_asked(case: Case) -> None:
    """Who does not ask for the usage of a stream is not told it, and the provider is asked all the same."""
    case.assertIsNone(case.say("hello", stream=True, wants_usage=False).usage)
    if _behind_openai(case):
        case.assertEqual(_asked(case)["stream_options"], {"include_usage": True})


# Models


@feature(*_PROXIED)
def alias(case: Case) -> None:
    """Another name of a model is answered by that model, which the answer names."""
    said = case.say("hello", model=case.ground.alias)
    case.assertEqual((said.text, said.model), ("hello", case.ground.model))
    case.assertEqual(_asked(case)["model"], case.ground.model)


@feature(*_GROUNDS)
def automatic(case: Case) -> None:
    """`auto` is answered, and says by whom and why."""
    said = case.say("hello", model="auto")
    case.assertEqual(said.text, "hello")
    case.assertIn("auto", said.headers["x-mesh-model-reason"])


@feature(*_PROXIED)
def unknown_model(case: Case) -> None:
    """A model that nobody has is the SDK's `NotFoundError`."""
    before = len(case.ground.asked())
    refused = case.refusal("hello", model="nobody-has-this")
    case.assert_status(refused, 404)
    case.assert_kind(refused, "NotFoundError")
    case.assertEqual(len(case.ground.asked()), before)


@feature(*_GROUNDS, without={"litellm to openai": "it has no list", "litellm to anthropic": "it has no list"})
def list_of_models(case: Case) -> None:
    """The list of models, and one of them by itself."""
    case.assertIn(case.ground.model, case.talker.models())
    case.assertEqual(case.talker.model(case.ground.model), case.ground.model)


# Errors of the provider

#: What the provider answers with: the status that the client sees and the SDKs' classes of which it is one.
_FAILURES: dict[str, tuple[int, str]] = {
    "400": (400, "BadRequestError"),
    "401": (502, "InternalServerError"),
    "402": (502, "InternalServerError"),
    "403": (502, "InternalServerError"),
    "413": (413, "APIStatusError"),
    "429 1": (429, "RateLimitError"),
    "500": (502, "InternalServerError"),
    "504": (504, "InternalServerError"),
    "529": (503, "InternalServerError"),
}


def _elsewhere(case: Case, retries: int = 0) -> Talker:
    """A client of a hub of its own: one that has seen the provider fail often leaves it alone for a while."""
    hub = case.ground.fresh()
    case.addCleanup(hub.end)
    return case.another(retries, url=hub.url)


def _failure(words: str) -> Callable[[Case], None]:
    status, kind = _FAILURES[words]

    def check(case: Case) -> None:
        wanted = 529 if words == "529" and case.dialect == "anthropic" else status
        for stream in (False, True):
            refused = case.refusal(f"#fail {words}", _elsewhere(case), stream=stream)
            case.assert_status(refused, wanted)
            case.assert_kind(refused, kind)
        if status == 429 and case.talker.statuses is None:
            case.assertLessEqual(1, int(refused.headers["retry-after"]))

    check.__name__ = f"provider_{words.split()[0]}"
    what = " with `retry-after`" if " " in words else ""
    check.__doc__ = f"A provider's {words.split()[0]}{what} is {status}, `{kind}`."
    return check


for _words in _FAILURES:
    feature(*_GROUNDS)(_failure(_words))


@feature(*_GROUNDS)
def provider_garbage(case: Case) -> None:
    """A provider's answer that is none is 502."""
    refused = case.refusal("#garbage", _elsewhere(case))
    case.assert_status(refused, 502)
    case.assert_kind(refused, "InternalServerError")


def _broken(word: str, how: str) -> Callable[[Case], None]:
    def check(case: Case) -> None:
        refused = case.refusal(word, _elsewhere(case), stream=True)
        case.assertEqual(refused.said.text.strip(), "some words")
        case.assert_kind(refused, "APIError")

    check.__name__ = f"provider_{word.removeprefix('#')}"
    check.__doc__ = f"A provider's stream that {how} is the SDK's error, behind the words that came."
    return check


feature(*_GROUNDS)(_broken("#break", "ends in the midst"))
feature(*_GROUNDS)(_broken("#breakerror", "says an error in the midst"))


@feature(*_GROUNDS)
def provider_credit(case: Case) -> None:
    """A provider that wants to be paid is asked once, by the hub and by the SDK."""
    before = len(case.ground.asked())
    case.refusal("#fail 402", _elsewhere(case, retries=2))
    case.assertEqual(len(case.ground.asked()) - before, 1)


# Leaving


def _left(case: Case, before: int) -> bool:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        asked = case.ground.asked()[before:]
        if asked and asked[-1]["left"] is not None:
            return True
        time.sleep(0.01)
    return False


@feature(*_PROXIED, without={"litellm to anthropic": "its streams cannot be closed"})
def leaving(case: Case) -> None:
    """A client that leaves in the midst stops the provider's answer."""
    before = len(case.ground.asked())
    case.talker.say(case.ask("#endless", stream=True), lambda count: count > 5)
    case.assertTrue(_left(case, before))
