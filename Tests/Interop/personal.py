"""What a client can tell of people in every field of a request, each time somebody else's."""

from __future__ import annotations

import base64
import copy
from dataclasses import dataclass
from typing import Any

_SURNAMES = [
    "Keller", "Okafor", "Lindqvist", "Moreau", "Castellanos", "Nakamura", "Petrov", "Haugen", "Romano", "Fischer",
    "Dubois", "Novak", "Jansen", "Kowalski", "Silva", "Andersen", "Weber", "Rossi", "Garcia", "Schneider",
]  # fmt: skip


@dataclass(frozen=True)
class Person:
    """Somebody made up."""

    number: int

    @property
    def surname(self) -> str:
        return _SURNAMES[self.number % len(_SURNAMES)]

    @property
    def mail(self) -> str:
        return f"{self.surname.lower()}.{self.number}@example.org"

    @property
    def card(self) -> str:
        """With the check digit that it must have."""
        digits = f"411111{self.number:09d}"
        total = sum(sum(divmod(int(digit) * (2 - index % 2), 10)) for index, digit in enumerate(digits))
        whole = digits + str(-total % 10)
        return " ".join(whole[start : start + 4] for start in range(0, 16, 4))

    @property
    def marker(self) -> str:
        """Nothing personal: that it is found shows that the search finds what is there."""
        return f"marker{self.number:04d}marker"

    @property
    def text(self) -> str:
        """A sentence with all of it."""
        return f"{self.marker}: my name is Anna {self.surname}, write to {self.mail}, the card is {self.card}"

    @property
    def originals(self) -> list[str]:
        """What nobody but the edge may see."""
        return [f"Anna {self.surname}", self.mail, self.card, self.card.replace(" ", "")]


def forms(original: str) -> list[bytes]:
    """How it could be written somewhere: as it is, in small letters, in UTF-16, in base64 wherever it begins."""
    found = [original.encode(), original.lower().encode(), original.encode("utf-16-le")]
    for skipped in range(3):
        coded = base64.b64encode(b"\0" * skipped + original.encode())
        # What depends on what stands before and behind it is left out.
        found.append(coded[(skipped * 8 + 5) // 6 : len(coded) - 4])
    return found


class Fields:
    """Requests of one dialect: the same one, with somebody told of in one field more."""

    def __init__(self, first: int) -> None:
        self._number = first
        #: By the field.
        self.people: dict[str, Person] = {}
        self.requests: list[tuple[str, dict[str, Any]]] = []

    def add(self, name: str, place: Any, base: dict[str, Any]) -> None:
        """A request whose field `name` holds what `place` makes of somebody."""
        self._number += 1
        person = Person(self._number)
        self.people[name] = person
        request = copy.deepcopy(base)
        place(request, person)
        self.requests.append((name, request))


def _ask(texts: list[Any]) -> dict[str, Any]:
    """The last thing that is said, beside what stands elsewhere: the answer is this, a character at a time."""
    return {"role": "user", "content": texts if len(texts) != 1 else texts[0]}


def openai(first: int = 0) -> Fields:
    """All fields of OpenAI's Chat Completions that are taken."""
    fields = Fields(first)
    hello = _ask(["hello"])
    base = {"model": "gpt-6-luna", "messages": [hello], "max_tokens": 2_000}
    tool = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}

    def message(request: dict[str, Any], value: dict[str, Any]) -> None:
        request["messages"].insert(0, value)

    def call(request: dict[str, Any], arguments: str, result: Any) -> None:
        function = {"name": "look", "arguments": arguments}
        use = {"role": "assistant", "tool_calls": [{"id": "call_1", "type": "function", "function": function}]}
        request["messages"] = [hello, use, {"role": "tool", "tool_call_id": "call_1", "content": result}, hello]
        request["tools"] = [tool]

    def schema(request: dict[str, Any], value: dict[str, Any]) -> None:
        request["tools"] = [{"type": "function", "function": {"name": "look", **value}}]

    for role in ("system", "developer", "assistant"):
        fields.add(role, lambda r, p, role=role: message(r, {"role": role, "content": p.text}), base)
    fields.add("user", lambda r, p: r.update(messages=[_ask([p.text])]), base)
    fields.add("user, parts", lambda r, p: r.update(messages=[_ask([{"type": "text", "text": "a "},
                                                                   {"type": "text", "text": p.text}])]), base)
    fields.add("system, parts", lambda r, p: message(r, {"role": "system",
                                                         "content": [{"type": "text", "text": p.text}]}), base)
    fields.add("refusal", lambda r, p: message(r, {"role": "assistant", "content": None, "refusal": p.text}), base)
    fields.add("name", lambda r, p: r.update(messages=[{**_ask(["hello"]), "name": p.mail}]), base)
    fields.add("tool arguments", lambda r, p: call(r, f'{{"whom": "{p.text}", "{p.mail}": [1]}}', "found"), base)
    fields.add("tool arguments, no JSON", lambda r, p: call(r, p.text, "found"), base)
    fields.add("tool result", lambda r, p: call(r, "{}", p.text), base)
    fields.add("tool result, parts", lambda r, p: call(r, "{}", [{"type": "text", "text": p.text}]), base)
    fields.add("tool description", lambda r, p: schema(r, {"description": p.text}), base)
    fields.add("tool schema", lambda r, p: schema(r, {"parameters": {
        "type": "object", "description": p.text,
        "properties": {p.mail: {"type": "string", "enum": [p.text, p.mail], "default": p.card}}}}), base)
    fields.add("stop", lambda r, p: r.update(stop=[p.mail]), base)
    fields.add("user number", lambda r, p: r.update(user=p.mail), base)
    fields.add("safety identifier", lambda r, p: r.update(safety_identifier=p.text), base)
    fields.add("metadata", lambda r, p: r.update(metadata={"whom": p.text, p.mail: "yes"}), base)
    fields.add("response format", lambda r, p: r.update(response_format={"type": "json_schema", "json_schema": {
        "name": "who", "description": p.text, "schema": {"type": "object", "description": p.text,
                                                         "properties": {"a": {"const": p.mail}}}}}), base)
    fields.add("picture's address", lambda r, p: r.update(messages=[_ask([
        {"type": "image_url", "image_url": {"url": f"https://{p.mail}/of?card={p.card.replace(' ', '')}"}},
        {"type": "text", "text": "hello"}])]), base)
    fields.add("unknown field", lambda r, p: r.update(prompt_cache_key=p.text), base)
    fields.add("prediction", lambda r, p: r.update(prediction={"type": "content", "content": p.text}), base)
    return fields


def anthropic(first: int = 100) -> Fields:
    """All fields of Anthropic's Messages that are taken."""
    fields = Fields(first)
    hello = _ask(["hello"])
    base = {"model": "claude-haiku-5-5", "messages": [hello], "max_tokens": 2_000}
    text = {"type": "text"}

    def call(request: dict[str, Any], arguments: dict[str, Any], result: Any) -> None:
        use = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": arguments}
        found = {"type": "tool_result", "tool_use_id": "toolu_1", "content": result}
        request["messages"] = [hello, {"role": "assistant", "content": [use]}, _ask([found, {**text, "text": "hello"}])]
        request["tools"] = [{"name": "look", "input_schema": {"type": "object"}}]

    def part(request: dict[str, Any], value: dict[str, Any]) -> None:
        request["messages"] = [_ask([value, {**text, "text": "hello"}])]

    fields.add("system", lambda r, p: r.update(system=p.text), base)
    fields.add("system, parts", lambda r, p: r.update(system=[{**text, "text": p.text}]), base)
    fields.add("user", lambda r, p: r.update(messages=[_ask([p.text])]), base)
    fields.add("user, parts", lambda r, p: part(r, {**text, "text": p.text}), base)
    fields.add("assistant", lambda r, p: r["messages"].extend([{"role": "assistant", "content": p.text}, hello]), base)
    fields.add("thinking", lambda r, p: r["messages"].extend([
        {"role": "assistant", "content": [{"type": "thinking", "thinking": p.text, "signature": "c2lnbmVk"},
                                          {**text, "text": "yes"}]}, hello]), base)
    fields.add("tool input", lambda r, p: call(r, {"whom": {"texts": [p.text], p.mail: p.card}}, "found"), base)
    fields.add("card as a number", lambda r, p: call(r, {"card": int(p.card.replace(" ", ""))}, "found"), base)
    fields.add("tool result", lambda r, p: call(r, {}, p.text), base)
    fields.add("tool result, parts", lambda r, p: call(r, {}, [{**text, "text": p.text}]), base)
    fields.add("tool description", lambda r, p: r.update(tools=[
        {"name": "look", "description": p.text, "input_schema": {"type": "object"}}]), base)
    fields.add("tool schema", lambda r, p: r.update(tools=[{"name": "look", "input_schema": {
        "type": "object", "properties": {p.mail: {"description": p.text, "enum": [p.card]}}}}]), base)
    fields.add("stop sequences", lambda r, p: r.update(stop_sequences=[p.mail]), base)
    fields.add("metadata", lambda r, p: r.update(metadata={"user_id": p.mail}), base)
    fields.add("picture's address", lambda r, p: part(r, {"type": "image", "source": {
        "type": "url", "url": f"https://{p.mail}/of?card={p.card.replace(' ', '')}"}}), base)
    fields.add("document", lambda r, p: part(r, {"type": "document", "title": p.text, "context": p.text, "source": {
        "type": "text", "media_type": "text/plain", "data": p.text}}), base)
    fields.add("unknown field", lambda r, p: r.update(container=p.text), base)
    return fields


def ours(first: int = 200) -> Fields:
    """All fields of our own questions that hold people's words; numbers and sessions stay on the edge."""
    fields = Fields(first)

    def base() -> dict[str, Any]:
        return {"request_id": f"q-{len(fields.requests)}", "query": "hello", "max_tokens": 500,
                "model_preference": "gpt-6-luna"}

    def context(request: dict[str, Any], value: dict[str, Any]) -> None:
        request["context"] = value

    fields.add("query", lambda r, p: r.update(query=p.text), base())
    fields.add("framing", lambda r, p: context(r, {"pathos_framing": p.text}), base())
    fields.add("knowledge", lambda r, p: context(r, {"local_knowledge": [p.text]}), base())
    fields.add("named knowledge", lambda r, p: context(r, {"local_knowledge": [{"name": p.mail, "text": p.text}]}),
               base())
    fields.add("constraints", lambda r, p: context(r, {"constraints": ["be short", p.text]}), base())
    fields.add("request's number", lambda r, p: r.update(request_id=p.mail), base())
    fields.add("session", lambda r, p: r.update(session_id=f"{p.surname.lower()}-{p.number}", query=p.text), base())
    return fields
