import Glibc
import MeshCore
import MeshHTTP
import MeshIO
import MeshTestKit

/// A handler made of a closure.
struct ClosureHandler: HTTPHandler {
    let body: @Sendable (HTTPRequest) async throws -> HTTPResponse

    init(_ body: @escaping @Sendable (HTTPRequest) async throws -> HTTPResponse) { self.body = body }

    func respond(to request: HTTPRequest) async throws -> HTTPResponse { try await body(request) }
}

extension ServerConfiguration {
    /// The defaults with deadlines that no test meets but those that set them: hundreds of tests share two processors.
    static var patient: ServerConfiguration {
        var configuration = ServerConfiguration()
        let long = Duration.seconds(600)
        configuration.timeouts.handshake = long
        configuration.timeouts.head = long
        configuration.timeouts.idle = long
        configuration.timeouts.bodyStall = long
        configuration.timeouts.grace = long
        configuration.timeouts.writeStall = long
        configuration.timeouts.drain = long
        return configuration
    }
}

/// A server on a loop of its own, for one test.
struct ServerGround: Sendable {
    let loop: EventLoop
    let clock: MachineClock
    let server: HTTPServer
    let port: UInt16
    let log: VolatileLogSink

    /// Runs `body` beside a server of `handler`, which is stopped behind it.
    static func run<Result: Sendable>(
        _ configuration: ServerConfiguration = .patient,
        observer: (any HTTPServerObserver)? = nil,
        handler: @escaping @Sendable (HTTPRequest) async throws -> HTTPResponse,
        _ body: (ServerGround) async throws -> Result
    ) async throws -> Result {
        let loop = try EventLoop.start(name: "server")
        let clock = MachineClock(loop: loop)
        let log = VolatileLogSink()
        let server = HTTPServer(
            loops: [loop],
            configuration: configuration,
            handler: ClosureHandler(handler),
            observer: observer,
            clock: clock,
            logger: Logger(sink: log, clock: clock, minimumLevel: .debug),
            generator: SeededGenerator(seed: 1)
        )
        let address = try await server.listen(at: .loopbackIPv4(port: 0))
        let ground = ServerGround(loop: loop, clock: clock, server: server, port: address.port, log: log)
        let outcome: Swift.Result<Result, any Error>
        do { outcome = .success(try await body(ground)) } catch { outcome = .failure(error) }
        await server.stop()
        loop.stop()
        await loop.ended()
        return try outcome.get()
    }

    /// A client that is connected.
    func connect(receiveBytes: Int32? = nil) throws -> TestClient {
        try TestClient(port: port, receiveBytes: receiveBytes)
    }

    /// What a client is answered that sends `text` and reads up to the end.
    func exchange(_ text: String) async throws -> String {
        let client = try connect()
        defer { client.close() }
        client.send(text)
        return await client.readToEnd()
    }
}

/// A client over a blocking socket, read on a thread of its own so that no task waits in a call.
final class TestClient: Sendable {
    private let descriptor: Int32

    init(port: UInt16, receiveBytes: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var receiveBytes {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBytes, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw IOError(.failed, "no connection") }
    }

    /// Sends what the kernel takes at once; what may have to wait for the server is for ``sendAll(_:)``.
    func send(_ text: String) { send(Array(text.utf8)) }

    /// Sends on a thread of its own, because it may have to wait for the server.
    func sendAll(_ bytes: [UInt8]) async {
        await onThread { [self] in send(bytes) }
    }

    func send(_ bytes: [UInt8]) {
        var offset = 0
        while offset < bytes.count {
            let count = bytes[offset...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            offset += count
        }
    }

    func endWriting() { shutdown(descriptor, Int32(SHUT_WR)) }

    func close() { Glibc.close(descriptor) }

    /// Closes so that the server is told of an error.
    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        close()
    }

    /// Reads until `isEnough`, or to the end.
    func read(until isEnough: @escaping @Sendable (String) -> Bool) async -> String {
        await onThread { [descriptor] in
            var text = ""
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while !isEnough(text) {
                let count = recv(descriptor, &buffer, buffer.count, 0)
                guard count > 0 else { return text + (count < 0 ? "<error \(errno)>" : "") }
                text += String(decoding: buffer[..<count], as: UTF8.self)
            }
            return text
        }
    }

    func readToEnd() async -> String { await read { _ in false } }

    /// Reads up to the end of one answer that says its length.
    func readAnswer() async -> String { await read { Self.isAnswer($0) } }

    private static func isAnswer(_ text: String) -> Bool {
        guard let end = text.firstRange(of: "\r\n\r\n") else { return false }
        let head = text[..<end.lowerBound]
        guard let field = head.firstRange(of: "content-length: ") else { return head.contains(" 204 ") }
        let digits = head[field.upperBound...].prefix { $0.isNumber }
        return text[end.upperBound...].utf8.count >= Int(digits) ?? 0
    }

    /// Reads bytes until there are `count` behind a head, as many as there are to begin with being in `bytes`.
    func readBytes(_ count: Int, behindHead bytes: [UInt8] = []) async -> [UInt8] {
        await onThread { [descriptor] in
            var bytes = bytes
            var buffer = [UInt8](repeating: 0, count: 4_096)
            while true {
                if let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)), bytes.count >= end.upperBound + count {
                    return bytes
                }
                let received = recv(descriptor, &buffer, buffer.count, 0)
                guard received > 0 else { return bytes }
                bytes += buffer[..<received]
            }
        }
    }

    /// How many bytes come up to the end.
    func countToEnd() async -> Int {
        await onThread { [descriptor] in
            var total = 0
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = recv(descriptor, &buffer, buffer.count, 0)
                guard count > 0 else { return total }
                total += count
            }
        }
    }

    private func onThread<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            ClientThread.start { continuation.resume(returning: body()) }
        }
    }
}

/// A thread that reads for a client.
private final class ClientThread: Sendable {
    private let body: @Sendable () -> Void

    private init(_ body: @escaping @Sendable () -> Void) { self.body = body }

    static func start(_ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(ClientThread(body)).toOpaque()
        let status = pthread_create(&thread, nil, { runClientThread($0) }, context)
        precondition(status == 0, "no thread to be had")
        pthread_detach(thread)
    }

    fileprivate func run() { body() }
}

private func runClientThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    Unmanaged<ClientThread>.fromOpaque(context).takeRetainedValue().run()
    return nil
}
