import MeshActors
import MeshCore
import MeshIO
import MeshQUIC
import Testing

@Suite(.timeLimit(.minutes(1))) struct `A second connection` {
    @Test func `is resumed, and says hello before the handshake is complete`() async throws {
        try await LinkPair.run { pair in
            let node = try await pair.connect()
            #expect(try await pair.ask(node))
            #expect(await pair.edge.statistics(to: node)?.isResumed == false)
            for _ in 0..<3 {
                _ = try await pair.connect()
                #expect(try await pair.ask(node))
                let found = try #require(await pair.edge.statistics(to: node))
                #expect(found.isResumed && found.isEarlyDataAccepted)
            }
        }
    }

    @Test func `says hello again where the server takes no early data`() async throws {
        var options = LinkPair.Options()
        options.hub.allowsEarlyData = false
        try await LinkPair.run(options) { pair in
            let node = try await pair.connect()
            #expect(try await pair.ask(node))
            _ = try await pair.connect()
            #expect(try await pair.ask(node))
            let found = try #require(await pair.edge.statistics(to: node))
            #expect(found.isResumed && !found.isEarlyDataAccepted)
        }
    }

    @Test func `is a full one where the server has forgotten its tickets`() async throws {
        try await LinkPair.run { pair in
            let node = try await pair.connect()
            #expect(try await pair.ask(node))
            let address = pair.hubAddress
            await pair.hub.close("a restart")
            _ = try await pair.edgeLinks.closed.wait()
            let credentials = try pair.authority.credentials(.hub, "hub-1")
            let next = try await LinkPair.transport(pair.loop, address, accepts: true, credentials, pair.authority)
            _ = try await pair.connect()
            let found = try #require(await pair.edge.statistics(to: node))
            #expect(!found.isResumed && !found.isEarlyDataAccepted)
            await next.close()
        }
    }

    @Test func `is a full one, and checked, where another name is asked for`() async throws {
        try await LinkPair.run { pair in
            let node = try await pair.connect()
            #expect(try await pair.ask(node))
            await #expect(throws: QUICError(.connectionClosed, "")) {
                _ = try await pair.edge.connect(to: pair.hubAddress, serverName: .dns("elsewhere.example"))
            }
            #expect(Limits.Endpoint.rememberedTickets > Limits.Endpoint.maximumHandshakes)
        }
    }

    @Test func `takes the place of the first`() async throws {
        try await LinkPair.run { pair in
            _ = try await pair.connect()
            let node = try await pair.connect()
            let reason = try await pair.edgeLinks.closed.wait()
            #expect(reason.message == "replaced by a newer connection")
            #expect(try await pair.ask(node))
        }
    }
}
