import Glibc
import MeshCore
import MeshIO
import MeshTestKit
import Testing

@Suite struct `A UDP socket` {
    @Test(arguments: ["127.0.0.1:0", "[::1]:0"])
    func `carries a datagram there and back, knowing both addresses`(text: String) async throws {
        let address = try SocketAddress(text)
        try await withLoop { loop in
            let (one, two) = try await loop.run { (try Peer(loop, at: address), try Peer(loop, at: address)) }
            try await loop.run { try one.send([1, 2, 3], to: two.address) }
            let heard = await two.heard.wait { !$0.isEmpty }[0]
            #expect(heard.bytes == [1, 2, 3])
            #expect(heard.remote == one.address && heard.local == two.address)
            #expect(heard.congestion == CongestionMark.none)
            try await loop.run { for peer in [one, two] { peer.close() } }
        }
    }

    @Test func `serves IPv4 and IPv6 on one wildcard, and answers from where it was asked`() async throws {
        try await withLoop { loop in
            let server = try await loop.run { try Peer(loop, at: .anyIPv6(port: 0), echoes: true) }
            for (from, asked) in [("127.0.0.1", "127.0.0.1"), ("127.0.0.3", "127.0.0.2"), ("[::1]", "[::1]")] {
                let target = try SocketAddress("\(asked):\(server.address.port)")
                let client = try await loop.run { try Peer(loop, at: SocketAddress("\(from):0")) }
                try await loop.run { try client.send([9], to: target, congestion: .capable0) }
                let heard = await client.heard.wait { !$0.isEmpty }[0]
                #expect(heard.remote == target)
                #expect(heard.congestion == .capable0)
                let asked = try #require(server.heard.value.last)
                #expect(asked.remote == client.address && asked.local == target && asked.congestion == .capable0)
                try await loop.run { client.close() }
            }
            try await loop.run { server.close() }
        }
    }

    @Test func `answers from where it was asked on an IPv4 wildcard too`() async throws {
        try await withLoop { loop in
            let server = try await loop.run { try Peer(loop, at: .anyIPv4(port: 0), echoes: true) }
            let client = try await loop.run { try Peer(loop, at: .loopbackIPv4(port: 0)) }
            let target = try SocketAddress("127.0.0.77:\(server.address.port)")
            try await loop.run { try client.send([9], to: target) }
            #expect(await client.heard.wait { !$0.isEmpty }[0].remote == target)
            try await loop.run { for peer in [server, client] { peer.close() } }
        }
    }

    @Test func `leaves IPv4 alone where it is told to`() async throws {
        try await withLoop { loop in
            var alone = UDPConfiguration()
            alone.isDualStack = false
            let configuration = alone
            let six = try await loop.run { try Peer(loop, at: .anyIPv6(port: 0), configuration) }
            // The port is still free for IPv4.
            let four = try await loop.run { try Peer(loop, at: .anyIPv4(port: six.address.port)) }
            try await loop.run { for peer in [six, four] { peer.close() } }
        }
    }

    @Test(arguments: [CongestionMark.none, .capable1, .capable0, .congested], ["127.0.0.1:0", "[::1]:0"])
    func `shows what routers are told`(mark: CongestionMark, text: String) async throws {
        try await withLoop { loop in
            let peer = try await loop.run { try Peer(loop, at: SocketAddress(text)) }
            try await loop.run { try peer.send([1], to: peer.address, congestion: mark) }
            #expect(await peer.heard.wait { !$0.isEmpty }[0].congestion == mark)
            try await loop.run { peer.close() }
        }
    }

    @Test(arguments: [true, false], [true, false])
    func `carries a train as the datagrams it is made of`(isSegmenting: Bool, isJoining: Bool) async throws {
        try await withLoop { loop in
            var configuration = UDPConfiguration()
            configuration.isSegmenting = isSegmenting
            configuration.isJoining = isJoining
            let chosen = configuration
            let peer = try await loop.run { try Peer(loop, at: .loopbackIPv4(port: 0), chosen) }
            let count = Limits.IO.maximumSegmentsPerTrain
            let bytes = (0..<count * 1_000 - 300).map { UInt8(truncatingIfNeeded: $0 / 1_000) }
            try await loop.run { try peer.send(bytes, by: 1_000, to: peer.address) }
            let heard = await peer.heard.wait { $0.count == count }
            #expect(heard.map(\.bytes.count) == Array(repeating: 1_000, count: count - 1) + [700])
            #expect(heard.flatMap(\.bytes) == bytes)
            let counters = try await loop.run { peer.socket.counters }
            #expect(counters.datagramsReceived == 64 && counters.datagramsSent == 64)
            #expect(counters.bytesReceived == counters.bytesSent)
            #expect(counters.sendCalls == 1)
            try await loop.run { peer.close() }
        }
    }

    @Test func `carries the longest datagram there is`() async throws {
        try await withLoop { loop in
            let peer = try await loop.run { try Peer(loop, at: .loopbackIPv4(port: 0)) }
            let bytes = [UInt8](repeating: 3, count: Limits.IO.maximumTrainBytes)
            #expect(bytes.count <= Limits.IO.receiveRoomBytes)
            try await loop.run { try peer.send(bytes, to: peer.address) }
            #expect(await peer.heard.wait { !$0.isEmpty }[0].bytes == bytes)
            try await loop.run { peer.close() }
        }
    }

    @Test func `hands over more than one call, and one turn, fetches`() async throws {
        try await withLoop { loop in
            var configuration = UDPConfiguration()
            configuration.isJoining = false
            let chosen = configuration
            let peer = try await loop.run { try Peer(loop, at: .loopbackIPv4(port: 0), chosen) }
            let count = Limits.IO.messagesPerReceive * (Limits.IO.maximumReceivesPerTurn + 2)
            try await loop.run {
                for index in 0..<count { try peer.add([UInt8(index)], to: peer.address) }
                #expect(peer.socket.flush() == count)
            }
            let heard = await peer.heard.wait { $0.count == count }
            #expect(heard.map(\.bytes) == (0..<count).map { [UInt8($0)] })
            let turns = try await loop.run { peer.turnsWithDatagrams }
            #expect(turns >= 2)
            try await loop.run { peer.close() }
        }
    }

    @Test func `sends on where one datagram cannot go`() async throws {
        try await withLoop { loop in
            let peer = try await loop.run { try Peer(loop, at: .loopbackIPv4(port: 0)) }
            try await loop.run {
                try peer.add([1], to: peer.address)
                try peer.add([UInt8](repeating: 2, count: 300), by: 100, to: .loopbackIPv4(port: 0))
                try peer.add([3], to: peer.address)
                #expect(peer.socket.flush() == 2)
                #expect(peer.socket.counters.datagramsRefused == 3)
                #expect(peer.socket.counters.lastRefusal == EINVAL)
                #expect(peer.socket.isSegmenting)
            }
            #expect(await peer.heard.wait { $0.count == 2 }.map(\.bytes) == [[1], [3]])
            try await loop.run { peer.close() }
        }
    }

    @Test func `waits for room, refuses what is too much meanwhile, and tells when there is some`() async throws {
        try await withLoop { loop in
            // Loopback never lacks room, so a double of the kernel's call does.
            let answers = Watched<[Int32]>([2, -EAGAIN, -EAGAIN, 1, -EAGAIN, -EAGAIN])
            let peer = try await loop.run {
                try Peer(loop, at: .loopbackIPv4(port: 0)) { _, count in
                    let answer = answers.value.first.map { min($0, count) } ?? count
                    answers.change { if !$0.isEmpty { $0.removeFirst() } }
                    return answer
                }
            }
            try await loop.run {
                for _ in 0..<5 { try peer.add([1], to: peer.address) }
                #expect(peer.socket.flush() == 2)
                #expect(peer.socket.isBlocked && peer.socket.waitingTrains == 3)
                while let memory = peer.socket.reserve(60_000) {
                    memory.initializeMemory(as: UInt8.self, repeating: 0)
                    peer.socket.append(DatagramTrain(segmentBytes: 60_000, to: peer.address), count: 60_000)
                }
                #expect(peer.socket.waitingTrains == 3 + Limits.IO.maximumBytesToSend / 60_000)
                #expect(peer.socket.flush() == 0)
            }
            await peer.unblocked.wait { $0 == 1 }
            let (isBlocked, waiting, counters) = try await loop.run {
                (peer.socket.isBlocked, peer.socket.waitingTrains, peer.socket.counters)
            }
            #expect(!isBlocked && waiting == 0)
            #expect(counters.timesBlocked == 4)
            #expect(counters.datagramsSent == UInt64(5 + Limits.IO.maximumBytesToSend / 60_000))
            try await loop.run { peer.close() }
        }
    }

    @Test func `says what the kernel granted, and what was lost`() async throws {
        try await withLoop { loop in
            var small = UDPConfiguration()
            small.receiveBufferBytes = 16_384
            small.sendBufferBytes = 16_384
            let configuration = small
            let peer = try await loop.run { try Peer(loop, at: .loopbackIPv4(port: 0), configuration) }
            try await loop.run {
                #expect(peer.socket.receiveBufferBytes == 16_384 && peer.socket.sendBufferBytes == 16_384)
                for _ in 0..<100 { try peer.add([UInt8](repeating: 0, count: 1_000), to: peer.address) }
                #expect(peer.socket.flush() == 100)
                #expect(peer.socket.overflows > 0)
                peer.close()
                #expect(peer.socket.overflows == 0)
            }
        }
    }

    @Test func `shares a port where all agree, and says that it is taken where not`() async throws {
        try await withLoop { loop in
            var sharing = UDPConfiguration()
            sharing.isSharingPort = true
            let configuration = sharing
            let one = try await loop.run { try Peer(loop, at: .loopbackIPv4(port: 0), configuration) }
            let two = try await loop.run { try Peer(loop, at: one.address, configuration) }
            await #expect(throws: IOError(.addressInUse, "")) {
                try await loop.run { _ = try Peer(loop, at: one.address) }
            }
            await #expect(throws: IOError(.addressUnavailable, "")) {
                try await loop.run { _ = try Peer(loop, at: SocketAddress("192.0.2.1:0")) }
            }
            try await loop.run { for peer in [one, two] { peer.close() } }
        }
    }

    @Test func `hears nothing after it was closed, not even the rest of a batch`() async throws {
        try await withLoop { loop in
            let peer = try await loop.run { try Peer(loop, at: .loopbackIPv4(port: 0), closesAtFirst: true) }
            try await loop.run {
                for _ in 0..<20 { try peer.add([1], to: peer.address) }
                try peer.add([UInt8](repeating: 2, count: 300), by: 100, to: peer.address)
                peer.socket.flush()
            }
            await peer.heard.wait { !$0.isEmpty }
            try await loop.run {}
            #expect(peer.heard.value.count == 1)
        }
    }

    @Test func `closes itself when its owner has gone`() async throws {
        try await withLoop { loop in
            let sender = try await loop.run { try Peer(loop, at: .loopbackIPv4(port: 0)) }
            let (address, isGone) = try await loop.run {
                let lost = try Peer(loop, at: .loopbackIPv4(port: 0))
                weak let socket = lost.socket
                return (lost.address, { @Sendable [socket = Weak(socket)] in socket.value == nil })
            }
            try await loop.run { try sender.send([1], to: address) }
            while try await !loop.run(isGone) { await Task.yield() }
            try await loop.run { sender.close() }
        }
    }
}
