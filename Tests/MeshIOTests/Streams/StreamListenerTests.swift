import Glibc
import MeshCore
import MeshIO
import MeshTestKit
import Testing

@Suite struct `A stream listener` {
    @Test func `has a port of its own where none is said, and says where the peer is`() async throws {
        try await withStreamServer { server, address, loop in
            #expect(address.port != 0)
            let client = try StreamClient(to: address)
            defer { client.close() }
            let side = await server.firstSide()
            let (remote, local) = try await loop.run { (side.socket.remoteAddress, side.socket.localAddress) }
            #expect(remote.with(port: 0) == .loopbackIPv4(port: 0))
            #expect(remote.port != 0)
            #expect(local == address)
        }
    }

    @Test func `serves IPv4 and IPv6 at the address of all, and says which one was reached`() async throws {
        try await withStreamServer(at: .anyIPv6(port: 0)) { server, address, loop in
            let clients = try [SocketAddress.loopbackIPv4(port: address.port), .loopbackIPv6(port: address.port)].map {
                try StreamClient(to: $0)
            }
            defer { for client in clients { client.close() } }
            let sides = await server.sides.wait { $0.count == 2 }
            let reached = try await loop.run { sides.map(\.socket.localAddress) }
            #expect(Set(reached) == [.loopbackIPv4(port: address.port), .loopbackIPv6(port: address.port)])
        }
    }

    @Test func `refuses an address that another has, unless both share it`() async throws {
        try await withStreamServer { _, address, loop in
            await #expect(throws: IOError(.addressInUse, "")) {
                try await loop.run { _ = try StreamServer(loop, at: address) }
            }
        }
        var sharing = StreamListenerConfiguration()
        sharing.isSharingPort = true
        let configuration = sharing
        try await withStreamServer(configuration) { _, address, loop in
            try await loop.run {
                let other = try StreamServer(loop, at: address, configuration)
                other.close()
            }
        }
    }

    @Test func `accepts nobody while it is paused, and those who waited afterwards`() async throws {
        try await withStreamServer { server, address, loop in
            try await loop.run { server.listener.pause() }
            let clients = try (0..<3).map { _ in try StreamClient(to: address) }
            defer { for client in clients { client.close() } }
            // Connections are made by the kernel; turns of the loop pass without one being accepted.
            for _ in 0..<10 { try await loop.run {} }
            #expect(server.sides.value.isEmpty)
            try await loop.run { server.listener.resume() }
            await server.sides.wait { $0.count == 3 }
        }
    }

    @Test func `accepts a crowd larger than it takes in a turn`() async throws {
        let crowd = Limits.Streams.maximumAcceptsPerTurn * 3 + 1
        try await withStreamServer { server, address, loop in
            try await loop.run { server.listener.pause() }
            let clients = try (0..<crowd).map { _ in try StreamClient(to: address) }
            defer { for client in clients { client.close() } }
            try await loop.run {
                server.listener.resume()
                server.listener.ready(.readable)
                // What one turn takes, whoever waits.
                #expect(server.sides.value.count == Limits.Streams.maximumAcceptsPerTurn)
            }
            await server.sides.wait { $0.count == crowd }
        }
    }

    @Test(arguments: [EMFILE, ENFILE, ENOBUFS, ENOMEM])
    func `says that there is no room, does not spin, and accepts again by itself`(number: Int32) async throws {
        try await withStreamServer(refusals: [number, number]) { server, address, loop in
            let begin = try await loop.run { loop.now }
            let client = try StreamClient(to: address)
            defer { client.close() }
            await server.sides.wait { !$0.isEmpty }
            let end = try await loop.run { loop.now }
            #expect(server.pauses.value == [.tooMany, .tooMany])
            #expect(end - begin >= Limits.Streams.acceptingAgainAfter)
            // Two refusals, the connection, and the end of those that wait, perhaps seen twice.
            #expect(try await loop.run { server.timesAsked } <= 5)
        }
    }

    @Test func `goes on behind a connection that left before it was accepted`() async throws {
        try await withStreamServer(refusals: [ECONNABORTED]) { server, address, _ in
            let client = try StreamClient(to: address)
            defer { client.close() }
            await server.sides.wait { !$0.isEmpty }
            #expect(server.pauses.value.isEmpty)
        }
    }

    @Test func `refuses those who come after its end, and keeps who is there`() async throws {
        try await withStreamServer(manner: StreamManner(echoes: true)) { server, address, loop in
            let client = try StreamClient(to: address)
            defer { client.close() }
            _ = await server.firstSide()
            try await loop.run { server.listener.close() }
            #expect(throws: StreamClient.Refused.self) { try StreamClient(to: address) }
            client.write("still here")
            #expect(client.read(10) == Array("still here".utf8))
        }
    }

    @Test func `has bounds that are what they are`() {
        #expect(Limits.Streams.maximumWaiting == 4_096)
        #expect(Limits.Streams.unacknowledgedTimeout == .seconds(30))
        #expect(Limits.Streams.probeAfter == .seconds(30))
        #expect(Limits.Streams.probeInterval == .seconds(10))
        #expect(Limits.Streams.probes == 3)
    }
}
