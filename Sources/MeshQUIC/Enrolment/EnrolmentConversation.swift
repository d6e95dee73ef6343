internal import MeshCore
internal import MeshIO
internal import MeshWire

/// A client's half of one enrolment, from its first packet to the answer.
///
/// Confined to the loop.
final class EnrolmentConversation {
    typealias Continuation = UnsafeContinuation<Result<[UInt8], QUICError>, Never>

    private let payload: [UInt8]
    private let loop: EventLoop
    private var continuation: Continuation?
    private var endpoint: QUICEndpoint?
    private var stream: QUICStream?
    private var received: [UInt8] = []
    private var isOver = false
    private lazy var timer = LoopTimer(handler: self)

    private init(payload: [UInt8], _ loop: EventLoop) {
        self.payload = payload
        self.loop = loop
    }

    /// One that asks with `payload`; only `loop` opens it.
    static func make(_ payload: [UInt8], loop: EventLoop) -> LoopConfined<EnrolmentConversation> {
        LoopConfined(EnrolmentConversation(payload: payload, loop), on: loop)
    }

    /// Connects to where `open` says, and tells `continuation` how it ends.
    func begin(
        _ continuation: Continuation,
        _ patience: Duration,
        open: () throws -> (QUICEndpoint, SocketAddress)
    ) {
        self.continuation = continuation
        // A cancellation may have come first.
        guard !isOver else { return tell(.failure(QUICError(.stopping, "the caller was cancelled"))) }
        do {
            let (endpoint, address) = try open()
            self.endpoint = endpoint
            loop.schedule(timer, at: loop.now + patience)
            _ = try endpoint.connect(to: address, serverName: nil, handler: self)
        } catch let error as QUICError {
            end(.failure(error))
        } catch {
            end(.failure(QUICError(.connectionClosed, "no socket can be opened: \(error)", cause: error)))
        }
    }

    func end(_ result: Result<[UInt8], QUICError>) {
        guard !isOver else { return }
        isOver = true
        loop.cancel(timer)
        stream = nil
        tell(result)
        let endpoint = LoopConfined(endpoint.take(), on: loop)
        // Not from inside a call of its connection.
        loop.executeAlways { endpoint.value?.close() }
    }

    private func tell(_ result: Result<[UInt8], QUICError>) { continuation.take()?.resume(returning: result) }

    private func received(_ bytes: [UInt8], isLast: Bool) {
        received += bytes
        guard received.count <= Frame.headerBytes + Limits.EnrolmentListener.maximumPayloadBytes else {
            return end(.failure(QUICError(.connectionClosed, "the hub's answer is too long")))
        }
        var offset = 0
        var decoder = FrameDecoder()
        do throws(WireError) {
            guard let frame = try decoder.next(in: received.span.bytes, from: &offset) else {
                if isLast { end(.failure(QUICError(.connectionClosed, "the hub's answer is cut short"))) }
                return
            }
            guard frame.type == .enrolmentAnswer else {
                return end(.failure(QUICError(.connectionClosed, "the hub answers with \(frame.type)")))
            }
            end(.success(frame.payload))
        } catch {
            end(.failure(QUICError(.connectionClosed, "the hub's answer cannot be read", cause: error)))
        }
    }
}

extension EnrolmentConversation: QUICConnectionHandler {
    func connectionEstablished(_ connection: QUICConnection) {
        var writer = WireWriter()
        do throws(WireError) {
            try writer.writeFrame(.enrolmentRequest, payload: payload)
        } catch {
            return end(.failure(QUICError(.busy, "a request that fits no frame", cause: error)))
        }
        guard let stream = connection.openStream() else {
            return end(.failure(QUICError(.connectionClosed, "the hub lets us ask nothing")))
        }
        self.stream = stream
        stream.handler = self
        stream.write(writer.array, isLast: true)
    }

    func connection(_ connection: QUICConnection, opened stream: QUICStream) {}
    func connection(_ connection: QUICConnection, received datagram: [UInt8]) {}
    func connectionHasStreamCredit(_ connection: QUICConnection) {}
    func connection(_ connection: QUICConnection, received ticket: ResumptionTicket) {}

    func connectionClosed(_ connection: QUICConnection, reason: CloseReason) {
        end(.failure(QUICError(.connectionClosed, reason.description, cause: reason)))
    }
}

extension EnrolmentConversation: QUICStreamHandler {
    func streamReceived(_ stream: QUICStream) {
        guard !isOver else { return }
        received(stream.takeReceived(), isLast: stream.isAtEnd)
    }

    func streamHasRoom(_ stream: QUICStream) {}

    func streamClosed(_ stream: QUICStream, code: UInt64?) {
        self.stream = nil
        // Where the connection ends with it, its own words say more: they come next.
    }
}

extension EnrolmentConversation: TimerHandler {
    func timerFired(_ timer: LoopTimer) {
        end(.failure(QUICError(.connectionClosed, "the hub has not answered in time")))
    }
}
