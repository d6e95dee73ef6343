"""A handler is cancelled within 50 ms of its client's leaving: while it waits, while it streams, while it reads."""

import json
import socket
import time
import unittest
import urllib.request
from collections.abc import Callable

from web import Web

TIMES = 200
BOUND = 0.050


class Cancellation(unittest.TestCase):
    def test_while_it_waits(self) -> None:
        """Nothing was sent and nothing is due."""
        self.leave("hang", "GET /hang?id={} HTTP/1.1\r\nHost: a\r\n\r\n")

    def test_while_it_streams(self) -> None:
        """Events are on their way, and the client has read some."""
        request = "GET /sse?id={}&count=1000000&interval-ms=5 HTTP/1.1\r\nHost: a\r\n\r\n"
        self.leave("sse", request, lambda connection: connection.recv(64))

    def test_while_it_streams_to_one_who_does_not_read(self) -> None:
        """The handler waits for room."""
        self.leave("stream", "GET /stream?id={}&bytes=100000000 HTTP/1.1\r\nHost: a\r\n\r\n")

    def test_while_it_reads_a_body(self) -> None:
        """A part of the body has come, and the rest never will."""
        request = "POST /upload?id={} HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nsome of it"
        self.leave("upload", request)

    def test_while_it_reads_a_body_slowly(self) -> None:
        """More of the body has come than the handler has read."""
        head = "POST /slow-upload?id={} HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n"
        self.leave("slow-upload", head + "x" * 100_000)

    def leave(self, route: str, request: str, before: Callable[[socket.socket], object] | None = None) -> None:
        """Asks, leaves when the handler runs, and compares the two clocks, which are one."""
        left: dict[str, int] = {}
        with Web() as web:
            for number in range(TIMES):
                name = f"{route}-{number}"
                with socket.create_connection(("127.0.0.1", web.port), timeout=20) as connection:
                    connection.sendall(request.format(name).encode())
                    if before is not None:
                        before(connection)
                    else:
                        _until(lambda: name in _listed(web, "running"))
                    if number % 2:  # without a farewell
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    left[name] = time.monotonic_ns()
            _until(lambda: len(_listed(web, "cancelled")) == TIMES)
            found = _listed(web, "cancelled")
            after = sorted((found[name] - left[name]) / 1e9 for name in left)
            middle, most = after[TIMES // 2] * 1e3, after[-1] * 1e3
            print(f"{route}: {len(after)} cancelled, p50 {middle:.2f} ms, most {most:.2f} ms")
            self.assertEqual(len(after), TIMES)
            self.assertLess(after[-1], BOUND)
            _until(lambda: web.counters()["handlers"] == 1)  # the one that counts


def _listed(web: Web, what: str) -> dict[str, int]:
    """Handlers by the name that their request gave: those running, or those cancelled and when."""
    with urllib.request.urlopen(f"{web.url}/handlers", timeout=20) as answer:
        return dict(json.load(answer)[what])


def _until(wanted: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not wanted():
        if time.monotonic() > end:
            raise AssertionError("not so in time")


if __name__ == "__main__":
    unittest.main()
