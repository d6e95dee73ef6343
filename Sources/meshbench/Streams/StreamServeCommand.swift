internal import Foundation
internal import MeshCommandLine
internal import MeshCore
internal import MeshIO

/// Answers every request with the same bytes: what TCP and TLS cost without a server of HTTP on top.
enum StreamServeCommand {
    private static let certificate = Option<String?>("certificate", "A chain of certificates in PEM; plain without it.")
    private static let key = Option<String?>("key", "The key of the certificate, in PEM.")

    static let command = Command(
        "stream-serve",
        summary: "Answer each request with the same bytes, and say for each line of input how much memory that takes.",
        parameters: [certificate, key]
    ) { invocation in
        let loop = try EventLoop.start(name: "bench-server")
        var configuration = StreamListenerConfiguration()
        if let certificate = invocation[certificate], let key = invocation[key] {
            let chain = try Data(contentsOf: URL(fileURLWithPath: certificate))
            let secret = try Data(contentsOf: URL(fileURLWithPath: key))
            let context = try secret.withUnsafeBytes { secret throws(IOError) in
                try TLSServerContext(certificates: Array(chain), privateKey: secret)
            }
            configuration.identity = TLSIdentity(context)
        }
        let chosen = configuration
        let server = try await loop.run { try FixedResponder(loop: loop, configuration: chosen) }
        try invocation.terminal.write("\(try await loop.run { server.address.port })\n")
        while readLine() != nil {
            let connections = try await loop.run { server.connectionCount }
            try invocation.terminal.write("\(connections) \(ProcessMemory.now.line)\n")
        }
        return .success
    }
}

/// Listens, and gives the same answer to all.
///
/// Sendable: confined to its loop.
final class FixedResponder: StreamListenerOwner, @unchecked Sendable {
    private var listener: StreamListener?
    private var connections: Set<FixedConnection> = []

    init(loop: EventLoop, configuration: StreamListenerConfiguration) throws {
        listener = try StreamListener(
            address: .loopbackIPv4(port: 0),
            configuration: configuration,
            loop: loop,
            owner: self
        )
    }

    var address: SocketAddress { listener?.localAddress ?? .anyIPv4(port: 0) }

    var connectionCount: Int { connections.count }

    func accepted(_ socket: StreamSocket) { connections.insert(FixedConnection(socket, self)) }

    func acceptingPaused(_ error: IOError) {}

    func closed(_ connection: FixedConnection) { connections.remove(connection) }
}

/// One client of the responder, which waits for its answer before it asks again.
final class FixedConnection: StreamSocketOwner, Hashable {
    private let socket: StreamSocket
    private unowned let server: FixedResponder

    init(_ socket: StreamSocket, _ server: FixedResponder) {
        self.socket = socket
        self.server = server
        socket.owner = self
    }

    static func == (left: FixedConnection, right: FixedConnection) -> Bool { left === right }

    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }

    func streamOpened() {}

    func streamWritable() {}

    func streamPeerEnded() { close() }

    func streamFailed(_ error: IOError) { close() }

    func streamReadable() {
        withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 1) { room in
            while true {
                switch socket.read(into: room) {
                case .bytes(let count):
                    guard count >= 4, room[count - 1] == 0x0A, room[count - 3] == 0x0A else { continue }
                    _ = Self.answer.withUnsafeBytes { socket.write($0) }
                case .blocked: return
                case .ended, .failed: return close()
                }
            }
        }
    }

    private func close() {
        socket.close()
        server.closed(self)
    }

    private static let answer = Array(
        """
        HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 43\r\n\r\n\
        {"status":"ok","name":"meshnode","value":1}
        """.utf8
    )
}
