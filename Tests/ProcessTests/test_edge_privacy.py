"""What an edge keeps for its applications: its store, the maps of placeholders, and their key."""

from __future__ import annotations

import json
import signal
import socket
import stat
import subprocess
import unittest
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from nodes import FREE, MESHNODE, Node, Place, sentence

OPEN = [*FREE[:4], "--http-listen", "127.0.0.1:0"]
FOLDER, CERTIFICATES, ADDRESS, CONFIGURATION = 73, 76, 69, 65


def asked(address: str, path: str, body: Any = None, key: str = "") -> tuple[int, Any]:
    """Status and document of an answer."""
    headers = {"content-type": "application/json", **({"authorization": f"Bearer {key}"} if key else {})}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://{address}{path}", data=data, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


@unittest.skipUnless(MESHNODE.exists(), "the release build")
class EdgePrivacy(unittest.TestCase):
    def setUp(self) -> None:
        self.place = Place()
        self.addCleanup(self.place.end)
        self.hub = self.place.start("--role", "hub", "--data", self.place.folder / "hub", *OPEN).ready()
        self.folder = self.place.enrol(self.hub)
        self.key = Path(f"{self.folder}.privacy-key")
        self.maps = self.folder / "privacy"

    def edge(self, *words: str | Path) -> Node:
        line = ["--role", "edge", "--hub", self.hub.address, "--data", self.folder, "--http-listen", "127.0.0.1:0"]
        return self.place.start(*line, *words).ready()

    def refused(self, *words: str | Path) -> tuple[int, str]:
        """The code and the sentence of an edge that does not start."""
        line = ["--role", "edge", "--hub", self.hub.address, "--data", self.folder]
        finished = self.place.run(*line, *words)
        return finished.returncode, sentence(finished.stderr)

    def stopped(self, edge: Node) -> None:
        edge.signal(signal.SIGTERM)
        self.assertEqual(edge.ended(), 0)

    def address(self, edge: Node) -> str:
        return str(edge.records[-1]["http_address"])

    def test_it_starts_stops_and_starts_again(self) -> None:
        """Store, maps and key are made once and for their owner alone, also where the edge is killed."""
        edge = self.edge()
        self.assertEqual(asked(self.address(edge), "/v1/status")[0], 200)
        for path in (self.key, self.maps / "check"):
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600, path)
        self.assertEqual(stat.S_IMODE(self.maps.stat().st_mode), 0o700)
        secret = self.key.read_bytes()
        for path in self.folder.rglob("*"):
            self.assertFalse(path.is_file() and secret[23:66] in path.read_bytes(), path)
        self.assertTrue((self.folder / "store/log").is_dir())
        self.stopped(edge)
        edge = self.edge()
        edge.signal(signal.SIGKILL)
        edge.ended()
        edge = self.edge()
        checks = {check["name"]: check for check in asked(self.address(edge), "/v1/status")[1]["checks"]}
        self.assertTrue(checks["store_writes"]["passing"], checks)
        self.stopped(edge)
        self.assertEqual(self.key.read_bytes(), secret)

    def test_one_that_answers_nobody_keeps_nothing(self) -> None:
        for words in (["--http-listen", "off"], ["--chat", "false"]):
            line = ["--role", "edge", "--hub", self.hub.address, "--data", self.folder, *words]
            line += ["--http-listen", "127.0.0.1:0"] if "--chat" in words else []
            edge = self.place.start(*line).ready()
            self.stopped(edge)
            found = [self.key.exists(), self.maps.exists(), (self.folder / "store").exists()]
            self.assertEqual(found, [False] * 3, words)

    def test_its_usual_address_is_taken(self) -> None:
        """One edge of a machine has the usual address; another one says which setting to change."""
        holder = socket.socket()
        self.addCleanup(holder.close)
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            holder.bind(("127.0.0.1", 8787))
            holder.listen()
        except OSError:
            pass  # somebody else has it, which is as good
        # Not by the harness, which gives every edge an address of its own.
        words = [str(MESHNODE), "--role", "edge", "--hub", self.hub.address, "--data", str(self.folder)]
        finished = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
        self.assertEqual(finished.returncode, ADDRESS, finished.stderr)
        self.assertRegex(sentence(finished.stderr), r"127\.0\.0\.1:8787 \(TCP\).*http\.listen")

    def test_its_key_is_gone_or_another(self) -> None:
        self.stopped(self.edge())
        kept = self.key.rename(self.place.folder / "kept")
        code, said = self.refused("--http-listen", "127.0.0.1:0")
        self.assertEqual(code, CERTIFICATES)
        self.assertRegex(said, r"privacy key '.*edge-1\.privacy-key' is missing.*put it back.*edge\.privacyKey")
        self.assertFalse(self.key.exists())
        self.stopped(self.edge("--privacy-key", kept))
        other = self.place.folder / "other"
        other.write_text("meshnode-privacy-key-1 " + "A" * 43 + "\n")
        other.chmod(0o600)
        code, said = self.refused("--http-listen", "127.0.0.1:0", "--privacy-key", other)
        self.assertEqual(code, CERTIFICATES)
        self.assertIn("made with another privacy key", said)
        kept.chmod(0o644)
        code, said = self.refused("--http-listen", "127.0.0.1:0", "--privacy-key", kept)
        self.assertEqual(code, CERTIFICATES)
        self.assertIn(f"chmod 600 '{kept}'", said)

    def test_a_folder_that_cannot_be_used(self) -> None:
        self.stopped(self.edge())
        self.maps.chmod(0o755)
        code, said = self.refused("--http-listen", "127.0.0.1:0")
        self.assertEqual(code, FOLDER)
        self.assertIn("chmod 700", said)

    def test_a_disk_that_is_full(self) -> None:
        """Without room for its store and its maps it does not start, and says so."""
        script = 'mount -t tmpfs -o size=4k,mode=700 tmpfs "$0" && exec "$@"'
        self.maps.mkdir(mode=0o700)
        before = ("unshare", "--mount", "--map-root-user", "bash", "-c", script, str(self.maps))
        line = ["--role", "edge", "--hub", self.hub.address, "--data", self.folder, "--http-listen", "127.0.0.1:0"]
        fill = 'head -c 8192 /dev/zero >"$0/full" 2>/dev/null; exec "$@"'
        before = (*before, "bash", "-c", fill, str(self.maps))
        finished = self.place.run(*line, before=before)
        self.assertEqual(finished.returncode, FOLDER, finished.stderr)
        self.assertIn("No space left", sentence(finished.stderr))

    def test_a_key_of_its_own(self) -> None:
        """Whoever does not show it is answered nothing; without one nobody needs a key, whatever is shown."""
        file = self.place.folder / "api-key"
        file.write_text("correct-horse-battery\n")
        code, said = self.refused("--http-listen", "127.0.0.1:0", "--api-key-file", file)
        self.assertEqual((code, "chmod 600" in said), (CONFIGURATION, True), said)
        file.chmod(0o600)
        edge = self.edge("--api-key-file", file)
        for path in ("/v1/status", "/v1/models"):
            self.assertEqual(asked(self.address(edge), path)[0], 401, path)
            self.assertEqual(asked(self.address(edge), path, key="correct-horse-batterY")[0], 401, path)
            self.assertEqual(asked(self.address(edge), path, key="correct-horse-battery")[0], 200, path)
        self.stopped(edge)
        self.assertNotIn("correct-horse", json.dumps(edge.records))
        edge = self.edge()
        for key in ("", "whatever", "mesh_of-a-hub"):
            self.assertEqual(asked(self.address(edge), "/v1/models", key=key)[0], 200, key)

    def test_what_may_not_leave(self) -> None:
        """A kind that is blocked, a word of the user's own: the request is refused, or the word is not in it."""
        terms = self.place.folder / "terms"
        terms.write_text("# ours\nLindenhof Consulting\n")
        edge = self.edge("--privacy-block", "card", "--privacy-terms", terms)
        body = {"model": "local", "messages": [{"role": "user", "content": "My card is 4111 1111 1111 1111"}]}
        status, document = asked(self.address(edge), "/v1/chat/completions", {**body, "max_tokens": 8})
        self.assertEqual(status, 403, document)
        self.assertIn("messages[0].parts[0] holds a card number", json.dumps(document))
        self.assertNotIn("4111", json.dumps(document))
        self.stopped(edge)
        terms.write_text("---\n")
        code, said = self.refused("--http-listen", "127.0.0.1:0", "--privacy-terms", terms)
        self.assertEqual(code, CONFIGURATION)
        self.assertIn("line 1: the term has no letters or digits", said)


if __name__ == "__main__":
    unittest.main()
