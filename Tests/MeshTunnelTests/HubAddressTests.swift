import MeshCore
import MeshTunnel
import Testing

@Suite struct `A hub's address` {
    @Test(arguments: [
        ("hub.example.net", "hub.example.net"), ("Hub.Example.NET.", "hub.example.net"),
        ("hub.example.net:7500", "hub.example.net:7500"), ("quic://hub.example.net", "hub.example.net:7411"),
        ("quic://hub.example.net:7500/", "hub.example.net:7500"), ("192.0.2.7", "192.0.2.7:7411"),
        ("192.0.2.7:1", "192.0.2.7:1"), ("[2001:db8::7]:65535", "[2001:db8::7]:65535"),
        ("[2001:db8::7]", "[2001:db8::7]:7411"), ("2001:db8::7", "[2001:db8::7]:7411"),
        ("quic://[::1]:9", "[::1]:9"), ("localhost", "localhost"), ("a_b-c.7x", "a_b-c.7x"),
    ])
    func `is read`(text: String, spelling: String) throws {
        #expect("\(try HubAddress(text))" == spelling)
    }

    @Test func `has the port that is said, be it the standard one of something else`() throws {
        #expect(try HubAddress("192.0.2.7", port: 7_412).port == 7_412)
        #expect(try HubAddress("192.0.2.7:7411", port: 7_412).port == 7_411)
        #expect(try HubAddress("192.0.2.7").port == HubAddress.defaultPort)
    }

    @Test(arguments: [
        ("", "is empty"), ("http://hub", "no scheme but"), ("quic://", "a host before"), (":7411", "a host before"),
        ("hub:", "a port from 1"), ("hub:0", "a port from 1"), ("hub:65536", "a port from 1"),
        ("hub:+1", "a port from 1"), ("hub:1x", "a port from 1"), ("hub/x", "no path"), ("me@hub", "no user"),
        ("a:b:c", "in brackets"), ("quic://2001:db8::7", "in brackets"), ("[2001:db8::7", "a ']'"),
        ("[192.0.2.7]:1", "between '['"), ("[fe80::1%eth0]:1", "between '['"), ("[::1]1", "nothing but a port"),
        ("a..b", "1 to 63"), ("-a", "begin or end"), ("a-", "begin or end"), ("hüb", "letters, digits"),
        ("a b", "letters, digits"), ("10.0.0", "whole address of IPv4"), ("1.2.3.400", "whole address of IPv4"),
        (String(repeating: "a", count: 64), "1 to 63"),
        (Array(repeating: "a", count: 140).joined(separator: "."), "at most 253"),
    ])
    func `that is none is refused for its fault`(text: String, fault: String) {
        do {
            let address = try HubAddress(text)
            Issue.record("it is read as \(address)")
        } catch {
            #expect(error.code == .malformedAddress && error.message.contains(fault), "\(error)")
        }
    }

    @Test func `has a bound`() {
        let text = String(repeating: "a", count: Limits.Tunnel.maximumHubAddressBytes + 1)
        do {
            _ = try HubAddress(text)
            Issue.record("it was taken")
        } catch { #expect(error.message.contains("at most \(Limits.Tunnel.maximumHubAddressBytes)")) }
    }

    @Test func `is announced only where neither port nor scheme was said`() throws {
        #expect(try HubAddress("hub").isAnnounced)
        for text in ["hub:7411", "quic://hub", "192.0.2.7", "[::1]"] { #expect(try !HubAddress(text).isAnnounced) }
        #expect(try HubAddress("HUB").host.serverName == .dns("hub"))
    }
}

@Suite struct `The hubs to go to` {
    private func hubs(_ rows: (String, UInt16, UInt16)...) throws -> HubCandidates {
        try HubCandidates(try rows.map { ConfiguredHub(try HubAddress($0.0), priority: $0.1, weight: $0.2) })
    }

    private func take(_ count: Int, _ candidates: inout HubCandidates, seed: UInt64 = 1) -> [String] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in "\(candidates.next(&generator))" }
    }

    @Test func `come by priority, then all over again`() throws {
        var candidates = try hubs(("c:1", 20, 1), ("a:1", 0, 1), ("b:1", 10, 1))
        #expect(take(7, &candidates) == ["a:1", "b:1", "c:1", "a:1", "b:1", "c:1", "a:1"])
        candidates.beginRound()
        #expect(take(1, &candidates) == ["a:1"])
        candidates.beginRound(avoiding: try HubAddress("a:1"))
        #expect(take(4, &candidates) == ["b:1", "c:1", "a:1", "b:1"])
        candidates.beginRound()
        #expect(take(1, &candidates) == ["a:1"])
    }

    @Test func `of one priority come first as often as their weight says`() throws {
        var first: [String: Int] = [:]
        for seed in 1...4_000 as ClosedRange<UInt64> {
            var candidates = try hubs(("a:1", 0, 30), ("b:1", 0, 10), ("z:1", 0, 0))
            let round = take(3, &candidates, seed: seed)
            #expect(Set(round).count == 3)
            first[round[0], default: 0] += 1
        }
        #expect((2_700...3_200).contains(first["a:1"] ?? 0))
        #expect((800...1_200).contains(first["b:1"] ?? 0))
        #expect((20...200).contains(first["z:1"] ?? 0))
    }

    @Test func `are taken place of by those whom they announce`() throws {
        var generator = SeededGenerator(seed: 1)
        var candidates = try hubs(("mesh.example", 0, 1), ("other:1", 1, 1))
        let name = candidates.next(&generator)
        let records = [
            ServiceRecord(priority: 5, weight: 1, host: "far.example.", port: 9),
            ServiceRecord(priority: 1, weight: 1, host: "near.example.", port: 8),
            ServiceRecord(priority: 1, weight: 1, host: ".", port: 8),
            ServiceRecord(priority: 0, weight: 1, host: "none.example", port: 0),
        ]
        candidates.announce(records, by: name, &generator)
        #expect(take(3, &candidates) == ["near.example:8", "far.example:9", "other:1"])
        let again = candidates.next(&generator)
        #expect(again == name)
        candidates.announce([], by: again, &generator)
        let fallback = candidates.next(&generator)
        #expect("\(fallback)" == "mesh.example:7411" && !fallback.isAnnounced)
        let crowd = (1...100).map { ServiceRecord(priority: 0, weight: 0, host: "h\($0)x", port: 1) }
        candidates.announce(crowd, by: name, &generator)
        let taken = take(Limits.Tunnel.maximumServices + 1, &candidates)
        #expect(taken.filter { $0.hasPrefix("h") }.count == Limits.Tunnel.maximumServices)
    }

    @Test func `are first those that a farewell names, once`() throws {
        var candidates = try hubs(("a:1", 0, 1))
        candidates.prefer(["b:2", "not an address", "[::1]:3"])
        #expect(take(4, &candidates) == ["b:2", "[::1]:3", "a:1", "a:1"])
        candidates.prefer((1...20).map { "h\($0)x:1" })
        let taken = take(Limits.Tunnel.maximumAlternates + 1, &candidates)
        #expect(taken.filter { $0.hasPrefix("h") }.count == Limits.Tunnel.maximumAlternates)
    }

    @Test func `are at least one, and not more than there is room for`() throws {
        let hub = ConfiguredHub(try HubAddress("a:1"))
        #expect(throws: TunnelError(.badConfiguration, "")) { try HubCandidates([]) }
        let limit = Limits.Tunnel.maximumHubs
        #expect(throws: TunnelError(.badConfiguration, "")) {
            try HubCandidates(Array(repeating: hub, count: limit + 1))
        }
        _ = try HubCandidates(Array(repeating: hub, count: limit))
    }

    @Test func `have addresses of both families in turn`() throws {
        func addresses(_ texts: String...) -> [IPAddress] { texts.compactMap { IPAddress($0) } }
        let mixed = addresses("::1", "::2", "::3", "10.0.0.1", "::1", "10.0.0.2").interleaved
        #expect(mixed == addresses("::1", "10.0.0.1", "::2", "10.0.0.2", "::3"))
        #expect(addresses("10.0.0.1", "::1").interleaved == addresses("10.0.0.1", "::1"))
        let many = (0..<100).compactMap { IPAddress("10.0.0.\($0)") }.interleaved
        #expect(many.count == Limits.Tunnel.maximumAddresses)
        #expect([IPAddress]().interleaved.isEmpty)
    }
}
