internal import MeshActors
internal import MeshCore
internal import MeshIO
internal import MeshQUIC

/// The target `link-streams`: what a peer with a good certificate may write to the streams of its link.
///
/// The input is a list of writes: a byte that names the stream and what follows, a count, and as many bytes. The
/// promise: the hub answers others as before.
enum FuzzedLink {
    private static let ground = Result { try Ground() }

    static func check(_ input: UnsafeRawBufferPointer) {
        guard let ground = try? ground.get() else { preconditionFailure("no ground for link-streams") }
        ground.check(Array(input))
    }

    /// A hub, an edge that behaves, and one that writes what it is given.
    private final class Ground: Sendable {
        private struct Parts {
            let hub: QUICTransport
            let edge: QUICTransport
            let node: NodeID
            let writer: LoopHeld<FuzzedWriter>
        }

        private let base: FuzzGround
        private let parts = Lock<Parts?>(nil)
        private let number = Lock(UInt64(0))

        init() throws { base = try FuzzGround("link-streams") }

        func check(_ input: [UInt8]) {
            base.wait { [self] in
                let parts = try await opened()
                try await base.loop.run { try parts.writer.value.write(input, to: parts.hub.localAddress) }
                // What was written lies before these in the hub's socket: when they are answered it has been read.
                for _ in 0..<2 { await ask(parts) }
                try await base.loop.run { parts.writer.value.leave() }
                await ask(parts)
            }
        }

        private func ask(_ parts: Parts) async {
            let number = number.withLock { number in
                number += 1
                return number
            }
            let request = NumberedRequest(number: number, wantedBytes: 100)
            let deadline = base.clock.now + .seconds(4)
            let payload = request.payload(byteCount: 20)
            let answer = try? await parts.edge.request(payload, to: parts.node, deadline: deadline)
            precondition(answer == request.answer, "the hub no longer answers others")
        }

        private func transport(_ role: NodeRole, _ name: String) async throws -> QUICTransport {
            try await QUICTransport(
                loop: base.loop,
                address: .loopbackIPv4(port: 0),
                accepts: role == .hub,
                credentials: try base.authority.credentials(role, name),
                verifier: base.authority.verifier,
                software: "fuzz/1",
                clock: base.clock
            )
        }

        private func opened() async throws -> Parts {
            if let parts = parts.withLock({ $0 }) { return parts }
            let (loop, clock, authority) = (base.loop, base.clock, base.authority)
            let hub = try await transport(.hub, "hub-1")
            let edge = try await transport(.edge, "edge-1")
            Task(executorPreference: loop) {
                await hub.serve { request in NumberedRequest(payload: request.payload)?.answer ?? [] }
            }
            let node = try await edge.connect(to: hub.localAddress, serverName: .dns("localhost"))
            let credentials = try authority.credentials(.edge, "laptop-7")
            let writer = try await loop.run {
                LoopHeld(
                    FuzzedWriter(
                        try QUICEndpoint(
                            loop: loop,
                            address: .loopbackIPv4(port: 0),
                            credentials: credentials,
                            verifier: authority.verifier,
                            clock: clock
                        )
                    )
                )
            }
            let made = Parts(hub: hub, edge: edge, node: node, writer: writer)
            parts.withLock { $0 = made }
            return made
        }
    }
}

/// Connects and writes what it is given.
private final class FuzzedWriter: QUICConnectionHandler, QUICStreamHandler {
    private let endpoint: QUICEndpoint
    private var ticket: ResumptionTicket?
    private var connection: QUICConnection?
    private var streams: [QUICStream] = []

    init(_ endpoint: QUICEndpoint) { self.endpoint = endpoint }

    /// Connects, and writes `input` as early data where a ticket allows that, else once the connection stands.
    func write(_ input: [UInt8], to address: SocketAddress) throws {
        pending = input
        streams = []
        let ticket = ticket
        connection = try endpoint.connect(to: address, serverName: .dns("localhost"), ticket: ticket, handler: self)
        if ticket != nil { writePending() }
    }

    private var pending: [UInt8] = []

    func leave() {
        connection?.close(code: 0)
        connection = nil
        streams = []
    }

    private func writePending() {
        var rest = pending[...]
        pending = []
        while rest.count >= 2 {
            let (how, count) = (rest.removeFirst(), Int(rest.removeFirst()))
            let repeated = how & 0x20 == 0 ? 1 : 256
            let bytes = Array(rest.prefix(count))
            rest = rest.dropFirst(count)
            guard let stream = stream(Int(how & 7)) else { return }
            for _ in 0..<repeated { stream.write(bytes) }
            if how & 0x08 != 0 { stream.write([], isLast: true) }
            if how & 0x10 != 0 { stream.reset(code: UInt64(count)) }
            if how & 0x40 != 0 { stream.stopReading(code: UInt64(count)) }
            if how & 0x80 != 0 { connection?.send(datagram: bytes) }
        }
    }

    private func stream(_ index: Int) -> QUICStream? {
        while streams.count <= index {
            guard let stream = connection?.openStream() else { return nil }
            stream.handler = self
            streams.append(stream)
        }
        return streams[index]
    }

    func connectionEstablished(_ connection: QUICConnection) { writePending() }
    func connection(_ connection: QUICConnection, opened stream: QUICStream) {}
    func connection(_ connection: QUICConnection, received datagram: [UInt8]) {}
    func connectionHasStreamCredit(_ connection: QUICConnection) {}
    func connection(_ connection: QUICConnection, received ticket: ResumptionTicket) { self.ticket = ticket }
    func connectionClosed(_ connection: QUICConnection, reason: CloseReason) {}
    func streamReceived(_ stream: QUICStream) { _ = stream.takeReceived() }
    func streamHasRoom(_ stream: QUICStream) {}
    func streamClosed(_ stream: QUICStream, code: UInt64?) {}
}
