"""Clients that mean ill: what they may hold is bounded, and the others hardly notice."""

import base64
import os
import resource
import selectors
import socket
import ssl
import tempfile
import threading
import time
import unittest
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from web import Web, exchange, resident_kib, unchecked

from upstreams.authority import self_signed

GET = b"GET /json HTTP/1.1\r\nHost: a\r\n\r\n"
#: So many connections; scripts/test --all asks for more where the machine lets it.
MANY = int(os.environ.get("MESHNODE_WEB_CONNECTIONS", "10000"))


class Others:
    """A good client that asks all the time; how long the slowest of its requests took."""

    def __init__(self, web: Web) -> None:
        self.web = web
        self.slowest = 0.0
        self.answered = 0
        self.failures: list[str] = []
        self.is_over = False
        self.thread = threading.Thread(target=self._ask)

    def __enter__(self) -> "Others":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_over = True
        self.thread.join()

    def _ask(self) -> None:
        while not self.is_over:
            begin = time.monotonic()
            try:
                with urllib.request.urlopen(self.web.url + "/json", timeout=10, context=unchecked()) as answer:
                    answer.read()
            except OSError as error:
                self.failures.append(str(error))
            self.slowest = max(self.slowest, time.monotonic() - begin)
            self.answered += 1
            time.sleep(0.01)


class Abuse(unittest.TestCase):
    def good(self, others: Others) -> None:
        """Nobody else was hurt; on a machine that others use too, a scheduler's turns are granted."""
        print(f"others: {others.answered} answered, slowest {others.slowest * 1e3:.1f} ms, {others.failures}")
        self.assertEqual(others.failures, [])
        self.assertGreater(others.answered, 10)
        self.assertLess(others.slowest, 0.5)

    def test_heads_that_drip(self) -> None:
        """Slow-loris: a byte now and then does not keep a head alive beyond its deadline."""
        with Web("--head", "1500ms") as web, Others(web) as others:
            begin = time.monotonic()
            drips = [socket.create_connection(("127.0.0.1", web.port), timeout=20) for _ in range(200)]
            for drip in drips:
                drip.sendall(b"GET /json HTTP/1.1\r\nHost: a\r\nX-Drip: ")
            answers: dict[int, bytes] = {}
            while len(answers) < len(drips) and time.monotonic() - begin < 10:
                for number, drip in enumerate(drips):
                    if number not in answers:
                        answers |= _dripped(number, drip)
                time.sleep(0.1)
            took = time.monotonic() - begin
            for drip in drips:
                drip.close()
            print(f"200 dripping heads: all ended after {took:.1f} s")
            self.assertEqual({answer[:12] for answer in answers.values()}, {b"HTTP/1.1 408"})
            self.assertEqual(len(answers), len(drips))
            self.assertLess(took, 4)
        self.good(others)

    def test_bodies_that_drip(self) -> None:
        """A body that stops is given up, and one that comes a byte at a time."""
        head = b"POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n"
        with Web("--body-stall", "1s", "--grace", "1500ms") as web, Others(web) as others:
            begin = time.monotonic()
            found = exchange(web.port, head + b"x", patience=10)
            self.assertEqual((found.statuses, found.is_closed), ((408,), True))
            self.assertLess(time.monotonic() - begin, 4)
            begin = time.monotonic()
            found = exchange(web.port, head + b"x" * 100, pause=0.1, patience=10)
            self.assertEqual((found.statuses, found.is_closed), ((408,), True))
        self.good(others)

    def test_answers_that_drip(self) -> None:
        """A reader that takes a little now and then is given up as one that takes nothing."""
        with Web("--write-stall", "2s", "--grace", "1500ms") as web, Others(web) as others:
            with socket.create_connection(("127.0.0.1", web.port), timeout=20) as slow:
                slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
                slow.sendall(b"GET /stream?bytes=100000000&id=slow HTTP/1.1\r\nHost: a\r\n\r\n")
                begin = time.monotonic()
                while web.counters()["handlers"] > 1 or time.monotonic() - begin < 0.5:
                    self.assertLess(time.monotonic() - begin, 10)
                    slow.recv(16)
                    time.sleep(0.1)
                print(f"a dripping reader was given up after {time.monotonic() - begin:.1f} s")
        self.good(others)

    def test_ten_thousand_connections(self) -> None:
        """They cost little, others are served meanwhile, and all go when they are told to."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        count = min(MANY, hard - 200)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, count + 200), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        with Web("--connections", str(count + 100), "--connections-each", str(count + 100)) as web:
            before = resident_kib(web.process.pid)
            with Others(web) as others:
                held = [_asked(web.port) for _ in range(count)]
                grown = resident_kib(web.process.pid) - before
                self.assertGreaterEqual(web.counters()["connections"], count)
                print(f"{count} connections: {grown / count:.2f} KiB each")
                # A selector, because select() knows no descriptor beyond 1,023.
                with selectors.DefaultSelector() as ready:
                    for connection in held:
                        ready.register(connection, selectors.EVENT_READ)
                    self.assertEqual(ready.select(0), [])
                for connection in held:
                    connection.close()
                _until_connections(web, at_most=3)
            self.good(others)
            self.assertLess(grown / count, 4)

    def test_more_connections_than_the_limit(self) -> None:
        """The one too many waits; the others live, and it gets in when one leaves."""
        with Web("--connections", "50") as web:
            held = [_asked(web.port) for _ in range(50)]
            with socket.create_connection(("127.0.0.1", web.port), timeout=5) as late:
                late.sendall(GET)
                late.settimeout(0.5)
                with self.assertRaises(TimeoutError):
                    late.recv(65_536)
                held.pop().close()
                late.settimeout(5)
                self.assertTrue(late.recv(65_536).startswith(b"HTTP/1.1 200"))
            for connection in held:
                connection.sendall(GET)
                self.assertTrue(connection.recv(65_536).startswith(b"HTTP/1.1 200"))
                connection.close()

    def test_a_goodbye_over_tls_that_leaves_the_connection(self) -> None:
        """Who says goodbye over TLS has left, although the connection below stays."""
        with tempfile.TemporaryDirectory() as holder:
            certificate, key = self_signed(Path(holder))
            with Web("--certificate", certificate, "--key", key) as web:
                plain = socket.create_connection(("127.0.0.1", web.port), timeout=10)
                secure = unchecked().wrap_socket(plain)
                secure.sendall(b"GET /hang?id=tls HTTP/1.1\r\nHost: a\r\n\r\n")
                _until_handlers(web, 2)
                below = secure.unwrap()
                _until_handlers(web, 1)
                below.close()

    def test_a_web_socket_that_never_reads(self) -> None:
        """What waits for it is bounded, and it is given up."""
        with Web("--write-stall", "1500ms") as web:
            before = resident_kib(web.process.pid)
            with Others(web) as others, socket.create_connection(("127.0.0.1", web.port), timeout=20) as mute:
                mute.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                key = base64.b64encode(os.urandom(16)).decode()
                mute.sendall(
                    f"GET /ws-flood HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
                )
                self.assertTrue(mute.recv(12).startswith(b"HTTP/1.1 101"))
                begin = time.monotonic()
                while web.counters()["handlers"] > 1 or time.monotonic() - begin < 0.5:
                    self.assertLess(time.monotonic() - begin, 10)
                    time.sleep(0.05)
                print(f"a mute WebSocket was given up after {time.monotonic() - begin:.1f} s")
            grown = resident_kib(web.process.pid) - before
            print(f"a mute WebSocket: grown by {grown} KiB")
            self.assertLess(grown, 4_096)
        self.good(others)

    def test_garbage_for_tls(self) -> None:
        """Bytes that are no TLS, plain HTTP, and handshakes that are begun and left."""
        with tempfile.TemporaryDirectory() as holder:
            certificate, key = self_signed(Path(holder))
            words = ("--certificate", certificate, "--key", key, "--handshake", "1500ms")
            with Web(*words) as web, Others(web) as others:
                before = resident_kib(web.process.pid)
                sent = [GET if number % 2 else os.urandom(2_000) for number in range(300)]
                with ThreadPoolExecutor(50) as pool:
                    found = list(pool.map(lambda bytes: exchange(web.port, bytes, patience=10), sent))
                self.assertTrue(all(one.is_closed for one in found))
                hello = _client_hello()
                half = [socket.create_connection(("127.0.0.1", web.port), timeout=10) for _ in range(200)]
                for connection in half:
                    connection.sendall(hello[: len(hello) // 2])
                _until_connections(web, at_most=3, seconds=10)
                for connection in half:
                    connection.close()
                grown = resident_kib(web.process.pid) - before
                print(f"garbage for TLS: grown by {grown} KiB")
                self.assertLess(grown, 16_384)
            self.good(others)


def _asked(port: int) -> socket.socket:
    """A connection that has had an answer and stays."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    connection.sendall(GET)
    if not connection.recv(65_536).startswith(b"HTTP/1.1 200"):
        raise AssertionError("no answer")
    return connection


def _dripped(number: int, drip: socket.socket) -> dict[int, bytes]:
    """What a dripping connection was answered, if it was."""
    try:
        drip.sendall(b"a")
        drip.settimeout(0.0001)
        return {number: drip.recv(65_536)}
    except TimeoutError:
        return {}
    except OSError as error:
        return {number: str(error).encode()}


def _client_hello() -> bytes:
    """The first flight of a TLS client."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = unchecked().wrap_bio(incoming, outgoing)
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def _until_handlers(web: Web, count: int, seconds: float = 5) -> None:
    end = time.monotonic() + seconds
    while web.counters()["handlers"] != count:
        if time.monotonic() > end:
            raise AssertionError(f"{web.counters()} after {seconds} s")
        time.sleep(0.02)


def _until_connections(web: Web, *, at_most: int, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while web.counters()["connections"] > at_most:
        if time.monotonic() > end:
            raise AssertionError(f"{web.counters()} after {seconds} s")
        time.sleep(0.05)


if __name__ == "__main__":
    unittest.main()
