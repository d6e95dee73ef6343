"""Measures the HTTP server as `meshload web` runs it, beside nginx in the same run."""

from __future__ import annotations

import re
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benching.paths import ROOT
from upstreams.authority import self_signed

sys.path.append(str(ROOT / "Tests/ProcessTests"))

from web import NginxSite, Web, resident_kib  # noqa: E402

_NGINX = """
    listen 127.0.0.1:PORT; listen 127.0.0.1:SECURE ssl; root FOLDER/files;
    ssl_certificate CERTIFICATE; ssl_certificate_key KEY; ssl_protocols TLSv1.3;
    location /json { default_type application/json; }
"""
_IDLE = 2_000
_STREAMS = 2_000


@dataclass(frozen=True)
class Load:
    """What wrk found."""

    rate: float
    p50: float
    p99: float


def table(rounds: int = 5, seconds: int = 3) -> str:
    """The table for people; rows that are compared alternate in each round."""
    lines: list[str] = []
    with _both() as (web, secure_web, nginx_url, nginx_secure_url):
        plain = _pairs(web.url, nginx_url, rounds, seconds, "-c64")
        lines += _compared("GET 43 bytes of JSON, 64 connections", plain)
        secure = _pairs(secure_web.url, nginx_secure_url, rounds, seconds, "-c64")
        lines += _compared("the same over TLS 1.3, ECDSA P-256", secure)
        lines += _events(web, rounds, seconds)
    lines += _memory()
    return "\n".join(lines) + "\n"


@contextmanager
def _both() -> Iterator[tuple[Web, Web, str, str]]:
    """Our server, the same with TLS, and where nginx has both."""
    with tempfile.TemporaryDirectory() as holder:
        certificate, key = self_signed(Path(holder))
        server = _NGINX.replace("CERTIFICATE", str(certificate)).replace("KEY", str(key))
        with Web() as web, Web("--certificate", certificate, "--key", key) as secure_web, NginxSite(server) as nginx:
            yield web, secure_web, f"http://127.0.0.1:{nginx.port}", f"https://127.0.0.1:{nginx.secure_port}"


def _pairs(ours: str, theirs: str, rounds: int, seconds: int, *words: str) -> list[tuple[Load, Load]]:
    """Ours and theirs in turn; who is first changes with each round."""
    pairs = []
    for number in range(rounds):
        if number % 2:
            their = _wrk(f"{theirs}/json", seconds, *words)
            pairs.append((_wrk(f"{ours}/json", seconds, *words), their))
        else:
            our = _wrk(f"{ours}/json", seconds, *words)
            pairs.append((our, _wrk(f"{theirs}/json", seconds, *words)))
    return pairs


def _compared(title: str, pairs: list[tuple[Load, Load]]) -> list[str]:
    def row(name: str, loads: list[Load]) -> str:
        rates, p50s, p99s = ([getattr(load, field) for load in loads] for field in ("rate", "p50", "p99"))
        return f"  {name:10} {_spread(rates, 0):>32} /s   p50 {_spread(p50s, 2)} ms   p99 {_spread(p99s, 2)} ms"

    return [
        title,
        row("meshnode", [our for our, _ in pairs]),
        row("nginx", [their for _, their in pairs]),
        f"  rate, ours through nginx's: {_spread([our.rate / their.rate for our, their in pairs], 2)};"
        f" p99, ours through nginx's: {_spread([our.p99 / their.p99 for our, their in pairs], 2)}",
    ]


def _events(web: Web, rounds: int, seconds: int) -> list[str]:
    loads = [_wrk(f"{web.url}/sse?count=100", seconds, "-c200") for _ in range(rounds)]
    rates = [load.rate * 100 for load in loads]
    p99s = [load.p99 for load in loads]
    return [
        "200 streams of 100 events each, one after the other",
        f"  {_spread(rates, 0)} events/s, p99 of a stream {_spread(p99s, 1)} ms",
    ]


def _memory() -> list[str]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        idle = _per_connection(_IDLE, b"GET /json HTTP/1.1\r\nHost: a\r\n\r\n")
        waiting = _per_connection(_STREAMS, b"GET /sse?count=2&interval-ms=3600000 HTTP/1.1\r\nHost: a\r\n\r\n")
        grown = _slow_reader(640 << 20)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return [
        f"memory of a fresh process: {idle:.2f} KiB an idle connection of {_IDLE}, {waiting:.2f} KiB a waiting stream"
        f" of {_STREAMS}",
        f"  a reader that takes 16 MB of 640 MB and stops: grown by {grown} KiB",
    ]


def _per_connection(count: int, request: bytes) -> float:
    """KiB of each further connection, beyond the first hundred."""
    with Web("--connections", str(count + 200), "--connections-each", str(count + 200)) as web:
        held = [_asked(web.port, request) for _ in range(100)]
        before = resident_kib(web.process.pid)
        held += [_asked(web.port, request) for _ in range(count)]
        grown = resident_kib(web.process.pid) - before
        for connection in held:
            connection.close()
        return grown / count


def _slow_reader(size: int) -> int:
    with Web() as web:
        _asked(web.port, b"GET /json HTTP/1.1\r\nHost: a\r\n\r\n").close()
        with _asked(web.port, f"GET /stream?bytes={size} HTTP/1.1\r\nHost: a\r\n\r\n".encode()) as connection:
            left = 1 << 20
            while left > 0:
                left -= len(connection.recv(min(left, 65_536)))
            before = resident_kib(web.process.pid)
            left = 15 << 20
            while left > 0:
                left -= len(connection.recv(min(left, 65_536)))
                time.sleep(0.001)
            time.sleep(2)
            return resident_kib(web.process.pid) - before


def _asked(port: int, request: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    connection.sendall(request)
    connection.recv(64)
    return connection


def _wrk(url: str, seconds: int, *words: str) -> Load:
    command = ["wrk", "-t1", f"-d{seconds}s", "--latency", *words, url]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        sys.exit(f"scripts/bench: wrk met errors at {url}:\n{output}")
    return Load(_number(output, r"Requests/sec:\s+([\d.]+)"), _latency(output, "50%"), _latency(output, "99%"))


def _number(text: str, pattern: str) -> float:
    found = re.search(pattern, text)
    if found is None:
        sys.exit(f"scripts/bench: wrk does not say {pattern}")
    return float(found[1])


def _latency(text: str, part: str) -> float:
    """Milliseconds."""
    found = re.search(rf"{part}\s+([\d.]+)(us|ms|s)", text)
    if found is None:
        sys.exit("scripts/bench: wrk says no latency")
    return float(found[1]) * {"us": 0.001, "ms": 1, "s": 1_000}[found[2]]


def _spread(values: list[float], digits: int) -> str:
    format_one: Callable[[float], str] = lambda value: f"{value:,.{digits}f}"
    return f"{format_one(statistics.median(values))} [{format_one(min(values))}-{format_one(max(values))}]"
