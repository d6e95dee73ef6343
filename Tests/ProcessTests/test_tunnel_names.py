"""A tunnel whose hub is found by name, and one that survives a change of its machine's address."""

import time
import unittest
from pathlib import Path

from fleet import Fleet, kill, until
from networks import NameServer, Network, may_be_alone
from peers import MESHLOAD, Spoken


@unittest.skipUnless(may_be_alone(), "needs a network namespace")
class Names(unittest.TestCase):
    def setUp(self) -> None:
        self.fleet = Fleet()
        self.addCleanup(self.fleet.__exit__)
        self.network = Network()
        self.addCleanup(self.network.end)

    def start(self, network: Network, command: str, *words: str | Path) -> Spoken:
        """A part of the mesh on that machine."""
        authority = self.fleet.folder / "authority"
        part = Spoken(*network.entered, MESHLOAD, command, "--authority", authority, *words)
        self.addCleanup(lambda: part.end() if part.process.poll() is None else None)
        return part

    def hub(self, name: str, address: str = "127.0.0.1:0") -> Spoken:
        return self.start(
            self.network, "hub", "--name", name, "--data", self.fleet.folder / name, "--listen", address
        )

    def test_the_hubs_that_a_name_announces_are_tried_in_their_order(self) -> None:
        """The first while it is there, then the second: `_meshhub._udp.mesh.test` is all that the edge knows."""
        hubs = {name: self.hub(name) for name in ("hub-1", "hub-2")}
        records = [
            f"--srv-host=_meshhub._udp.mesh.test,localhost,{hub.address.split(':')[1]},{priority}"
            for priority, hub in enumerate(hubs.values(), 1)
        ]
        names = NameServer(self.network, self.fleet.folder, *reversed(records))
        self.addCleanup(names.end)
        edge = self.start(self.network, "tunnel", "--to", "mesh.test")
        found = until(lambda: edge.status()["phase"] == "connected", 30)
        self.assertEqual(edge.status()["hub"], "hub-1")
        kill(hubs["hub-1"])
        moved = until(lambda: edge.status()["hub"] == "hub-2", 90)
        print(f"found by name after {found:.1f} s, with the second hub {moved:.1f} s after the end of the first")
        self.assertEqual(edge.status()["phase"], "connected")

    def test_an_edge_whose_address_changes_keeps_its_tunnel_without_a_handshake(self) -> None:
        """Nothing reaches its old address any more: all packets come from another one and go there."""
        elsewhere = self.network.neighbour()
        self.addCleanup(elsewhere.end)
        self.network.ip(
            f"link add hub-side type veth peer name edge-side netns {elsewhere.holder.pid}",
            "address add 10.77.0.1/24 dev hub-side",
            "link set hub-side up",
        )
        elsewhere.ip(
            # An address of IPv6 that the kernel finds to be free after a second would be a change of its own.
            "link set edge-side addrgenmode none",
            "link set edge-side up",
            "address add 10.77.0.2/32 dev edge-side",
            "address add 10.77.0.3/32 dev edge-side",
            "route add 10.77.0.0/24 dev edge-side src 10.77.0.2",
        )
        # The hub's certificate names it so.
        elsewhere.replace("/etc/hosts", "10.77.0.1 localhost\n", self.fleet.folder)
        hub = self.hub("hub-1", "10.77.0.1:0")
        edge = self.start(elsewhere, "tunnel", "--to", f"localhost:{hub.address.split(':')[1]}")
        until(lambda: edge.status()["phase"] == "connected", 30)
        before, handshakes = edge.status(), hub.status()["handshakes"]
        # What goes to the old address is gone from now on; of that the edge's machine knows nothing.
        self.network.ip("route add blackhole 10.77.0.2/32")
        elsewhere.ip("route replace 10.77.0.0/24 dev edge-side src 10.77.0.3")
        migrated = until(lambda: edge.status()["migrations"] > 0, 10)
        # Two further answers to probes come from there.
        answered = edge.status()["probes_answered"]
        until(lambda: edge.status()["probes_answered"] >= answered + 2, 20)
        time.sleep(1)
        after = edge.status()
        print(f"migrated {migrated:.2f} s after the change: {after}")
        self.assertEqual(after["migrations"], 1)
        self.assertEqual((after["connections"], after["reconnects"], after["attempts"]), (1, 0, before["attempts"]))
        self.assertEqual(hub.status()["handshakes"], handshakes)


if __name__ == "__main__":
    unittest.main()
