"""An application that asks an edge, and what it has read when its answer is over."""

from __future__ import annotations

import json
import socket
import threading
import time
from dataclasses import dataclass
from typing import Any

#: What whoever asks tells of themselves; the provider sees none of it, and the application all of it.
TEXTS = ["my name is Anna Keller", "mail anna.keller@example.org", "card 4111 1111 1111 1111", "nothing of mine"]
#: What must not leave the machine.
ORIGINALS = ["Keller", "anna.keller@example.org", "4111 1111 1111 1111"]


@dataclass
class Heard:
    """What an answer said."""

    text: str = ""
    #: The reason why it ended, and the last event.
    is_ended: bool = False
    #: The types of the errors in it.
    errors: tuple[str, ...] = ()


class ChatRoute:
    """OpenAI's dialect."""

    name = "chat"
    path = "/v1/chat/completions"

    def body(self, question: str, key: str) -> dict[str, Any]:
        """A request."""
        del key  # such a request has no number of the application's own
        return {"model": "counted", "stream": True, "messages": [{"role": "user", "content": question}]}

    def hear(self, events: list[tuple[str, str]]) -> Heard:
        """What the events of a stream say."""
        heard = Heard()
        for _, data in events:
            if data == "[DONE]":
                heard.is_ended = True
                continue
            value = json.loads(data)
            if "error" in value:
                heard.errors += (str(value["error"]["type"]),)
            for choice in value.get("choices", []):
                heard.text += choice["delta"].get("content") or ""
        return heard


class MessagesRoute:
    """Anthropic's dialect."""

    name = "messages"
    path = "/v1/messages"

    def body(self, question: str, key: str) -> dict[str, Any]:
        """A request."""
        return {"max_tokens": 100_000, **ChatRoute().body(question, key)}

    def hear(self, events: list[tuple[str, str]]) -> Heard:
        """What the events of a stream say."""
        heard = Heard()
        for name, data in events:
            value = json.loads(data)
            if name == "error":
                heard.errors += (str(value["error"]["type"]),)
            elif name == "content_block_delta":
                heard.text += value["delta"].get("text", "")
            elif name == "message_stop":
                heard.is_ended = True
        return heard


class StreamRoute:
    """Our own, whose requests have a number."""

    name = "stream"
    path = "/v1/stream"
    has_session = False

    def body(self, question: str, key: str) -> dict[str, Any]:
        """A request."""
        asked = {"request_id": key, "query": question, "max_tokens": 100_000, "model_preference": "counted"}
        return {**asked, "session_id": key} if self.has_session else asked

    def hear(self, events: list[tuple[str, str]]) -> Heard:
        """What the events of a stream say."""
        heard = Heard()
        for name, data in events:
            value = json.loads(data)
            if name == "chunk":
                if value["offset"] != len(heard.text.encode()):
                    heard.errors += (f"an offset of {value['offset']} behind {len(heard.text.encode())} bytes",)
                heard.text += value["text"]
            elif name == "end":
                heard.is_ended = True
            elif name == "error":
                heard.errors += (str(value["error"]["code"]),)
        return heard


class SessionRoute(StreamRoute):
    """The same, each question in a session of its own that is called as it is."""

    name = "session"
    has_session = True


Route = ChatRoute | MessagesRoute | StreamRoute
ROUTES: dict[str, Route] = {
    route.name: route for route in (ChatRoute(), MessagesRoute(), StreamRoute(), SessionRoute())
}


@dataclass(frozen=True)
class Asking:
    """A question, and what its answer is."""

    route: Route
    key: str
    count: int
    width: int

    @property
    def question(self) -> str:
        """As `upstreams.held_provider` reads it."""
        return f"#count {self.count} {self.width} {self.key} | {' | '.join(TEXTS)}"

    @property
    def answer(self) -> str:
        """What the application must read."""
        lines = (f"word {n}: {TEXTS[n % len(TEXTS)]} {'x' * self.width};\n" for n in range(self.count))
        return "".join(lines)

    @property
    def request(self) -> bytes:
        """Its bytes."""
        body = json.dumps(self.route.body(self.question, self.key)).encode()
        fields = {
            "host": "localhost", "connection": "close", "content-type": "application/json",
            "anthropic-version": "2023-06-01", "content-length": str(len(body)),
        }  # fmt: skip
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return f"POST {self.route.path} HTTP/1.1\r\n{lines}\r\n".encode() + body


class Application:
    """Asks, and reads until the connection is over, on a thread of its own."""

    def __init__(self, address: str, asking: Asking, *, sends: float = 1) -> None:
        self._asking = asking
        host, _, port = address.rpartition(":")
        self._connection = socket.create_connection((host, int(port)), timeout=10)
        self._connection.settimeout(0.1)
        self._request = asking.request
        self._sent = int(len(self._request) * sends)
        self._connection.sendall(self._request[: self._sent])
        self._bytes = b""
        self._is_over = threading.Event()
        self._is_left = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def send_rest(self) -> None:
        """What was not sent yet."""
        try:
            self._connection.sendall(self._request[self._sent :])
        except OSError:
            return  # what was read says so
        self._sent = len(self._request)

    def _read(self) -> None:
        while not self._is_left:
            try:
                piece = self._connection.recv(65_536)
            except TimeoutError:
                continue
            except OSError:
                break
            if not piece:
                break
            self._bytes += piece
        self._connection.close()
        self._is_over.set()

    def has_read(self, words: str, seconds: float = 5) -> bool:
        """Whether these words have come within the time."""
        end = time.monotonic() + seconds
        while words.encode() not in self._body()[0]:
            if time.monotonic() > end or self._is_over.is_set():
                return False
            time.sleep(0.002)
        return True

    def outcome(self, seconds: float) -> str:
        """`whole`, `error TYPE`, `broken` where the connection just ended, or what is wrong."""
        is_over = self._is_over.wait(seconds)
        self._is_left = True
        self._is_over.wait(10)
        if not is_over:
            return f"wrong: nothing more came within {seconds:.0f} s, after {len(self._bytes)} bytes"
        body, is_complete = self._body()
        if not self._bytes:
            return "broken"
        head = self._bytes.split(b"\r\n\r\n")[0].decode("latin-1")
        status = int(head.split(" ")[1])
        if status != 200:
            return self._refusal(status, body, is_complete=is_complete)
        return self._judge(self._asking.route.hear(_events(body)), is_complete=is_complete)

    def _refusal(self, status: int, body: bytes, *, is_complete: bool) -> str:
        if not is_complete:
            return "broken"
        try:
            error = json.loads(body)["error"]
            # Vendors call it a type, and we a code.
            kind = error["code" if self._asking.route.path == StreamRoute.path else "type"]
        except (ValueError, KeyError, TypeError):
            return f"wrong: {status} without an error: {body[:200]!r}"
        return f"error {status} {kind}"

    def _judge(self, heard: Heard, *, is_complete: bool) -> str:
        if not self._asking.answer.startswith(heard.text):
            at = next(i for i, (a, b) in enumerate(zip(heard.text, self._asking.answer + "\0", strict=False)) if a != b)
            return f"wrong: other words at {at}: {heard.text[max(0, at - 40) : at + 60]!r}"
        if heard.is_ended and heard.errors:
            return f"wrong: an end and an error, {heard.errors}"
        if len(heard.errors) > 1:
            return f"wrong: errors {heard.errors}"
        if heard.errors:
            return f"error {heard.errors[0]}"
        if not heard.is_ended:
            return "wrong: an answer without an end" if is_complete else "broken"
        if heard.text != self._asking.answer:
            return f"wrong: an end after {len(heard.text)} of {len(self._asking.answer)} characters"
        return "whole"

    def _body(self) -> tuple[bytes, bool]:
        """The body as far as it has come, and whether that is all."""
        head, separator, rest = self._bytes.partition(b"\r\n\r\n")
        if not separator:
            return b"", False
        if b"transfer-encoding: chunked" not in head.lower():
            length = next((int(line.split(b":")[1]) for line in head.lower().split(b"\r\n")
                           if line.startswith(b"content-length:")), None)
            return rest, length is None or len(rest) == length
        body = b""
        while True:
            size, separator, rest = rest.partition(b"\r\n")
            if not separator:
                return body, False
            length = int(size.split(b";")[0], 16)
            if length == 0:
                return body, True
            body += rest[:length]
            if len(rest) < length + 2:
                return body, False
            rest = rest[length + 2 :]


def _events(body: bytes) -> list[tuple[str, str]]:
    """The events of a stream that are complete: their names and what they hold."""
    found = []
    for block in body.decode(errors="replace").replace("\r\n", "\n").split("\n\n")[:-1]:
        fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and not line.startswith(":"))
        if "data" in fields:
            found.append((fields.get("event", ""), fields["data"]))
    return found


def ask(address: str, asking: Asking, seconds: float = 30) -> str:
    """A question, and what came of it; `broken` where nobody was there."""
    try:
        return Application(address, asking).outcome(seconds)
    except OSError:
        return "broken"
