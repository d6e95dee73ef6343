"""`meshnode doctor` beside nodes that are well, and before those that would not be."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
import unittest
from pathlib import Path
from typing import Any

from networks import may_be_alone
from nodes import FREE, Place, ahead

FAILED = 3


class Doctor(unittest.TestCase):
    def setUp(self) -> None:
        self.place = Place()
        self.addCleanup(self.place.end)

    def look(
        self, *words: str | Path, environment: dict[str, str] | None = None, before: tuple[str, ...] = ()
    ) -> tuple[int, dict[str, dict[str, Any]]]:
        """The code, and the checks by name."""
        begin = time.monotonic()
        finished = self.place.run("doctor", "--json", *words, environment=environment, before=before)
        self.assertLess(time.monotonic() - begin, 10.5)
        self.assertEqual(finished.stderr, "")
        document = json.loads(finished.stdout)
        self.assertEqual(list(document), ["checks"])
        for check in document["checks"]:
            self.assertEqual(list(check), ["name", "status", "detail", "advice"])
            self.assertIn(check["status"], ["ok", "warning", "failure", "skipped"])
        return finished.returncode, {check["name"]: check for check in document["checks"]}

    def failures(self, checks: dict[str, dict[str, Any]]) -> list[str]:
        return [name for name, check in checks.items() if check["status"] == "failure"]

    def edge_words(self, hub: str, folder: str | Path = "edge-1") -> list[str | Path]:
        return ["--role", "edge", "--data", self.place.folder / folder, "--hub", hub]

    def test_a_hub_and_an_edge_that_are_well(self) -> None:
        hub = self.place.hub()
        enrolled = self.place.enrol(hub)
        code, checks = self.look(*self.edge_words(hub.address, enrolled))
        self.assertEqual((code, self.failures(checks)), (0, []))
        self.assertRegex(checks["hub.datagrams"]["detail"], r"answers with QUIC after")
        self.assertRegex(checks["hub.handshake"]["detail"], r"the hub 'hub-1' has said hello after")
        self.assertEqual(checks["clock.hub"]["status"], "ok")
        self.assertRegex(checks["certificate"]["detail"], r"another 89 days|another 90 days")
        # An edge that runs is left alone, and is none the worse for being looked at.
        edge = self.place.start("--role", "edge", "--data", enrolled, "--hub", hub.address)
        edge.ready()
        while edge.wait_for("tunnel.changed")["tunnel_state"] != "connected":
            pass
        code, checks = self.look(*self.edge_words(hub.address, enrolled))
        self.assertEqual((code, self.failures(checks)), (0, []))
        self.assertRegex(checks["folder"]["detail"], rf"process {edge.process.pid} runs on it")
        self.assertRegex(checks["hub.handshake"]["detail"], rf"process {edge.process.pid} runs .* keeps its tunnel")
        # The hub too, whose own ports are no fault.
        words = ["--role", "hub", "--data", self.place.folder / "hub", "--listen", hub.address]
        code, checks = self.look(*words, "--enrol-listen", hub.enrolment, "--http-listen", "off")
        self.assertEqual((code, self.failures(checks)), (0, []))
        self.assertRegex(checks["ports.hub.listen"]["detail"], rf"the hub, process {hub.process.pid}, listens at")

    def test_datagrams_that_come_nowhere(self) -> None:
        """A port where nobody answers, one that nobody has, one of something else."""
        hub = self.place.hub()
        enrolled = self.place.enrol(hub)
        silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(silent.close)
        silent.bind(("127.0.0.1", 0))
        code, checks = self.look(*self.edge_words(f"127.0.0.1:{silent.getsockname()[1]}", enrolled))
        self.assertEqual((code, self.failures(checks)), (FAILED, ["hub.datagrams"]))
        self.assertRegex(checks["hub.datagrams"]["detail"], r"nothing comes back from 127\.0\.0\.1:\d+ \(UDP\)")
        self.assertRegex(checks["hub.datagrams"]["advice"], r"firewall")
        echo = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        echo.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=lambda: echo.sendto(*echo.recvfrom(2048)))
        thread.start()
        code, checks = self.look(*self.edge_words(f"127.0.0.1:{echo.getsockname()[1]}", enrolled))
        thread.join()
        port = echo.getsockname()[1]
        echo.close()
        self.assertEqual((code, self.failures(checks)), (FAILED, ["hub.datagrams"]))
        self.assertRegex(checks["hub.datagrams"]["detail"], r"not with QUIC: it is something else than a hub")
        code, checks = self.look(*self.edge_words(f"127.0.0.1:{port}", enrolled))
        self.assertRegex(checks["hub.datagrams"]["detail"], r"the machine is there, and nobody listens")

    def test_a_name_that_leads_nowhere(self) -> None:
        code, checks = self.look(*self.edge_words("no-such-hub.invalid"))
        self.assertEqual(code, FAILED)
        self.assertEqual(checks["hub.name"]["status"], "failure")
        self.assertEqual(checks["hub.datagrams"]["status"], "skipped")

    def test_a_hub_of_another_mesh(self) -> None:
        hub = self.place.hub()
        enrolled = self.place.enrol(hub)
        other = self.place.start("--role", "hub", "--data", self.place.folder / "other", *FREE).ready()
        code, checks = self.look(*self.edge_words(other.address, enrolled))
        self.assertEqual((code, self.failures(checks)), (FAILED, ["hub.handshake"]))
        self.assertRegex(checks["hub.handshake"]["detail"], r"the hub's certificate is not believed")

    def test_a_clock_that_is_off_by_a_day(self) -> None:
        hub = self.place.hub()
        enrolled = self.place.enrol(hub)
        code, checks = self.look(*self.edge_words(hub.address, enrolled), before=ahead("+1d"))
        self.assertEqual((code, self.failures(checks)), (FAILED, ["clock.hub"]))
        self.assertRegex(checks["clock.hub"]["detail"], r"this machine's clock \(.*\) is 24h ahead of the hub's")
        # Only the calendar, and not the times of files, among which is when the program was built.
        files = {"NO_FAKE_STAT": "1"}
        code, checks = self.look(*self.edge_words(hub.address, enrolled), before=ahead("-400d"), environment=files)
        self.assertEqual(code, FAILED)
        self.assertRegex(checks["clock"]["detail"], r"so the clock is behind")
        self.assertRegex(checks["certificate"]["detail"], r"is a clock wrong")

    def test_certificates_and_folders(self) -> None:
        code, checks = self.look(*self.edge_words("127.0.0.1:9"))
        self.assertIn("certificate", self.failures(checks))
        self.assertRegex(checks["certificate"]["advice"], r"meshnode enrol TOKEN --hub")
        hub = self.place.hub()
        hub.signal(15)
        hub.ended()
        words = ["--role", "hub", "--data", self.place.folder / "hub", *FREE]
        code, checks = self.look(*words)
        self.assertEqual((code, self.failures(checks)), (0, []))
        (self.place.folder / "hub/hub-key.pem").chmod(0o644)
        code, checks = self.look(*words)
        self.assertEqual((code, self.failures(checks)), (FAILED, ["folder", "certificate.authority"]))
        (self.place.folder / "hub/hub-key.pem").chmod(0o600)
        (self.place.folder / "hub/ca").rename(self.place.folder / "elsewhere")
        code, checks = self.look(*words)
        self.assertEqual((code, self.failures(checks)), (FAILED, ["certificate.authority"]))
        code, checks = self.look(*self.edge_words("127.0.0.1:9", "hub"))
        self.assertRegex(checks["folder"]["detail"], r"the role 'hub', and this one is to be the role 'edge'")
        # Looking has changed nothing.
        left = sorted(path.name for path in (self.place.folder / "hub").iterdir())
        self.assertEqual(left, ["format", "hub-key.pem", "lock", "meter-events.jsonl", "store", "usage.sqlite"])

    @unittest.skipUnless(may_be_alone(), "needs namespaces of its own")
    def test_a_folder_that_cannot_be_written_to(self) -> None:
        (self.place.folder / "other").mkdir(mode=0o700)
        script = 'mount -t tmpfs -o ro,mode=700 tmpfs "$0" && exec "$@"'
        before = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script)
        words = ["--role", "hub", "--data", self.place.folder / "other", *FREE]
        code, checks = self.look(*words, before=(*before, str(self.place.folder / "other")))
        self.assertEqual((code, self.failures(checks)), (FAILED, ["folder", "disk.sync"]))
        self.assertEqual(checks["disk.kind"]["status"], "warning")

    @unittest.skipUnless(may_be_alone(), "needs namespaces of its own")
    def test_a_machine_where_nothing_can_be_reached(self) -> None:
        """No network at all: it ends in time and says so."""
        before = ("unshare", "--user", "--map-root-user", "--net")
        hubs = ["--hub", "192.0.2.1", "--hub", "hub.example.org", "--hub", "[2001:db8::7]:7411"]
        begin = time.monotonic()
        code, checks = self.look("--role", "edge", "--data", self.place.folder / "edge", *hubs, before=before)
        print(f"with no network: {time.monotonic() - begin:.1f} s")
        self.assertEqual(code, FAILED)
        self.assertRegex(checks["hub.datagrams"]["detail"], r"there is no way to")

    def test_a_port_that_somebody_has(self) -> None:
        holder = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(holder.close)
        address = f"127.0.0.1:{holder.getsockname()[1]}"
        words = ["--role", "hub", "--data", self.place.folder / "hub", *FREE[:4], "--http-listen", address]
        code, checks = self.look(*words)
        self.assertEqual((code, self.failures(checks)), (FAILED, ["ports.http.listen"]))
        self.assertRegex(checks["ports.http.listen"]["detail"], rf"process {os.getpid()} \(python.*\) listens at")

    def test_a_configuration_that_is_wrong(self) -> None:
        path = self.place.folder / "node.json5"
        path.write_text('{ role: "hub", hub: { listn: "x" } }')
        code, checks = self.look("--config", path)
        self.assertEqual((code, self.failures(checks)), (FAILED, ["configuration"]))
        self.assertRegex(checks["configuration"]["detail"], r"node\.json5:1:.*did you mean 'hub\.listen'")
        self.assertEqual(checks["kernel"]["status"], "ok")

    def test_lines_for_people(self) -> None:
        """Aligned, without colours where nobody looks."""
        finished = self.place.run("doctor", "--role", "edge", "--hub", "127.0.0.1:9")
        self.assertEqual(finished.returncode, FAILED)
        self.assertNotIn("\x1b", finished.stdout)
        self.assertRegex(finished.stdout, r"(?m)^✓ configuration +an edge, by flags")
        self.assertRegex(finished.stdout, r"(?m)^✗ certificate +the edge's certificate is missing\n +→ Get one")
        self.assertRegex(finished.stdout, r"\n\n\d failures, (\d+ warnings?, )?\d+ well, \d+ not looked at\n$")


if __name__ == "__main__":
    unittest.main()
