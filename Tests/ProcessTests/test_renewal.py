"""Certificates between real processes: renewed, rotated and revoked while the tunnels are in use."""

import json
import os
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from fleet import connected, kill, nothing_lost, until
from peers import MESHLOAD, RELEASE, Spoken

#: Renewals under load; scripts/test --all asks for a thousand.
RENEWALS = int(os.environ.get("MESHNODE_RENEWALS", "60"))


class Mesh:
    """A hub with enrolment in a folder of its own, and devices that have enrolled there."""

    def __init__(self, devices: int, life: str, pause: int = 50) -> None:
        self.holder = tempfile.TemporaryDirectory(prefix="renewal-")
        self.folder = Path(self.holder.name)
        self.hub = Spoken(MESHLOAD, "service", "--data", self.folder / "hub", "--certificates-for", life)
        self.address, self.enrolment = self.hub.address.split()
        self.devices = self.start(devices, pause)

    def start(self, count: int, pause: int, name: str = "device") -> Spoken:
        """Devices that enrol first."""
        words = ["--to", self.address, "--enrol-at", self.enrolment, "--authority", self.folder / "hub/ca"]
        kept = ["--folder", self.folder / "devices", "--name", name]
        return Spoken(MESHLOAD, "devices", *words, *kept, "--count", str(count), "--pause", str(pause))

    def __enter__(self) -> "Mesh":
        return self

    def __exit__(self, *_: object) -> None:
        self.devices.end()
        self.hub.end()
        self.holder.cleanup()

    def rotate(self, step: str) -> str:
        """One step of the authority's replacement, as an operator takes it."""
        words = [RELEASE / "meshnode", "ca", "rotate", step, "--folder", self.folder / "hub/ca"]
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout

    def revoke(self, name: str) -> None:
        """As an operator does it."""
        words = [RELEASE / "meshnode", "ca", "revoke", name, "--tenant", "main", "--folder", self.folder / "hub/ca"]
        subprocess.run([*words, "--quiet"], check=True)

    def restart_hub(self) -> None:
        """As after a crash."""
        kill(self.hub)
        words = ["--data", self.folder / "hub", "--certificates-for", "1h", "--listen", self.address]
        self.hub = Spoken(MESHLOAD, "service", *words, "--enrol-listen", self.enrolment)

    def roots_of_devices(self) -> list[int]:
        """How many authorities each device believes."""
        files = sorted(self.folder.glob("devices/*/ca.pem"))
        return [file.read_text().count("BEGIN CERTIFICATE") for file in files]


class Renewal(unittest.TestCase):
    def check_nothing_failed(self, mesh: Mesh, count: int) -> None:
        """Every booking was answered, in its first try, and is there once."""
        figures = mesh.devices.status()
        self.assertEqual((figures["failed"], figures["open"], figures["last_failures"]), (0, 0, []))
        states = json.loads(mesh.devices.tell("states"))
        self.assertEqual(states["reconnecting"], 0, states)
        self.assertGreater(nothing_lost(mesh.devices)["acknowledged"], count)

    def test_renewals_under_load_fail_no_call(self) -> None:
        """Certificates live for seconds; each renewal makes a link with the new key before it gives up the old one."""
        with Mesh(min(40, max(4, RENEWALS // 10)), "6s") as mesh:
            connected(mesh.devices, mesh.devices.status()["edges"])
            begin = time.monotonic()
            first = mesh.hub.status()["handshakes"]
            until(lambda: mesh.hub.status()["handshakes"] - first >= RENEWALS, 30 + RENEWALS)
            seconds = time.monotonic() - begin
            made = mesh.hub.status()["handshakes"] - first
            print(f"{made} renewals in {seconds:.0f} s: {mesh.devices.tell('status')}")
            self.check_nothing_failed(mesh, RENEWALS)

    def test_an_authority_is_replaced_under_load_and_no_call_fails(self) -> None:
        """Both are believed, then the new one signs, then the old one is forgotten, each when all have renewed."""
        with Mesh(8, "6s") as mesh:
            connected(mesh.devices, 8)
            self.assertEqual(mesh.roots_of_devices(), [1] * 8)
            mesh.rotate("begin")
            until(lambda: mesh.roots_of_devices() == [2] * 8, 30)
            mesh.rotate("switch")
            # A life of the certificates: whoever was signed by the old one has been signed by the new one since.
            time.sleep(8)
            mesh.rotate("finish")
            until(lambda: mesh.roots_of_devices() == [1] * 8, 30)
            time.sleep(4)
            self.check_nothing_failed(mesh, 100)
            connected(mesh.devices, 8)

    def test_a_revoked_device_is_cut_off_and_stays_out(self) -> None:
        """Neither a ticket nor a handshake brings it back; the others notice nothing."""
        with Mesh(5, "1h") as mesh:
            connected(mesh.devices, 5)
            time.sleep(1)
            begin = time.monotonic()
            mesh.revoke("device-3")
            until(lambda: mesh.hub.status()["tunnels"] == 4, 5)
            cut = time.monotonic() - begin
            until(lambda: mesh.devices.status()["connected"] == 4, 5)
            print(f"cut off {cut * 1000:.0f} ms after the operator's command was begun")
            self.assertLess(cut, 5)
            # It tries with its ticket at once; the failure of a certificate is told from that of a network.
            until(lambda: json.loads(mesh.devices.tell("states"))["failed"] == 1, 10)
            self.assertEqual(mesh.hub.status()["tunnels"], 4)
            self.assertEqual(mesh.devices.status()["connected"], 4)
            # A restart of the hub changes nothing: what was revoked is read before anybody may come.
            mesh.restart_hub()
            until(lambda: mesh.hub.status()["tunnels"] == 4, 30)
            time.sleep(2)
            self.assertEqual(mesh.hub.status()["tunnels"], 4)


if __name__ == "__main__":
    unittest.main()
