"""A test double of a node's gateway: speaks the routes of questions and sessions, and answers what a test has scripted.

Nothing of it is the product. Where a whole node is wanted, `test_questions.py` asks the one that MESHNODE_TEST_GATEWAY
names.
"""

from __future__ import annotations

import http.server
import json
import sys
import threading
import urllib.parse
from dataclasses import dataclass, field
from typing import Any

WORDS = ["Good ", "morning, ", "Ada ", "Lovelace. ", "Grüße aus ", "東京 🦉!"]


@dataclass
class Script:
    """What the double does with the next questions."""

    words: list[str] = field(default_factory=lambda: list(WORDS))
    #: Milliseconds between two words.
    pause: int = 0
    #: Milliseconds before an answer shows any sign of life, and between its beginning and what follows.
    hush: int = 0
    hush_begun: int = 0
    #: After so many words: None for the end, else what happens there.
    breaks_after: int | None = None
    #: What then happens: "close", "error", "gap", "silence".
    breaks_by: str = "close"
    #: A refusal in place of an answer.
    refusal: tuple[int, dict[str, Any]] | None = None
    broken: int = 0
    stop_reason: str = "end_turn"
    cost: str | None = "$0.000012"
    is_hub: bool = False
    wants_key: bool = False
    #: How often a question that was handed in is still waiting.
    waits: int = 1


class DoubleGateway:
    """The server, what it was asked, and the clients that left in mid-answer."""

    def __init__(self, port: int = 0) -> None:
        self.script = Script()
        self.asked: list[dict[str, Any]] = []
        self.fields: list[dict[str, str]] = []
        self.left = threading.Event()
        self.handed_in: dict[str, int] = {}
        self.sessions: dict[str, dict[str, Any]] = {}
        double = self

        class Handler(_Handler):
            owner = double

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def end(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def reset(self, **script: Any) -> None:
        self.script = Script(**script)
        self.asked, self.fields, self.handed_in, self.sessions = [], [], {}, {}
        self.left.clear()


def moment(second: int) -> str:
    return f"2026-11-22T08:15:{second:02}.250Z"


class _Handler(http.server.BaseHTTPRequestHandler):
    owner: DoubleGateway
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *arguments: Any) -> None:
        """Says nothing."""

    def answer(self, status: int, document: Any, **fields: str) -> None:
        body = b"" if document is None else json.dumps(document).encode()
        self.send_response(status)
        for name, value in {"content-type": "application/json", "cache-control": "no-store", **fields}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, status: int, code: str, message: str, **more: Any) -> None:
        self.answer(status, {"error": {"code": code, "message": message, "request_id": "r-1", **more}})

    # Questions.

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        path = urllib.parse.urlsplit(self.path).path
        if self.headers.get("content-type") != "application/json":
            return self.refuse(415, "unsupported_media_type", "a command is JSON")
        document = json.loads(body or b"{}")
        if path.startswith("/v1/sessions/"):
            return self.change_session(path.split("/")[3:], document)
        self.owner.asked.append(document)
        self.owner.fields.append({name.lower(): value for name, value in self.headers.items()})
        if self.owner.script.refusal:
            status, error = self.owner.script.refusal
            more = {"retry_after": "7"} if status == 503 else {}
            return self.answer(status, {"error": error}, **more)
        if path == "/v1/stream":
            return self.stream(document)
        if path == "/v1/escalate" and self.headers.get("prefer") == "respond-async":
            self.owner.handed_in[document["request_id"]] = self.owner.script.waits
            pending = {"request_id": document["request_id"], "state": "waiting"}
            place = f"/v1/escalate/{document['request_id']}"
            return self.answer(202, pending, location=place, preference_applied="respond-async")
        if path == "/v1/escalate":
            return self.answer(200, self.end_of(document["request_id"], "".join(self.owner.script.words)))
        return self.refuse(404, "not_found", "there is no such path")

    def end_of(self, request: str, content: str | None, length: int | None = None) -> dict[str, Any]:
        script = self.owner.script
        privacy = None
        if not script.is_hub:
            replaced = {"person": 2, "email": 1}
            privacy = {"replaced": replaced, "restored": 3, "broken": script.broken, "unsearched": 0, "complete": False}
        end = {
            "request_id": request,
            "run_id": "0198f0c0-0000-8000-8000-000000000001",
            "model": "tiny",
            "stop_reason": script.stop_reason,
            "usage": {"input_tokens": 21, "output_tokens": 9, "estimated": False},
            "cost": {"nanodollars": 12_000, "display": script.cost} if script.cost else None,
            "privacy": privacy,
        }
        return {**end, **({"content": content} if content is not None else {"length": length})}

    def stream(self, document: dict[str, Any]) -> None:
        script = self.owner.script
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        said = 0
        try:
            if script.hush:
                self.wait(script.hush)
            self.event("started", {"request_id": document["request_id"], "run_id": "1", "model": "tiny"})
            if script.hush_begun:
                self.wait(script.hush_begun)
            self.event("thinking", {"text": "hm"})
            for number, word in enumerate(script.words):
                if number == script.breaks_after:
                    return self.break_off(said)
                self.event("chunk", {"offset": said, "text": word})
                said += len(word.encode())
                if script.pause:
                    self.wait(script.pause)
            if script.breaks_after == len(script.words):
                return self.break_off(said)
            self.event("end", self.end_of(document["request_id"], None, said))
            self.wfile.write(b"0\r\n\r\n")
            session = document.get("session_id")
            if session:
                self.keep(session, "user", document["query"])
                self.keep(session, "assistant", "".join(script.words))
        except OSError:
            self.close_connection = True
            self.owner.left.set()

    def wait(self, milliseconds: int) -> None:
        """As long, but not longer than the client stays."""
        self.connection.settimeout(milliseconds / 1000)
        try:
            if self.connection.recv(1) == b"":
                raise ConnectionResetError
        except TimeoutError:
            pass
        finally:
            self.connection.settimeout(None)

    def break_off(self, said: int) -> None:
        how = self.owner.script.breaks_by
        if how == "error":
            message = "the answer broke off and cannot be gone on with"
            self.event("error", {"error": {"code": "interrupted", "message": message, "request_id": "r"}})
            self.wfile.write(b"0\r\n\r\n")
        elif how == "gap":
            self.event("chunk", {"offset": said + 3, "text": "later"})
        elif how == "silence":
            self.wait(60_000)
        elif how == "nothing":
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.close_connection = True

    def event(self, name: str, document: Any) -> None:
        # Cut in an awkward place, as networks do.
        body = f": ping\n\nevent: {name}\ndata: {json.dumps(document, ensure_ascii=False)}\n\n".encode()
        for piece in (body[:17], body[17:]):
            self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            self.wfile.flush()

    # Everything else.

    def do_GET(self) -> None:
        url = urllib.parse.urlsplit(self.path)
        parts = url.path.split("/")[2:]
        query = dict(urllib.parse.parse_qsl(url.query))
        role = "hub" if self.owner.script.is_hub else "edge"
        if self.owner.script.wants_key and "authorization" not in self.headers:
            return self.refuse(401, "no_key", "a key is needed")
        if parts == ["version"]:
            return self.answer(200, {"software": "meshnode/0.1.0", "api": 1, "role": role, "node": "double"})
        if parts == ["models"]:
            if self.owner.script.refusal:
                return self.answer(self.owner.script.refusal[0], {"error": self.owner.script.refusal[1]})
            data = [
                {"id": "tiny", "object": "model", "created": 1_790_000_000, "owned_by": "meshnode"},
                {"id": "claude-9", "object": "model", "owned_by": "anthropic", "shutdown_date": "2027-03-01"},
            ]
            return self.answer(200, {"object": "list", "data": data})
        if parts[0] == "escalate":
            return self.fetch(urllib.parse.unquote(parts[1]))
        if parts[0] == "sessions":
            return self.show_sessions(parts[1:], query)
        return self.refuse(404, "not_found", "there is no such path")

    def fetch(self, request: str) -> None:
        left = self.owner.handed_in.get(request)
        if left is None:
            return self.refuse(404, "unknown_request", f"nothing is known of '{request}'")
        if left > 0:
            self.owner.handed_in[request] = left - 1
            return self.answer(202, {"request_id": request, "state": "waiting"}, retry_after="1")
        del self.owner.handed_in[request]
        return self.answer(200, self.end_of(request, "".join(self.owner.script.words)))

    # Sessions.

    def keep(self, session: str, role: str, content: str) -> int:
        kept = self.owner.sessions.setdefault(
            session, {"id": session, "title": content[:40], "model_preference": None, "messages": []}
        )
        number = len(kept["messages"]) + 1
        kept["messages"].append(
            {"number": number, "role": role, "content": content, "created": moment(number), "redacted": False}
        )
        return number

    def head(self, session: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": session["id"],
            "title": session["title"],
            "created": moment(1),
            "updated": moment(2),
            "model_preference": session["model_preference"],
            "message_count": len(session["messages"]),
            "forgotten_messages": 0,
        }

    def show_sessions(self, parts: list[str], query: dict[str, str]) -> None:
        if not parts:
            names = sorted(self.owner.sessions)
            begin = int(query.get("after", "0"))
            page = names[begin : begin + 2]
            following = str(begin + 2) if begin + 2 < len(names) else None
            heads = [self.head(self.owner.sessions[name]) for name in page]
            return self.answer(200, {"sessions": heads, "next": following})
        session = self.owner.sessions.get(parts[0])
        if session is None:
            return self.refuse(404, "unknown_session", f"there is no session '{parts[0]}'")
        head = {"format": "synesis-session", "version": 1, **self.head(session), "context": {}}
        if parts[1:] == ["export"]:
            name = f'attachment; filename="{parts[0]}.json"'
            return self.answer(200, {**head, "messages": session["messages"]}, content_disposition=name)
        after = int(query.get("after", "0"))
        page = [message for message in session["messages"] if message["number"] > after][:3]
        following = page[-1]["number"] if page and page[-1]["number"] < len(session["messages"]) else None
        return self.answer(200, {**head, "messages": page, "next": following})

    def change_session(self, parts: list[str], document: dict[str, Any]) -> None:
        session = self.owner.sessions.get(parts[0])
        if parts[1:] == ["clear"] and session:
            session["messages"] = []
            return self.answer(200, self.head(session))
        if parts[1:] == ["messages"]:
            return self.answer(201, {"number": self.keep(parts[0], document["role"], document["content"])})
        return self.refuse(404, "unknown_session", f"there is no session '{parts[0]}'")

    def do_DELETE(self) -> None:
        name = self.path.split("/")[3]
        if self.owner.sessions.pop(name, None) is None:
            return self.refuse(404, "unknown_session", f"there is no session '{name}'")
        self.send_response(204)
        self.end_headers()


def serve(port: int, *traits: str) -> None:
    """As a process of its own, which prints where it is; `double_gateway.py 0 slow` shows answers that come slowly."""
    double = DoubleGateway(port)
    double.script = Script(pause=400 * ("slow" in traits), is_hub="hub" in traits, wants_key="key" in traits)
    print(double.url, flush=True)
    double.thread.join()


if __name__ == "__main__":
    serve(int(sys.argv[1]), *sys.argv[2:])
