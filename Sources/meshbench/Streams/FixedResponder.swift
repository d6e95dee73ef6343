internal import MeshCore
internal import MeshIO

/// Listens, and gives the same answer to all.
///
/// Sendable: confined to its loop.
final class FixedResponder: StreamListenerOwner, @unchecked Sendable {
    private var listener: StreamListener?
    private var connections: Set<FixedConnection> = []
    private var opened = 0
    private var pauses = 0
    private var failures: [IOErrorCode: Int] = [:]

    init(loop: EventLoop, configuration: StreamListenerConfiguration) throws {
        listener = try StreamListener(
            address: .loopbackIPv4(port: 0),
            configuration: configuration,
            loop: loop,
            owner: self
        )
    }

    var address: SocketAddress { listener?.localAddress ?? .anyIPv4(port: 0) }

    /// What it has done, in JSON.
    var status: String {
        let failed = failures.map { "\"\($0.rawValue)\": \($1)" }.sorted().joined(separator: ", ")
        let memory = ProcessMemory.now
        return "{\"connections\": \(connections.count), \"opened\": \(opened), \"pauses\": \(pauses), "
            + "\"failed\": {\(failed)}, \"resident\": \(memory.resident), \"used\": \(memory.used)}"
    }

    func close() {
        listener?.close()
        for connection in connections { connection.close() }
    }

    func accepted(_ socket: StreamSocket) { connections.insert(FixedConnection(socket, self)) }

    func acceptingPaused(_ error: IOError) { pauses += 1 }

    func hasOpened() { opened += 1 }

    func ended(_ connection: FixedConnection, with error: IOError?) {
        if let error { failures[error.code, default: 0] += 1 }
        connections.remove(connection)
    }
}

/// One client of the responder, which waits for its answer before it asks again.
///
/// The answer is short, or for `GET /bytes/N` so many bytes.
final class FixedConnection: StreamSocketOwner, Hashable {
    private let socket: StreamSocket
    private unowned let server: FixedResponder
    private var head: [UInt8] = []
    private var output: [UInt8] = []
    private var sent = 0
    /// Bytes of a long answer that are still to be written.
    private var rest = 0

    init(_ socket: StreamSocket, _ server: FixedResponder) {
        self.socket = socket
        self.server = server
        socket.owner = self
    }

    static func == (left: FixedConnection, right: FixedConnection) -> Bool { left === right }

    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }

    func streamOpened() { server.hasOpened() }

    func streamWritable() { write() }

    func streamPeerEnded() {}

    func streamFailed(_ error: IOError) { end(error) }

    func streamReadable() {
        withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 1) { room in
            while true {
                switch socket.read(into: room) {
                case .bytes(let count): guard take(UnsafeRawBufferPointer(rebasing: room[..<count])) else { return }
                case .blocked: return
                case .ended: return end(nil)
                case .failed(let error): return end(error)
                }
            }
        }
    }

    func close() { end(nil) }

    private func end(_ error: IOError?) {
        socket.close()
        server.ended(self, with: error)
    }

    /// False once the connection is over.
    private func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
        head.append(contentsOf: bytes)
        guard head.count < 16_384 else {
            end(nil)
            return false
        }
        guard head.suffix(4) == [13, 10, 13, 10] else { return true }
        answer(longBytes())
        head.removeAll(keepingCapacity: false)
        return socket.isOpen
    }

    private func longBytes() -> Int? {
        guard head.count > 12, head[4..<11].elementsEqual("/bytes/".utf8) else { return nil }
        return Int(String(decoding: head[11...].prefix { $0 != 0x20 }, as: UTF8.self))
    }

    private func answer(_ bytes: Int?) {
        if let bytes {
            output = Array("HTTP/1.1 200 OK\r\nContent-Length: \(bytes)\r\n\r\n".utf8)
            rest = bytes
        } else {
            output = Self.shortAnswer
        }
        write()
    }

    private func write() {
        while true {
            if sent == output.count {
                guard rest > 0 else { break }
                output = Array(Self.pattern.prefix(rest))
                rest -= output.count
                sent = 0
            }
            switch output.withUnsafeBytes({ socket.write(UnsafeRawBufferPointer(rebasing: $0[sent...])) }) {
            case .wrote(let count): sent += count
            case .blocked: return
            case .failed(let error): return end(error)
            }
        }
        output = []
        sent = 0
    }

    private static let pattern = (0..<65_536).map { UInt8(truncatingIfNeeded: $0 % 251) }

    private static let shortAnswer = Array(
        """
        HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 43\r\n\r\n\
        {"status":"ok","name":"meshnode","value":1}
        """.utf8
    )
}
