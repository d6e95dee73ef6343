"""A hub, its edges and `synesis`, each as a process: what an operator sees and does."""

from __future__ import annotations

import http.server
import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from nodes import FREE, MESHNODE, Node, Place

SYNESIS = MESHNODE.with_name("synesis")
#: All ports free ones, that of the gateway too.
OPEN = [*FREE[:4], "--http-listen", "127.0.0.1:0"]


def environment(**more: str) -> dict[str, str]:
    """That of this process, without what would change what is said."""
    ours = ("NO_COLOR", "SYNESIS_GATEWAY", "SYNESIS_CA", "SYNESIS_KEY")
    return {**{name: value for name, value in os.environ.items() if name not in ours}, "TERM": "xterm", **more}


def synesis(*words: str, gateway: str | None = None, **more: Any) -> subprocess.CompletedProcess[str]:
    """The program to its end, in a pipe."""
    line = [str(SYNESIS), *words] + (["--gateway", gateway] if gateway else [])
    variables = more.pop("env", environment())
    return subprocess.run(line, capture_output=True, text=True, check=False, timeout=90, env=variables, **more)


def on_a_terminal(line: list[str], width: int = 100, typed: bytes = b"", **variables: str) -> tuple[int, str]:
    """Code and screen of a program on a terminal of so many columns; `typed` is typed once it asks."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ.clear()
        os.environ.update(environment(**variables))
        os.execv(line[0], line)
    import fcntl
    import struct
    import termios

    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    seen, end = b"", time.monotonic() + 60
    while time.monotonic() < end:
        ready, _, _ = select.select([terminal], [], [], 1)
        if not ready:
            continue
        try:
            piece = os.read(terminal, 65536)
        except OSError:
            break
        if not piece:
            break
        seen += piece
        if typed and b": " in seen:
            os.write(terminal, typed)
            typed = b""
    os.close(terminal)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), seen.decode().replace("\r\n", "\n")


class Website(http.server.BaseHTTPRequestHandler):
    """Some other server, which knows nothing of gateways."""

    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Says nothing."""


class Mesh(unittest.TestCase):
    """One hub and two edges for all tests that change nothing about them."""

    place: Place
    hub: Node
    url: str

    @classmethod
    def setUpClass(cls) -> None:
        cls.place = Place()
        cls.addClassCleanup(cls.place.end)
        cls.hub = cls.place.start("--role", "hub", "--data", cls.place.folder / "hub", *OPEN).ready()
        cls.url = f"http://{cls.hub.records[-1]['http_address']}"
        cls.edges = {
            name: cls.edge(name, *labels)
            for name, labels in {
                "edge-1": ["--label", "site=berlin", "--label", "gpu=yes"],
                "edge-2": ["--label", "site=bern"],
            }.items()
        }
        for name in cls.edges:
            cls.wait_for(name, lambda node: node["state"] == "connected" and "vitals" in node)

    @classmethod
    def edge(cls, name: str, *words: str) -> Node:
        folder = cls.place.folder / name
        if not folder.exists():
            folder = cls.place.enrol(cls.hub, name)
        line = ["--role", "edge", "--hub", cls.hub.address, "--data", folder, "--beat-interval", "500ms", *words]
        return cls.place.start(*line).ready()

    @classmethod
    def wait_for(cls, name: str, is_wanted: Any, seconds: float = 20) -> dict[str, Any]:
        """What the hub says of the edge, once it is as wanted."""
        end = time.monotonic() + seconds
        while True:
            found = synesis("node", "show", name, "--json", gateway=cls.url)
            node = json.loads(found.stdout) if found.returncode == 0 else {}
            if node and is_wanted(node):
                return dict(node)
            if time.monotonic() > end:
                raise AssertionError(f"{name} is not as wanted: {found.stdout}{found.stderr}")
            time.sleep(0.05)

    # What is there.

    def test_status(self) -> None:
        told = synesis("status", gateway=self.url)
        self.assertEqual(told.returncode, 0, told.stderr)
        self.assertRegex(told.stdout, r"^hub-1  ready\n  node +hub, meshnode/")
        self.assertRegex(told.stdout, r"\n  edges +2 connected")
        status = json.loads(synesis("status", "--json", gateway=self.url).stdout)
        self.assertLessEqual(
            {"node", "role", "software", "phase", "ready", "live", "started_at", "uptime_seconds", "checks", "hub"},
            set(status),
        )
        self.assertEqual((status["role"], status["phase"], status["hub"]["edges_connected"]), ("hub", "ready", 2))
        self.assertEqual(status["hub"]["edges_at"], self.hub.address)
        quiet = synesis("status", "--quiet", gateway=self.url)
        self.assertEqual((quiet.returncode, quiet.stdout), (0, ""))
        # By the environment as well.
        told = synesis("status", "--quiet", env=environment(SYNESIS_GATEWAY=self.url))
        self.assertEqual(told.returncode, 0, told.stderr)

    def test_nodes(self) -> None:
        table = synesis("nodes", gateway=self.url)
        self.assertEqual(table.returncode, 0, table.stderr)
        lines = table.stdout.splitlines()
        self.assertEqual(lines[0].split(), "NODE STATE SINCE BEAT RTT LOAD MEM VERSION LABELS".split())
        self.assertEqual([line.split()[0] for line in lines[1:3]], ["edge-1", "edge-2"])
        self.assertIn("gpu=yes, site=berlin", lines[1])
        self.assertNotIn("\x1b", table.stdout)
        nodes = json.loads(synesis("nodes", "--json", gateway=self.url).stdout)["nodes"]
        self.assertEqual([node["node"] for node in nodes][:2], ["edge-1", "edge-2"])
        self.assertEqual(nodes[0]["labels"], {"gpu": "yes", "site": "berlin"})
        self.assertEqual((nodes[0]["tenant"], nodes[0]["state"]), ("main", "connected"))
        self.assertLess(nodes[0]["beats"]["last_seconds"], 5)
        self.assertGreater(nodes[0]["round_trip"]["smoothed_ms"], 0)
        self.assertGreater(nodes[0]["vitals"]["memory_total_bytes"], 1 << 20)
        only = synesis("nodes", "--label", "site=berlin", "--label", "gpu=yes", "--quiet", gateway=self.url)
        self.assertEqual(only.stdout, "edge-1\n")
        none = synesis("nodes", "--label", "site=paris", gateway=self.url)
        self.assertEqual((none.returncode, none.stdout), (0, ""))
        late = synesis("nodes", "--sort", "since", "--state", "connected", "--quiet", gateway=self.url)
        self.assertEqual(set(late.stdout.split()), {"edge-1", "edge-2"})

    def test_one_node(self) -> None:
        page = synesis("node", "show", "edge-1", gateway=self.url)
        self.assertEqual(page.returncode, 0, page.stderr)
        for words in ("edge-1  connected", "site=berlin", "round trip", "beats", "machine", "processors", "memory"):
            self.assertIn(words, page.stdout)
        self.assertEqual(synesis("node", "show", "edge-1", "--quiet", gateway=self.url).stdout, "connected\n")
        unknown = synesis("node", "show", "edge-9", gateway=self.url)
        self.assertEqual((unknown.returncode, unknown.stdout), (5, ""))
        self.assertEqual(unknown.stderr, "synesis node show: error: this hub knows no edge 'edge-9'\n")

    def test_ping(self) -> None:
        once = synesis("node", "ping", "edge-1", gateway=self.url)
        self.assertEqual(once.returncode, 0, once.stderr)
        answer = r"^edge-1 answered in [\d.]+ ms  \(packets [\d.]+ ms, clock \d+ ms (ahead|behind)\)\n$"
        self.assertRegex(once.stdout, answer)
        lines = synesis("node", "ping", "edge-1", "--count", "20", "--interval", "0ms", "--json", gateway=self.url)
        pings = [json.loads(line) for line in lines.stdout.splitlines()]
        times = sorted(ping["round_trip_ms"] for ping in pings)
        print(f"ping of an edge over the loopback: {times[0]:.2f} ms at best, median {times[10]:.2f} ms")
        self.assertEqual(len(pings), 20)
        self.assertLess(times[0], 50)
        several = synesis("node", "ping", "edge-2", "--count", "3", "--interval", "10ms", gateway=self.url)
        self.assertRegex(several.stdout.splitlines()[-1], r"^3 answers: shortest .* ms, mean .* ms, longest .* ms$")
        unknown = synesis("node", "ping", "edge-9", gateway=self.url)
        self.assertEqual((unknown.returncode, unknown.stderr.count("\n")), (5, 1))

    def test_doctor_and_version(self) -> None:
        doctor = synesis("doctor", gateway=self.url)
        self.assertEqual(doctor.returncode, 0, doctor.stderr + doctor.stdout)
        self.assertRegex(doctor.stdout, r"\n✓ clock +\S")
        checks = json.loads(synesis("doctor", "--json", gateway=self.url).stdout)["checks"]
        # What the machine is like (time service, kernel, limits) is not this test's.
        own = {check["name"]: check["status"] for check in checks if check["name"].startswith("node")}
        self.assertEqual(set(own.values()), {"ok"}, own)
        self.assertIn("node.store_writes", own)
        self.assertNotIn("✓", synesis("doctor", "--quiet", gateway=self.url).stdout)
        version = json.loads(synesis("version", "--json", gateway=self.url).stdout)
        self.assertEqual((version["gateway"]["role"], version["gateway"]["node"]), ("hub", "hub-1"))

    # What a person sees.

    def test_colours_are_for_terminals(self) -> None:
        line = [str(SYNESIS), "nodes", "--gateway", self.url]
        code, screen = on_a_terminal(line)
        self.assertEqual(code, 0, screen)
        self.assertIn("\x1b[32mconnected\x1b[0m", screen)
        self.assertRegex(screen, r"\d edges: 2 connected")
        for asked in ([*line, "--no-color"], line):
            code, screen = on_a_terminal(asked, **({} if "--no-color" in asked else {"NO_COLOR": "1"}))
            self.assertEqual((code, "\x1b" in screen), (0, False), screen)

    def test_a_narrow_terminal(self) -> None:
        for width in (40, 60, 80):
            for words in (["nodes"], ["node", "show", "edge-1"], ["status"], ["doctor"]):
                _, screen = on_a_terminal([str(SYNESIS), *words, "--gateway", self.url], width)
                plain = re.sub(r"\x1b\[[0-9;]*m", "", screen)
                longest = max(plain.splitlines(), key=len)
                self.assertLessEqual(len(longest), width, f"{words} at {width}: {longest}")

    # What goes wrong.

    def test_nobody_answers(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{free.getsockname()[1]}"
        told = synesis("status", gateway=url)
        self.assertEqual((told.returncode, told.stdout, told.stderr.count("\n")), (3, "", 1), told.stderr)
        self.assertIn(f"no gateway answers at {url}", told.stderr)
        # On a machine where nothing runs.
        words = ["unshare", "--user", "--map-root-user", "--net"]
        if subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0:
            script = f"ip link set lo up && exec {SYNESIS} nodes"
            line = [*words, "sh", "-c", script]
            told = subprocess.run(line, capture_output=True, text=True, check=False, env=environment())
            self.assertEqual((told.returncode, told.stderr.count("\n")), (3, 1), told.stderr)
            self.assertIn("start a node (meshnode --role hub), or name one", told.stderr)

    def test_what_answers_is_no_gateway(self) -> None:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Website)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        told = synesis("nodes", gateway=f"http://127.0.0.1:{server.server_port}")
        self.assertEqual((told.returncode, told.stderr.count("\n")), (3, 1), told.stderr)
        self.assertIn("is no gateway", told.stderr)

    def test_a_wrong_word(self) -> None:
        told = synesis("nods")
        self.assertEqual(told.returncode, 2)
        self.assertIn("did you mean 'nodes'?", told.stderr)

    def test_an_edge_as_gateway(self) -> None:
        folder = self.place.enrol(self.hub, "edge-3")
        words = ["--hub", self.hub.address, "--data", folder, "--http-listen", "127.0.0.1:0"]
        edge = self.place.start("--role", "edge", *words).ready()
        url = f"http://{edge.records[-1]['http_address']}"
        told = synesis("status", gateway=url)
        self.assertRegex(told.stdout, r"^edge-3  ")
        self.assertIn("tunnel", told.stdout)
        told = synesis("nodes", gateway=url)
        self.assertEqual((told.returncode, told.stderr.count("\n")), (4, 1), told.stderr)
        self.assertIn("is an edge", told.stderr)
        edge.signal(signal.SIGTERM)
        self.assertEqual(edge.ended(), 0)
        gone = self.wait_for("edge-3", lambda node: node["state"] == "gone")
        self.assertFalse(gone["departure"]["drained"])

    # What is done.

    def test_renew(self) -> None:
        before = self.wait_for("edge-2", lambda node: node["state"] == "connected")
        # Certificates say whole seconds.
        time.sleep(1.1)
        told = synesis("node", "renew", "edge-2", "--json", gateway=self.url)
        self.assertEqual(told.returncode, 0, told.stderr)
        end = json.loads(told.stdout)["certificate_ends"]
        self.assertGreater(end, before["certificate_ends"])
        after = self.wait_for("edge-2", lambda node: node["certificate_ends"] == end)
        self.assertEqual((after["state"], after["arrivals"]), ("connected", before["arrivals"]))
        self.assertGreater(after["relinks"], before["relinks"])
        self.hub.wait_for("hub.node-command")
        self.edges["edge-2"].wait_for("edge.renewal-asked")
        # The hub paces renewals of one edge, and says so.
        told = synesis("node", "renew", "edge-2", gateway=self.url)
        self.assertEqual((told.returncode, told.stderr.count("\n")), (5, 1), told.stderr)
        self.assertIn("'edge-2' says no", told.stderr)

    def test_drain(self) -> None:
        edge = self.edge("edge-4")
        self.wait_for("edge-4", lambda node: node["state"] == "connected")
        told = synesis("node", "drain", "edge-4", gateway=self.url)
        self.assertEqual(told.returncode, 0, told.stderr)
        self.assertRegex(told.stdout, r"edge-4 is gone after [\d.]+s\n$")
        edge.wait_for("edge.drain-asked")
        self.assertEqual(edge.ended(), 0)
        gone = self.wait_for("edge-4", lambda node: node["state"] == "gone")
        self.assertTrue(gone["departure"]["drained"], gone)
        again = synesis("node", "drain", "edge-4", gateway=self.url)
        self.assertEqual((again.returncode, again.stderr.count("\n")), (5, 1))
        self.assertIn("is not connected: it has been gone since", again.stderr)
        table = synesis("nodes", "--state", "gone", gateway=self.url)
        self.assertRegex(table.stdout, r"\nedge-4 +drained ")
        # It comes back as one that never went.
        self.edge("edge-4")
        back = self.wait_for("edge-4", lambda node: node["state"] == "connected")
        self.assertEqual((back["arrivals"], "departure" in back), (2, False))
        told = synesis("node", "drain", "edge-4", "--no-wait", "--json", gateway=self.url)
        self.assertEqual(json.loads(told.stdout)["node"], "edge-4")

    def test_an_edge_that_does_not_answer(self) -> None:
        edge = self.edge("edge-5")
        self.wait_for("edge-5", lambda node: node["state"] == "connected" and "beats" in node)
        edge.signal(signal.SIGSTOP)
        try:
            told = synesis("node", "ping", "edge-5", "--timeout", "300ms", gateway=self.url)
            self.assertEqual((told.returncode, told.stderr.count("\n")), (5, 1), told.stderr)
            self.assertIn("has not answered within 300ms", told.stderr)
            silent = self.wait_for("edge-5", lambda node: node["state"] == "suspected")
            self.assertGreater(silent["beats"]["last_seconds"], 0.5)
        finally:
            edge.signal(signal.SIGCONT)
        self.wait_for("edge-5", lambda node: node["state"] == "connected")
        edge.signal(signal.SIGTERM)
        self.assertEqual(edge.ended(), 0)

    def test_who_may_send_commands(self) -> None:
        def post(url: str, **fields: str) -> tuple[int, str]:
            said = {name.replace("_", "-"): text for name, text in fields.items()}
            request = urllib.request.Request(url, data=b"{}", headers=said)
            try:
                with urllib.request.urlopen(request, timeout=10) as answer:
                    return answer.status, ""
            except urllib.error.HTTPError as error:
                return error.code, json.loads(error.read())["error"]["code"]

        target = f"{self.url}/v1/nodes/edge-1/ping"
        kind = "application/json"
        self.assertEqual(post(target, content_type=kind)[0], 200)
        self.assertEqual(post(target, content_type="text/plain"), (415, "unsupported_media_type"))
        self.assertEqual(post(target, content_type=kind, origin="http://evil.test"), (403, "foreign_origin"))
        self.assertEqual(post(target, content_type=kind, host="evil.test"), (421, "unknown_host"))

    # Logging in.

    def test_login(self) -> None:
        """The token comes as a word, by standard input, or by a person who is asked; meshnode does the rest."""
        where = ["--hub", self.hub.enrolment]
        for number, way in enumerate(("word", "input", "person")):
            name = f"device-{number}"
            token = self.place.token(name)
            folder = self.place.folder / name
            line = [str(SYNESIS), "login", *where, "--folder", str(folder)]
            if way == "person":
                code, screen = on_a_terminal(line, typed=token.encode() + b"\r")
                self.assertEqual(code, 0, screen)
                self.assertIn("Enrolment token (it is not shown): ", screen)
                self.assertNotIn(token[:20], screen)
                said = screen
            else:
                words = [*line, token] if way == "word" else [*line, "-"]
                told = subprocess.run(
                    words, capture_output=True, text=True, check=False, timeout=60, env=environment(),
                    input=None if way == "word" else token + "\n",
                )
                self.assertEqual(told.returncode, 0, told.stderr)
                said = told.stdout
            self.assertIn(f"{name}' is enrolled in '{folder}'", said)
            self.assertTrue(any(folder.iterdir()))

    def test_a_login_that_fails_ends_as_meshnode_does(self) -> None:
        told = synesis("login", "mesh1-nonsense", "--hub", self.hub.enrolment)
        self.assertEqual((told.returncode, told.stderr.count("meshnode enrol: error:")), (2, 1), told.stderr)
        code, screen = on_a_terminal([str(SYNESIS), "login", "--hub", "127.0.0.1"], typed=b"secret\x03")
        self.assertEqual((code, "secret" in screen), (130, False), screen)
        # Without a meshnode anywhere there is one sentence.
        alone = self.place.folder / "alone"
        alone.mkdir()
        copy = alone / "synesis"
        copy.write_bytes(SYNESIS.read_bytes())
        copy.chmod(0o755)
        told = subprocess.run(
            [copy, "login", "mesh1-x", "--hub", "127.0.0.1"], capture_output=True, text=True, check=False,
            env=environment(PATH="/nowhere"),
        )
        self.assertEqual((told.returncode, told.stderr.count("\n")), (1, 1), told.stderr)
        self.assertIn("there is no meshnode beside synesis", told.stderr)


class Completions(unittest.TestCase):
    """The scripts in the shells that are here."""

    def test_bash(self) -> None:
        def offered(*words: str) -> list[str]:
            typed = " ".join(f"'{word}'" for word in ("synesis", *words))
            script = (
                f"source <({SYNESIS} completions bash); COMP_WORDS=({typed}); COMP_CWORD={len(words)}; "
                '_synesis; printf "%s\\n" "${COMPREPLY[@]}"'
            )
            told = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
            return told.stdout.split()

        self.assertEqual(offered("no"), ["nodes", "node"])
        self.assertEqual(offered("node", ""), ["show", "ping", "renew", "drain"])
        self.assertEqual(offered("nodes", "--sort", "l"), ["load"])
        self.assertIn("--gateway", offered("node", "ping", "--"))
        self.assertIn("--count", offered("node", "ping", "--c"))

    def test_fish(self) -> None:
        def offered(line: str) -> set[str]:
            script = f"{SYNESIS} completions fish | source; complete -C '{line}'"
            told = subprocess.run(["fish", "--no-config", "-c", script], capture_output=True, text=True, check=True)
            return {word.split("\t")[0] for word in told.stdout.splitlines()}

        self.assertEqual(offered("synesis no"), {"node", "nodes"})
        self.assertLessEqual({"show", "ping", "renew", "drain"}, offered("synesis node "))
        self.assertEqual(offered("synesis nodes --sort l"), {"load"})
        self.assertIn("--count", offered("synesis node ping --c"))

    def test_zsh(self) -> None:
        """It is read without a complaint; what it offers, MeshCommandLineTests ask of smaller programs."""
        script = synesis("completions", "zsh").stdout
        told = subprocess.run(["zsh", "-n", "/dev/stdin"], input=script, capture_output=True, text=True, check=False)
        self.assertEqual((told.returncode, told.stderr), (0, ""))
        self.assertTrue(script.startswith("#compdef synesis"))


if __name__ == "__main__":
    sys.exit(unittest.main())
