import MeshCore
import MeshIO
import Testing

@Suite struct `A UDP socket` {
    @Test func `carries datagrams`() async throws {
        let loop = try EventLoop.start(name: "loop")
        let echo = try await loop.run { try EchoPair(loop: loop) }
        let n = await withCheckedContinuation { c in _ = loop.execute { echo.start(c) } }
        #expect(n == 64)
        loop.stop()
        await loop.ended()
    }
}

final class EchoPair: UDPSocketOwner, @unchecked Sendable {
    var socket: UDPSocket?
    var c: CheckedContinuation<Int, Never>?
    init(loop: EventLoop) throws { socket = try UDPSocket(loop: loop, address: .loopbackIPv4(port: 0), owner: self) }
    func start(_ c: CheckedContinuation<Int, Never>) {
        self.c = c
        guard let socket, let room = socket.reserve(64) else { return }
        room.initializeMemory(as: UInt8.self, repeating: 7)
        socket.append(DatagramTrain(segmentBytes: 64, to: socket.localAddress), count: 64)
        socket.flush()
    }
    func received(_ d: borrowing ReceivedDatagram) { c?.resume(returning: d.bytes.byteCount); c = nil }
    func receivedAll() {}
    func sendingUnblocked() {}
}
