internal import MeshCore
internal import MeshIO
internal import MeshQUIC

/// The target `first-packets`: datagrams of strangers, each behind two bytes with its length.
///
/// The promise: what has no certificate gets no further than a handshake, nothing is left when the endpoint closes, and
/// no datagram is counted twice.
enum FuzzedEndpoint {
    private static let ground = Result { try FuzzGround("first-packets") }

    static func check(_ input: UnsafeRawBufferPointer) {
        guard let ground = try? ground.get() else { preconditionFailure("no ground for first-packets") }
        let bytes = Array(input)
        ground.wait {
            try await ground.loop.run { try feed(datagrams(in: bytes), ground) }
        }
    }

    private static func datagrams(in bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var found: [ArraySlice<UInt8>] = []
        var rest = bytes[...]
        while rest.count > 2, found.count < 16 {
            let count = Int(rest.removeFirst()) << 8 | Int(rest.removeFirst())
            found.append(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
        return found
    }

    private static func feed(_ datagrams: [ArraySlice<UInt8>], _ ground: FuzzGround) throws {
        let taker = Taker()
        let endpoint = try QUICEndpoint(
            loop: ground.loop,
            address: .loopbackIPv4(port: 0),
            credentials: ground.hub,
            verifier: ground.authority.verifier,
            clock: ground.clock,
            handler: taker
        )
        let local = endpoint.localAddress
        for datagram in datagrams {
            let bytes = ContiguousArray(datagram)
            endpoint.received(
                // Nobody listens at the discard port: what is answered goes nowhere.
                ReceivedDatagram(
                    bytes: bytes.span.bytes,
                    remote: .loopbackIPv4(port: 9),
                    local: local,
                    congestion: .none
                )
            )
        }
        let counts = endpoint.counts
        let counted = counts.handshakes + counts.retries + counts.refused + counts.stray
        precondition(counted <= UInt64(datagrams.count), "a datagram is one thing")
        precondition(endpoint.connectionCount <= Int(counts.handshakes), "a connection without a handshake")
        precondition(taker.established == 0, "a stranger got in")
        endpoint.close()
        precondition(endpoint.connectionCount == 0, "a connection outlives its endpoint")
    }

    /// Takes every connection.
    private final class Taker: QUICEndpointHandler, QUICConnectionHandler {
        private(set) var established = 0

        func endpoint(_ endpoint: QUICEndpoint, accepting connection: QUICConnection) -> (any QUICConnectionHandler)? {
            self
        }

        func connectionEstablished(_ connection: QUICConnection) { established += 1 }
        func connection(_ connection: QUICConnection, opened stream: QUICStream) {}
        func connection(_ connection: QUICConnection, received datagram: [UInt8]) {}
        func connectionHasStreamCredit(_ connection: QUICConnection) {}
        func connection(_ connection: QUICConnection, received ticket: ResumptionTicket) {}
        func connectionClosed(_ connection: QUICConnection, reason: CloseReason) {}
    }
}
