package import MeshCore
package import MeshIO
internal import MeshQUIC

/// What real clients of ours send first, caught by a socket that does not answer.
package enum FirstFlights {
    /// The first packets of `count` clients.
    package static func record(
        _ count: Int,
        loop: EventLoop,
        authority: PeerAuthority,
        clock: any Clock
    ) async throws -> [[UInt8]] {
        let caught = Lock<[[UInt8]]>([])
        let trap = try await loop.run { LoopHeld(try Trap(loop: loop, caught: caught)) }
        let credentials = try authority.credentials(.edge, "first-flight")
        let client = try await loop.run {
            let client = try Client(loop: loop, credentials: credentials, verifier: authority.verifier, clock: clock)
            return LoopHeld(client)
        }
        while caught.withLock({ $0.count }) < count {
            try await loop.run { try client.value.begin(to: trap.value.address) }
            try await clock.sleep(for: .milliseconds(1))
        }
        try await loop.run {
            client.value.close()
            trap.value.close()
        }
        return caught.withLock { $0 }
    }

    /// Catches datagrams.
    private final class Trap: UDPSocketOwner {
        private let caught: Lock<[[UInt8]]>
        private var socket: UDPSocket?

        init(loop: EventLoop, caught: Lock<[[UInt8]]>) throws(IOError) {
            self.caught = caught
            socket = try UDPSocket(loop: loop, address: .loopbackIPv4(port: 0), owner: self)
        }

        var address: SocketAddress { socket?.localAddress ?? .anyIPv4(port: 0) }

        func received(_ datagram: borrowing ReceivedDatagram) {
            let bytes = datagram.bytes.withUnsafeBytes { Array($0) }
            caught.withLock { $0.append(bytes) }
        }

        func receivedAll() {}
        func sendingUnblocked() {}

        func close() { socket?.close() }
    }

    /// Begins connections and ends each as soon as the next begins.
    private final class Client: QUICConnectionHandler {
        private let endpoint: QUICEndpoint

        init(
            loop: EventLoop,
            credentials: NodeCredentials,
            verifier: any PeerVerifier,
            clock: any Clock
        ) throws {
            endpoint = try QUICEndpoint(
                loop: loop,
                address: .loopbackIPv4(port: 0),
                credentials: credentials,
                verifier: verifier,
                clock: clock
            )
        }

        func begin(to address: SocketAddress) throws {
            _ = try endpoint.connect(to: address, serverName: .dns("localhost"), handler: self)
        }

        func close() { endpoint.close() }

        func connectionEstablished(_ connection: QUICConnection) {}
        func connection(_ connection: QUICConnection, opened stream: QUICStream) {}
        func connection(_ connection: QUICConnection, received datagram: [UInt8]) {}
        func connectionHasStreamCredit(_ connection: QUICConnection) {}
        func connection(_ connection: QUICConnection, received ticket: ResumptionTicket) {}
        func connectionClosed(_ connection: QUICConnection, reason: CloseReason) {}
    }
}

/// Something that lives on a loop, carried by those who do not: opened inside `EventLoop.run` alone.
package struct LoopHeld<Value>: @unchecked Sendable {
    // Sendable although `Value` is not: tests open it on its loop alone.
    /// What is held.
    package let value: Value

    /// Holds `value`.
    package init(_ value: Value) { self.value = value }
}
