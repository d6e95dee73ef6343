"""Everything that keeps a node from starting: it ends at once, with one sentence that says what to do, and its code."""

from __future__ import annotations

import os
import re
import socket
import time
import unittest
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from networks import may_be_alone
from nodes import FREE, Node, Place, ahead, clock_off, moving_clock, sentence, set_clock

CONFIGURATION, ADDRESS, FOLDER, VERSION, BUSY, CERTIFICATES, CLOCK = 65, 69, 73, 74, 75, 76, 77


@dataclass
class Start:
    """How a node is started wrongly."""

    words: list[str | Path]
    environment: dict[str, str] = field(default_factory=dict)
    before: tuple[str, ...] = ()


class Ground(Place):
    """A mesh that was once all right, and what can be done to it."""

    def __init__(self) -> None:
        super().__init__()
        self.holders: list[socket.socket] = []

    def end(self) -> None:
        for holder in self.holders:
            holder.close()
        super().end()

    def held_address(self) -> str:
        """An address of UDP that is taken."""
        holder = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.holders.append(holder)
        holder.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{holder.getsockname()[1]}"

    def held_stream_address(self) -> str:
        """An address of TCP that is taken."""
        holder = socket.create_server(("127.0.0.1", 0))
        self.holders.append(holder)
        return f"127.0.0.1:{holder.getsockname()[1]}"

    def hub_words(self, folder: str | Path = "other", *words: str | Path) -> list[str | Path]:
        return ["--role", "hub", "--data", self.folder / folder, *FREE, *words]

    def edge_words(self, folder: str | Path, hub: str = "127.0.0.1:9", *words: str | Path) -> list[str | Path]:
        return ["--role", "edge", "--data", self.folder / folder, "--hub", hub, *words]

    def stopped_hub(self, *words: str, environment: dict[str, str] | None = None) -> None:
        """A hub has run in 'hub', and was stopped."""
        hub = self.hub(*words, environment=environment)
        hub.signal(15)
        hub.ended()

    def file(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text)
        return path


Case = tuple[str, Callable[[Ground], Start], int, str]


def wrong_file(ground: Ground) -> Start:
    return Start(["--config", ground.file("node.json5", '{\n  role: "hub",\n  hub: { listn: "x" },\n}\n')])


def cut_file(ground: Ground) -> Start:
    return Start(["--config", ground.file("node.json5", '{ role: "hub", ')])


def missing_file(ground: Ground) -> Start:
    return Start(["--role", "hub", "--config", ground.folder / "none.json5"])


def wrong_variable(_: Ground) -> Start:
    return Start(["--role", "hub"], {"MESHNODE_HUB_LISTEN": "nowhere"})


def edge_without_hub(ground: Ground) -> Start:
    return Start(["--role", "edge", "--data", ground.folder / "edge"])


def key_without_certificate(ground: Ground) -> Start:
    return Start(ground.hub_words("other", "--http-key", "key.pem"))


def busy_port(ground: Ground) -> Start:
    return Start(["--role", "hub", "--data", ground.folder / "other", "--listen", ground.held_address()])


def busy_enrolment_port(ground: Ground) -> Start:
    words = ["--listen", "127.0.0.1:0", "--enrol-listen", ground.held_address()]
    return Start(["--role", "hub", "--data", ground.folder / "other", *words])


def busy_port_of_operators(ground: Ground) -> Start:
    words = ["--listen", "127.0.0.1:0", "--enrol-listen", "127.0.0.1:0", "--http-listen", ground.held_stream_address()]
    return Start(["--role", "hub", "--data", ground.folder / "other", *words])


def wrong_certificate_of_operators(ground: Ground) -> Start:
    file = ground.file("site.pem", "no certificate")
    words = ["--http-listen", "127.0.0.1:0", "--http-certificate", file, "--http-key", file]
    return Start(["--role", "hub", "--data", ground.folder / "other", *FREE[:4], *words])


def open_listener(ground: Ground) -> Start:
    return Start(["--role", "hub", "--data", ground.folder / "other", *FREE[:4], "--http-listen", "0.0.0.0:0"])


def open_listener_of_an_edge(ground: Ground) -> Start:
    return Start(ground.edge_words("edge", "127.0.0.1:9", "--http-listen", "[::]:0"))


def foreign_address(ground: Ground) -> Start:
    return Start(["--role", "hub", "--data", ground.folder / "other", "--listen", "192.0.2.1:0"])


def no_parent(ground: Ground) -> Start:
    return Start(ground.hub_words("no/such"))


def folder_of_the_kernel(_: Ground) -> Start:
    return Start(["--role", "hub", "--data", "/proc/meshnode", *FREE])


def a_file_in_its_place(ground: Ground) -> Start:
    ground.file("other", "")
    return Start(ground.hub_words())


def read_only(ground: Ground) -> Start:
    (ground.folder / "other").mkdir(mode=0o700)
    script = 'mount -t tmpfs -o ro,mode=700 tmpfs "$0" && exec "$@"'
    before = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, str(ground.folder / "other"))
    return Start(ground.hub_words(), before=before)


def full_disk(ground: Ground) -> Start:
    (ground.folder / "other").mkdir(mode=0o700)
    script = 'mount -t tmpfs -o size=64k,mode=700 tmpfs "$0" && exec "$@"'
    before = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, str(ground.folder / "other"))
    return Start(ground.hub_words(), before=before)


def anothers_folder(ground: Ground) -> Start:
    (ground.folder / "other").mkdir(mode=0o700)
    os.chown(ground.folder / "other", 65534, 65534)
    return Start(ground.hub_words())


def open_folder(ground: Ground) -> Start:
    (ground.folder / "other").mkdir()
    (ground.folder / "other").chmod(0o777)
    return Start(ground.hub_words())


def readable_key(ground: Ground) -> Start:
    ground.stopped_hub()
    (ground.folder / "hub/hub-key.pem").chmod(0o644)
    return Start(ground.hub_words("hub"))


def newer_folder(ground: Ground) -> Start:
    ground.stopped_hub()
    (ground.folder / "hub/format").write_text("meshnode hub 2\n")
    return Start(ground.hub_words("hub"))


def unreadable_format(ground: Ground) -> Start:
    ground.stopped_hub()
    (ground.folder / "hub/format").write_bytes(b"\xff\xfe what")
    return Start(ground.hub_words("hub"))


def folder_of_a_hub(ground: Ground) -> Start:
    ground.stopped_hub()
    return Start(ground.edge_words("hub"))


def second_hub(ground: Ground) -> Start:
    ground.hub()
    return Start(ground.hub_words("hub"))


def second_edge(ground: Ground) -> Start:
    hub = ground.hub()
    folder = ground.enrol(hub)
    ground.start(*ground.edge_words(folder, hub.address)).ready()
    return Start(ground.edge_words(folder, hub.address))


def not_enrolled(ground: Ground) -> Start:
    return Start(ground.edge_words("edge"))


def expired_edge(ground: Ground) -> Start:
    folder = ground.enrol(ground.hub())
    return Start(ground.edge_words(folder), clock_off(ground.folder, 130))


def expired_authority(ground: Ground) -> Start:
    (ground.folder / "hub").mkdir(mode=0o700)
    ground.run("ca", "init", "--folder", "hub/ca", "--valid-for", "1d")
    return Start(ground.hub_words("hub"), clock_off(ground.folder, 3))


def missing_authority(ground: Ground) -> Start:
    ground.stopped_hub()
    (ground.folder / "hub/ca").rename(ground.folder / "elsewhere")
    return Start(ground.hub_words("hub"))


def hub_a_day_behind(ground: Ground) -> Start:
    ground.stopped_hub()
    return Start(ground.hub_words("hub"), clock_off(ground.folder, -1))


def edge_a_day_behind(ground: Ground) -> Start:
    folder = ground.enrol(ground.hub())
    return Start(ground.edge_words(folder), clock_off(ground.folder, -1))


def edge_whose_hub_shows_it(ground: Ground) -> Start:
    """Its own certificate is a month old, so that only the hub's tells that it is a day behind."""
    month_ago = clock_off(ground.folder, -30)
    hub = ground.hub(environment=month_ago)
    folder = ground.enrol(hub, environment=month_ago)
    hub.signal(15)
    hub.ended()
    return Start(ground.edge_words(folder, ground.hub().address), clock_off(ground.folder, -1))


def edge_a_day_ahead(ground: Ground) -> Start:
    """All certificates count; only the hub's acknowledgement of its first beat tells."""
    hub = ground.hub()
    return Start(ground.edge_words(ground.enrol(hub), hub.address), before=ahead("+1d"))


def edge_behind_that_was_enrolled_before(ground: Ground) -> Start:
    """Certificates of a month ago, of a hub that has run since: they count for an edge a day behind."""
    clock = moving_clock(ground.folder, -30)
    hub = ground.hub(environment=clock)
    folder = ground.enrol(hub, environment=clock)
    set_clock(ground.folder, 0)
    return Start(ground.edge_words(folder, hub.address), before=ahead("-1d"))


def hub_a_day_ahead(ground: Ground) -> Start:
    """A hub knows of no clock but its own; the edge whose clock is right ends, and names both."""
    hub = ground.hub(environment=(clock := moving_clock(ground.folder)))
    folder = ground.enrol(hub, environment=clock)
    set_clock(ground.folder, 1)
    return Start(ground.edge_words(folder, hub.address))


CASES: list[Case] = [
    ("a wrong file", wrong_file, CONFIGURATION, r"json5:3:10: unknown key 'hub\.listn'; did you mean 'hub\.listen'"),
    ("a file that is cut short", cut_file, CONFIGURATION, r"node\.json5:1:16: an object has no end"),
    ("a missing file", missing_file, CONFIGURATION, r"none\.json5: .* cannot be read: No such file"),
    ("a wrong variable", wrong_variable, CONFIGURATION, r"MESHNODE_HUB_LISTEN: 'nowhere' is not .*localhost:7411"),
    ("an edge without a hub", edge_without_hub, CONFIGURATION, r"needs to know its hub: say --hub"),
    ("half of what HTTPS needs", key_without_certificate, CONFIGURATION, r"--http-key: .*http\.certificate"),
    ("a busy port", busy_port, ADDRESS, r"another process listens at 127\.0\.0\.1:\d+ .*--listen"),
    ("a busy port of enrolment", busy_enrolment_port, ADDRESS, r"127\.0\.0\.1:\d+ .*--enrol-listen"),
    ("a busy port of operators", busy_port_of_operators, ADDRESS, r"127\.0\.0\.1:\d+ \(TCP\).*--http-listen"),
    ("a wrong certificate for HTTPS", wrong_certificate_of_operators, CERTIFICATES, r"http\.certificate '.*site\.pem'"),
    ("a listener for all without TLS", open_listener, CONFIGURATION, r"--http-listen: .*0\.0\.0\.0:0, where keys"),
    ("an edge's for all without TLS", open_listener_of_an_edge, CONFIGURATION, r"--http-listen: .*http\.certificate"),
    ("an address of another machine", foreign_address, ADDRESS, r"192\.0\.2\.1:0 is no address of this machine"),
    ("a folder in no folder", no_parent, FOLDER, r"no/such' cannot be made: the folder above it does not exist"),
    ("a folder where none can be made", folder_of_the_kernel, FOLDER, r"/proc/meshnode' cannot be made there"),
    ("a file in the folder's place", a_file_in_its_place, FOLDER, r"is a file, and a node needs a folder"),
    ("a folder that is read only", read_only, FOLDER, r"cannot be written to: Read-only file system"),
    ("a folder without room", full_disk, FOLDER, r"journal.readOnly: no room while opening"),
    ("a folder of another user", anothers_folder, FOLDER, r"belongs to user 65534, and this process runs as user"),
    ("a folder that is open to others", open_folder, FOLDER, r"mode 777\); run: chmod go-w"),
    ("a key that is open to others", readable_key, FOLDER, r"hub-key\.pem' .*mode 644\); run: chmod 600"),
    ("a folder of a newer version", newer_folder, VERSION, r"made by a newer meshnode \(format 2,"),
    ("a folder of who knows what", unreadable_format, VERSION, r"this is no folder of a node"),
    ("an edge in a hub's folder", folder_of_a_hub, VERSION, r"the role 'hub', and this one is to be the role 'edge'"),
    ("a second hub on a folder", second_hub, BUSY, r"process \d+ runs on the folder"),
    ("a second edge on a folder", second_edge, BUSY, r"process \d+ runs on the folder"),
    ("an edge that has not enrolled", not_enrolled, CERTIFICATES, r"holds no certificate: get one .*meshnode enrol"),
    ("a certificate that ended long ago", expired_edge, CERTIFICATES, r"more than 30 days ago: .*meshnode enrol"),
    ("an authority that has expired", expired_authority, CERTIFICATES, r"expired on .*meshnode ca rotate"),
    ("a store without its authority", missing_authority, CERTIFICATES, r"the authority is missing: .*put the copy of"),
    ("a hub a day behind", hub_a_day_behind, CLOCK, r"set this machine's clock, and start again: "),
    ("an edge a day behind", edge_a_day_behind, CLOCK, r"set this machine's clock, and start again: "),
    ("an edge a day ahead", edge_a_day_ahead, CLOCK, r"set the clock that is wrong, .* is 24h ahead of the hub's"),
    ("an old edge a day behind", edge_behind_that_was_enrolled_before, CLOCK, r"clock .* is 24h behind the hub's"),
    ("an edge whose hub is a day ahead", hub_a_day_ahead, CLOCK, r"clock .* is 24h behind the hub's"),
    ("an edge whose hub shows it", edge_whose_hub_shows_it, CLOCK, r"set the clock that is wrong, .*the hub shows"),
]  # fmt: skip
def wait_until_ready(test: unittest.TestCase, site: str, code: int) -> str:
    """What /ready answers, once it answers with that code."""
    end = time.monotonic() + 10
    while True:
        try:
            with urllib.request.urlopen(f"http://{site}/ready", timeout=5) as answer:
                found, text = answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            found, text = error.code, error.read().decode()
        if found == code:
            return str(text)
        test.assertLess(time.monotonic(), end, text)
        time.sleep(0.02)


ALONE, ROOT = {"a folder that is read only"}, {"a folder of another user"}


class WrongStarts(unittest.TestCase):
    def test_each_ends_at_once_with_one_sentence_and_its_code(self) -> None:
        for name, prepare, code, expected in CASES:
            if (name in ALONE and not may_be_alone()) or (name in ROOT and os.geteuid() != 0):
                continue
            with self.subTest(name):
                ground = Ground()
                self.addCleanup(ground.end)
                start = prepare(ground)
                begin = time.monotonic()
                finished = ground.run(*start.words, environment=start.environment, before=start.before)
                seconds = time.monotonic() - begin
                told = sentence(finished.stderr)
                print(f"{name}: {finished.returncode} after {seconds * 1000:.0f} ms: {told}")
                self.assertEqual(finished.returncode, code, finished.stderr)
                self.assertRegex(told, expected)
                self.assertLess(seconds, 5)
                ground.end()

    def test_a_running_edge_whose_clock_jumps_says_so_and_goes_on(self) -> None:
        """Its own clock or its hub's, by a day and back: it is not ready meanwhile, and its tunnel stays."""
        ground = Ground()
        self.addCleanup(ground.end)
        hub = ground.hub()
        folder = ground.enrol(hub)
        words = [*ground.edge_words(folder, hub.address), "--beat-interval", "200ms", "--http-listen", "127.0.0.1:0"]
        words += ["--log-level", "debug"]
        edge = ground.start(*words, environment=moving_clock(ground.folder)).ready()
        # From the first acknowledgement on it is one that runs.
        edge.wait_for("edge.beat-acknowledged")
        site = next(record["http_address"] for record in edge.records if record["event"] == "node.ready")
        for days in (1, -1):
            wait_until_ready(self, site, 200)
            set_clock(ground.folder, days)
            record = edge.wait_for("edge.clocks-apart")
            self.assertEqual(record["level"], "error")
            self.assertRegex(record["reason"], r"is 24h (ahead of|behind) the hub's .*set the one that is wrong")
            self.assertIn("clock_agrees", wait_until_ready(self, site, 503))
            set_clock(ground.folder, 0)
            edge.wait_for("edge.clocks-agree")
        wait_until_ready(self, site, 200)
        self.assertIsNone(edge.process.poll())
        edge.signal(15)
        self.assertEqual(edge.ended(), 0)

    def test_the_process_that_has_a_folder_is_named(self) -> None:
        ground = Ground()
        self.addCleanup(ground.end)
        hub: Node = ground.hub()
        told = sentence(ground.run(*ground.hub_words("hub")).stderr)
        found = re.search(r"process (\d+) runs", told)
        assert found is not None
        self.assertEqual(int(found[1]), hub.process.pid)


if __name__ == "__main__":
    unittest.main()
