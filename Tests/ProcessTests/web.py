"""The HTTP server as `meshload web` runs it, nginx beside it, and raw bytes to both."""

from __future__ import annotations

import json
import re
import socket
import ssl
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from peers import MESHLOAD, Spoken

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from upstreams.nginx import NginxProcess  # noqa: E402

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


class NginxSite(NginxProcess):
    """nginx with a `server` block, which names its PORT, its FOLDER, and SECURE where it wants another port."""

    def __init__(self, server: str) -> None:
        self._holder = tempfile.TemporaryDirectory(prefix="nginx-")
        folder = Path(self._holder.name)

        def content(ports: list[int]) -> str:
            words = server.replace("PORT", str(ports[0])).replace("SECURE", str(ports[1]))
            return f"keepalive_requests 1000000000; server {{ {words.replace('FOLDER', str(folder))} }}"

        super().__init__(folder, 2, content)

    @property
    def port(self) -> int:
        """The first of its ports."""
        return self.ports[0]

    @property
    def secure_port(self) -> int:
        """The other one."""
        return self.ports[1]

    def __enter__(self) -> Self:
        try:
            return super().__enter__()
        except BaseException:
            self._holder.cleanup()
            raise

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        self._holder.cleanup()


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


def unchecked() -> ssl.SSLContext:
    """TLS that believes everybody, for certificates that sign themselves."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def resident_kib(process: int) -> int:
    """What a process has in memory."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))
