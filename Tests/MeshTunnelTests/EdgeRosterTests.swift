import MeshCore
import MeshTunnel
import Testing

@Suite struct `The roster of edges` {
    private static func connection(
        _ name: String,
        link: UInt64,
        labels: [String] = []
    ) throws -> EdgeRoster.Connection {
        let identity = NodeIdentity(tenant: try TenantID("main"), role: .edge, node: try NodeID(name))
        return EdgeRoster.Connection(
            identity: identity,
            link: link,
            address: "192.0.2.7:4000",
            software: "meshnode/0.1.0",
            labels: try NodeLabels(labels.map { try NodeLabel($0) }),
            certificateEnd: WallTime(millisecondsSince1970: 9_000),
            isResumed: false
        )
    }

    private static func at(_ milliseconds: Int64) -> WallTime { WallTime(millisecondsSince1970: milliseconds) }

    @Test func `an edge that comes is connected since then, and a newer link changes nothing about that`() throws {
        var roster = EdgeRoster()
        let node = try NodeID("edge-1")
        #expect(roster.entry(of: node) == nil)
        roster.connected(try Self.connection("edge-1", link: 1), at: Self.at(100))
        roster.connected(try Self.connection("edge-1", link: 2, labels: ["site=berlin"]), at: Self.at(200))
        let entry = try #require(roster.entry(of: node))
        #expect(entry.isConnected && entry.since == Self.at(100))
        #expect(entry.connection.link == 2 && entry.connection.labels["site"] == "berlin")
        #expect(entry.arrivals == 1 && entry.relinks == 1)
        #expect(roster.connectedCount == 1 && roster.goneCount == 0)
    }

    @Test func `an edge that goes is remembered with when and why, and is new when it comes back`() throws {
        var roster = EdgeRoster()
        let node = try NodeID("edge-1")
        roster.connected(try Self.connection("edge-1", link: 1), at: Self.at(100))
        roster.disconnected(node, at: Self.at(300), reason: "peer: closed with code 0")
        let gone = try #require(roster.entry(of: node)?.departure)
        #expect(gone.at == Self.at(300) && gone.reason == "peer: closed with code 0" && !gone.isDrained)
        #expect(roster.connectedCount == 0 && roster.goneCount == 1)
        // The end of a link that was no tunnel any more.
        roster.disconnected(node, at: Self.at(400), reason: "again")
        #expect(roster.entry(of: node)?.departure?.at == Self.at(300))
        roster.connected(try Self.connection("edge-1", link: 5), at: Self.at(500))
        let entry = try #require(roster.entry(of: node))
        #expect(entry.isConnected && entry.since == Self.at(500) && entry.arrivals == 2)
        roster.disconnected(try NodeID("never"), at: Self.at(1), reason: "nobody")
        #expect(roster.connectedCount == 1 && roster.goneCount == 0)
    }

    @Test func `an edge that was asked to go goes until it has gone or says no, whatever links it opens`() throws {
        var roster = EdgeRoster()
        let node = try NodeID("edge-1")
        roster.drainBegan(of: node)
        #expect(roster.entry(of: node) == nil)
        roster.connected(try Self.connection("edge-1", link: 1), at: Self.at(100))
        roster.drainBegan(of: node)
        #expect(roster.entry(of: node)?.isDraining == true)
        roster.drainFailed(of: node)
        #expect(roster.entry(of: node)?.isDraining == false)
        roster.drainBegan(of: node)
        // A newer link while it lets end what is under way.
        roster.connected(try Self.connection("edge-1", link: 2), at: Self.at(200))
        #expect(roster.entry(of: node)?.isDraining == true && roster.entry(of: node)?.arrivals == 1)
        roster.disconnected(node, at: Self.at(300), reason: "the edge has ended")
        #expect(roster.entry(of: node)?.departure?.isDrained == true)
        // Of one that has gone nothing is begun.
        roster.drainBegan(of: node)
        #expect(roster.entry(of: node)?.isDraining == false)
        roster.connected(try Self.connection("edge-1", link: 3), at: Self.at(400))
        #expect(roster.entry(of: node)?.isDraining == false && roster.entry(of: node)?.arrivals == 2)
    }

    @Test func `of those who have gone the first is forgotten where they are too many`() throws {
        var roster = EdgeRoster(maximumGone: 3)
        for number in 1...5 {
            roster.connected(try Self.connection("edge-\(number)", link: UInt64(number)), at: Self.at(1))
        }
        for number in 1...4 { roster.disconnected(try NodeID("edge-\(number)"), at: Self.at(2), reason: "gone") }
        #expect(roster.entry(of: try NodeID("edge-1")) == nil)
        #expect(roster.goneCount == 3 && roster.connectedCount == 1)
        // One that came back does not count, and goes last when it goes again.
        roster.connected(try Self.connection("edge-2", link: 9), at: Self.at(3))
        roster.disconnected(try NodeID("edge-5"), at: Self.at(4), reason: "gone")
        roster.disconnected(try NodeID("edge-2"), at: Self.at(5), reason: "gone")
        let left = roster.slice(after: nil).map(\.node.text)
        #expect(left == ["edge-2", "edge-4", "edge-5"])
        #expect(Limits.Roster.maximumGone == 1_024)
    }

    @Test func `an edge that comes and goes for ever takes no more room, and its words are cut`() throws {
        var roster = EdgeRoster(maximumGone: 2)
        let node = try NodeID("edge-1")
        let long = String(repeating: "x", count: Limits.Roster.maximumReasonBytes + 1)
        for number in 1...1_000 {
            roster.connected(try Self.connection("edge-1", link: UInt64(number)), at: Self.at(1))
            roster.disconnected(node, at: Self.at(2), reason: long)
        }
        #expect(roster.entry(of: node)?.arrivals == 1_000 && roster.goneCount == 1)
        #expect(roster.entry(of: node)?.departure?.reason.utf8.count ?? 0 <= Limits.Roster.maximumReasonBytes)
    }

    @Test func `edges are told page by page in the order of their names`() throws {
        var roster = EdgeRoster()
        for name in ["c", "a", "d", "b"] { roster.connected(try Self.connection(name, link: 1), at: Self.at(1)) }
        func page(_ last: NodeID?, _ fits: (NodeID) -> Bool = { _ in true }) -> (names: [String], hasMore: Bool) {
            let page = EdgeRoster.page(after: last, limit: 2, where: { name, _ in fits(name) }, slice: roster.slice)
            return (page.found.map(\.node.text), page.hasMore)
        }
        #expect(page(nil) == (["a", "b"], true))
        #expect(page(try NodeID("b")) == (["c", "d"], false))
        // Behind a name that nobody has, and behind all.
        #expect(page(try NodeID("bb")) == (["c", "d"], false))
        #expect(page(try NodeID("d")) == ([], false))
        #expect(page(nil) { $0.text > "b" } == (["c", "d"], false))
    }

    @Test func `a long list is copied a slice at a time, and none is left out`() throws {
        var roster = EdgeRoster(maximumGone: 1)
        let count = Limits.Roster.sliceLength * 2
        // In another order than that of their names.
        for number in (0..<count) {
            roster.connected(try Self.connection("edge-\(1_000 + number * 7 % count)", link: 1), at: Self.at(1))
        }
        #expect(roster.slice(after: nil).count == Limits.Roster.sliceLength)
        var slices = 0
        let slice = { (last: NodeID?) in
            slices += 1
            return roster.slice(after: last)
        }
        let all = EdgeRoster.page(after: nil, limit: count + 1, where: { _, _ in true }, slice: slice)
        #expect(all.found.map(\.node.text) == (0..<count).map { "edge-\(1_000 + $0)" } && !all.hasMore)
        #expect(slices == 3)
        // Those that are forgotten are in no list.
        for number in 0..<10 {
            roster.disconnected(try NodeID("edge-\(1_000 + number)"), at: Self.at(2), reason: "gone")
        }
        #expect(roster.slice(after: nil).first?.node.text == "edge-1009")
        #expect(roster.slice(after: try NodeID("edge-1004")).first?.node.text == "edge-1009")
    }
}
