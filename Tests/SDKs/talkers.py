"""What every client is to the matrix: it asks in the words of its SDK, and what comes is told in nobody's words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class Call:
    """A call of a tool that the model wants, or that a conversation holds."""

    id: str
    name: str
    arguments: dict[str, Any]


@dataclass
class Turn:
    """A part of a conversation. `parts` are texts, and base64 of PNG pictures behind `png:`."""

    role: str
    parts: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    #: What tools said, by the id of the call.
    results: dict[str, str] = field(default_factory=dict)


@dataclass
class Ask:
    """A question, in nobody's words; what is not set is left out."""

    turns: list[Turn]
    model: str
    system: str | None = None
    stream: bool = False
    wants_usage: bool = True
    tools: bool = False
    #: auto, none, required, or the name of a tool.
    choice: str | None = None
    most: int | None = None
    stops: list[str] = field(default_factory=list)
    temperature: float | None = None
    seed: int | None = None
    schema: dict[str, Any] | None = None
    #: Members that the SDK does not know, or that one vendor alone has.
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass
class Said:
    """An answer, in nobody's words."""

    text: str = ""
    pieces: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    #: end, length, sequence, tools or refusal; OpenAI calls both end and sequence `stop`, which is told as end.
    stop: str | None = None
    sequence: str | None = None
    model: str = ""
    id: str = ""
    #: prompt (all of it), cached, output; None where nothing was said.
    usage: dict[str, int] | None = None
    headers: dict[str, str] = field(default_factory=dict)


class Refused(Exception):
    """What the SDK threw: the name of its class, and what it says of the answer."""

    def __init__(self, error: Exception, status: int | None, word: str | None, headers: dict[str, str], said: Said):
        super().__init__(f"{type(error).__name__} {status} {word}: {error}")
        #: All classes of the SDK that it is one of.
        self.kinds = {kind.__name__ for kind in type(error).__mro__}
        self.status = status
        #: OpenAI's `code`, Anthropic's `type`.
        self.word = word
        self.headers = headers
        #: What had come before.
        self.said = said


#: The tools that questions with tools have.
TOOLS = {
    "weather": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    "clock": {"type": "object", "properties": {}},
}


class Talker(Protocol):
    """A client."""

    #: Its column in the table.
    name: str
    #: openai or anthropic: how it asks.
    dialect: str
    #: openai or anthropic: how it tells its program what came; LiteLLM has OpenAI's words for everything.
    tells: str
    #: The statuses that it tells otherwise than they were, by those that they were; None for an official SDK, whose
    #: classes and words count too.
    statuses: dict[int, int] | None
    #: How many requests went out since it was made.
    attempts: int

    def say(self, ask: Ask, enough: Callable[[int], bool] | None = None) -> Said:
        """Asks; a stream is left, and closed, once `enough` says so of the count of its events."""

    def models(self) -> list[str]:
        """The names of all models."""

    def model(self, name: str) -> str:
        """The name of one model, asked for by itself."""

    def close(self) -> None:
        """Closes its connections."""


#: Makes a client of the server at a URL, with a key, that tries again so often.
Maker = Callable[[str, str, int], Talker]
