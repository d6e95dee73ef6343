internal import MeshCertificates
internal import MeshCore
internal import MeshIO
internal import MeshQUIC

/// Makes connections one after the other, some at a time, and drops each when both sides have confirmed it.
///
/// Sendable: confined to its loop.
final class QUICHandshakes: @unchecked Sendable {
    typealias Done = CheckedContinuation<[Double], any Error>

    private let clock: MachineClock
    private let endpoint: QUICEndpoint
    private var server = SocketAddress.anyIPv4(port: 0)
    private var ticket: ResumptionTicket?
    private var isFetchingTicket = false
    private var isKeeping = false
    private var kept: [QUICConnection] = []
    private var starts: [ObjectIdentifier: Instant] = [:]
    private var waits: [Double] = []
    private var end = Instant.origin
    private var wanted = Int.max
    private var begun = 0
    private var parallel = 1
    private var done: Done?

    /// Makes connections as `authority` lets its nodes do; without one as that of the run does.
    init(_ ground: QUICGround, trusting authority: BenchAuthority? = nil) throws {
        clock = ground.clock
        endpoint = try QUICEndpoint(
            loop: ground.near,
            address: .loopbackIPv4(port: 0),
            credentials: try authority?.credentials(.edge, "bench-edge") ?? ground.edge,
            verifier: try authority.map { try CertificateVerifier(trust: $0.trust) } ?? ground.verifier,
            configuration: ground.configuration,
            clock: ground.clock
        )
    }

    /// Fetches a ticket first where `resumes`, which every connection is then resumed with.
    func run(to server: SocketAddress, atATime: Int, resumes: Bool, for duration: Duration, _ done: Done) {
        self.server = server
        self.done = done
        end = clock.now + duration
        isFetchingTicket = resumes
        parallel = atATime
        for _ in 0..<(resumes ? 1 : atATime) { begin() }
    }

    /// Makes `count` connections and keeps them.
    func keep(_ count: Int, to server: SocketAddress, atATime: Int, _ done: Done) {
        self.server = server
        self.done = done
        isKeeping = true
        wanted = begun + count
        end = clock.now + .seconds(600)
        for _ in 0..<min(count, atATime) { begin() }
    }

    func close() {
        kept = []
        endpoint.close()
    }

    private func begin() {
        begun += 1
        let start = clock.now
        do {
            let connection = try endpoint.connect(
                to: server,
                serverName: QUICGround.serverName,
                ticket: isFetchingTicket ? nil : ticket,
                handler: self
            )
            starts[ObjectIdentifier(connection)] = start
        } catch {
            done.take()?.resume(throwing: error)
        }
    }

    private func goOn(_ now: Instant) {
        if now < end, begun < wanted {
            begin()
        } else if starts.isEmpty {
            done.take()?.resume(returning: waits)
        }
    }
}

extension QUICHandshakes: QUICConnectionHandler {
    func connectionEstablished(_ connection: QUICConnection) {
        let now = clock.now
        guard !isFetchingTicket, let start = starts.removeValue(forKey: ObjectIdentifier(connection)) else { return }
        guard connection.isResumed == (ticket != nil) else {
            let was = connection.isResumed ? "was" : "was not"
            done.take()?.resume(throwing: UDPBaselineFailure("a connection \(was) resumed"))
            return
        }
        waits.append((now - start) / .microseconds(1))
        if isKeeping { kept.append(connection) } else { connection.close(code: 0) }
        goOn(now)
    }

    func connection(_ connection: QUICConnection, received ticket: ResumptionTicket) {
        guard isFetchingTicket else { return }
        self.ticket = ticket
        isFetchingTicket = false
        starts = [:]
        connection.close(code: 0)
        for _ in 0..<parallel { begin() }
    }

    func connection(_ connection: QUICConnection, opened stream: QUICStream) {}
    func connection(_ connection: QUICConnection, received datagram: [UInt8]) {}
    func connectionHasStreamCredit(_ connection: QUICConnection) {}

    func connectionClosed(_ connection: QUICConnection, reason: CloseReason) {
        guard starts[ObjectIdentifier(connection)] != nil else { return }
        done.take()?.resume(throwing: UDPBaselineFailure("\(reason)"))
    }
}
