"""The HTTP server as `meshload web` runs it, nginx beside it, and raw bytes to both."""

from __future__ import annotations

import json
import re
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peers import MESHLOAD, Spoken

_STATUS = re.compile(rb"HTTP/1\.[01] (\d\d\d)")


class Web(Spoken):
    """The server with its test routes, at a port of its own."""

    def __init__(self, *words: str | Path) -> None:
        super().__init__(MESHLOAD, "web", *words)
        self.port = int(self.address.rsplit(":", 1)[1])
        self.is_secure = "--certificate" in words

    def __enter__(self) -> Web:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"{'https' if self.is_secure else 'http'}://127.0.0.1:{self.port}"

    def counters(self) -> dict[str, Any]:
        """What it counts of itself."""
        with urllib.request.urlopen(self.url + "/counters", timeout=20, context=unchecked()) as answer:
            return dict(json.load(answer))


class Nginx:
    """nginx with one worker in a folder of its own, with what a `server` block holds."""

    def __init__(self, server: str, *, http: str = "") -> None:
        self.holder = tempfile.TemporaryDirectory(prefix="nginx-")
        self.folder = Path(self.holder.name)
        (self.folder / "html").mkdir()
        self.port = free_port()
        configuration = f"""
            daemon off; worker_processes 1; pid {self.folder}/pid; error_log {self.folder}/errors;
            events {{ worker_connections 20000; }}
            http {{
                access_log off; client_body_temp_path {self.folder}/body; proxy_temp_path {self.folder}/proxy;
                fastcgi_temp_path {self.folder}/a; uwsgi_temp_path {self.folder}/b; scgi_temp_path {self.folder}/c;
                keepalive_requests 1000000000; {http}
                server {{ {server.replace("PORT", str(self.port)).replace("FOLDER", str(self.folder))} }}
            }}"""
        (self.folder / "nginx.conf").write_text(configuration)
        command = ["/usr/sbin/nginx", "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        until_listening(self.port)

    def __enter__(self) -> Nginx:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        finally:
            self.process.kill()
            self.process.wait()
            self.holder.cleanup()


@dataclass(frozen=True)
class Exchange:
    """What came back."""

    statuses: tuple[int, ...]
    is_closed: bool
    received: bytes


def exchange(
    port: int, sent: bytes, *, patience: float = 5.0, quiet: float = 0.4, pause: float | None = None
) -> Exchange:
    """Sends bytes on a fresh connection, each by itself where there is a pause between them.

    What comes until it is closed, or for a while nothing more comes.
    """
    received = b""
    is_closed = False
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as connection:
        try:
            if pause is None:
                connection.sendall(sent)
            else:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for byte in sent:
                    connection.sendall(bytes([byte]))
                    time.sleep(pause)
        except OSError:
            is_closed = True  # it was refused before all was sent; the answer may wait all the same
        try:
            while True:
                connection.settimeout(quiet if received else patience)
                piece = connection.recv(65_536)
                if not piece:
                    is_closed = True
                    break
                received += piece
        except TimeoutError:
            pass
        except OSError:
            is_closed = True
    return Exchange(tuple(int(status) for status in _STATUS.findall(received)), is_closed, received)


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate for loopback that signs itself, and its key."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    names = "subjectAltName=IP:127.0.0.1,DNS:localhost"
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    command = ["openssl", "req", "-x509", *curve, "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", names]
    subprocess.run([*command, "-out", certificate, "-keyout", key], check=True, capture_output=True)
    return certificate, key


def unchecked() -> ssl.SSLContext:
    """TLS that believes everybody, for certificates that sign themselves."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def free_port() -> int:
    """A port that was free a moment ago, for programs that cannot say which one they took."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until_listening(port: int, seconds: float = 10) -> None:
    """Returns once somebody takes connections at the port."""
    end = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)


def resident_kib(process: int) -> int:
    """What a process has in memory."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))
