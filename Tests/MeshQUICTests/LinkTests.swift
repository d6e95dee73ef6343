import MeshActors
import MeshCore
import MeshIO
import MeshQUIC
import Testing

@Suite struct LinkTests {
    @Test func `An edge connects to a hub and each asks the other`() async throws {
        let loop = try EventLoop.start(name: "test")
        let clock = MachineClock(loop: loop)
        let authority = try SampleAuthority(clock: clock)
        let hub = try await QUICTransport(
            loop: loop,
            address: .loopbackIPv4(port: 0),
            accepts: true,
            credentials: try authority.credentials(.hub, "hub-1"),
            verifier: try authority.verifier,
            software: "test/1",
            clock: clock
        )
        let edge = try await QUICTransport(
            loop: loop,
            address: .loopbackIPv4(port: 0),
            accepts: false,
            credentials: try authority.credentials(.edge, "laptop-7"),
            verifier: try authority.verifier,
            software: "test/1",
            clock: clock
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await hub.serve { $0.payload + Array($0.sender.text.utf8) } }
            let node = try await edge.connect(to: hub.localAddress, serverName: .dns("localhost"))
            #expect(node.text == "hub-1")
            let answer = try await edge.request([1, 2], to: node, deadline: nil)
            #expect(answer == [1, 2] + Array("laptop-7".utf8))
            group.cancelAll()
        }
        await edge.close()
        await hub.close()
        loop.stop()
    }
}
