import MeshCore
import MeshJSON
import MeshTestKit
import MeshTopology
import Testing

@Suite struct `Descriptions of clusters` {
    private func read(_ text: String) throws(TopologyError) -> Topology {
        try TopologyReader.read(Array(text.utf8), path: "t.json5")
    }

    private func mistakes(_ text: String) -> [String] {
        do throws(TopologyError) {
            _ = try read(text)
            return []
        } catch { return error.mistakes.map(\.description) }
    }

    @Test func `an empty one is a hub with its defaults`() throws {
        let topology = try read("{}")
        #expect(topology.nodes.map(\.name.text) == ["hub-1"])
        #expect(topology.hub?.addresses == NodeAddresses())
        #expect(topology.hub?.restartAfter == .seconds(1))
        #expect(topology.faults.isEmpty && topology.check == CheckPlan())
    }

    @Test func `an element with a count stands for as many edges`() throws {
        let topology = try read(#"{ edges: [{ count: 3 }, { name: "cellar" }, { name: "n{n}-x", count: 2 }] }"#)
        #expect(topology.edges.map(\.name.text) == ["edge-1", "edge-2", "edge-3", "cellar", "n1-x", "n2-x"])
    }

    @Test func `every field of a node and its link is read`() throws {
        let topology = try read(
            """
            {
              about: "All of it.",
              hubs: [{ name: "h", listen: "127.0.0.1:7", enrolListen: "127.0.0.1:8", httpListen: "off",
                       restartAfter: "never" }],
              edges: [{ name: "e", labels: { site: "berlin" }, restartAfter: "250ms",
                        settings: { log: { level: "debug" } },
                        link: { latency: "20ms", jitter: "5ms", loss: 2.5, duplicate: 1, corrupt: 0.1, reorder: 100,
                                rate: "64KiB" } }],
              check: { accounts: 2, clients: 3, lasts: "5s" },
            }
            """
        )
        let hub = try #require(topology.hub)
        #expect(hub.addresses == NodeAddresses(listen: "127.0.0.1:7", enrolListen: "127.0.0.1:8", httpListen: "off"))
        #expect(hub.restartAfter == nil)
        let edge = try #require(topology.edges.first)
        #expect(edge.labels.all.map(\.description) == ["site=berlin"] && edge.restartAfter == .milliseconds(250))
        #expect(edge.settings?.object["log"]?["level"]?.text == "debug")
        var link = TopologyLink()
        (link.latency, link.jitter, link.lostPerThousand) = (.milliseconds(20), .milliseconds(5), 25)
        (link.duplicatedPerThousand, link.corruptedPerThousand, link.reorderedPerThousand) = (10, 1, 1_000)
        link.bytesPerSecond = 65_536
        #expect(edge.link == link)
        #expect(topology.check.accounts == 2 && topology.check.clients == 3 && topology.check.lasts == .seconds(5))
    }

    @Test func `what lasts is two faults, and all are in the order of time`() throws {
        let topology = try read(
            """
            { edges: [{ count: 2 }],
              faults: [
                { at: "9s", kill: "hub-1", for: "2s" },
                { at: "3s", partition: ["edge-1", "hub-1"], for: "4s" },
                { at: "5s", pause: "edge-*", for: "1s" },
                { at: "6s", restart: "edge-2" },
                { at: "1s", degrade: "edge-2", link: { loss: 50 }, for: "1s" },
              ] }
            """
        )
        #expect(
            topology.faults.map { "\($0.at / .seconds(1)) \($0.action)" } == [
                "1.0 link edge-2", "2.0 link edge-2", "3.0 partition edge-1 hub-1", "5.0 pause edge-*",
                "6.0 resume edge-*", "6.0 restart edge-2", "7.0 heal edge-1 hub-1", "9.0 kill hub-1",
            ]
        )
        #expect(topology.faults.last?.action == .kill(NodeSelector("hub-1"), comesBackAfter: .seconds(2)))
    }

    @Test func `links that were made bad for a while are each what the file says again`() throws {
        let topology = try read(
            """
            { edges: [{ name: "e-1", link: { loss: 10 } }, { name: "e-2" }, { name: "e-3", link: { rate: "64KiB" } }],
              faults: [{ at: "1s", degrade: "e-*", link: { loss: 50 }, for: "1s" }] }
            """
        )
        let ends = topology.faults.filter { $0.at == .seconds(2) }.map(\.action)
        #expect(ends == topology.edges.map { .degrade(NodeSelector($0.name.text), $0.link) })
        #expect(ends.count == 3)
    }

    @Test(arguments: [
        ("{ nodse: 1 }", "t.json5:1:3: unknown key 'nodse'"),
        ("{ edgse: [] }", "t.json5:1:3: unknown key 'edgse'; did you mean 'edges'?"),
        ("{ edges: [{\n  laebls: {} }] }", "t.json5:2:3: unknown key 'laebls'; did you mean 'labels'?"),
        (
            "{ edges: [{ labels: { site: 'a b' } }] }",
            "t.json5:1:13: the value of a label is 1 to 63 of letters, digits, '-', '_' and '.'"
        ),
        ("{ edges: [{ link: { los: 1 } }] }", "t.json5:1:21: unknown key 'los'; did you mean 'loss'?"),
        ("{ edges: {} }", "t.json5:1:3: 'edges' is an object, and should be a list [ … ]"),
        ("{ edges: [7] }", "t.json5:1:11: edges is an object { … }, not a number"),
        ("{ edges: [{ count: 0 }] }", "t.json5:1:13: 'count' should be a whole number from 1 to 999"),
        ("{ edges: [{ count: 2, name: \"e\" }] }", "t.json5:1:23: several edges need a name with {n} in it"),
        (
            "{ edges: [{ name: \"E\" }] }",
            "t.json5:1:13: 'E' is no name: a node id is made of lowercase letters, "
                + "digits, '-', '_' and '.'"
        ),
        (
            "{ edges: [{ name: \"check-{n}\", count: 2 }] }",
            "t.json5:1:13: 'check-1' cannot be the name of a node: names that begin with 'check-' are those of a "
                + "check's own clients"
        ),
        ("{ edges: [{ name: \"hub-1\" }] }", "t.json5:1:3: two nodes are called 'hub-1'"),
        (
            "{ edges: [{ link: { latency: \"fast\" } }] }",
            "t.json5:1:21: 'fast' is not right for 'latency': expected "
                + "a duration such as 250ms, 30s, 5m or 24h from 0ms to 24h"
        ),
        ("{ edges: [{ link: { loss: 101 } }] }", "t.json5:1:21: 'loss' should be a percentage from 0 to 100"),
        (
            "{ edges: [{ link: { direct: true, loss: 1 } }] }",
            "t.json5:1:21: a direct link has no conditions: leave "
                + "out 'direct', or the others"
        ),
        ("{ hubs: [{}, {}] }", "t.json5:1:3: a cluster has one hub today, not 2"),
        (
            "{ faults: [{ at: \"1s\" }] }",
            "t.json5:1:14: a fault says one of kill, pause, resume, restart, partition, "
                + "heal, degrade"
        ),
        ("{ faults: [{ kill: \"hub-1\" }] }", "t.json5:1:14: a fault says when it happens: at: \"10s\""),
        (
            "{ faults: [{ at: \"1s\", kill: \"hub-2\" }] }",
            "t.json5:1:24: there is no node 'hub-2'; did you mean "
                + "'hub-1'?"
        ),
        (
            "{ faults: [{ at: \"1s\", heal: \"*\", for: \"1s\" }] , edges: [{}]}",
            "t.json5:1:35: 'heal' is done at once: "
                + "leave out 'for'"
        ),
        (
            "{ edges: [{ link: { direct: true } }], faults: [{ at: \"1s\", partition: \"edge-1\" }] }",
            "t.json5:1:61: the link of edge-1 is direct: leave out 'direct' in it"
        ),
        (
            "{ edges: [{}], faults: [{ at: \"1s\", partition: [\"edge-1\", \"edge-1\"] }] }",
            "t.json5:1:37: there is no link between edge-1 and edge-1: links join edges and hubs"
        ),
        ("[]", "t.json5: it holds a list in place of an object { … }"),
        ("{ edges: [", "t.json5:1:11: a value is missing"),
    ])
    func `what is wrong is said with its place`(_ text: String, _ words: String) {
        #expect(mistakes(text).first == words)
    }

    @Test func `all mistakes are said at once, in the order of the file`() {
        let text = "{\n check: { lasts: 3 },\n edges: [{ cuont: 1 }],\n faults: [{ at: \"1s\", stop: \"x\" }],\n}"
        #expect(mistakes(text).map { $0.prefix(10) } == ["t.json5:2:", "t.json5:3:", "t.json5:4:"])
    }

    @Test func `a description has its bounds`() {
        #expect(mistakes("{ edges: [{ count: \(Limits.Topology.maximumNodes) }] }").count == 1)
        let faults = Array(repeating: "{ at: \"1s\", kill: \"hub-1\" }", count: Limits.Topology.maximumFaults + 1)
        #expect(mistakes("{ faults: [\(faults.joined(separator: ","))] }").count == 1)
        let long = String(repeating: " ", count: Limits.Topology.maximumBytes)
        #expect(mistakes("{\(long)}") == ["t.json5: the description has more than 262144 bytes"])
        #expect(Limits.Topology.longestTime == .seconds(86_400))
        #expect(mistakes("{ edges: [{ link: { latency: \"25h\" } }] }").count == 1)
    }

    @Test func `every description of this repository can be read`() throws {
        let names = RepositoryFile.names(in: "topology").filter { $0.hasSuffix(".json5") }
        #expect(names.count >= 5)
        for name in names {
            let bytes = try #require(RepositoryFile.bytes("topology/\(name)"))
            let topology = try TopologyReader.read(bytes, path: name)
            #expect(!topology.about.isEmpty && !topology.edges.isEmpty)
        }
    }

    @Test func `the page about descriptions says what the reader reads`() throws {
        let block = try #require(RepositoryFile.block("fields", of: "topology/README.md"))
        #expect(block.joined(separator: "\n") + "\n" == TopologyDocument.reference)
    }
}

@Suite struct `Names of several nodes` {
    @Test func `a star stands for the rest of the name`() throws {
        let names = try ["edge-1", "edge-12", "hub-1"].map { try NodeID($0) }
        #expect(names.filter { NodeSelector("edge-1").matches($0) }.map(\.text) == ["edge-1"])
        #expect(names.filter { NodeSelector("edge-1*").matches($0) }.map(\.text) == ["edge-1", "edge-12"])
        #expect(names.filter { NodeSelector.all.matches($0) }.count == 3)
    }
}
