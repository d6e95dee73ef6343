"""Clients that no one here wrote, against the HTTP server: httpx, websockets, curl, h2load, wrk."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import subprocess
import sys
import tempfile
import unittest
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import websockets

sys.path.append(str(Path(__file__).resolve().parents[1] / "ProcessTests"))

from web import Web  # noqa: E402

from upstreams.authority import self_signed  # noqa: E402


class Httpx(unittest.TestCase):
    def test_answers_and_reuse(self) -> None:
        """Many requests over one connection, at once over several, and with a body."""
        with Web() as web, httpx.Client(base_url=web.url) as client:
            before = web.counters()["accepted"]
            for _ in range(20):
                answer = client.get("/json")
                self.assertEqual((answer.status_code, answer.http_version), (200, "HTTP/1.1"))
                self.assertEqual(answer.headers["content-type"], "application/json")
                self.assertEqual(answer.json()["status"], "ok")
            self.assertEqual(web.counters()["accepted"] - before, 2)  # one is the last question's own
            body = bytes(range(256)) * 4_096
            taken = client.post("/upload", content=body).json()
            self.assertEqual((taken["bytes"], taken["sha256"]), (len(body), hashlib.sha256(body).hexdigest()))
            pieces = client.post("/upload", content=iter([b"a" * 10, b"b" * 100_000, b"c"])).json()
            self.assertEqual(pieces["bytes"], 100_011)

    def test_heads_errors_and_request_ids(self) -> None:
        """HEAD has no body, what is missing is said in the one shape, and ids come back."""
        with Web() as web, httpx.Client(base_url=web.url) as client:
            head = client.head("/json")
            self.assertEqual((head.status_code, head.content), (200, b""))
            self.assertEqual(int(head.headers["content-length"]), len(client.get("/json").content))
            missing = client.get("/nowhere", headers={"x-request-id": "mine-1"})
            self.assertEqual(missing.status_code, 404)
            self.assertEqual(missing.json()["error"]["request_id"], "mine-1")
            self.assertEqual(missing.headers["x-request-id"], "mine-1")
            refused = client.get("/json", headers={"x-request-id": "not decent"})
            self.assertNotEqual(refused.headers["x-request-id"], "not decent")
            self.assertEqual(client.get("/fail").status_code, 500)

    def test_large_answers(self) -> None:
        """All of it comes, of a length and in chunks."""
        with Web() as web, httpx.Client(base_url=web.url) as client:
            for query in ("bytes=10000000", "bytes=10000000&chunked=1"):
                with client.stream("GET", f"/stream?{query}") as answer:
                    self.assertEqual(sum(len(piece) for piece in answer.iter_raw()), 10_000_000)

    def test_events(self) -> None:
        """Each comes when it is written, not when the answer ends."""

        async def read() -> list[float]:
            loop = asyncio.get_running_loop()
            async with httpx.AsyncClient() as client:
                async with client.stream("GET", web.url + "/sse?count=20&interval-ms=20") as answer:
                    self.assertEqual(answer.headers["content-type"], "text/event-stream")
                    return [loop.time() async for line in answer.aiter_lines() if line.startswith("data:")]

        with Web() as web:
            times = asyncio.run(read())
        self.assertEqual(len(times), 20)
        self.assertGreater(times[-1] - times[0], 0.3)

    def test_over_tls(self) -> None:
        """With a certificate that is checked, and one that is not believed."""
        with tempfile.TemporaryDirectory() as holder:
            certificate, key = self_signed(Path(holder))
            with Web("--certificate", certificate, "--key", key) as web:
                self.assertEqual(httpx.get(web.url + "/json", verify=str(certificate)).status_code, 200)
                with self.assertRaises(httpx.ConnectError):
                    httpx.get(web.url + "/json")


class WebSockets(unittest.TestCase):
    def test_messages_both_ways(self) -> None:
        """Text, bytes, large ones, in fragments, and a ping."""

        async def talk() -> None:
            async with websockets.connect(url, max_size=None) as socket:
                for message in ("hello", "é" * 1_000, "", b"", b"\0\xff" * 50_000):
                    await socket.send(message)
                    self.assertEqual(await socket.recv(), message)
                await socket.send(_fragments())
                self.assertEqual(await socket.recv(), "one two three")
                self.assertGreater(await (await socket.ping()), 0)

        with Web() as web:
            url = web.url.replace("http", "ws") + "/ws"
            asyncio.run(talk())

    def test_a_message_too_large(self) -> None:
        """It is refused with 1009, not held."""

        async def talk() -> int:
            async with websockets.connect(url) as socket:
                await socket.send(b"x" * (4 << 20))
                try:
                    await socket.recv()
                except websockets.ConnectionClosed as closed:
                    return closed.rcvd.code if closed.rcvd else 0
            return 0

        with Web() as web:
            url = web.url.replace("http", "ws") + "/ws"
            self.assertEqual(asyncio.run(talk()), 1009)

    def test_a_hundred_at_once(self) -> None:
        """Each gets its own echoes."""

        async def one(number: int) -> None:
            async with websockets.connect(url) as socket:
                for turn in range(20):
                    await socket.send(f"{number}-{turn}")
                    self.assertEqual(await socket.recv(), f"{number}-{turn}")

        async def all_of_them() -> None:
            await asyncio.gather(*(one(number) for number in range(100)))

        with Web() as web:
            url = web.url.replace("http", "ws") + "/ws"
            asyncio.run(all_of_them())


async def _fragments() -> AsyncIterator[str]:
    for piece in ("one ", "two ", "three"):
        yield piece


class Programs(unittest.TestCase):
    def test_curl(self) -> None:
        """A body that waits for 100, pipelines of one connection, ranges of fields."""
        with Web() as web:
            answer = self.run_program("curl", "--silent", "--show-error", web.url + "/json", web.url + "/json")
            self.assertEqual(answer.count("status"), 2)
            with tempfile.NamedTemporaryFile() as file:
                file.write(b"y" * 3_000_000)
                file.flush()
                words = ["--header", "Expect: 100-continue", "--data-binary", f"@{file.name}", web.url + "/upload"]
                self.assertEqual(json.loads(self.run_program("curl", "--silent", *words))["bytes"], 3_000_000)
                chunked = ["--header", "Transfer-Encoding: chunked", *words[2:]]
                self.assertEqual(json.loads(self.run_program("curl", "--silent", *chunked))["bytes"], 3_000_000)

    def test_h2load(self) -> None:
        """With HTTP/1.1, twenty thousand requests, none fails."""
        with Web() as web:
            words = ["--h1", "--requests", "20000", "--clients", "32", "--threads", "1", web.url + "/json"]
            output = self.run_program("h2load", *words)
            self.assertIn("20000 succeeded, 0 failed, 0 errored, 0 timeout", output)

    def test_wrk(self) -> None:
        """It reports no error."""
        with Web() as web:
            output = self.run_program("wrk", "-t1", "-c32", "-d1s", web.url + "/json")
            self.assertNotIn("Socket errors", output)
            self.assertNotIn("Non-2xx", output)
            found = re.search(r"Requests/sec:\s+([\d.]+)", output)
            assert found is not None
            self.assertGreater(float(found[1]), 1_000)

    def run_program(self, *words: str) -> str:
        """What a program prints, that must end well."""
        return subprocess.run(words, check=True, capture_output=True, text=True, timeout=120).stdout


if __name__ == "__main__":
    unittest.main()
