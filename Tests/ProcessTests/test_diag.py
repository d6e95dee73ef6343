"""`meshnode diag`: one file that helps, and that holds no secret, whatever byte is looked at."""

from __future__ import annotations

import base64
import getpass
import json
import re
import socket
import stat
import subprocess
import unittest
import zipfile
from pathlib import Path

from networks import may_be_alone
from nodes import FREE, Place

PASSWORD = "correct-horse-battery-staple"
API_KEY = "sk-live-4f9Q2mZ8sLk0TqWv"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        return int(holder.getsockname()[1])


class Diag(unittest.TestCase):
    def setUp(self) -> None:
        self.place = Place()
        self.addCleanup(self.place.end)
        self.folder = self.place.folder
        self.environment = {"OPENAI_API_KEY": API_KEY, "MESHNODE_HUB_ISSUER": f"sign --password {PASSWORD}"}

    def gather(self, *words: str | Path) -> zipfile.ZipFile:
        path = self.folder / "some.zip"
        finished = self.place.run("diag", "--output", path, *words, environment=self.environment)
        self.assertEqual(finished.returncode, 0, finished.stderr)
        self.assertIn("manifest", finished.stdout)
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        subprocess.run(["python3", "-m", "zipfile", "--test", path], check=True, capture_output=True)
        archive = zipfile.ZipFile(path)
        self.addCleanup(archive.close)
        self.assertIsNone(archive.testzip())
        self.assertEqual(archive.namelist()[0], "manifest.json")
        manifest = json.loads(archive.read("manifest.json"))
        self.assertEqual([file["name"] for file in manifest["files"]], archive.namelist()[1:])
        for file in manifest["files"]:
            self.assertEqual(archive.getinfo(file["name"]).file_size, file["bytes"])
        return archive

    def secrets(self, token: str) -> dict[str, bytes]:
        """Everything that must not be in the file, in each spelling that somebody could read."""
        found = {"token": token.encode(), "password": PASSWORD.encode(), "API key": API_KEY.encode()}
        for path in self.folder.rglob("*"):
            if not path.is_file() or not ("key" in path.name or path.name.startswith("pending-")):
                continue
            text = path.read_text()
            body = "".join(line for line in text.splitlines() if not line.startswith("-----"))
            self.assertGreater(len(body), 32, path)
            name = str(path.relative_to(self.folder))
            found[f"{name} as a line"] = text.splitlines()[1].encode()
            raw = base64.b64decode(re.sub(r"[^A-Za-z0-9+/=]", "", body) + "==")
            # The private number of a key is somewhere in it: each piece of it counts.
            for start in range(0, len(raw) - 16, 16):
                piece = raw[start : start + 16]
                found[f"{name} bytes {start}"] = piece
                found[f"{name} hex {start}"] = piece.hex().encode()
            for start in range(0, len(body) - 24, 24):
                found[f"{name} base 64 {start}"] = body[start : start + 24].encode()
        return found

    def test_a_hub_that_runs_and_an_edge(self) -> None:
        address = f"127.0.0.1:{free_port()}"
        words = ["--role", "hub", "--data", self.folder / "hub", *FREE[:4], "--http-listen", address]
        hub = self.place.start(*words).ready()
        token = self.place.token("edge-1")
        finished = self.place.run("enrol", token, "--hub", hub.enrolment, "--folder", self.folder / "edge-1")
        self.assertEqual(finished.returncode, 0, finished.stderr)
        secrets = self.secrets(token)
        self.assertGreater(len(secrets), 100)
        archive = self.gather(*words)
        whole = (self.folder / "some.zip").read_bytes()
        for name, secret in secrets.items():
            self.assertNotIn(secret, whole, name)
        for name in (socket.gethostname(), getpass.getuser()):
            if name not in ("root", "localhost"):
                self.assertIsNone(re.search(rf"\b{re.escape(name)}\b".encode(), whole), name)
        # It does hold what helps.
        self.assertIn(b'mesh_tunnels{state="connected"} 0', archive.read("node/metrics.txt"))
        self.assertEqual(json.loads(archive.read("node/ready.json"))["status"], "ready")
        configuration = json.loads(archive.read("configuration.json"))
        self.assertEqual(configuration["settings"]["hub.issuer"]["value"], "***")
        checks = json.loads(archive.read("doctor.json"))["checks"]
        self.assertIn("folder", [check["name"] for check in checks])
        files = {file["name"]: file for file in json.loads(archive.read("folder.json"))["files"]}
        self.assertEqual(files["ca/ca-key.pem"]["mode"], "600")
        self.assertGreater(json.loads(archive.read("store.json"))["bytes"], 0)
        self.assertEqual(json.loads(archive.read("certificates.json"))[0]["kind"], "authority")
        self.assertIn("memory_total", archive.read("vitals.json").decode())
        self.assertIn(b"Threads:", archive.read("process.txt"))
        self.assertIn(b"MemTotal:", archive.read("machine.txt"))
        (self.folder / "some.zip").unlink()
        archive = self.gather("--role", "edge", "--data", self.folder / "edge-1", "--hub", hub.address)
        whole = (self.folder / "some.zip").read_bytes()
        for name, secret in secrets.items():
            self.assertNotIn(secret, whole, name)
        missing = {file["name"]: file["reason"] for file in json.loads(archive.read("manifest.json"))["missing"]}
        self.assertIn("node/metrics.txt", missing)
        self.assertRegex(missing["log.txt"], r"journalctl")

    def test_a_configuration_that_is_wrong(self) -> None:
        """Helps all the same, and does not repeat what somebody has put in the wrong place."""
        path = self.folder / "node.json5"
        path.write_text(f'{{ role: "hub", hub: {{ issuer: 7, password: "{PASSWORD}" }} }}')
        archive = self.gather("--config", path)
        self.assertNotIn(PASSWORD.encode(), (self.folder / "some.zip").read_bytes())
        self.assertIn("configuration", archive.read("doctor.txt").decode())

    def test_a_file_that_is_there_already(self) -> None:
        (self.folder / "some.zip").write_text("precious")
        finished = self.place.run("diag", "--role", "hub", "--output", "some.zip")
        self.assertEqual(finished.returncode, 1)
        self.assertRegex(finished.stderr, r"^meshnode diag: error: 'some\.zip' exists and is not overwritten")
        self.assertEqual((self.folder / "some.zip").read_text(), "precious")

    @unittest.skipUnless(may_be_alone(), "needs namespaces of its own")
    def test_a_full_disk(self) -> None:
        """No half a file is left."""
        script = 'mount -t tmpfs -o size=8k,mode=700 tmpfs full && "$@"; echo "code $?"; ls -A full; echo end'
        before = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh")
        (self.folder / "full").mkdir()
        finished = self.place.run("diag", "--role", "hub", "--output", "full/some.zip", before=before)
        self.assertEqual(finished.stdout, "code 1\nend\n")
        self.assertRegex(finished.stderr, r"'full/some\.zip' cannot be written: No space left on device")


if __name__ == "__main__":
    unittest.main()
