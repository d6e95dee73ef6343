"""Nothing personal leaves an edge: not through the tunnel, decrypted, nor into the hub's disk, memory or log.

What each request tells of somebody made up, in one field after the other and in either dialect, is searched for in
everything that the hub's side ever had.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import sys
import tempfile
import time
import unittest
import urllib.request
from pathlib import Path
from typing import Any, ClassVar

_HERE = Path(__file__).resolve().parent
sys.path.append(str(_HERE.parent / "ProcessTests"))

import personal  # noqa: E402
from personal import Fields, Person, forms  # noqa: E402
from stands import Ground, Stand  # noqa: E402
from tunnel_capture import Capture, decrypt  # noqa: E402

#: Where each dialect asks for a whole answer, and for a streamed one.
_PATHS = {
    "openai": ("/v1/chat/completions", "/v1/chat/completions"), "anthropic": ("/v1/messages", "/v1/messages"),
    "ours": ("/v1/escalate", "/v1/stream"),
}  # fmt: skip
#: Fields that an answer says back: what the user said last.
_SAID_BACK = {"user", "user, parts", "query", "session"}
#: Fields that the dialects leave out, so that not even the marker goes on.
_LEFT_OUT = {"unknown field", "prediction", "refusal", "name", "document"}


def _providers(base: str) -> list[dict[str, Any]]:
    return [
        {"name": "one", "kind": "openai", "url": f"{base}/v1"}, {"name": "other", "kind": "anthropic", "url": base},
    ]  # fmt: skip


def _ask(address: str, dialect: str, request: dict[str, Any], *, is_streamed: bool) -> tuple[int, str]:
    """The status, and all of the answer."""
    if dialect == "ours":
        # Each has a number of its own, for the other would be the same question.
        request = {**request, "request_id": f"{request['request_id']}-{is_streamed}"}
    else:
        request = {**request, "stream": is_streamed}
    connection = http.client.HTTPConnection(address, timeout=30)
    fields = {"content-type": "application/json", "anthropic-version": "2023-06-01"}
    connection.request("POST", _PATHS[dialect][is_streamed], json.dumps(request), fields)
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response.status, text


def _said(dialect: str, text: str, *, is_streamed: bool) -> str:
    """The words of an answer."""
    if not is_streamed:
        value = json.loads(text)
        if dialect == "ours":
            return str(value["content"])
        if dialect == "openai":
            return str(value["choices"][0]["message"]["content"])
        return "".join(part.get("text", "") for part in value["content"])
    data = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]
    if dialect == "ours":
        return "".join(value.get("text", "") for value in data)
    if dialect == "openai":
        return "".join(c["delta"].get("content") or "" for value in data for c in value.get("choices", []))
    return "".join(value.get("delta", {}).get("text", "") for value in data)


def _memory(pid: int) -> list[bytes]:
    """All that a process has in memory and could have written there."""
    found = []
    page = os.sysconf("SC_PAGE_SIZE")
    with Path(f"/proc/{pid}/mem").open("rb", 0) as memory, Path(f"/proc/{pid}/pagemap").open("rb", 0) as pages:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            place, rights = line.split()[:2]
            if not rights.startswith("rw") or rights.endswith("s") or "[v" in line:
                continue  # what is shared lies on the disk, which is searched by itself
            start, end = (int(side, 16) // page for side in place.split("-"))
            pages.seek(start * 8)
            known = pages.read((end - start) * 8)
            for number in range(len(known) // 8):
                # What was never written is not there, however much is set aside.
                if known[number * 8 + 7] & 0xC0:
                    memory.seek((start + number) * page)
                    found.append(memory.read(page))
    return [b"".join(found)]


def _files(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()]


class Leaks(unittest.TestCase):
    """One run of all requests, in whose traces everything is searched for."""

    dialects: ClassVar[dict[str, Fields]]
    #: What the hub's side had, by where it was found.
    traces: ClassVar[dict[str, bytes]]
    edge_traces: ClassVar[dict[str, bytes]]
    statuses: ClassVar[dict[tuple[str, str], int]]
    restored: ClassVar[dict[tuple[str, str, bool], str]]
    unread: ClassVar[int]

    @classmethod
    def setUpClass(cls) -> None:
        cls.dialects = {"openai": personal.openai(), "anthropic": personal.anthropic(),
                        "ours": personal.ours()}
        cls.statuses, cls.restored = {}, {}
        with tempfile.TemporaryDirectory(prefix="leaks-") as folder:
            keys = Path(folder) / "keys"
            captures: list[Capture] = []

            def between(address: str) -> str:
                captures.append(Capture(address))
                return captures[-1].address

            ground = Ground("upstreams.chat_provider", _providers, between, ("--log-level", "trace"),
                            {"SSLKEYLOGFILE": str(keys)})
            with Stand(ground) as stand:
                cls._ask_all(stand)
                time.sleep(0.5)
                cls._keep(stand, captures[0], keys)
            captures[0].end()

    @classmethod
    def _ask_all(cls, stand: Stand) -> None:
        for dialect, fields in cls.dialects.items():
            for name, request in fields.requests:
                for is_streamed in (False, True):
                    status, text = _ask(stand.edge_address, dialect, request, is_streamed=is_streamed)
                    cls.statuses[dialect, name] = status
                    if status == 200:
                        cls.restored[dialect, name, is_streamed] = _said(dialect, text, is_streamed=is_streamed)

    @classmethod
    def _keep(cls, stand: Stand, capture: Capture, keys: Path) -> None:
        said = decrypt(list(capture.datagrams), keys)
        cls.unread = said.unread
        print(f"{len(capture.datagrams)} datagrams, {len(said.payloads)} packets read, "
              f"{said.handshakes} of handshakes, {said.unread} unread, {len(said.streams)} streams")
        with urllib.request.urlopen(f"http://{stand.provider.address}/asked", timeout=20) as answer:
            asked = answer.read()
        hub = stand.hub
        cls.traces = {
            "the tunnel": b"\n".join(said.texts()),
            # As it came: JSON of JSON would hide quotes.
            "what the provider was asked": json.dumps(json.loads(asked), ensure_ascii=False).encode() + asked,
            "the hub's disk": b"\n".join(_files(stand.folder / "hub")),
            "the hub's log": hub.logged + b"".join(json.dumps(r).encode() for r in hub.node.records),
            "the hub's memory": b"\n".join(_memory(hub.node.process.pid)),
        }
        edge = stand.edge
        cls.edge_traces = {
            "the edge's log": edge.logged + b"".join(json.dumps(r).encode() for r in edge.node.records),
            "the edge's disk": b"\n".join(_files(stand.folder / "laptop-7")),
        }
        for name, trace in {**cls.traces, **cls.edge_traces}.items():
            print(f"{name}: {len(trace):,} bytes")

    def people(self) -> list[tuple[str, str, Person]]:
        """Everybody, with the dialect and the field in which they were told of."""
        return [(d, name, person) for d, fields in self.dialects.items() for name, person in fields.people.items()]

    def test_every_packet_of_the_tunnel_was_read(self) -> None:
        """Else something could hide in it."""
        self.assertEqual(self.unread, 0)

    def test_what_is_not_personal_is_found_where_it_went(self) -> None:
        """So the search finds what is there: in the tunnel, at the provider and in the hub's memory."""
        missing = []
        for dialect, name, person in self.people():
            has_marker = person.marker in json.dumps(dict(self.dialects[dialect].requests)[name])
            if not has_marker or name in _LEFT_OUT or self.statuses[dialect, name] != 200:
                continue
            missing += [(place, dialect, name) for place in ("the tunnel", "what the provider was asked")
                        if person.marker.encode() not in self.traces[place]
                        and name not in ("metadata", "safety identifier")]
        self.assertEqual(missing, [])
        markers = re.findall(rb"marker\d{4}marker", self.traces["the hub's memory"])
        self.assertGreater(len(set(markers)), 3, "whoever answers has it in memory")

    def test_no_original_is_found_beyond_the_edge(self) -> None:
        """In no form, of nobody."""
        self._search(self.traces)

    def test_no_original_is_found_in_what_the_edge_itself_keeps(self) -> None:
        """Neither in its log, however much it says, nor on its disk."""
        self._search(self.edge_traces)

    def _search(self, traces: dict[str, bytes]) -> None:
        small = {place: trace.lower() for place, trace in traces.items()}
        found = [
            f"{place}: {dialect}, {name}: {original}"
            for dialect, name, person in self.people()
            for original in person.originals
            for place, trace in traces.items()
            if any(form in trace or form in small[place] for form in forms(original))
        ]
        self.assertEqual(found, [])

    def test_the_fields_are_taken(self) -> None:
        """Those that are refused tell nothing, and are few."""
        refused = {key: status for key, status in self.statuses.items() if status != 200}
        print(f"refused: {refused}")
        self.assertLessEqual(set(refused.values()), {400})
        self.assertLessEqual({name for _, name in refused}, {"document", "stop", "stop sequences"})

    def test_the_application_reads_the_originals(self) -> None:
        """In what is said back, whole and streamed."""
        for (dialect, name, is_streamed), said in self.restored.items():
            if name in _SAID_BACK:
                person = self.dialects[dialect].people[name]
                with self.subTest(dialect=dialect, name=name, is_streamed=is_streamed):
                    self.assertIn(person.text, said)


if __name__ == "__main__":
    unittest.main()
