"""Debian's nginx in a folder of its own."""

from __future__ import annotations

import getpass
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from upstreams.ports import free_ports

_FRAME = """
daemon off;
user {user};
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 20000; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    client_max_body_size 0;
    {content}
}}
"""

_STREAMING = """
    keepalive_requests {keepalive_requests};
    http2_max_concurrent_streams 256;
    server {{
        listen 127.0.0.1:{plain};
        listen 127.0.0.1:{tls} ssl http2;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        {extra}
        root {folder}/files;
        location /up/ {{
            proxy_pass http://127.0.0.1:{upstream}/;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffering off;
            proxy_request_buffering off;
            proxy_read_timeout 600s;
        }}
    }}
"""

#: The file that both nginx and others answer with in benchmarks; 43 bytes.
JSON = b'{"id":"0123456789","state":"ready","n":42}\n'

_TRIES = 5
_TAKEN = "Address already in use"


class NginxProcess:
    """nginx with what an `http` block holds; runs until the end of the `with`, and has its ports from the beginning.

    Others may take a port between its choice and nginx, which then ends: it is started again with other ports.
    """

    #: The ports that it listens at, once it runs.
    ports: list[int]

    def __init__(self, folder: Path, port_count: int, content: Callable[[list[int]], str]) -> None:
        self.folder = folder
        self._port_count = port_count
        self._content = content
        (folder / "files").mkdir(parents=True)
        (folder / "files/json").write_bytes(JSON)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        for _ in range(_TRIES):
            if self._begin(free_ports(self._port_count)):
                return self
        raise AssertionError(f"nginx gets no ports: {self._errors()}")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end()

    def _begin(self, ports: list[int]) -> bool:
        """Whether nginx runs; false where somebody else has one of `ports`."""
        self.ports = ports
        content = self._content(ports)
        frame = _FRAME.format(user=getpass.getuser(), folder=self.folder, content=content)
        (self.folder / "nginx.conf").write_text(frame)
        (self.folder / "error.log").unlink(missing_ok=True)
        files = ["-c", str(self.folder / "nginx.conf"), "-e", str(self.folder / "error.log")]
        command = ["/usr/sbin/nginx", "-p", str(self.folder), *files]
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        # An answer at a port would say little, for it may be somebody else's: nginx writes its number once it has all.
        end = time.monotonic() + 10
        while not (self.folder / "nginx.pid").exists():
            errors = self._errors()
            if _TAKEN in errors:
                self._end()
                return False
            if self._process.poll() is not None or time.monotonic() > end:
                self._end()
                raise AssertionError(f"nginx does not answer: {errors}")
            time.sleep(0.02)
        return True

    def _end(self) -> None:
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise

    def _errors(self) -> str:
        log = self.folder / "error.log"
        return log.read_text() if log.exists() else "it says nothing"


class Nginx(NginxProcess):
    """Plain, and TLS with HTTP/2, in front of a streaming upstream."""

    def __init__(
        self,
        folder: Path,
        certificate: tuple[Path, Path],
        upstream: int,
        *,
        keepalive_requests: int = 100_000,
        extra: str = "",
    ) -> None:
        def content(ports: list[int]) -> str:
            return _STREAMING.format(
                folder=folder,
                plain=ports[0],
                tls=ports[1],
                certificate=certificate[0],
                key=certificate[1],
                upstream=upstream,
                keepalive_requests=keepalive_requests,
                extra=extra,
            )

        super().__init__(folder, 2, content)

    @property
    def port(self) -> int:
        """The port in the clear."""
        return self.ports[0]

    @property
    def tls_port(self) -> int:
        """The port over TLS."""
        return self.ports[1]

    @property
    def url(self) -> str:
        """In the clear."""
        return f"http://localhost:{self.port}"

    @property
    def tls_url(self) -> str:
        """Over TLS, where HTTP/2 is offered."""
        return f"https://localhost:{self.tls_port}"
