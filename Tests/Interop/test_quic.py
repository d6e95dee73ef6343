"""Section 9 of docs/protocol.md between aioquic and meshpeer, in both directions."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import unittest
from pathlib import Path

import mesh_protocol as protocol
from certificates import CLIENT, DAY, SERVER, Authority, Node
from mesh_peer import MeshPeer
from mesh_quic import (ACKNOWLEDGEMENT, ERROR, GO_AWAY, HEARTBEAT, REPLY, MeshConnection, configuration, dial, listen,
                       patched_tls, sample)
from relay import Relay

TEN_MEGABYTES = 10_000_000


class Scene(unittest.IsolatedAsyncioTestCase):
    """An authority, and processes that end with the test."""

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="meshnode-interop-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.authority = Authority(self.folder / "ca")
        self.hub = self.authority.issue("hub", "hub-1")
        self.edge = self.authority.issue("edge", "laptop-py")

    async def peer(self, node: Node, *options: str) -> MeshPeer:
        peer = await MeshPeer.start(node, *options)
        self.addAsyncCleanup(peer.stop)
        return peer

    async def check_link(self, link: MeshConnection) -> None:
        hello = await link.hear_hello()
        self.assertEqual((hello.role, hello.node), (2, "hub-1"))

    async def check_request(self, link: MeshConnection, count: int = 100) -> None:
        payload = sample(count)
        self.assertEqual(await link.ask(payload), (REPLY, payload))


class AioquicClient(Scene):
    """Our server with aioquic's client."""

    async def asyncSetUp(self) -> None:
        self.settings = configuration(self.edge, is_client=True)

    async def test_hello_heartbeat_requests_streams_datagrams_and_keys(self) -> None:
        server = await self.peer(self.hub, "--accept")
        async with dial(server.port, self.settings) as link:
            await self.check_link(link)
            self.assertEqual(await server.line("opened"), "opened laptop-py edge")
            link.send(0, HEARTBEAT, protocol.beat("laptop-py", 1_795_248_000_123, 7, {"cpu_load": 0.5, "new": [1]}))
            frame_type, payload = await link.stream(0).next()
            self.assertEqual((frame_type, protocol.parse_acknowledgement(payload)[0]), (ACKNOWLEDGEMENT, 7))
            await self.check_request(link)
            await self.check_request(link, 1_000_000)
            content = sample(TEN_MEGABYTES)
            self.assertEqual(await link.echo(content, offset=5_000_000_000), content)
            link.quic.send_datagram_frame(b"d" * 1000)
            link.transmit()
            self.assertEqual(await server.line("datagram"), "datagram laptop-py 1000")
            for _ in range(3):
                link.request_key_update()
                await self.check_request(link)
            with self.assertRaisesRegex(protocol.ProtocolError, "purpose"):
                await link.echo(b"x", purpose="nonsense")
            self.assertFalse(link.termination.done())

    async def test_a_stopping_server_says_go_away(self) -> None:
        server = await self.peer(self.hub, "--accept")
        async with dial(server.port, self.settings) as link:
            await self.check_link(link)
            self.assertEqual(await server.order("leave maintenance", "left"), "left")
            frame_type, payload = await link.stream(0).next()
            self.assertEqual((frame_type, protocol.parse_go_away(payload)), (GO_AWAY, [5000, "maintenance", None, 0]))
            end = await link.termination
            self.assertEqual((end.error_code, end.reason_phrase), (0, "maintenance"))

    async def test_resumption_with_an_early_hello(self) -> None:
        for options, is_early in ((["--accept"], True), (["--accept", "--no-early-data"], False)):
            with self.subTest(is_early=is_early):
                server = await self.peer(self.hub, *options)
                tickets: list = []
                async with dial(server.port, self.settings, tickets=tickets) as link:
                    await self.check_link(link)
                    await self.check_request(link)
                settings = configuration(self.edge, is_client=True)
                settings.session_ticket = tickets[0]
                async with dial(server.port, settings, early=True) as link:
                    await self.check_link(link)
                    self.assertTrue(link.handshake.session_resumed)
                    self.assertEqual(link.handshake.early_data_accepted, is_early)
                    await self.check_request(link)

    async def test_nothing_but_the_hello_counts_early(self) -> None:
        """A request in the first flight is answered behind the handshake, as one that came then."""
        server = await self.peer(self.hub, "--accept")
        tickets: list = []
        async with dial(server.port, self.settings, tickets=tickets) as link:
            await self.check_link(link)
            await self.check_request(link)
        settings = configuration(self.edge, is_client=True)
        settings.session_ticket = tickets[0]
        async with dial(server.port, settings, early=True, waits=False) as link:
            self.assertEqual(await link.ask(b"early"), (REPLY, b"early"))
            self.assertTrue(link.handshake.session_resumed)

    async def test_migration_to_another_port_in_the_middle_of_a_stream(self) -> None:
        server = await self.peer(self.hub, "--accept")
        async with dial(server.port, self.settings) as link:
            await self.check_link(link)
            content = sample(2_000_000)
            echo = asyncio.create_task(link.echo(content))
            for _ in range(3):
                await self.check_request(link)
                await link.move()
            self.assertEqual(await echo, content)

    async def test_retry(self) -> None:
        server = await self.peer(self.hub, "--accept", "--retry")
        async with dial(server.port, self.settings) as link:
            await self.check_link(link)
            self.assertGreater(len(link.quic._peer_token), 0)
            await self.check_request(link)

    async def test_broken_rules_are_answered_and_the_server_goes_on(self) -> None:
        server = await self.peer(self.hub, "--accept")
        async with dial(server.port, self.settings) as link:
            await self.check_link(link)
            number = link.quic.get_next_available_stream_id()
            stream = link.stream(number)
            link.send(number, REPLY, b"")
            frame_type, payload = await stream.next()
            self.assertEqual((frame_type, protocol.Error.parse(payload).code), (ERROR, 4))
            number = link.quic.get_next_available_stream_id()
            link.quic.send_stream_data(number, b"\x7f\x00\x00\x00\x00")
            link.transmit()
            end = await link.termination
            self.assertEqual(end.error_code, 4)
            self.assertIn("critical", end.reason_phrase)
        async with dial(server.port, configuration(self.edge, is_client=True)) as link:
            await self.check_link(link)

    async def test_a_hello_that_differs_from_the_certificate(self) -> None:
        server = await self.peer(self.hub, "--accept")
        other = self.authority.issue("edge", "laptop-other")
        async with dial(server.port, configuration(other, is_client=True)) as link:
            end = await link.termination
            self.assertEqual(end.error_code, 1)
            self.assertIn("the hello says laptop-py", end.reason_phrase)
            self.assertIn("the hello says laptop-py", await server.line("closed"))


class Refusals(Scene):
    """Clients that aioquic can be and ours never are; both sides are told the same."""

    async def check(self, settings, alert: int, words: str, *more: str) -> None:
        server = await self.peer(self.hub, "--accept")
        async with dial(server.port, settings, waits=False) as link:
            end = await asyncio.wait_for(link.termination, 20)
            self.assertEqual(end.error_code, 0x100 + alert, end.reason_phrase)
            said = await server.line("closed")
            self.assertTrue(said.startswith(f"closed - us: TLS alert {alert} "), said)
            for word in (words, *more):
                self.assertIn(word, end.reason_phrase)
                self.assertIn(word, said)

    async def test_no_certificate(self) -> None:
        await self.check(configuration(self.edge, is_client=True, shows=False), 116, "shows no certificate")

    async def test_another_authority(self) -> None:
        stranger = Authority(self.folder / "other", "another").issue("edge", "laptop-py", believed=self.authority)
        await self.check(configuration(stranger, is_client=True), 48, "laptop-py", "issued by another authority")

    async def test_expired(self) -> None:
        node = self.authority.issue("edge", "laptop-py", start=-3 * DAY, end=-DAY)
        await self.check(configuration(node, is_client=True), 45, "expired on")

    async def test_not_yet_valid(self) -> None:
        node = self.authority.issue("edge", "laptop-py", start=DAY, end=3 * DAY)
        await self.check(configuration(node, is_client=True), 42, "counts from", "is a clock wrong?")

    async def test_wrong_usage(self) -> None:
        node = self.authority.issue("edge", "laptop-py", usages=[SERVER])
        await self.check(configuration(node, is_client=True), 43, "made for servers only", "shown by a client")

    async def test_wrong_protocol(self) -> None:
        await self.check(configuration(self.edge, is_client=True, alpn="h3"), 120, "none of the application protocols")

    async def test_no_tls_1_3(self) -> None:
        with patched_tls(_supported_versions=[0x0303]):
            await self.check(configuration(self.edge, is_client=True), 70, "QUIC has 1.3 alone")

    async def test_a_key_of_another_certificate(self) -> None:
        other = self.authority.issue("edge", "laptop-py")
        settings = configuration(self.edge, is_client=True)
        settings.private_key = configuration(other, is_client=True).private_key
        await self.check(settings, 51, "not that of its certificate")


class AioquicServer(Scene):
    """Our client with aioquic's server."""

    async def asyncSetUp(self) -> None:
        self.server = self.authority.issue("hub", "hub-py")
        self.ours = self.authority.issue("edge", "laptop-7")

    async def connect(self, client: MeshPeer, port: int) -> str:
        answer = await client.order(f"connect 127.0.0.1:{port} localhost", "connected")
        self.assertTrue(answer.startswith("connected hub-py"), answer)
        return answer

    async def check(self, client: MeshPeer, order: str, answer: str) -> None:
        self.assertEqual(await client.order(order, answer.split()[0]), answer)

    async def test_requests_heartbeats_streams_datagrams_and_keys(self) -> None:
        for retry in (False, True):
            with self.subTest(retry=retry):
                client = await self.peer(self.ours)
                async with listen(self.server, retry=retry) as (port, accepted):
                    await self.connect(client, port)
                    shown = accepted[0].quic.tls._peer_certificate
                    self.assertIn("laptop-7", shown.subject.rfc4514_string())
                    await self.check(client, "request hub-py 100", "answered 100")
                    await self.check(client, "request hub-py 1000000", "answered 1000000")
                    await client.order("heartbeat hub-py 9", "sent")
                    self.assertEqual(await client.line("acknowledged"), "acknowledged hub-py 9")
                    await client.order("datagram hub-py 1000", "sent")
                    self.assertEqual(await client.line("datagram"), "datagram hub-py 1000")
                    await self.check(client, f"stream hub-py {TEN_MEGABYTES}", f"streamed {TEN_MEGABYTES}")
                    await self.check(client, "update-keys hub-py", "updated")
                    await self.check(client, "request hub-py 100", "answered 100")

    async def test_resumption_with_an_early_hello(self) -> None:
        client = await self.peer(self.ours)
        async with listen(self.server) as (port, _):
            self.assertEqual(await self.connect(client, port), "connected hub-py full late")
            await self.check(client, "request hub-py 100", "answered 100")
            await client.order("disconnect hub-py", "disconnected")
            self.assertEqual(await self.connect(client, port), "connected hub-py resumed early")
            await self.check(client, "request hub-py 100", "answered 100")

    async def test_migration(self) -> None:
        client = await self.peer(self.ours)
        async with listen(self.server) as (port, accepted):
            await self.connect(client, port)
            ports = {client.port}
            for _ in range(3):
                ports.add(int((await client.order("migrate 127.0.0.1:0", "migrated")).split()[1]))
                await self.check(client, "request hub-py 100", "answered 100")
            self.assertEqual(len(ports), 4)
            self.assertIn(accepted[0].quic._network_paths[0].addr[1], ports - {client.port})

    async def test_refusals_of_servers(self) -> None:
        strangers = Authority(self.folder / "other", "another")
        cases = [
            (strangers.issue("hub", "hub-py", believed=self.authority), 48, "issued by another authority"),
            (self.authority.issue("hub", "hub-py", start=-3 * DAY, end=-DAY), 45, "expired on"),
            (self.authority.issue("hub", "hub-py", usages=[CLIENT]), 43, "made for clients only"),
        ]
        for node, alert, words in cases:
            with self.subTest(words):
                client = await self.peer(self.ours)
                async with listen(node) as (port, accepted):
                    said = await client.order(f"connect 127.0.0.1:{port} localhost", "connected")
                    self.assertIn(f"us: TLS alert {alert} ", said)
                    self.assertIn(words, said)
                    end = await asyncio.wait_for(accepted[0].termination, 20)
                    self.assertEqual(end.error_code, 0x100 + alert)
                    self.assertIn(words, end.reason_phrase)


class Restarts(Scene):
    """Two of ours, with what only processes can show."""

    async def test_a_killed_server_that_comes_back_is_recognised_at_once(self) -> None:
        server = await self.peer(self.hub, "--accept")
        client = await self.peer(self.edge)
        await client.order(f"connect 127.0.0.1:{server.port} localhost", "connected")
        await server.kill()
        await self.peer(self.hub, "--accept", "--listen", f"127.0.0.1:{server.port}")
        said = await client.order("request hub-1 10", "answered")
        self.assertTrue(said.startswith("failed"), said)
        closed = await client.line("closed")
        self.assertEqual(closed, "closed hub-1 peer: the peer does not know this connection any more")
        again = await client.order(f"connect 127.0.0.1:{server.port} localhost", "connected")
        self.assertEqual(again, "connected hub-1 full late")
        self.assertEqual(await client.order("request hub-1 10", "answered"), "answered 10")

    async def test_a_router_that_forgets_ports_is_followed(self) -> None:
        server = await self.peer(self.hub, "--accept")
        client = await self.peer(self.edge)
        async with Relay.between(server.port) as relay:
            await client.order(f"connect 127.0.0.1:{relay.port} localhost", "connected")
            for _ in range(5):
                await relay.rebind()
                self.assertEqual(await client.order("request hub-1 1000", "answered"), "answered 1000")
            streaming = asyncio.create_task(client.order("stream hub-1 5000000", "streamed"))
            for _ in range(3):
                await relay.passed(200)
                await relay.rebind()
            self.assertEqual(await streaming, "streamed 5000000")


if __name__ == "__main__":
    unittest.main()
