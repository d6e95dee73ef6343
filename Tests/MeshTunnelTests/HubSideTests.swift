import MeshActors
import MeshCore
import MeshTestKit
import MeshTunnel
import MeshWire
import Testing

@Suite struct `A hub's account of its tunnels` {
    private func tunnel(_ node: String, _ connection: UInt64, tenant: String = "acme") throws -> RegisteredTunnel {
        let identity = NodeIdentity(tenant: try TenantID(tenant), role: .edge, node: try NodeID(node))
        let keyID = SHA256.digest(Array("key".utf8))
        return RegisteredTunnel(identity: identity, keyID: keyID, connection: connection, since: .origin)
    }

    @Test func `holds the newest tunnel of each node, and says which it replaced`() throws {
        var registry = TunnelRegistry()
        let (first, second) = (try tunnel("edge-1", 1), try tunnel("edge-1", 2))
        #expect(registry.opened(first) == .added)
        #expect(registry.opened(second) == .replaced(first))
        #expect(registry.opened(first) == .outdated)
        #expect(registry.tunnel(to: first.identity.node) == second)
        #expect(registry.closed(first.identity.node, connection: 1) == nil)
        #expect(registry.closed(first.identity.node, connection: 2) == second)
        #expect(registry.closed(first.identity.node, connection: 2) == nil)
        #expect(registry.count == 0 && registry.counts.isEmpty)
    }

    @Test func `counts by tenant, also where a name changes hands`() throws {
        var registry = TunnelRegistry()
        for number in 1...3 { _ = registry.opened(try tunnel("edge-\(number)", 1)) }
        _ = registry.opened(try tunnel("edge-9", 1, tenant: "globex"))
        let (acme, globex) = (try TenantID("acme"), try TenantID("globex"))
        #expect(registry.count(of: acme) == 3 && registry.count(of: globex) == 1)
        _ = registry.opened(try tunnel("edge-1", 2, tenant: "globex"))
        #expect(registry.counts == [acme: 2, globex: 2])
        #expect(registry.all.map(\.identity.node.text) == ["edge-1", "edge-2", "edge-3", "edge-9"])
    }

    @Test func `has a bound that does not shut out who is there already`() throws {
        var registry = TunnelRegistry()
        for number in 0..<Limits.Tunnel.maximumTunnels { _ = registry.opened(try tunnel("e\(number)", 1)) }
        #expect(registry.opened(try tunnel("one-more", 1)) == .full)
        #expect(registry.opened(try tunnel("e0", 2)) == .replaced(try tunnel("e0", 1)))
        #expect(registry.count == Limits.Tunnel.maximumTunnels)
    }

    @Test func `gives a window as long as their admission takes, within bounds`() {
        let pacing = HerdPacing(admissionsPerSecond: 100)
        #expect(pacing.windowMilliseconds(tunnels: 2_000) == 20_000)
        #expect(pacing.window(tunnels: 0) == Limits.Tunnel.shortestPacing)
        #expect(pacing.window(tunnels: -1) == Limits.Tunnel.shortestPacing)
        #expect(pacing.window(tunnels: .max) == Limits.Tunnel.longestPacing)
        #expect(HerdPacing(admissionsPerSecond: 0).window(tunnels: 10) == .seconds(10))
        let odd = HerdPacing(admissionsPerSecond: 1, shortest: .zero, longest: .seconds(10_000))
        #expect(odd.shortest == Limits.Tunnel.shortestPacing && odd.longest == Limits.Tunnel.longestPacing)
    }
}

@Suite struct `A probe of a hub` {
    private struct Mesh {
        let hub: ActorNode
        let edge: ActorNode
        let probe: ActorHubProbe
    }

    private func mesh(_ world: SeededWorld, edgeKnows hubs: [String]) throws -> Mesh {
        let network = InProcessNetwork()
        func node(_ name: String, _ role: NodeRole, _ members: [Member]) throws -> ActorNode {
            let owner = Owner(node: try NodeID(name), incarnation: 1)
            return ActorNode(
                owner: owner,
                kinds: [HubKeeper.hosted(clock: world.clock) { 7_000 }],
                membership: Membership(epoch: 1, members: members),
                journal: VolatileJournal(),
                transport: network.transport(of: owner.node, clock: world.clock),
                clock: world.clock,
                generator: world.generator,
                logger: Logger(sink: VolatileLogSink(), clock: world.clock, minimumLevel: .error)
            )
        }
        let members = try hubs.map { Member(Owner(node: try NodeID($0), incarnation: 1), role: .hub) }
        let hub = try node("hub-1", .hub, try [Member(Owner(node: NodeID("hub-1"), incarnation: 1), role: .hub)])
        let edge = try node("edge-1", .edge, members)
        return Mesh(hub: hub, edge: edge, probe: ActorHubProbe(node: edge))
    }

    @Test func `is answered by the hub's actors with its window and time`() throws {
        let outcome = try SeededRun.run(seed: 3) { world in
            let mesh = try mesh(world, edgeKnows: ["hub-1", "hub-2"])
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await mesh.hub.run() }
                group.addTask { await mesh.edge.run() }
                defer { group.cancelAll() }
                let hub = try NodeID("hub-1")
                let answer = try await mesh.probe.probe(hub, deadline: world.clock.now + .seconds(5))
                let time = world.clock.wallTime.millisecondsSince1970
                guard answer.windowMilliseconds == 7_000, answer.wallTimeMilliseconds <= time else {
                    throw TunnelError(.over, "\(answer)")
                }
                // It lives where its key says, and nowhere else.
                let other = try NodeID("hub-2")
                let deadline = world.clock.now + .seconds(5)
                guard (try? await mesh.probe.probe(other, deadline: deadline)) == nil else {
                    throw TunnelError(.over, "a hub that does not run has answered")
                }
            }
        }
        try outcome.result.get()
    }

    @Test func `ends at its deadline where nobody knows the hub`() throws {
        let outcome = try SeededRun.run(seed: 3) { world in
            let mesh = try mesh(world, edgeKnows: [])
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await mesh.edge.run() }
                defer { group.cancelAll() }
                let hub = try NodeID("hub-1")
                return (try? await mesh.probe.probe(hub, deadline: world.clock.now + .seconds(5))) == nil
            }
        }
        #expect(try outcome.result.get())
        #expect(outcome.virtualTime <= .seconds(6))
    }
}
