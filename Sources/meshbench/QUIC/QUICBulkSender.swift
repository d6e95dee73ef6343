internal import MeshCore
internal import MeshIO
internal import MeshQUIC

/// Sends many bytes on one stream and waits until the server has read them all.
///
/// Sendable: confined to its loop.
final class QUICBulkSender: @unchecked Sendable {
    typealias Done = CheckedContinuation<Void, any Error>

    private let endpoint: QUICEndpoint
    private var connection: QUICConnection?
    private var stream: QUICStream?
    private var opening: Done?
    private var done: Done?
    private var left = 0

    init(_ ground: QUICGround, _ configuration: QUICConfiguration) throws {
        endpoint = try QUICEndpoint(
            loop: ground.near,
            address: .loopbackIPv4(port: 0),
            credentials: ground.edge,
            verifier: ground.verifier,
            configuration: configuration,
            clock: ground.clock
        )
    }

    func connect(to server: SocketAddress, _ opening: Done) {
        self.opening = opening
        do {
            connection = try endpoint.connect(to: server, serverName: QUICGround.serverName, handler: self)
        } catch {
            self.opening.take()?.resume(throwing: error)
        }
    }

    func send(bytes: Int, _ done: Done) {
        self.done = done
        left = bytes
        stream = connection?.openStream()
        stream?.handler = self
        write()
    }

    func close() {
        endpoint.close()
        connection = nil
    }

    private func write() {
        guard let stream else { return }
        while left > 0 {
            let count = min(left, Self.chunk.count)
            left -= count
            let hasRoom = Self.chunk.withUnsafeBytes { bytes in
                stream.write(UnsafeRawBufferPointer(rebasing: bytes[..<count]), isLast: left == 0)
            }
            guard hasRoom else { return }
        }
    }

    private static let chunk = [UInt8](repeating: 5, count: 64 * 1_024)
}

extension QUICBulkSender: QUICConnectionHandler {
    func connectionEstablished(_ connection: QUICConnection) { opening.take()?.resume() }
    func connection(_ connection: QUICConnection, opened stream: QUICStream) {}
    func connection(_ connection: QUICConnection, received datagram: [UInt8]) {}
    func connectionHasStreamCredit(_ connection: QUICConnection) {}
    func connection(_ connection: QUICConnection, received ticket: ResumptionTicket) {}

    func connectionClosed(_ connection: QUICConnection, reason: CloseReason) {
        let failure = UDPBaselineFailure("\(reason)")
        opening.take()?.resume(throwing: failure)
        done.take()?.resume(throwing: failure)
    }
}

extension QUICBulkSender: QUICStreamHandler {
    func streamReceived(_ stream: QUICStream) {
        if !stream.takeReceived().isEmpty { done.take()?.resume() }
    }

    func streamHasRoom(_ stream: QUICStream) { write() }
    func streamClosed(_ stream: QUICStream, code: UInt64?) {}
}
