"""`synesis chat` as a process: a person at a terminal, and a pipe, against a double of a gateway."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import select
import signal
import struct
import sys
import tempfile
import termios
import time
import unittest
from pathlib import Path

from double_gateway import WORDS, DoubleGateway
from test_synesis import SYNESIS, environment, synesis

ANSWER = "".join(WORDS)


class Person:
    """Somebody at a terminal of 60 columns, who reads what stands on it and types."""

    def __init__(self, *words: str, **variables: str) -> None:
        self.child, self.terminal = pty.fork()
        if self.child == 0:
            os.environ.clear()
            os.environ.update(environment(**variables))
            os.execv(SYNESIS, [str(SYNESIS), *words])
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
        self.before = termios.tcgetattr(self.terminal)
        self.seen = ""

    def type(self, keys: str) -> None:
        os.write(self.terminal, keys.encode())

    def sees(self, words: str, seconds: float = 20) -> str:
        """What has been written up to and with these words; they count once."""
        end = time.monotonic() + seconds
        while words not in self.seen:
            ready, _, _ = select.select([self.terminal], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise AssertionError(f"no {words!r} in {self.seen!r}")
            try:
                piece = os.read(self.terminal, 65536)
            except OSError:
                raise AssertionError(f"it has ended, without {words!r}: {self.seen!r}") from None
            self.seen += piece.decode(errors="replace")
        place = self.seen.index(words) + len(words)
        told, self.seen = self.seen[:place], self.seen[place:]
        return told

    def end(self, seconds: float = 20) -> int:
        """The code with which it ends; the terminal is then as it was."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            after = termios.tcgetattr(self.terminal)
            child, status = os.waitpid(self.child, os.WNOHANG)
            ready, _, _ = select.select([self.terminal], [], [], 0.02)
            with contextlib.suppress(OSError):
                self.seen += os.read(self.terminal, 65536).decode(errors="replace") if ready else ""
            if child:
                with contextlib.suppress(termios.error):
                    after = termios.tcgetattr(self.terminal)
                os.close(self.terminal)
                if after[3] != self.before[3] or after[0] != self.before[0]:
                    raise AssertionError("the terminal is not as it was")
                return os.waitstatus_to_exitcode(status)
        os.kill(self.child, signal.SIGKILL)
        raise AssertionError(f"it does not end: {self.seen!r}")


class Chat(unittest.TestCase):
    """A person who talks with a double."""

    double: DoubleGateway

    @classmethod
    def setUpClass(cls) -> None:
        cls.double = DoubleGateway()
        cls.addClassCleanup(cls.double.end)

    def setUp(self) -> None:
        self.double.reset()
        holder = tempfile.TemporaryDirectory(prefix="chat-")
        self.addCleanup(holder.cleanup)
        self.state = Path(holder.name)

    def person(self, *words: str) -> Person:
        return Person("chat", "--gateway", self.double.url, *words, XDG_STATE_HOME=str(self.state))

    def test_a_conversation(self) -> None:
        person = self.person("--session", "trip", "--model", "tiny")
        person.sees("session trip at")
        person.sees("> ")
        # A word that is mended before it is sent.
        person.type("Helo\x1b[Dl\x05 東京\x7f\x7f東\r")
        person.sees("🦉!")
        person.sees("restored")
        person.type("\x1b[A!\r")
        person.sees("restored")
        person.type("/model auto\r/model\r")
        person.sees("model auto")
        person.type("\x1b[200~two\rlines\x1b[201~\r")
        person.sees("restored")
        person.type("/session\r")
        person.sees("session trip, 6 messages")
        person.type("/quit\r")
        self.assertEqual(person.end(), 0)
        queries = [asked["query"] for asked in self.double.asked]
        self.assertEqual(queries, ["Hello 東", "Hello 東!", "two\nlines"])
        self.assertEqual([asked.get("model_preference") for asked in self.double.asked], ["tiny", "tiny", None])
        self.assertEqual({asked["session_id"] for asked in self.double.asked}, {"trip"})
        self.assertEqual(len({asked["request_id"] for asked in self.double.asked}), 3)

    def test_the_history_is_kept_for_its_owner_alone(self) -> None:
        person = self.person()
        person.sees("> ")
        person.type("first\r")
        person.sees("restored")
        person.type("\x04")
        self.assertEqual(person.end(), 0)
        file = self.state / "synesis/history"
        self.assertEqual((file.read_text(), file.stat().st_mode & 0o777), ("first\n", 0o600))
        self.assertEqual(file.parent.stat().st_mode & 0o777, 0o700)
        person = self.person()
        person.sees("> ")
        person.type("\x1b[A\r")
        person.sees("restored")
        person.type("\x04")
        self.assertEqual(person.end(), 0)
        self.assertEqual([asked["query"] for asked in self.double.asked], ["first", "first"])
        person = self.person("--no-history")
        person.sees("> ")
        person.type("\x1b[A\x07secret\r")
        person.sees("restored")
        person.type("\x04")
        self.assertEqual(person.end(), 0)
        self.assertNotIn("secret", file.read_text())

    def test_ctrl_c_ends_an_answer_then_a_line_then_the_chat(self) -> None:
        self.double.script.pause = 30_000
        person = self.person()
        person.sees("> ")
        person.type("first\r")
        person.sees("Good ")
        person.type("\x03")
        person.sees("(stopped)")
        self.assertTrue(self.double.left.wait(10), "the gateway learns of it")
        self.double.script.pause = 0
        person.sees("> ")
        person.type("never sent\x03")
        person.sees("^C")
        person.sees("> ")
        person.type("second\r")
        person.sees("restored")
        person.sees("> ")
        person.type("\x03")
        self.assertEqual(person.end(), 0)
        self.assertEqual([asked["query"] for asked in self.double.asked], ["first", "second"])

    def test_the_terminal_is_given_back_whatever_happens(self) -> None:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGINT):
            person = self.person()
            person.sees("> ")
            os.kill(person.child, number)
            self.assertEqual(person.end(), 128 + number)
            self.assertIn("\x1b[?2004l", person.seen)
            if number == signal.SIGINT:
                continue
            self.double.reset(pause=30_000)
            person = self.person()
            person.sees("> ")
            person.type("x\r")
            person.sees("Good ")
            os.kill(person.child, number)
            self.assertEqual(person.end(), 128 + number)

    def test_a_failure_ends_no_chat(self) -> None:
        person = self.person()
        person.sees("> ")
        self.double.script.breaks_after = 2
        person.type("x\r")
        person.sees("synesis chat: error: the answer breaks off")
        self.double.script.breaks_after = None
        person.type("y\r")
        person.sees("restored")
        person.type("\x04")
        self.assertEqual(person.end(), 0)

    def test_in_a_pipe_lines_are_asked_one_after_the_other(self) -> None:
        told = synesis("chat", gateway=self.double.url, input="one\n\n/model tiny\ntwo")
        self.assertEqual((told.returncode, told.stdout), (0, f"{ANSWER}\n{ANSWER}\n"), told.stderr)
        self.assertEqual([asked.get("model_preference") for asked in self.double.asked], [None, "tiny"])
        self.assertEqual(len({asked["session_id"] for asked in self.double.asked}), 1)
        told = synesis("chat", "--json", gateway=self.double.url, input="one\ntwo\n")
        self.assertEqual([json.loads(line)["content"] for line in told.stdout.splitlines()], [ANSWER, ANSWER])
        self.double.reset(breaks_after=2)
        told = synesis("chat", gateway=self.double.url, input="one\n")
        self.assertEqual((told.returncode, told.stdout), (7, "Good morning, \n"))
        self.assertFalse((self.state / "synesis").exists())


if __name__ == "__main__":
    sys.exit(unittest.main())
