"""TLS on the loops, seen by OpenSSL: versions, protocols, renewal, tickets, crowds, and those who speak no TLS."""

import contextlib
import hashlib
import os
import resource
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path
from typing import Any

from peers import RELEASE, Spoken

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from upstreams.authority import self_signed  # noqa: E402

MESHBENCH = RELEASE / "meshbench"
KINDS = ["ecdsa", "rsa"]
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Ground:
    """A server, and credentials of both kinds."""

    def __init__(self, kind: str | None = "ecdsa") -> None:
        self.holder = tempfile.TemporaryDirectory(prefix="tls-")
        folder = Path(self.holder.name)
        self.files = {name: self_signed(folder, name, name) for name in KINDS}
        words: list[str | Path] = []
        if kind:
            words = ["--certificate", self.files[kind][0], "--key", self.files[kind][1]]
        self.server = Spoken(MESHBENCH, "stream-serve", *words)
        self.place = ("127.0.0.1", int(self.server.address.rsplit(":", 1)[1]))

    def __enter__(self) -> "Ground":
        return self

    def __exit__(self, *_: object) -> None:
        self.server.end()
        self.holder.cleanup()
        assert self.server.process.returncode == 0, "the server has crashed"

    def context(self, version: ssl.TLSVersion | None = None, protocols: tuple[str, ...] = ()) -> ssl.SSLContext:
        context = ssl.create_default_context()
        for certificate, _ in self.files.values():
            context.load_verify_locations(certificate)
        if version:
            context.minimum_version = context.maximum_version = version
        if protocols:
            context.set_alpn_protocols(list(protocols))
        return context

    def connect(self, context: ssl.SSLContext | None = None, session: Any = None) -> ssl.SSLSocket:
        plain = socket.create_connection(self.place, timeout=20)
        context = context or self.context()
        return context.wrap_socket(plain, server_hostname="localhost", session=session)

    def plain(self) -> socket.socket:
        return socket.create_connection(self.place, timeout=20)

    def wait(self, wanted: Any) -> dict[str, Any]:
        """The server's status, once it is what is wanted."""
        for _ in range(2_000):
            status = self.server.status()
            if wanted(status):
                return status
            time.sleep(0.01)
        raise AssertionError(f"the server stays at {status}")


def ask(stream: ssl.SSLSocket | socket.socket, request: bytes = REQUEST) -> bytes:
    """The body of the answer."""
    stream.sendall(request)
    return read_answer(stream)


def read_answer(stream: ssl.SSLSocket | socket.socket) -> bytes:
    answer = b""
    while b"\r\n\r\n" not in answer:
        more = stream.recv(65_536)
        assert more, "the server has ended"
        answer += more
    head, body = answer.split(b"\r\n\r\n", 1)
    length = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0])
    while len(body) < length:
        more = stream.recv(65_536)
        assert more, "the server has ended"
        body += more
    return body


def pattern(count: int) -> bytes:
    piece = bytes(index % 251 for index in range(65_536))
    return (piece * (count // 65_536 + 1))[:count]


class Versions(unittest.TestCase):
    def test_both_versions_are_served_with_both_kinds_of_certificates_and_good_ciphers_alone(self) -> None:
        for kind in KINDS:
            with Ground(kind) as ground:
                for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                    with ground.connect(ground.context(version, ("h2", "http/1.1"))) as stream:
                        self.assertIn(b'"status":"ok"', ask(stream))
                        self.assertIn(b'"status":"ok"', ask(stream))
                        self.assertEqual(stream.selected_alpn_protocol(), "http/1.1")
                        cipher = stream.cipher()
                        assert cipher is not None
                        self.assertRegex(cipher[0], "GCM|CHACHA20")
                        if version == ssl.TLSVersion.TLSv1_2:
                            self.assertRegex(cipher[0], "^ECDHE-")

    def test_old_versions_and_weak_ciphers_are_refused(self) -> None:
        with Ground("rsa") as ground:
            place = f"127.0.0.1:{ground.place[1]}"
            weak = ["AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA", "DHE-RSA-AES128-GCM-SHA256"]
            cases = [[version, "-cipher", "ALL:@SECLEVEL=0"] for version in ("-tls1", "-tls1_1")]
            cases += [["-tls1_2", "-cipher", cipher] for cipher in weak]
            for words in cases:
                command = ["openssl", "s_client", "-connect", place, *words]
                done = subprocess.run(command, input="", capture_output=True, text=True, timeout=20, check=False)
                self.assertNotEqual(done.returncode, 0, words)
            with ground.connect() as stream:
                ask(stream)
            self.assertEqual(ground.server.status()["failed"].get("tlsRefused"), 5)

    def test_a_peer_that_speaks_other_protocols_is_told_so_and_one_that_names_none_is_served(self) -> None:
        with Ground() as ground:
            with self.assertRaises(ssl.SSLError) as raised:
                ground.connect(ground.context(protocols=("h2",)))
            self.assertIn("NO_APPLICATION_PROTOCOL", str(raised.exception).upper().replace(" ", "_"))
            with ground.connect() as stream:
                self.assertIsNone(stream.selected_alpn_protocol())
                ask(stream)

    def test_a_second_handshake_within_a_connection_is_refused_and_new_keys_are_taken(self) -> None:
        with Ground() as ground:
            place = f"127.0.0.1:{ground.place[1]}"
            for words, order, is_served in ((["-tls1_2"], "R", False), (["-tls1_3"], "K", True)):
                command = ["openssl", "s_client", "-connect", place, "-servername", "localhost", *words]
                process = subprocess.Popen(
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
                )
                assert process.stdin and process.stdout
                process.stdin.write(order.encode() + b"\n")
                process.stdin.flush()
                time.sleep(0.3)
                with contextlib.suppress(BrokenPipeError):
                    process.stdin.write(REQUEST)
                    process.stdin.flush()
                    time.sleep(0.3)
                with contextlib.suppress(BrokenPipeError):
                    process.stdin.close()
                text = process.stdout.read()
                process.stdout.close()
                process.wait(20)
                self.assertEqual(b'"status":"ok"' in text, is_served, text[-400:])


class Bytes(unittest.TestCase):
    def test_a_long_answer_is_whole_for_a_slow_reader(self) -> None:
        with Ground() as ground:
            for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                with ground.connect(ground.context(version)) as stream:
                    count = 8_000_000
                    stream.sendall(f"GET /bytes/{count} HTTP/1.1\r\n\r\n".encode())
                    time.sleep(0.2)
                    wanted = hashlib.sha256(pattern(count)).hexdigest()
                    self.assertEqual(hashlib.sha256(read_answer(stream)).hexdigest(), wanted)
                    ask(stream)

    def test_a_reader_that_never_reads_costs_no_memory(self) -> None:
        with Ground() as ground:
            with ground.connect() as first:
                ask(first)
                before = ground.server.status()["resident"]
                streams = [ground.connect() for _ in range(20)]
                for stream in streams:
                    stream.sendall(b"GET /bytes/100000000 HTTP/1.1\r\n\r\n")
                time.sleep(0.5)
                grown = ground.server.status()["resident"] - before
                self.assertLess(grown / len(streams), 400_000)
                ask(first)
                for stream in streams:
                    stream.close()
            ground.wait(lambda status: status["connections"] == 0)

    def test_records_of_one_byte_and_pieces_of_records_are_put_together(self) -> None:
        with Ground() as ground, ground.connect() as stream:
            for _ in range(20):
                for byte in REQUEST:
                    stream.send(bytes([byte]))
                self.assertIn(b'"status":"ok"', read_answer(stream))
        with Ground() as ground, ground.plain() as plain:
            # The bytes of the handshake and of a request one after the other.
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            client = ground.context().wrap_bio(incoming, outgoing, server_hostname="localhost")
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

            def push() -> None:
                for byte in outgoing.read():
                    plain.sendall(bytes([byte]))

            while True:
                try:
                    client.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    push()
                    incoming.write(plain.recv(65_536))
            client.write(REQUEST)
            push()
            answer = b""
            while b'"status":"ok"' not in answer:
                try:
                    answer += client.read(65_536)
                except ssl.SSLWantReadError:
                    incoming.write(plain.recv(65_536))

    def test_the_end_is_said_and_an_end_without_a_word_is_told_apart(self) -> None:
        with Ground() as ground:
            stream = ground.connect()
            ask(stream)
            stream.unwrap().close()
            ground.wait(lambda status: status["connections"] == 0)
            self.assertEqual(ground.server.status()["failed"], {})
            stream = ground.connect()
            ask(stream)
            stream.close()
            ground.wait(lambda status: status["failed"] == {"peerLost": 1})


class Renewal(unittest.TestCase):
    def test_new_connections_get_the_new_certificate_and_those_that_are_there_live_on(self) -> None:
        with Ground("rsa") as ground:
            with ground.connect() as old:
                ask(old)
                certificate, key = ground.files["ecdsa"]
                self.assertEqual(ground.server.tell(f"use {certificate} {key}"), "ok")
                with ground.connect() as new:
                    ask(new)
                    names = [dict(part[0] for part in stream.getpeercert()["subject"]) for stream in (old, new)]
                self.assertEqual([name["commonName"] for name in names], ["rsa", "ecdsa"])
                ask(old)
                # One that cannot be used leaves everything as it was.
                other = ground.files["rsa"][1]
                self.assertEqual(ground.server.tell(f"use {certificate} {other}"), "io.credentialsUnusable")
                with ground.connect() as new:
                    ask(new)

    def test_a_ticket_resumes_before_and_after_a_renewal(self) -> None:
        with Ground("rsa") as ground:
            for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                context = ground.context(version)
                with ground.connect(context) as first:
                    ask(first)
                    self.assertFalse(first.session_reused)
                    session = first.session
                with ground.connect(context, session) as second:
                    ask(second)
                    self.assertTrue(second.session_reused)
                    session = second.session
                certificate, key = ground.files["ecdsa"]
                self.assertEqual(ground.server.tell(f"use {certificate} {key}"), "ok")
                with ground.connect(context, session) as third:
                    ask(third)
                    self.assertTrue(third.session_reused)


class Abuse(unittest.TestCase):
    def test_those_who_speak_no_tls_fail_and_others_are_served(self) -> None:
        with Ground() as ground, ground.connect() as friend:
            cases = [REQUEST, b"\0" * 100, os.urandom(5_000), b"\x16\x03\x01\xff\xff" + b"x" * 70_000,
                     b"\x15\x03\x03\x00\x02\x01\x00" * 2_000, b"\x14\x03\x03\x00\x01\x01" * 2_000]
            for garbage in cases:
                with ground.plain() as plain:
                    try:
                        plain.sendall(garbage)
                        plain.shutdown(socket.SHUT_WR)
                        while plain.recv(4_096):
                            pass
                    except OSError:
                        pass  # reset, before or after all of it was sent
                ask(friend)
            status = ground.wait(lambda status: status["connections"] == 1)
            self.assertEqual(sum(status["failed"].values()), len(cases))
            self.assertEqual(status["opened"], 1)

    def test_records_that_were_changed_end_the_stream(self) -> None:
        with Ground() as ground:
            for record in (b"\x17\x03\x03\x00\x20" + b"x" * 32, b"\x17\x03\x03\xff\xff" + b"x" * 70_000, REQUEST):
                stream = ground.connect()
                ask(stream)
                plain = socket.socket(fileno=os.dup(stream.fileno()))
                plain.settimeout(20)
                try:
                    plain.sendall(record)
                    while plain.recv(4_096):
                        pass
                except ConnectionError:
                    pass
                plain.close()
                stream.close()
            ground.wait(lambda status: status["failed"].get("tlsRefused") == 3 and status["connections"] == 0)

    def test_peers_that_stop_in_the_middle_of_a_handshake_hold_up_nobody(self) -> None:
        with Ground() as ground:
            stopped = [ground.plain() for _ in range(300)]
            for plain in stopped:
                plain.sendall(b"\x16\x03\x01\x02\x00\x01\x00")
            begin = time.monotonic()
            with ground.connect() as stream:
                ask(stream)
            self.assertLess(time.monotonic() - begin, 2)
            for plain in stopped:
                plain.close()
            ground.wait(lambda status: status["connections"] == 0)

    def test_a_crowd_of_handshakes_does_not_hold_up_those_who_are_served(self) -> None:
        # RSA, whose signatures take longest: a hundred of them in a row would take a tenth of a second.
        with Ground("rsa") as ground, ground.connect() as friend:
            ask(friend)
            contexts = ground.context()
            hellos = []
            for _ in range(200):
                incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
                client = contexts.wrap_bio(incoming, outgoing, server_hostname="localhost")
                try:
                    client.do_handshake()
                except ssl.SSLWantReadError:
                    hellos.append(outgoing.read())
            crowd = [ground.plain() for _ in hellos]
            done = threading.Event()
            waits: list[float] = []

            def go_on_asking() -> None:
                while not done.is_set():
                    begin = time.monotonic()
                    ask(friend)
                    waits.append(time.monotonic() - begin)

            asker = threading.Thread(target=go_on_asking)
            asker.start()
            begin = time.monotonic()
            for plain, hello in zip(crowd, hellos, strict=True):
                plain.sendall(hello)
            for plain in crowd:
                self.assertEqual(plain.recv(1), b"\x16")
            took = time.monotonic() - begin
            done.set()
            asker.join()
            for plain in crowd:
                plain.close()
            # Without turns one request would have waited for all of them.
            self.assertLess(max(waits), max(took / 4, 0.05), f"{len(waits)} requests, {took:.3f} s")

    def test_without_descriptors_it_waits_without_spinning_and_goes_on_by_itself(self) -> None:
        with Ground() as ground:
            process = ground.server.process.pid
            used = len(os.listdir(f"/proc/{process}/fd"))
            resource.prlimit(process, resource.RLIMIT_NOFILE, (used + 10, used + 10))
            crowd = [ground.plain() for _ in range(30)]
            ground.wait(lambda status: status["pauses"] > 2)
            before, begin = processor_time(process), time.monotonic()
            time.sleep(0.5)
            share = (processor_time(process) - before) / (time.monotonic() - begin)
            self.assertLess(share, 0.2)
            for plain in crowd:
                plain.close()
            with ground.connect() as stream:
                ask(stream)


def processor_time(process: int) -> float:
    """Seconds that it has computed."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    unittest.main()
