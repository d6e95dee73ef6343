"""The client of HTTP in a process of its own, against nginx, a streaming server and a proxy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from typing import Any

from peers import MESHLOAD

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from upstreams.authority import Authority
from upstreams.forward_proxy import ForwardProxy
from upstreams.nginx import Nginx
from upstreams.streaming import StreamingServer

#: How soon a server must hear that a client has left.
SOON = 0.050
ROUNDS = 5


class Ground:
    """The servers of one test."""

    def __init__(self, **nginx: Any) -> None:
        self._holder = tempfile.TemporaryDirectory(prefix="http-client-")
        folder = Path(self._holder.name)
        self.authority = Authority(folder / "authority")
        self.stranger = Authority(folder / "stranger", "stranger")
        self.upstream = StreamingServer()
        self.upstream.__enter__()
        self.nginx = Nginx(folder / "nginx", self.authority.issue("server"), self.upstream.port, **nginx)
        self.nginx.__enter__()

    def __enter__(self) -> Ground:
        return self

    def __exit__(self, *_: object) -> None:
        self.nginx.__exit__(None, None, None)
        self.upstream.__exit__(None, None, None)
        self._holder.cleanup()

    def get(self, url: str, *words: object, **environment: str) -> dict[str, Any]:
        """What a client comes to that believes the test's authority."""
        return self.end(self.start(url, *words, **environment))

    def start(self, url: str, *words: object, **environment: str) -> subprocess.Popen[str]:
        """A client that is under way."""
        trust = [] if "--ca" in words else ["--ca", self.authority.certificate]
        line = [str(word) for word in [MESHLOAD, "get", url, *trust, *words]]
        return subprocess.Popen(
            line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **environment}
        )

    @staticmethod
    def end(process: subprocess.Popen[str]) -> dict[str, Any]:
        """The figures of a client, once it has ended."""
        output, errors = process.communicate(timeout=120)
        if not output.startswith("{"):
            raise AssertionError(f"it said nothing, and: {errors}")
        return dict(json.loads(output))


class Requests(unittest.TestCase):
    def test_both_versions_of_http_are_spoken_and_connections_are_used_again(self) -> None:
        with Ground() as ground:
            for url, words, version, connections in [
                (ground.nginx.url, [], "HTTP/1.1", 8),
                (ground.nginx.tls_url, ["--http1"], "HTTP/1.1", 8),
                (ground.nginx.tls_url, ["--alone"], "HTTP/1.1", 8),
                (ground.nginx.tls_url, [], "HTTP/2", 1),
            ]:
                with self.subTest(url=url, words=words):
                    found = ground.get(f"{url}/json", "--count", 400, "--parallel", 8, *words)
                    self.assertEqual((found["answered"], found["failed"], found["bytes"]), (400, 0, 400 * 43))
                    self.assertEqual(found["versions"], [version])
                    self.assertLessEqual(found["connections"], connections)
                    self.assertEqual(found["connections"] + found["reused"], 400)

    def test_a_connection_that_the_server_retires_costs_no_request(self) -> None:
        """Every 50 requests nginx says that it takes no more on a connection, while others are on their way."""
        with Ground(keepalive_requests=50) as ground:
            for words in ([], ["--http1"]):
                posts = ["--count", 1_000, "--parallel", 16, "--body-bytes", 100, *words]
                found = ground.get(f"{ground.nginx.tls_url}/up/count", *posts)
                self.assertEqual((found["answered"], found["failed"]), (1_000, 0), found)
                self.assertEqual(ground.upstream.begun["/count"], 1_000)
                ground.upstream.reset()

    def test_events_come_one_by_one_and_at_once(self) -> None:
        with Ground() as ground:
            for url in (ground.upstream.url, f"{ground.nginx.url}/up", f"{ground.nginx.tls_url}/up"):
                found = ground.get(f"{url}/sse?n=200&ms=5", "--stamped")
                print(f"events from {url}: p50 {found['ageP50']} µs, p99 {found['ageP99']} µs")
                self.assertEqual((found["agesCount"], found["answered"]), (200, 1))
                self.assertGreaterEqual(found["pieces"], 190)
                self.assertLess(found["ageP50"], 20_000)

    def test_bodies_are_sent_whole_and_piece_by_piece(self) -> None:
        with Ground() as ground:
            for url in (ground.upstream.url, f"{ground.nginx.tls_url}/up"):
                for words in ([], ["--stream-body"]):
                    found = ground.get(f"{url}/count", "--body-bytes", 20_000_000, *words)
                    self.assertEqual((found["answered"], found["bytes"]), (1, len("20000000")), (url, words))

    def test_no_more_connections_are_made_to_a_server_than_are_allowed(self) -> None:
        with Ground() as ground:
            found = ground.get(
                f"{ground.upstream.url}/sse?n=5&ms=20", "--count", 40, "--parallel", 40, "--per-host", 4
            )
            self.assertEqual((found["answered"], found["failed"]), (40, 0))
            self.assertEqual(ground.upstream.most_open, 4)


class Trust(unittest.TestCase):
    def test_an_authority_is_believed_where_it_was_named_and_no_other(self) -> None:
        with Ground() as ground:
            url = f"{ground.nginx.tls_url}/json"
            self.assertEqual(ground.get(url)["answered"], 1)
            other = ground.get(url, "--ca", ground.stranger.certificate)
            self.assertEqual((other["failures"], other["notSent"]), ([["http.untrusted", 1]], 1))
            # The name of the certificate counts too: it is that of localhost and 127.0.0.1.
            named = ground.get(url.replace("localhost", "ip6-localhost"))
            self.assertIn(named["failures"], ([["http.untrusted", 1]], [["http.unreachable", 1]]))

    def test_the_authorities_of_the_system_do_not_believe_a_private_one_and_are_not_asked_beside_one(self) -> None:
        with Ground() as ground:
            url = f"{ground.nginx.tls_url}/json"
            command = [MESHLOAD, "get", url]
            found = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
            self.assertEqual(json.loads(found.stdout)["failures"], [["http.untrusted", 1]])

    def test_a_certificate_is_shown_to_a_server_that_asks(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            clients = Authority(Path(folder), "clients")
            certificate, key = clients.issue("client")
            extra = f"ssl_client_certificate {clients.certificate}; ssl_verify_client on;"
            with Ground(extra=extra) as ground:
                url = f"{ground.nginx.tls_url}/json"
                self.assertEqual(ground.get(url)["statuses"], [[400, 1]])
                shown = ground.get(url, "--certificate", certificate, "--key", key)
                self.assertEqual(shown["statuses"], [[200, 1]])

    def test_old_versions_of_tls_are_not_spoken(self) -> None:
        with Ground(extra="ssl_protocols TLSv1.1; ssl_ciphers ALL:@SECLEVEL=0;") as ground:
            found = ground.get(f"{ground.nginx.tls_url}/json")
            self.assertEqual(found["failures"], [["http.unreachable", 1]])


class Proxies(unittest.TestCase):
    def test_a_proxy_is_used_where_it_is_configured(self) -> None:
        with Ground() as ground, ForwardProxy() as proxy:
            words = ["--proxy", f"127.0.0.1:{proxy.port}"]
            plain = ground.get(f"{ground.nginx.url}/json", *words, no_proxy="*", NO_PROXY="localhost")
            self.assertEqual((plain["answered"], len(proxy.requests)), (1, 1))
            secure = ground.get(f"{ground.nginx.tls_url}/json", "--count", 10, *words, no_proxy="*")
            self.assertEqual((secure["answered"], secure["versions"]), (10, ["HTTP/2"]))
            self.assertEqual(proxy.tunnels, [f"localhost:{ground.nginx.tls_port}"])

    def test_a_proxy_that_refuses_is_told_apart(self) -> None:
        with Ground() as ground, ForwardProxy(refuses=True) as proxy:
            found = ground.get(f"{ground.nginx.tls_url}/json", "--proxy", f"127.0.0.1:{proxy.port}")
            self.assertEqual((found["failures"], found["notSent"]), ([["http.unreachable", 1]], 1))

    def test_the_environment_says_nothing(self) -> None:
        with Ground() as ground, ForwardProxy() as proxy:
            names = ["http_proxy", "https_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"]
            variables = dict.fromkeys(names, f"http://127.0.0.1:{proxy.port}")
            for url in (ground.nginx.url, ground.nginx.tls_url):
                self.assertEqual(ground.get(f"{url}/json", **variables)["answered"], 1)
            self.assertEqual(proxy.tunnels + proxy.requests, [])


class Patience(unittest.TestCase):
    def test_each_deadline_is_met(self) -> None:
        with Ground() as ground:
            for path, words, code in [
                ("/hang", ["--first-byte-timeout", "300ms"], "http.timedOut"),
                ("/stall", ["--idle-timeout", "300ms"], "http.timedOut"),
                ("/sse?n=1000&ms=20", ["--whole-timeout", "300ms"], "http.timedOut"),
            ]:
                for url in (ground.upstream.url, f"{ground.nginx.tls_url}/up"):
                    found = ground.get(url + path, *words)
                    self.assertEqual(found["failures"], [[code, 1]], path)
                    self.assertTrue(290 <= found["failedAfter"][0] < 1_000, found["failedAfter"])

    def test_a_name_server_that_is_silent_holds_nobody_up(self) -> None:
        """One address answers no question; requests to others go on, and none of the waits blocks the loop."""
        from networks import Network, may_be_alone

        if not may_be_alone():
            self.skipTest("this user may have no network of its own")
        with tempfile.TemporaryDirectory() as folder:
            network = Network()
            try:
                network.ip("addr add 192.0.2.1/32 dev lo")
                network.replace("/etc/resolv.conf", "nameserver 192.0.2.2\noptions timeout:30\n", Path(folder))
                network.ip("route add 192.0.2.2/32 dev lo")
                words = [MESHLOAD, "get", "http://silent.example/", "--connect-timeout", "300ms", "--count", 4]
                begin = time.monotonic()
                line = [*network.entered, *(str(word) for word in [*words, "--parallel", 4])]
                found = subprocess.run(line, capture_output=True, text=True, check=False, timeout=60)
                elapsed = time.monotonic() - begin
                figures = json.loads(found.stdout)
                self.assertEqual(figures["failed"], 4)
                self.assertLess(elapsed, 3)
            finally:
                network.end()


class SlowReaders(unittest.TestCase):
    def test_a_slow_reader_costs_no_memory_and_holds_the_server_back(self) -> None:
        """Of 640 MB, none of which is read beyond the first piece."""
        with Ground() as ground:
            for url, words, allowed in [
                (ground.upstream.url, [], 16_000_000),
                (f"{ground.nginx.url}/up", [], 16_000_000),
                # What the server has credit for lies in the system's buffers and in nginx.
                (f"{ground.nginx.tls_url}/up", [], 48_000_000),
                (f"{ground.nginx.tls_url}/up", ["--alone"], 16_000_000),
            ]:
                with self.subTest(url=url, words=words):
                    ground.upstream.reset()
                    found = ground.get(f"{url}/flood?n=10000&size=64000&ms=0", "--hold", "2s", *words)
                    print(f"{url} {words}: grown {found['grownBytes']}, sent {ground.upstream.flooded} of 640000000")
                    self.assertLess(found["grownBytes"], 8_000_000)
                    self.assertLess(ground.upstream.flooded, allowed)
                    self.assertEqual(ground.upstream.wait(2, "gone", 1), 1)


    def test_a_slow_reader_beside_others_costs_no_more_than_the_credit_of_its_stream_and_holds_nobody_up(self) -> None:
        """Libcurl grants each stream of HTTP/2 32 MiB; a request that shall not cost that shares no connection."""
        with Ground() as ground:
            held = {}
            for words in ([], ["--alone"]):
                found = ground.get(
                    f"{ground.nginx.tls_url}/up/mixed?n=100&ms=10&id=", "--numbered", "--stamped", "--hold", "2s",
                    "--every", 8, "--count", 8, "--parallel", 8, *words,
                )  # fmt: skip
                self.assertEqual((found["answered"], found["failed"], found["agesCount"]), (7, 0, 700))
                self.assertLess(found["ageP50"], 20_000)
                held["alone" if words else "shared"] = found["heldGrownBytes"]
            print(f"memory while one of eight does not read: {held}")
            self.assertLess(held["shared"], 48_000_000)
            self.assertLess(held["alone"], 8_000_000)


class Cancellation(unittest.TestCase):
    def _measure(self, ground: Ground, url: str, *words: object, wanted: int) -> list[float]:
        """How long after each cancellation the server has heard of it, in milliseconds."""
        ground.upstream.reset()
        found = ground.get(f"{url}/sse?n=2000&ms=5&id=", "--numbered", "--cancel-after-bytes", 100, *words)
        self.assertEqual(found["failed"], 0, found)
        self.assertEqual(ground.upstream.wait(2, "gone", wanted), wanted)
        cancelled = {str(number): nanoseconds for number, nanoseconds in found["cancelled"]}
        self.assertEqual(set(ground.upstream.gone), set(cancelled))
        return [(ground.upstream.gone[number] - cancelled[number]) / 1e6 for number in cancelled]

    def test_the_server_hears_at_once_of_every_cancellation(self) -> None:
        """Alone on a connection and one of many, over HTTP/1.1 and HTTP/2, in several rounds.

        After each the client is silent for longer than the server may wait: no other request takes the news along.
        """
        with Ground() as ground:
            ways = [(ground.upstream.url, "1.1"), (f"{ground.nginx.tls_url}/up", "2 behind nginx")]
            for url, name in ways:
                for parallel in (1, 20):
                    delays: list[float] = []
                    for _ in range(ROUNDS):
                        words = ["--count", 40, "--parallel", parallel, "--per-host", 40, "--pause", "80ms"]
                        delays += self._measure(ground, url, *words, wanted=40)
                    late = [delay for delay in delays if delay > SOON * 1_000]
                    print(
                        f"HTTP/{name}, {parallel} at a time: {len(delays) - len(late)} of {len(delays)} within 50 ms, "
                        f"p50 {sorted(delays)[len(delays) // 2]:.2f} ms, longest {max(delays):.2f} ms"
                    )
                    self.assertEqual((len(delays), late), (200, []))

    def test_others_on_the_same_connection_live_on(self) -> None:
        """Every second of twenty streams is cancelled; the others are read to their last event."""
        with Ground() as ground:
            for url in (ground.upstream.url, f"{ground.nginx.tls_url}/up"):
                for _ in range(ROUNDS):
                    ground.upstream.reset()
                    found = ground.get(
                        f"{url}/sse?n=60&ms=5&id=", "--numbered", "--cancel-after-bytes", 100, "--every", 2,
                        "--count", 20, "--parallel", 20, "--per-host", 20, "--stamped",
                    )  # fmt: skip
                    self.assertEqual((found["answered"], found["failed"]), (10, 0))
                    self.assertEqual(found["agesCount"], 600)
                    self.assertEqual(len(found["cancelled"]), 10)
                    self.assertEqual(ground.upstream.wait(2, "gone", 10), 10)
                    delays = [(ground.upstream.gone[str(n)] - at) / 1e6 for n, at in found["cancelled"]]
                    self.assertLess(max(delays), SOON * 1_000)

    def test_the_server_hears_of_a_client_that_gives_up_before_the_first_byte(self) -> None:
        with Ground() as ground:
            for url in (ground.upstream.url, f"{ground.nginx.tls_url}/up"):
                ground.upstream.reset()
                client = ground.start(f"{url}/hang?id=", "--numbered", "--first-byte-timeout", "400ms")
                self.assertEqual(ground.upstream.wait(5, "begun", 1), 1)
                self.assertEqual(ground.end(client)["failures"], [["http.timedOut", 1]])
                self.assertEqual(ground.upstream.wait(SOON, "gone", 1), 1)


if __name__ == "__main__":
    unittest.main()
