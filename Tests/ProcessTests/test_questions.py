"""`synesis ask` and its neighbours as processes, against a double of a gateway, or against a node where one is named.

MESHNODE_TEST_GATEWAY=http://127.0.0.1:8787 has `AnyGateway` ask that node instead; what a test has to script, the
double alone can do.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

from double_gateway import WORDS, DoubleGateway
from networks import Network, may_be_alone
from test_synesis import SYNESIS, environment, on_a_terminal, synesis

ANSWER = "".join(WORDS)
REAL = os.environ.get("MESHNODE_TEST_GATEWAY")


class AnyGateway(unittest.TestCase):
    """What holds of the double and of every node."""

    url: str

    @classmethod
    def setUpClass(cls) -> None:
        if REAL:
            cls.url = REAL
            return
        double = DoubleGateway()
        cls.addClassCleanup(double.end)
        cls.url = double.url

    def test_a_question_and_its_answer(self) -> None:
        told = synesis("ask", "--max-tokens", "24", "Say", "hello.", gateway=self.url)
        self.assertEqual((told.returncode, told.stderr), (0, ""))
        self.assertTrue(told.stdout.endswith("\n") and told.stdout.strip())
        piped = synesis("ask", "--quiet", "--max-tokens", "24", gateway=self.url, input="Say hello.\n")
        self.assertEqual(piped.returncode, 0, piped.stderr)
        one = synesis("ask", "--json", "--max-tokens", "24", "Say hello.", gateway=self.url)
        self.assertEqual((one.returncode, one.stdout.count("\n")), (0, 1), one.stderr)
        end = json.loads(one.stdout)
        self.assertLessEqual({"request_id", "model", "stop_reason", "usage", "content"}, set(end))
        self.assertGreater(end["usage"]["output_tokens"], 0)
        self.assertNotIn("length", end)

    def test_the_models(self) -> None:
        table = synesis("models", gateway=self.url)
        self.assertEqual(table.returncode, 0, table.stderr)
        self.assertEqual(table.stdout.split()[:2], ["MODEL", "OWNER"])
        names = synesis("models", "--quiet", gateway=self.url).stdout.split()
        found = json.loads(synesis("models", "--json", gateway=self.url).stdout)
        self.assertEqual(names, [model["id"] for model in found["data"]])

    def test_a_conversation_from_its_beginning_to_its_end(self) -> None:
        name = f"process-test-{os.getpid()}"
        asked = synesis("ask", "--session", name, "--max-tokens", "16", "Say hello.", gateway=self.url)
        self.assertEqual(asked.returncode, 0, asked.stderr)
        self.assertIn(name, synesis("sessions", "--quiet", gateway=self.url).stdout.split())
        shown = synesis("sessions", "show", name, gateway=self.url)
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertIn("Say hello.", shown.stdout)
        document = json.loads(synesis("sessions", "export", name, gateway=self.url).stdout)
        self.assertEqual((document["format"], document["messages"][0]["content"]), ("synesis-session", "Say hello."))
        cleared = synesis("sessions", "clear", name, gateway=self.url)
        self.assertEqual(cleared.returncode, 0, cleared.stderr)
        shown = synesis("sessions", "show", "--json", name, gateway=self.url)
        self.assertEqual(json.loads(shown.stdout)["messages"], [])
        self.assertEqual(synesis("sessions", "delete", name, gateway=self.url).returncode, 0)
        gone = synesis("sessions", "show", name, gateway=self.url)
        self.assertEqual((gone.returncode, gone.stdout, gone.stderr.count("\n")), (4, "", 1), gone.stderr)


class Ask(unittest.TestCase):
    """What needs an answer that is scripted."""

    double: DoubleGateway

    @classmethod
    def setUpClass(cls) -> None:
        cls.double = DoubleGateway()
        cls.addClassCleanup(cls.double.end)

    def setUp(self) -> None:
        self.double.reset()

    def ask(self, *words: str, **more: Any) -> subprocess.CompletedProcess[str]:
        return synesis("ask", *words, gateway=self.double.url, **more)

    def test_the_answer_is_whole_however_it_is_cut(self) -> None:
        told = self.ask("Who is this?")
        self.assertEqual((told.returncode, told.stdout, told.stderr), (0, ANSWER + "\n", ""))
        self.double.script.words = ["a" * 70_000, "é" * 40_000, "\n"]
        told = self.ask("Who is this?")
        self.assertEqual(told.stdout, "a" * 70_000 + "é" * 40_000 + "\n")

    def test_what_is_asked_travels_as_the_contract_has_it(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            notes = Path(folder) / "notes.md"
            notes.write_text("The train leaves at nine.")
            context = Path(folder) / "context.json"
            said = {"pathos_framing": "old", "local_knowledge": ["x"], "constraints": ["short"]}
            context.write_text(json.dumps(said))
            words = ["--context", str(context), "--knowledge", str(notes), "--knowledge", "-", "--framing", "a trip"]
            words += ["--constraint", "in German", "--model", "tiny", "--session", "trip", "--max-tokens", "99"]
            told = self.ask(*words, "--request-id", "r-1", "When", "do we leave?", input="from a pipe")
        self.assertEqual(told.returncode, 0, told.stderr)
        self.assertEqual(
            self.double.asked,
            [
                {
                    "request_id": "r-1",
                    "session_id": "trip",
                    "query": "When do we leave?",
                    "context": {
                        "pathos_framing": "a trip",
                        "local_knowledge": [
                            "x",
                            {"name": "notes.md", "text": "The train leaves at nine."},
                            {"name": "stdin", "text": "from a pipe"},
                        ],
                        "constraints": ["short", "in German"],
                    },
                    "model_preference": "tiny",
                    "max_tokens": 99,
                }
            ],
        )
        self.assertEqual(self.double.fields[0]["accept"], "text/event-stream")
        self.ask("one")
        self.ask("two")
        names = [asked["request_id"] for asked in self.double.asked]
        self.assertEqual(len(set(names)), 3, "each question has a name of its own")

    def test_the_key_goes_along(self) -> None:
        told = self.ask("hello", env=environment(SYNESIS_KEY="mesh_x"))
        self.assertEqual((told.returncode, self.double.fields[0]["authorization"]), (0, "Bearer mesh_x"))

    def test_what_is_wrong_is_named_before_anything_is_asked(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            context = Path(folder) / "context.json"
            context.write_text(json.dumps({"constraints": ["fine", 7]}))
            wrong: list[tuple[list[str], str]] = [
                (["--context", str(context), "x"], "constraints[1] must be text"),
                (["--context", str(Path(folder) / "nowhere"), "x"], "(--context) cannot be read"),
                (["--knowledge", "/dev/zero", "x"], "(--knowledge) cannot be read"),
                (["--session", "Big Talk", "x"], "the name of a session"),
                (["--max-tokens", "0", "x"], "from 1 to"),
                (["--constraint", "", "x"], "context.constraints[0]"),
                (["--request-id", "a b", "x"], "request_id must be printable"),
                (["--fetch", "r", "x"], "--fetch asks nothing"),
                (["--knowledge", "-", "-"], "cannot be both"),
                ([""], "query"),
            ]
            for words, sentence in wrong:
                told = self.ask(*words, input="")
                self.assertEqual((told.returncode, told.stdout), (2, ""), f"{words}: {told.stderr}")
                self.assertIn(sentence, told.stderr)
        self.assertEqual(self.double.asked, [])

    def test_a_refusal_names_the_field_and_says_when_to_come_again(self) -> None:
        error = {"code": "bad_request", "message": "is not known", "field": "lora_id", "request_id": "r"}
        self.double.script.refusal = (400, error)
        told = self.ask("x")
        self.assertEqual((told.returncode, told.stdout), (4, ""))
        self.assertEqual(told.stderr, "synesis ask: error: lora_id: is not known (400, bad_request)\n")
        self.double.script.refusal = (503, {"code": "offline", "message": "the edge has no hub now", "request_id": "r"})
        told = self.ask("x")
        self.assertEqual(
            (told.returncode, told.stderr),
            (
                4,
                "synesis ask: error: the edge has no hub now (503, offline); `synesis ask --async` hands a question in "
                "for later; try again in 7.0s\n",
            ),
        )

    def test_an_answer_that_breaks_off_says_so_and_is_never_taken_for_whole(self) -> None:
        for how, sentence in {
            "close": "breaks off", "error": "cannot be gone on with", "gap": "a piece of it is missing at byte 14",
            "nothing": "before its end",
        }.items():
            self.double.reset(breaks_after=2, breaks_by=how)
            told = self.ask("x")
            self.assertEqual((told.returncode, told.stdout), (7, "Good morning, \n"), f"{how}: {told.stderr}")
            self.assertEqual(told.stderr.count("\n"), 1)
            self.assertIn(sentence, told.stderr)
            self.double.reset(breaks_after=2, breaks_by=how)
            self.assertEqual(self.ask("--json", "x").stdout, "", how)
        self.double.reset(breaks_after=0, breaks_by="error")
        self.assertEqual(self.ask("x").returncode, 4, "not a word has come")

    def test_ctrl_c_closes_the_connection_and_ends_with_130(self) -> None:
        self.double.script.pause = 30_000
        process = subprocess.Popen(
            [SYNESIS, "ask", "--gateway", self.double.url, "x"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=environment(),
        )
        assert process.stdout is not None and process.stderr is not None
        self.assertEqual(os.read(process.stdout.fileno(), 100), b"Good ")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(10), 130)
        self.assertTrue(self.double.left.wait(10), "the gateway learns of it at once")
        self.assertEqual(process.stderr.read(), b"")
        process.stdout.close()
        process.stderr.close()

    def test_a_reader_that_leaves_ends_it_quietly(self) -> None:
        self.double.script.pause = 200
        line = f"{SYNESIS} ask --gateway {self.double.url} x | head -c 3"
        told = subprocess.run(["bash", "-o", "pipefail", "-c", line], capture_output=True, text=True, env=environment())
        self.assertEqual((told.returncode, told.stdout, told.stderr), (0, "Goo", ""))
        self.assertTrue(self.double.left.wait(10))

    def test_warnings(self) -> None:
        self.double.reset(broken=2, stop_reason="max_tokens")
        told = self.ask("x")
        self.assertEqual(told.returncode, 0)
        self.assertIn("warning: 2 placeholders came back changed and stay", told.stderr)
        self.assertIn("warning: the answer was cut", told.stderr)
        self.assertEqual(self.ask("--quiet", "x").stderr, "")

    def test_on_a_terminal(self) -> None:
        self.double.reset(words=["a\x1b]0;evil\x07", "b\r\n", "c"])
        code, screen = on_a_terminal([str(SYNESIS), "ask", "--gateway", self.double.url, "x"])
        self.assertEqual(code, 0, screen)
        self.assertNotIn("\x1b]", screen)
        lines = screen.splitlines()
        self.assertEqual(lines[1], "c")
        self.assertEqual(
            lines[2], "\x1b[2mtiny, 21 tokens in, 9 out, $0.000012, 3 replaced, 3 restored\x1b[0m", "dim, and last"
        )
        self.double.reset(is_hub=True, cost=None)
        code, screen = on_a_terminal([str(SYNESIS), "ask", "--no-color", "--gateway", self.double.url, "x"])
        self.assertEqual((code, screen), (0, ANSWER + "\ntiny, 21 tokens in, 9 out\n"))

    def test_a_person_is_told_once_that_nothing_comes(self) -> None:
        line = [str(SYNESIS), "ask", "--no-color", "--gateway", self.double.url, "x"]
        for script, words in ((dict(hush=3_000), "hub"), (dict(hush_begun=3_000), "model")):
            self.double.reset(is_hub=True, cost=None, **script)
            code, screen = on_a_terminal(line)
            told = f"waiting for the {words}…\n{ANSWER}\ntiny, 21 tokens in, 9 out\n"
            self.assertEqual((code, screen), (0, told))
        self.double.reset(is_hub=True, cost=None, hush=3_000)
        code, screen = on_a_terminal([*line, "--quiet"])
        self.assertEqual((code, screen), (0, ANSWER + "\n"))
        # Nobody watches a pipe.
        self.assertEqual(self.ask("x").stderr, "")

    def test_a_question_that_waits(self) -> None:
        told = self.ask("--async", "--request-id", "later-1", "x")
        self.assertEqual((told.returncode, told.stdout), (0, "later-1\n"), told.stderr)
        self.assertEqual(self.double.fields[0]["prefer"], "respond-async")
        told = self.ask("--fetch", "later-1")
        self.assertEqual((told.returncode, told.stdout), (8, ""))
        self.assertIn("not answered yet: waiting", told.stderr)
        told = self.ask("--fetch", "later-1")
        self.assertEqual((told.returncode, told.stdout), (0, ANSWER + "\n"), told.stderr)
        told = self.ask("--fetch", "later-1")
        self.assertEqual((told.returncode, told.stderr.count("\n")), (4, 1), told.stderr)
        told = self.ask("--async", "--json", "x")
        self.assertEqual(json.loads(told.stdout)["state"], "waiting")


class Neighbours(unittest.TestCase):
    """Models and sessions, where a double says what there is."""

    double: DoubleGateway

    @classmethod
    def setUpClass(cls) -> None:
        cls.double = DoubleGateway()
        cls.addClassCleanup(cls.double.end)

    def setUp(self) -> None:
        self.double.reset()

    def run_with(self, *words: str, **more: Any) -> subprocess.CompletedProcess[str]:
        return synesis(*words, gateway=self.double.url, **more)

    def test_models(self) -> None:
        told = self.run_with("models")
        self.assertEqual(
            told.stdout, "MODEL     OWNER      ENDS\ntiny      meshnode\nclaude-9  anthropic  2027-03-01\n", told.stderr
        )
        # An SDK's shape of a refusal.
        error = {"message": "nobody answers here", "type": "invalid_request_error", "param": None, "code": "not_a_hub"}
        self.double.script.refusal = (404, error)
        self.assertEqual(self.run_with("models").returncode, 4)

    def talk(self, name: str, count: int = 1) -> None:
        for number in range(count):
            self.assertEqual(self.run_with("ask", "--session", name, f"Question {number}?").returncode, 0)

    def test_sessions_by_pages(self) -> None:
        empty = self.run_with("sessions")
        self.assertEqual((empty.returncode, empty.stdout), (0, ""))
        self.assertRegex(empty.stderr, r"\ANo sessions\..*\n\Z")
        self.assertEqual(self.run_with("sessions", "--quiet").stderr, "")
        for name in ("trip", "work", "home", "idea", "last"):
            self.talk(name)
        names = self.run_with("sessions", "list", "--quiet").stdout.split()
        self.assertEqual(names, ["home", "idea", "last", "trip", "work"])
        table = self.run_with("sessions").stdout.splitlines()
        self.assertEqual(table[1].split(), ["home", "2026-11-22", "08:15:02", "UTC", "2", "Question", "0?"])
        self.assertEqual(len(json.loads(self.run_with("sessions", "--json").stdout)["sessions"]), 5)
        self.talk("trip", 3)
        shown = self.run_with("sessions", "show", "trip")
        beginning = "Question 0?  8 messages\n\nyou  2026-11-22 08:15:01 UTC\nQuestion 0?\n"
        self.assertEqual(shown.stdout[: len(beginning)], beginning)
        self.assertEqual(shown.stdout.count(ANSWER), 4)
        document = json.loads(self.run_with("sessions", "show", "trip", "--json").stdout)
        self.assertEqual([message["number"] for message in document["messages"]], list(range(1, 9)))

    def test_an_unknown_session_and_a_strange_name(self) -> None:
        for verb in ("show", "clear", "delete", "export"):
            told = self.run_with("sessions", verb, "nobody")
            self.assertEqual((told.returncode, told.stderr.count("\n")), (4, 1), told.stderr)
            self.assertIn("there is no session 'nobody'", told.stderr)
            self.assertEqual(self.run_with("sessions", verb, "../keys").returncode, 2)

    def test_redact_asks_nobody(self) -> None:
        text = "My name is Ada Lovelace; ada@example.org, 4111 1111 1111 1111.\n"
        nobody = environment(SYNESIS_GATEWAY="http://127.0.0.1:1")
        told = synesis("redact", "--show", env=nobody, input=text)
        self.assertEqual(told.returncode, 0, told.stderr)
        self.assertRegex(told.stdout, r"^My name is PERSON_\w{6}; EMAIL_\w{6}, CARD_\w{6}\.\n$")
        self.assertRegex(told.stderr, r"person +PERSON_\w{6} +Ada Lovelace\n")
        self.assertIn("nothing promises", told.stderr)
        found = json.loads(synesis("redact", "--json", env=nobody, input=text).stdout)
        self.assertEqual((found["replaced"], found["complete"]), ({"person": 1, "email": 1, "card": 1}, False))
        self.assertNotIn("placeholders", found)
        told = synesis("redact", "--block", "card", env=nobody, input=text)
        self.assertEqual((told.returncode, told.stdout), (6, ""))
        self.assertEqual(told.stderr, "synesis redact: text holds a card number, which may not leave\n")


@unittest.skipUnless(may_be_alone(), "nobody may have a network of its own here")
class UsualPlaces(unittest.TestCase):
    """Where nobody names a gateway: the usual ports, in a network of the test's own."""

    def setUp(self) -> None:
        self.network = Network()
        self.addCleanup(self.network.end)

    def double(self, port: int, *traits: str) -> None:
        program = Path(__file__).with_name("double_gateway.py")
        line = [*self.network.entered, sys.executable, program, str(port), *traits]
        process = subprocess.Popen(line, stdout=subprocess.PIPE)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        assert process.stdout is not None
        self.addCleanup(process.stdout.close)
        self.assertIn(str(port).encode(), process.stdout.readline())

    def program(self, code: str) -> subprocess.Popen[bytes]:
        """Something at a port that is no gateway; says a line once it is there."""
        process = subprocess.Popen([*self.network.entered, sys.executable, "-c", code], stdout=subprocess.PIPE)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        assert process.stdout is not None
        self.addCleanup(process.stdout.close)
        self.assertEqual(process.stdout.readline(), b"ready\n")
        return process

    def asked(self, *words: str, typed: bytes = b"", **variables: str) -> tuple[int, str]:
        enter = str(shutil.which(self.network.entered[0]))
        line = [enter, *self.network.entered[1:], str(SYNESIS), *(words or ("ask", "x")), "--no-color"]
        return on_a_terminal(line, width=300, typed=typed, **variables)

    def piped(self, *words: str) -> subprocess.CompletedProcess[str]:
        line = [*self.network.entered, str(SYNESIS), *words]
        # In a session of its own there is no terminal that anybody could be asked on.
        return subprocess.run(
            line, capture_output=True, text=True, timeout=60, check=False, start_new_session=True, input="",
            env=environment(),
        )

    def test_an_edge_is_asked_first_then_a_hub(self) -> None:
        code, screen = self.asked()
        self.assertEqual((code, "8787" in screen, "7413" in screen), (3, True, True), screen)
        self.double(7413, "hub")
        code, screen = self.asked("ask", "--unredacted", "x")
        said = "asking the hub at http://127.0.0.1:7413; no personal data is replaced on the way\n"
        self.assertEqual((code, screen[: len(said)]), (0, said))
        self.double(8787)
        code, screen = self.asked()
        said = f"asking the edge at http://127.0.0.1:8787\n{ANSWER}\n"
        self.assertEqual((code, screen[: len(said)]), (0, said))

    def test_an_edge_that_wants_a_key_is_not_passed_over(self) -> None:
        """What it would have replaced must not go to a hub as it is."""
        self.double(7413, "hub")
        self.double(8787, "key")
        for variables in ({}, {"SYNESIS_KEY": "mesh_x"}):
            code, screen = self.asked(**variables)
            self.assertEqual((code, "only one that is named is shown a key" in screen), (4, True), screen)
        code, screen = self.asked(SYNESIS_KEY="mesh_x", SYNESIS_GATEWAY="http://127.0.0.1:8787")
        self.assertEqual((code, screen[: len(ANSWER)]), (0, ANSWER))

    def test_a_hub_gets_a_question_only_where_somebody_says_yes(self) -> None:
        self.double(7413, "hub")
        for words in (("ask", "x"), ("chat", "--no-history")):
            for typed, code in ((b"no\r", 3), (b"\r", 3), (b"\x04", 3)):
                told, screen = self.asked(*words, typed=typed)
                self.assertEqual((told, ANSWER in screen), (code, False), screen)
                self.assertIn("Ask it? (yes/no): ", screen)
                self.assertIn("allow it (--unredacted", screen)
        code, screen = self.asked(typed=b"yes\r")
        self.assertEqual((code, ANSWER in screen), (0, True), screen)
        # Nobody is there to be asked.
        for words in (("ask", "x"), ("ask", "--json", "x"), ("ask", "--async", "x"), ("chat",)):
            told = self.piped(*words)
            self.assertEqual((told.returncode, told.stdout, told.stderr.count("\n")), (3, "", 1), told.stderr)
            self.assertIn("the hub at http://127.0.0.1:7413 would get the question as it is", told.stderr)
        for words in (("ask", "--unredacted", "x"), ("ask", "--gateway", "127.0.0.1:7413", "x")):
            told = self.piped(*words)
            self.assertEqual((told.returncode, told.stdout), (0, ANSWER + "\n"), told.stderr)
        # What holds no question needs no leave.
        self.assertEqual(self.piped("models").returncode, 0)

    def test_an_edge_that_does_not_answer_is_not_passed_over(self) -> None:
        """It may be starting, or have too much to do: a hub would get what it would have replaced."""
        self.double(7413, "hub")
        page = "import http.server as h; s = h.HTTPServer(('127.0.0.1', 8787), {}); print('ready', flush=True); {}"
        refusing = (
            "import http.server as h\n"
            "class Busy(h.BaseHTTPRequestHandler):\n"
            "    def do_GET(self): self.send_error(503)\n"
            "s = h.HTTPServer(('127.0.0.1', 8787), Busy); print('ready', flush=True); s.handle_request()"
        )
        silent = "import socket; s = socket.create_server(('127.0.0.1', 8787)); print('ready', flush=True); "
        hanging = silent + "c = s.accept()[0]; c.recv(1000); c.recv(1000)"
        leaving = silent + "c = s.accept()[0]; c.recv(1000); c.close()"
        website = page.format("h.SimpleHTTPRequestHandler", "s.handle_request()")
        for what, code, sentence in (
            ("hanging", hanging, "does not answer in time"), ("leaving", leaving, "has hung up"),
            ("busy", refusing, "it says 503"), ("website", website, "is no gateway"),
        ):
            with self.subTest(what):
                process = self.program(code)
                told = self.piped("ask", "--unredacted", "x")
                process.kill()
                process.wait()
                self.assertEqual((told.returncode, told.stdout, told.stderr.count("\n")), (3, "", 1), told.stderr)
                self.assertIn("nothing was asked", told.stderr)
                self.assertIn(sentence, told.stderr)


if __name__ == "__main__":
    sys.exit(unittest.main())
