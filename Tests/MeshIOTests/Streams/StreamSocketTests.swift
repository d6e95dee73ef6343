import Glibc
import MeshCore
import MeshIO
import MeshTestKit
import Testing

@Suite struct `A stream` {
    @Test func `gives back what came in the order in which it came`() async throws {
        try await withStreamServer(manner: StreamManner(echoes: true)) { server, address, _ in
            let client = try StreamClient(to: address)
            defer { client.close() }
            for round in 0..<50 {
                let bytes = (0..<round * 37 + 1).map { UInt8(truncatingIfNeeded: $0 ^ round) }
                client.write(bytes)
                #expect(client.read(bytes.count) == bytes)
            }
            #expect(server.events.value.first == .opened)
        }
    }

    @Test func `loses no change where bytes come while others are read`() async throws {
        // As much as one reading holds, so that the boundary between a full and a short reading is met often.
        try await withStreamServer(manner: StreamManner(room: 64)) { server, address, _ in
            let client = try StreamClient(to: address)
            defer { client.close() }
            var sent: [UInt8] = []
            for round in 0..<2_000 {
                let piece = [UInt8](repeating: UInt8(truncatingIfNeeded: round), count: round % 129 + 1)
                client.write(piece)
                sent += piece
            }
            let expected = sent
            await server.events.wait { $0.bytes.count == expected.count }
            #expect(server.events.value.bytes == expected)
        }
    }

    @Test func `keeps what is not read until its owner comes back to it`() async throws {
        try await withStreamServer(manner: StreamManner(isReading: false)) { server, address, loop in
            let client = try StreamClient(to: address)
            defer { client.close() }
            let side = await server.firstSide()
            client.write("first")
            for _ in 0..<10 { try await loop.run {} }
            #expect(server.events.value == [.opened])
            try await loop.run {
                side.manner.isReading = true
                side.readAll()
            }
            await server.events.wait { $0.bytes == Array("first".utf8) }
            client.write("second")
            await server.events.wait { $0.bytes == Array("firstsecond".utf8) }
        }
    }

    @Test func `tells the end behind the last byte, and still writes`() async throws {
        try await withStreamServer { server, address, loop in
            let client = try StreamClient(to: address)
            defer { client.close() }
            client.write("question")
            client.finishWriting()
            let events = await server.events.wait { $0.contains(.peerEnded) }
            #expect(events.bytes == Array("question".utf8))
            #expect(events.suffix(2) == [.ended, .peerEnded])
            let side = await server.firstSide()
            try await loop.run {
                side.write(Array("answer".utf8))
                side.socket.finishWriting()
            }
            #expect(client.read(100) == Array("answer".utf8))
            #expect(server.events.value.filter { $0 == .peerEnded }.count == 1)
        }
    }

    @Test func `tells at once that the peer has ended, though nobody reads what it sent before`() async throws {
        try await withStreamServer(manner: StreamManner(isReading: false)) { server, address, loop in
            let client = try StreamClient(to: address)
            client.write("unread")
            client.close()
            await server.events.wait { $0.contains(.peerEnded) }
            let side = await server.firstSide()
            try await loop.run {
                side.manner.isReading = true
                side.readAll()
            }
            #expect(server.events.value == [.opened, .peerEnded, .read(Array("unread".utf8)), .ended])
        }
    }

    @Test func `tells that an idle peer has left without a word`() async throws {
        try await withStreamServer { server, address, loop in
            let client = try StreamClient(to: address)
            let side = await server.firstSide()
            client.reset()
            let events = await server.events.wait { $0.count == 2 }
            #expect(events == [.opened, .failed(.peerLost)])
            #expect(try await loop.run { !side.socket.isOpen })
        }
    }

    @Test func `fails where it is written to somebody who has left`() async throws {
        try await withStreamServer { server, address, loop in
            let client = try StreamClient(to: address)
            let side = await server.firstSide()
            client.close()
            await server.events.wait { $0.contains(.peerEnded) }
            // The first write is answered with a reset; one of the next is told of it, or the owner is.
            for _ in 0..<100 where !server.events.value.contains(.failed(.peerLost)) {
                try await loop.run { if side.socket.isOpen { side.write([1]) } }
            }
            await server.events.wait { $0.contains(.failed(.peerLost)) }
            #expect(server.events.value.filter { $0 == .failed(.peerLost) }.count == 1)
        }
    }

    @Test func `has no room for what nobody reads, and goes on once somebody does`() async throws {
        let output = (0..<2 * 1_024 * 1_024).map { UInt8(truncatingIfNeeded: $0 / 3) }
        try await withStreamServer { server, address, loop in
            let client = try StreamClient(to: address, receiveBuffer: 64 * 1_024)
            defer { client.close() }
            let side = await server.firstSide()
            try await loop.run { side.write(output) }
            // The peer's room, doubled by its kernel, and what waits here unsent, in pieces of up to 64 KiB.
            let stuck = side.written.value
            #expect(stuck < 256 * 1_024 + Limits.Streams.maximumUnsentBytes + 2 * 65_536)
            #expect(client.read(output.count) == output)
            #expect(server.events.value.contains(.writable))
        }
    }

    @Test func `is blocked again and again until there is room, without asking the kernel`() async throws {
        try await withStreamServer { server, address, loop in
            let client = try StreamClient(to: address, receiveBuffer: 4_096)
            defer { client.close() }
            let side = await server.firstSide()
            try await loop.run {
                side.write([UInt8](repeating: 7, count: 1_024 * 1_024))
                for _ in 0..<3 {
                    guard case .blocked = side.output.withUnsafeBytes({ side.socket.write($0) }) else {
                        Issue.record("there is room")
                        return
                    }
                }
            }
        }
    }

    @Test func `closed twice is closed once, and says so to whoever reads or writes`() async throws {
        try await withStreamServer { server, address, loop in
            let client = try StreamClient(to: address)
            defer { client.close() }
            let side = await server.firstSide()
            try await loop.run {
                side.socket.close()
                side.socket.close()
                side.socket.abort()
                side.readAll()
                side.write([1])
            }
            #expect(client.readSome() == [])
            #expect(server.events.value.filter { $0 == .failed(.peerLost) }.count == 2)
        }
    }

    @Test func `aborted is an error for the peer`() async throws {
        try await withStreamServer { server, address, loop in
            let client = try StreamClient(to: address)
            defer { client.close() }
            let side = await server.firstSide()
            try await loop.run { side.socket.abort() }
            #expect(client.readSome() == nil)
            #expect(errno == ECONNRESET)
        }
    }

    @Test func `whose owner is gone closes itself`() async throws {
        try await withStreamServer { server, address, loop in
            let client = try StreamClient(to: address)
            defer { client.close() }
            _ = await server.firstSide()
            server.sides.change { $0.removeAll() }
            client.write("anybody?")
            // Closed with a byte unread: an error or an end, whichever the kernel makes of it.
            #expect(client.readSome() ?? [] == [])
        }
    }

    @Test func `ends with its loop, and its peer sees it`() async throws {
        let loop = try EventLoop.start(name: "test")
        let server = try await loop.run { try StreamServer(loop) }
        let address = try await loop.run { server.listener.localAddress }
        let client = try StreamClient(to: address)
        defer { client.close() }
        _ = await server.firstSide()
        loop.stop()
        await loop.ended()
        server.sides.change { $0.removeAll() }
        #expect(client.readSome() == [])
    }
}
