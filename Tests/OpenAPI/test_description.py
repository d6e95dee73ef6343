"""What hubs and edges answer to requests that are made out of their description: nothing that it does not tell of."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
from pathlib import Path

_HERE = Path(__file__).resolve().parent
sys.path += [str(_HERE.parent / "ProcessTests"), str(_HERE.parents[1] / "scripts")]

from upstreams.edge import Edge  # noqa: E402
from upstreams.hub import Hub  # noqa: E402

#: No 5xx, and no answer whose status, type, head or body is not described.
_CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance"
)
#: Requests that are drawn for each operation, beside those that stand at the bounds of what is described.
_EXAMPLES = int(os.environ.get("MESHNODE_API_EXAMPLES", "8"))
_PHASES = os.environ.get("MESHNODE_API_PHASES", "examples,coverage,fuzzing")


class _Ground(unittest.TestCase):
    """A node with a model to ask, as anybody starts it."""

    #: Where it answers.
    url: str
    #: What must live until the end.
    nodes: tuple[Hub | Edge, ...]

    @classmethod
    def tearDownClass(cls) -> None:
        for node in reversed(cls.nodes):
            node.end()

    @classmethod
    def _wait_for_model(cls) -> None:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            with urllib.request.urlopen(f"{cls.url}/v1/models", timeout=30) as answer:
                if json.load(answer)["data"]:
                    return
            time.sleep(0.05)
        raise AssertionError("the hub's own model does not come")

    def run_tag(self, tag: str) -> None:
        """Tries all operations of a tag; the seed is printed, and another each time unless it is given."""
        seed = os.environ.get("MESHNODE_API_SEED", str(int(time.time())))
        with tempfile.TemporaryDirectory(prefix="schemathesis-") as folder:
            command = [
                sys.executable, "-m", "schemathesis.cli", "run", f"{self.url}/v1/openapi.json",
                "--url", self.url, "--include-tag", tag, "--checks", _CHECKS, "--phases", _PHASES,
                "--max-examples", str(_EXAMPLES), "--seed", seed, "--workers", "1", "--request-timeout", "20",
                "--generation-database", "none", "--suppress-health-check", "all", "--continue-on-failure",
                "--warnings", "off", "--no-color",
            ]  # fmt: skip
            environment = {**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(_HERE)}
            done = subprocess.run(
                command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                text=True, check=False,
            )  # fmt: skip
        print(f"{type(self).__name__}, {tag}, seed {seed}: {_summary(done.stdout)}", file=sys.stderr)
        self.assertEqual(done.returncode, 0, done.stdout)
        for node in self.nodes:
            self.assertIsNone(node.node.process.poll(), "the node lives")


class Description(_Ground):
    """A hub with its tiny model."""

    @classmethod
    def setUpClass(cls) -> None:
        hub = Hub()
        (cls.nodes, cls.url) = ((hub,), hub.url)
        cls._wait_for_model()

    def test_of_the_node_is_true(self) -> None:
        self.run_tag("node")

    def test_of_chats_is_true(self) -> None:
        self.run_tag("chat")

    def test_of_questions_is_true(self) -> None:
        self.run_tag("questions")

    def test_of_sessions_is_true(self) -> None:
        self.run_tag("sessions")


class EdgeDescription(_Ground):
    """An edge of such a hub: what it answers itself, and what comes back through redaction and tunnel."""

    @classmethod
    def setUpClass(cls) -> None:
        hub = Hub()
        edge = Edge(hub)
        (cls.nodes, cls.url) = ((hub, edge), edge.url)
        cls._wait_for_model()

    def test_of_the_node_is_true(self) -> None:
        self.run_tag("node")

    def test_of_chats_is_true(self) -> None:
        self.run_tag("chat")

    def test_of_questions_is_true(self) -> None:
        self.run_tag("questions")

    def test_of_sessions_is_true(self) -> None:
        self.run_tag("sessions")

    def test_of_accounts_is_true(self) -> None:
        self.run_tag("ledger")


def _summary(text: str) -> str:
    """How many requests were made, in schemathesis' own words."""
    lines = [line.strip() for line in text.splitlines()]
    found = [line for line in lines if "generated" in line or "selected" in line or " in " in line and "===" in line]
    return "; ".join(found[-3:])
