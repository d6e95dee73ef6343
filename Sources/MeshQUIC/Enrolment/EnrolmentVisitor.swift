internal import MeshCore
internal import MeshIO
internal import MeshWire

/// One client of the listener for enrolment, from its handshake to its answer.
///
///     handshaking ──established──▶ asked to speak ──whole request──▶ answering ──answer sent, read──▶ over
///                                       └──silence, another stream, another frame, too much──────────▲
///
/// Confined to the loop.
final class EnrolmentVisitor {
    private enum Phase {
        case handshaking
        case listening
        case answering
        case answered
        /// Its connection has been closed, and the end of it is to come.
        case dismissed
        case over
    }

    private let core: EnrolmentCore
    private var phase = Phase.handshaking
    private weak var connection: QUICConnection?
    private var stream: QUICStream?
    private var received: [UInt8] = []
    private var task: Task<Void, Never>?
    private lazy var timer = LoopTimer(handler: self)

    init(core: EnrolmentCore) { self.core = core }

    private func wait(_ patience: Duration) { core.loop.schedule(timer, at: core.loop.now + patience) }

    /// Who breaks a rule is told so and let go.
    private func dismiss(_ code: PeerErrorCode, _ words: String) {
        switch phase {
        case .dismissed, .over: return
        case .handshaking, .listening, .answering, .answered: phase = .dismissed
        }
        core.counts.closed += 1
        connection?.close(code: UInt64(code.rawValue), words)
    }

    private func received(_ bytes: [UInt8], isLast: Bool) {
        received += bytes
        guard let type = received.first else {
            if isLast { dismiss(.protocolViolation, "a stream without a request") }
            return
        }
        guard FrameType(rawValue: type) == .enrolmentRequest else {
            return dismiss(.unknownFrameType, "nothing but an enrolment-request is read here")
        }
        guard received.count >= Frame.headerBytes else {
            if isLast { dismiss(.protocolViolation, "a request that is cut short") }
            return
        }
        let length = received[1..<Frame.headerBytes].reduce(0) { $0 << 8 | Int($1) }
        guard length <= Limits.EnrolmentListener.maximumPayloadBytes else {
            let limit = Limits.EnrolmentListener.maximumPayloadBytes
            return dismiss(.frameTooLarge, "a request of \(length) bytes, where at most \(limit) are read")
        }
        let missing = Frame.headerBytes + length - received.count
        guard missing >= 0 else { return dismiss(.protocolViolation, "something follows the request") }
        guard missing == 0 else {
            if isLast { dismiss(.protocolViolation, "a request that is cut short") }
            return
        }
        answer(Array(received[Frame.headerBytes...]))
    }

    private func answer(_ payload: [UInt8]) {
        received = []
        guard let connection, let service = core.service, service.pool.hasRoom(forOneWith: 0) else {
            return dismiss(.overloaded, "there is no room now; try again in a while")
        }
        phase = .answering
        wait(Limits.EnrolmentListener.answerPatience)
        let call = EnrolmentCall(payload: payload, peer: connection.peer, remote: connection.remoteAddress)
        let visitor = LoopConfined(self, on: core.loop)
        let handler = service.handler
        task = service.pool.run(on: core.loop) {
            await handler(call)
        } finished: { answer in
            visitor.value.answered(answer)
        } abandoned: {
            visitor.value.dismiss(.notServed, "the hub stops")
        }
    }

    private func answered(_ payload: [UInt8]) {
        guard case .answering = phase, let stream else { return }
        task = nil
        var writer = WireWriter()
        do throws(WireError) {
            try writer.writeFrame(.enrolmentAnswer, payload: payload)
        } catch {
            return dismiss(.internalError, "an answer that fits no frame")
        }
        phase = .answered
        core.counts.answered += 1
        wait(core.requestPatience)
        stream.write(writer.array, isLast: true)
    }
}

extension EnrolmentVisitor: QUICConnectionHandler {
    func connectionEstablished(_ connection: QUICConnection) {
        guard case .handshaking = phase else { return }
        self.connection = connection
        phase = .listening
        wait(core.requestPatience)
    }

    func connection(_ connection: QUICConnection, opened stream: QUICStream) {
        guard case .listening = phase, self.stream == nil else {
            return dismiss(.protocolViolation, "one request, one answer: a second stream is not served here")
        }
        self.stream = stream
        stream.handler = self
    }

    func connection(_ connection: QUICConnection, received datagram: [UInt8]) {
        dismiss(.protocolViolation, "datagrams are not taken here")
    }

    func connectionHasStreamCredit(_ connection: QUICConnection) {}

    func connection(_ connection: QUICConnection, received ticket: ResumptionTicket) {}

    func connectionClosed(_ connection: QUICConnection, reason: CloseReason) {
        if case .over = phase { return }
        phase = .over
        core.loop.cancel(timer)
        task.take()?.cancel()
        stream = nil
    }
}

extension EnrolmentVisitor: QUICStreamHandler {
    func streamReceived(_ stream: QUICStream) {
        let bytes = stream.takeReceived()
        switch phase {
        case .listening: received(bytes, isLast: stream.isAtEnd)
        case .answering, .answered:
            if !bytes.isEmpty { dismiss(.protocolViolation, "something follows the request") }
        case .handshaking, .dismissed, .over: break
        }
    }

    func streamHasRoom(_ stream: QUICStream) {}

    func streamClosed(_ stream: QUICStream, code: UInt64?) {
        self.stream = nil
        switch phase {
        case .answered: connection?.close(code: 0, "")
        case .listening, .answering: dismiss(.protocolViolation, "the request was taken back")
        case .handshaking, .dismissed, .over: break
        }
    }
}

extension EnrolmentVisitor: TimerHandler {
    func timerFired(_ timer: LoopTimer) {
        switch phase {
        case .listening: dismiss(.protocolViolation, "nothing was asked for in time")
        case .answering: dismiss(.overloaded, "the answer took too long; try again in a while")
        case .answered: connection?.close(code: 0, "the answer was not read in time")
        case .handshaking, .dismissed, .over: break
        }
    }
}
