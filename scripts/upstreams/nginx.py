"""Debian's nginx in a folder of its own."""

from __future__ import annotations

import getpass
import socket
import subprocess
import time
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


class NginxProcess:
    """nginx with what an `http` block holds; runs until the end of the `with`."""

    def __init__(self, folder: Path, ports: list[int], content: str) -> None:
        self.folder = folder
        self._ports = ports
        (folder / "files").mkdir(parents=True)
        (folder / "files/json").write_bytes(JSON)
        (folder / "nginx.conf").write_text(_FRAME.format(user=getpass.getuser(), folder=folder, content=content))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        command = ["/usr/sbin/nginx", "-p", str(self.folder), "-c", str(self.folder / "nginx.conf"), "-e", "stderr"]
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        for port in self._ports:
            self._wait_for(port)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(20)

    def _wait_for(self, port: int) -> None:
        end = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                if time.monotonic() > end:
                    raise AssertionError(f"nginx does not answer: {(self.folder / 'error.log').read_text()}") from None
                time.sleep(0.02)


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
        self.port, self.tls_port = free_ports(2)
        content = _STREAMING.format(
            folder=folder,
            plain=self.port,
            tls=self.tls_port,
            certificate=certificate[0],
            key=certificate[1],
            upstream=upstream,
            keepalive_requests=keepalive_requests,
            extra=extra,
        )
        super().__init__(folder, [self.port, self.tls_port], content)

    @property
    def url(self) -> str:
        """In the clear."""
        return f"http://localhost:{self.port}"

    @property
    def tls_url(self) -> str:
        """Over TLS, where HTTP/2 is offered."""
        return f"https://localhost:{self.tls_port}"
