"""`meshnode cluster`: real processes from a file, what is done to them, and that none is left behind."""

from __future__ import annotations

import array
import os
import shutil
import signal
import socket
import subprocess
import time
import unittest
from pathlib import Path

from clusters import TOPOLOGIES, Cluster, verdict

THREE = TOPOLOGIES / "hub-and-three-edges.json5"


class LifeTest(unittest.TestCase):
    """Up, down, and every other end."""

    def test_a_cluster_comes_up_and_leaves_in_order(self) -> None:
        with Cluster(THREE) as cluster:
            cluster.up()
            cluster.until("cluster.ready")
            nodes = cluster.nodes()
            self.assertEqual({name: node["state"] for name, node in nodes.items()}, dict.fromkeys(nodes, "ready"))
            self.assertEqual(sorted(nodes), ["edge-1", "edge-2", "edge-3", "hub-1"])
            self.assertEqual(nodes["hub-1"]["labels"], {"site": "office"})
            self.assertLess(max(node["anonymous_kib"] for node in nodes.values()), 16 * 1024)
            self.assertEqual(len(cluster.processes()), 4)
            self.assertEqual(os.stat(cluster.folder).st_mode & 0o777, 0o700)
            table = cluster.run("status").stdout
            self.assertIn("4 of 4 nodes are ready", table)
            self.assertRegex(table, r"(?m)^edge-2 +edge +ready +\d+ ")
            cluster.ask("down")
            self.assertEqual(cluster.ended(), 0)
            self.assertEqual(cluster.processes(), [])
            # Every edge had left before the hub was told to.
            order = [record["from"] for record in cluster.records("node.stopping")]
            self.assertEqual((len(order), order[-1]), (4, "hub-1"))
            self.assertEqual(cluster.records("cluster.ended"), [])

    def test_the_second_start_goes_on_with_the_same_nodes(self) -> None:
        with Cluster(THREE) as cluster:
            for issued in (3, 0):
                cluster.up()
                cluster.until("cluster.ready")
                self.assertEqual(len(cluster.records("enrolment.issued")), issued)
                cluster.ask("down")
                self.assertEqual(cluster.ended(), 0)

    def test_ctrl_c_is_a_stop_in_order(self) -> None:
        with Cluster(THREE) as cluster:
            cluster.up()
            cluster.until("cluster.ready")
            assert cluster.process is not None
            cluster.process.send_signal(signal.SIGINT)
            self.assertEqual(cluster.ended(), 0)
            self.assertEqual(len(cluster.records("node.stopping")), 4)
            self.assertEqual(cluster.processes(), [])

    def test_ctrl_c_during_the_start_leaves_nothing(self) -> None:
        with Cluster(THREE) as cluster:
            cluster.up()
            cluster.until("cluster.starting")
            assert cluster.process is not None
            cluster.process.send_signal(signal.SIGINT)
            self.assertEqual(cluster.ended(), 0)
            self.assertEqual(cluster.processes(), [])

    def test_kill_9_leaves_no_node_behind_not_even_one_that_is_paused(self) -> None:
        with Cluster(THREE) as cluster:
            cluster.up()
            cluster.until("cluster.ready")
            cluster.ask("pause", "edge-2")
            assert cluster.process is not None
            cluster.process.kill()
            cluster.process.wait()
            end = time.monotonic() + 5
            while cluster.processes() and time.monotonic() < end:
                time.sleep(0.02)
            self.assertEqual(cluster.processes(), [])
            # And its folder can be used again.
            cluster.up()
            cluster.until("cluster.ready")

    def test_whoever_reads_no_more_ends_it(self) -> None:
        with Cluster(THREE) as cluster:
            line = [*cluster.command("up", "--topology", str(THREE)), "--json"]
            process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            assert process.stdout is not None
            process.stdout.readline()
            process.stdout.close()
            self.assertEqual(process.wait(60), 0)
            self.assertEqual(cluster.processes(), [])


class FaultTest(unittest.TestCase):
    """What people do to nodes, and what happens then."""

    def test_nodes_are_killed_paused_cut_off_and_come_back(self) -> None:
        with Cluster(THREE) as cluster:
            cluster.up()
            cluster.until("cluster.ready")
            before = cluster.nodes()
            cluster.ask("kill", "hub-1")
            cluster.until("cluster.ended")
            cluster.all_reopened()
            after = cluster.all_ready()
            self.assertNotEqual(before["hub-1"]["pid"], after["hub-1"]["pid"])
            self.assertEqual(after["hub-1"]["restarts"], 1)
            self.assertEqual({after[name]["pid"] for name in after if name != "hub-1"},
                             {before[name]["pid"] for name in before if name != "hub-1"})
            cluster.ask("pause", "edge-1")
            self.assertEqual(cluster.nodes()["edge-1"]["state"], "paused")
            self.assertEqual(Path(f"/proc/{after['edge-1']['pid']}/stat").read_text().split()[2], "T")
            cluster.ask("resume", "edge-1")
            cluster.ask("kill", "edge-2", "--for", "300s")
            cluster.wait(lambda: cluster.nodes()["edge-2"]["state"] == "restarting", "edge-2 is not away")
            cluster.ask("restart", "edge-2")
            cluster.all_ready()
            cluster.ask("down")
            self.assertEqual(cluster.ended(), 0)

    def test_a_partition_cuts_and_heals(self) -> None:
        settings = '{ transport: { idleTimeout: "10s" } }'
        text = f"{{ hubs: [{{ settings: {settings} }}], edges: [{{ count: 2, settings: {settings} }}] }}"
        with Cluster(text) as cluster:
            cluster.up()
            cluster.until("cluster.ready")
            cluster.ask("partition", "edge-1", "hub-1")
            self.assertTrue(cluster.nodes()["edge-1"]["cut"])
            cluster.wait(lambda: cluster.nodes()["edge-1"]["state"] != "ready", "edge-1 notices nothing", 60)
            self.assertEqual(cluster.nodes()["edge-2"]["state"], "ready")
            cluster.ask("heal")
            self.assertFalse(cluster.nodes()["edge-1"]["cut"])
            cluster.all_ready(60)

    def test_a_link_that_is_cut_before_its_edge_is_there_is_cut(self) -> None:
        # Certificates are given in turn, so the last edge is started late.
        with Cluster("{ edges: [{ count: 40 }] }") as cluster:
            cluster.up()
            cluster.until("cluster.starting")
            cluster.wait(lambda: cluster.run("partition", "edge-40").returncode == 0, "no partition")
            self.assertEqual(cluster.nodes()["edge-40"]["state"], "waiting")

            def others_ready() -> bool:
                states = {name: node["state"] for name, node in cluster.nodes().items()}
                return states.pop("edge-40") != "waiting" and set(states.values()) == {"ready"}

            cluster.wait(others_ready, "the others are not ready")
            # As long as a whole one takes, many times over.
            time.sleep(2)
            self.assertEqual(cluster.nodes()["edge-40"]["state"], "starting")
            cluster.ask("heal", "edge-40")
            cluster.until("cluster.ready")

    def test_an_end_is_seen_though_somebody_else_holds_what_the_node_wrote_to(self) -> None:
        with Cluster("{ edges: [{}] }") as cluster:
            cluster.up()
            cluster.until("cluster.ready")
            process = cluster.nodes()["edge-1"]["pid"]
            # As a program would that the node has started.
            with Path(f"/proc/{process}/fd/2").open("wb"):
                cluster.ask("kill", "edge-1")
                cluster.wait(lambda: cluster.nodes()["edge-1"]["restarts"] == 1, "nobody saw its end", 20)
                cluster.all_ready()

    def test_faults_of_the_file_happen_at_their_time(self) -> None:
        text = """{ edges: [{ count: 2, restartAfter: "100ms" }], faults: [
            { at: "1s", kill: "edge-*" }, { at: "2s", pause: "edge-1", for: "500ms" }] }"""
        with Cluster(text) as cluster:
            cluster.up()
            cluster.until("cluster.fault", count=3)
            said = [record["reason"] for record in cluster.records("cluster.fault")]
            self.assertEqual(said, ["kill edge-*", "pause edge-1", "resume edge-1"])
            self.assertEqual({node["restarts"] for name, node in cluster.all_ready().items() if name != "hub-1"}, {1})

    def test_a_direct_link_says_what_to_change(self) -> None:
        with Cluster("{ edges: [{ link: { direct: true } }] }") as cluster:
            cluster.up()
            cluster.until("cluster.ready")
            finished = cluster.run("partition", "edge-1")
            self.assertEqual(finished.returncode, 1)
            self.assertIn("the link of edge-1 is direct", finished.stderr)
            self.assertIn("take 'direct' out", finished.stderr)


class NeighbourTest(unittest.TestCase):
    """What others on the machine can see and do."""

    def test_its_sockets_are_its_owners_alone_whatever_the_folder_is(self) -> None:
        with Cluster("{}") as cluster:
            cluster.folder.mkdir(0o755)
            cluster.up()
            cluster.until("cluster.ready")
            run = cluster.folder / "run"
            self.assertEqual(os.stat(run).st_mode & 0o777, 0o700)
            self.assertEqual(sorted(path.name for path in run.iterdir()), ["control", "notices"])
            process = cluster.nodes()["hub-1"]["pid"]
            variables = Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
            self.assertIn(f"NOTIFY_SOCKET={run.resolve()}/notices".encode(), variables)
            cluster.ask("down")
            self.assertEqual(cluster.ended(), 0)
            self.assertEqual(list(run.iterdir()), [])

    def test_a_folder_whose_path_is_too_long_for_a_socket_works_all_the_same(self) -> None:
        with Cluster("{ edges: [{}] }") as cluster:
            cluster.folder = cluster.base / ("c" * 100)
            cluster.up()
            cluster.until("cluster.ready")
            cluster.ask("down")
            self.assertEqual(cluster.ended(), 0)

    def test_descriptors_that_are_sent_to_the_notice_socket_are_not_kept(self) -> None:
        with Cluster("{}") as cluster:
            cluster.up()
            cluster.until("cluster.ready")
            assert cluster.process is not None
            place = Path(f"/proc/{cluster.process.pid}/fd")
            read, write = os.pipe()
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.connect(str(cluster.folder / "run/notices"))
                for _ in range(50):
                    rights = array.array("i", [write] * 4)
                    sender.sendmsg([b"READY=1"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
            os.close(write)
            # The end of the pipe comes when nobody has the other one any more: not the queue, and not the cluster.
            os.set_blocking(read, False)

            def at_end() -> bool:
                try:
                    return os.read(read, 1) == b""
                except BlockingIOError:
                    return False

            cluster.wait(at_end, f"descriptors are kept: {len(list(place.iterdir()))}", 20)
            os.close(read)
            self.assertEqual(cluster.nodes()["hub-1"]["state"], "ready")

    def test_a_secret_is_on_no_command_line(self) -> None:
        text = '{ hubs: [{ settings: { hub: { issuer: "exit 7; secret-word" } } }] }'
        with Cluster(text) as cluster:
            cluster.up()

            def hub() -> tuple[bytes, bytes] | None:
                for process in cluster.processes():
                    try:
                        line = Path(f"/proc/{process}/cmdline").read_bytes()
                        variables = Path(f"/proc/{process}/environ").read_bytes()
                    except OSError:
                        continue
                    if b"--role=hub" in line:
                        return line, variables
                return None

            line, variables = cluster.wait(hub, "no hub")
            self.assertIn(b"MESHNODE_HUB_ISSUER=exit 7; secret-word", variables.split(b"\0"))
            self.assertNotIn(b"secret-word", line)

    def test_whoever_dawdles_holds_up_the_others_for_five_seconds_in_all(self) -> None:
        with Cluster("{}") as cluster:
            cluster.up()
            cluster.until("cluster.ready")
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as visitor:
                visitor.connect(str(cluster.folder / "run/control"))
                begin = time.monotonic()
                try:
                    while time.monotonic() < begin + 20:
                        visitor.send(b" ")
                        time.sleep(0.5)
                except BrokenPipeError:
                    pass
                self.assertLess(time.monotonic() - begin, 8)
            self.assertEqual(cluster.nodes()["hub-1"]["state"], "ready")


class WrongTest(unittest.TestCase):
    """What people get wrong: one sentence, its place, and a code."""

    def test_a_node_that_is_not_there(self) -> None:
        with Cluster(THREE) as cluster:
            cluster.up()
            cluster.until("cluster.ready")
            wrong = (["kill", "edge-9"], ["pause", "hub"], ["partition", "edge-1", "edge-2"], ["resume", "edge-1"])
            for words in wrong:
                finished = cluster.run(*words)
                self.assertEqual(finished.returncode, 1, words)
                self.assertEqual(len(finished.stderr.splitlines()), 1)
            self.assertIn("did you mean 'edge-", cluster.run("kill", "edge-9").stderr)
            self.assertIn("edge-1 is not paused", cluster.run("resume", "edge-1").stderr)
            # A second `up` is refused by the folder's lock.
            busy = cluster.run("up", "--topology", str(THREE))
            self.assertEqual(busy.returncode, 75)
            self.assertIn("runs on the folder", busy.stderr)

    def test_where_no_cluster_runs(self) -> None:
        with Cluster(THREE) as cluster:
            for words in (["status"], ["down"], ["kill", "edge-1"]):
                finished = cluster.run(*words)
                self.assertEqual(finished.returncode, 1)
                self.assertIn("no cluster runs in", finished.stderr)

    def test_a_wrong_description_starts_nothing(self) -> None:
        cases = {
            "{ edgse: [] }": "cluster.json5:1:3: unknown key 'edgse'; did you mean 'edges'?",
            '{ edges: [{ settings: { edge: { beatIntervall: "5s" } } }] }': "did you mean 'edge.beatInterval'?",
            '{ edges: [{ settings: { hub: { listen: "x" } } }] }': "'hub.listen' is decided elsewhere",
            '{ edges: [{ settings: { log: { level: "loud" } } }] }': "cluster.json5:1:32: 'loud' is not right for",
            '{ hubs: [{ settings: { edge: { beatInterval: "5s" } } }] }': "is not a setting of a node with the role",
        }
        for text, words in cases.items():
            with Cluster(text) as cluster:
                finished = cluster.run("up", "--topology", str(cluster.description))
                self.assertEqual(finished.returncode, 65, text)
                self.assertIn(words, finished.stderr)
                self.assertFalse(cluster.folder.exists())

    def test_a_node_that_does_not_start_ends_it_with_its_reason(self) -> None:
        with Cluster('{ hubs: [{ listen: "192.0.2.1:7411", restartAfter: "10ms" }] }') as cluster:
            cluster.up()
            self.assertEqual(cluster.ended(), 1)
            self.assertIn("hub-1 does not start", cluster.err())
            self.assertIn("192.0.2.1:7411 is no address of this machine", cluster.err())
            self.assertEqual(cluster.processes(), [])

    def test_nodes_that_are_not_ready_in_time_are_named(self) -> None:
        with Cluster('{ edges: [{ link: { loss: 100 } }] }') as cluster:
            cluster.up("--ready-within", "3s")
            self.assertEqual(cluster.ended(), 1)
            self.assertIn("1 nodes are not ready after 3s (--ready-within): edge-1", cluster.err())
            self.assertEqual(cluster.processes(), [])


class CheckTest(unittest.TestCase):
    """The workload and the checkers of the simulation against real processes."""

    def test_a_check_of_three_edges_is_green(self) -> None:
        text = """{ edges: [{ count: 3, settings: { edge: { beatInterval: "2s" } } }],
            check: { accounts: 4, clients: 2, lasts: "8s" } }"""
        with Cluster(text) as cluster:
            cluster.up("--check")
            self.assertEqual(cluster.ended(120), 0, cluster.err())
            passed, checks = verdict(cluster.out())
            self.assertTrue(passed)
            self.assertEqual(len(checks), 7)
            self.assertEqual(cluster.processes(), [])

    def test_a_store_that_forgets_what_it_acknowledged_is_seen(self) -> None:
        # While the hub is down, somebody puts an older copy of its store in the place of the store.
        text = """{ hubs: [{ restartAfter: "4s" }], edges: [{ settings: { edge: { beatInterval: "2s" } } }],
            faults: [{ at: "2s", kill: "hub-1" }, { at: "9s", kill: "hub-1" }],
            check: { accounts: 2, clients: 2, lasts: "15s" } }"""
        with Cluster(text) as cluster:
            cluster.up("--check")
            store = cluster.folder / "nodes/hub-1/store"
            cluster.until("cluster.ended", count=1)
            shutil.copytree(store, cluster.base / "copy")
            cluster.until("cluster.ended", count=2)
            shutil.rmtree(store)
            shutil.copytree(cluster.base / "copy", store)
            self.assertEqual(cluster.ended(180), 3, cluster.err())
            passed, checks = verdict(cluster.out())
            self.assertFalse(passed)
            self.assertFalse(checks["nothing-lost"])
            self.assertTrue(checks["store"])


if __name__ == "__main__":
    unittest.main()
