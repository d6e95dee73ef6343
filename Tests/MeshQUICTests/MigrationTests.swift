import MeshActors
import MeshCore
import MeshIO
import MeshQUIC
import Testing

@Suite(.timeLimit(.minutes(1))) struct `A change of address` {
    @Test func `takes links and streams along`() async throws {
        try await LinkPair.run { pair in
            let node = try await pair.connect()
            let edge = try NodeID("laptop-7")
            try await withThrowingTaskGroup(of: Void.self) { group in
                let stream = try await pair.edge.openStream(to: node, purpose: "echo")
                group.addTask {
                    let piece = [UInt8](repeating: 3, count: 100_000)
                    for _ in 0..<200 { try await stream.write(piece) }
                    try await stream.finish()
                }
                var (received, ports) = (0, Set<UInt16>())
                while let bytes = try await stream.read() {
                    received += bytes.count
                    if received > ports.count * 4_000_000 {
                        let address = try await pair.edge.migrate(to: .loopbackIPv4(port: 0))
                        ports.insert(address.port)
                        #expect(try await pair.ask(node))
                        #expect(await pair.hub.statistics(to: edge)?.remote == address)
                    }
                }
                #expect(received == 20_000_000)
                #expect(ports.count == 5)
                try await group.waitForAll()
            }
        }
    }

    @Test func `waits for the one before, and gives way to the one behind`() async throws {
        try await LinkPair.run { pair in
            let node = try await pair.connect()
            #expect(try await pair.ask(node))
            let codes = await withTaskGroup(of: QUICErrorCode?.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        do throws(QUICError) {
                            _ = try await pair.edge.migrate(to: .loopbackIPv4(port: 0))
                            return nil
                        } catch {
                            return error.code
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(codes.contains(nil))
            #expect(codes.allSatisfy { $0 == nil || $0 == .busy })
            #expect(try await pair.ask(node))
            #expect(await pair.edge.statistics(to: node)?.path.congestionWindowBytes ?? 0 > 0)
        }
    }

    @Test func `is not for one to whom clients have connected`() async throws {
        try await LinkPair.run { pair in
            let node = try await pair.connect()
            await #expect(throws: QUICError(.busy, "")) {
                _ = try await pair.hub.migrate(to: .loopbackIPv4(port: 0))
            }
            #expect(try await pair.ask(node))
        }
    }
}
