"""Clients that leave a hub at a chosen moment, and how long after that whoever answers has stopped."""

from __future__ import annotations

import json
import os
import socket
import time
import urllib.request
from collections.abc import Callable
from typing import Any

#: How many leave at each of the moments; the bound on the time is looked at where all of the issue's 200 do.
TIMES = int(os.environ.get("MESHNODE_LEAVES", "20"))
WHOLE = 200
BOUND = 0.050

_PATHS = {"openai": "/v1/chat/completions", "anthropic": "/v1/messages"}


def request(dialect: str, body: dict[str, Any]) -> bytes:
    """The bytes of a chat."""
    text = json.dumps({"max_tokens": 1_500, **body}).encode()
    head = f"POST {_PATHS[dialect]} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return f"{head}anthropic-version: 2023-06-01\r\nContent-Length: {len(text)}\r\n\r\n".encode() + text


def connect(url: str) -> socket.socket:
    """A connection to a server at a URL without a path."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    return socket.create_connection((host, int(port)), timeout=20)


def read_until(connection: socket.socket, wanted: bytes) -> None:
    """Reads until something has come."""
    found = b""
    while wanted not in found:
        piece = connection.recv(65_536)
        if not piece:
            raise AssertionError(f"the answer ended: {found[:1_000]!r}")
        found += piece


def leave(connection: socket.socket, *, rudely: bool) -> int:
    """Closes, with a farewell or without one; the nanosecond at which that was done."""
    if rudely:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    left = time.monotonic_ns()
    connection.close()
    return left


def load(url: str) -> Any:
    """The JSON at a URL."""
    with urllib.request.urlopen(url, timeout=20) as answer:
        return json.load(answer)


def until(wanted: Callable[[], bool], seconds: float = 20) -> None:
    """Returns once it is so."""
    end = time.monotonic() + seconds
    while not wanted():
        if time.monotonic() > end:
            raise AssertionError("not so in time")
        time.sleep(0.001)


def told(name: str, after: list[float]) -> str:
    """What was measured, in a line."""
    ordered = sorted(after)
    p50, p99 = ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100]
    figures = ", ".join(f"{word} {value * 1e3:.1f} ms" for word, value in
                        (("p50", p50), ("p99", p99), ("most", ordered[-1])))
    return f"{name}: {len(ordered)} of {TIMES} stopped, {figures}"
