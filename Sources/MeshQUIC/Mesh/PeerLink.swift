internal import MeshActors
internal import MeshCore
internal import MeshIO
internal import MeshWire

/// A connection that speaks the mesh protocol: the hello, then requests in both directions.
///
///     connecting ──established──▶ greeting ──hello──▶ open ──▶ closed
///
/// The client opens the first stream, the control stream, and both say hello on it. Streams that arrive before the
/// peer's hello are kept until it has come.
final class PeerLink {
    let core: TransportCore
    /// Told once: the link is open, or why it is not.
    private var opened: ((Result<Void, QUICError>) -> Void)?
    private var connection: QUICConnection?
    private var control: FrameStream?
    private var greeting: HelloStateMachine
    private var held: [QUICStream] = []
    private var waiting: [OutgoingRequest] = []
    private var budget = AnswerBudget()
    private var waitingForRoom = BoundedQueue<ServedRequest>(capacity: Limits.Link.maximumWaiting)
    private lazy var timer = LoopTimer(handler: self)

    /// What both have agreed on; nil before the peer's hello.
    private(set) var agreement: Agreement?
    /// Whom the peer's certificate names. Only read once the connection is established.
    private(set) var peerNode: NodeID

    init(core: TransportCore, opened: ((Result<Void, QUICError>) -> Void)? = nil) {
        self.core = core
        self.opened = opened
        peerNode = core.hello.node
        greeting = HelloStateMachine(
            local: core.hello,
            deadline: core.loop.now + Limits.Hello.patience
        )
    }

    /// The peer's identity, from its certificate.
    var peer: PeerCertificate? { connection?.peer }

    var quic: QUICConnection? { connection }

    // MARK: Requests

    /// Sends `request` now, or as soon as the peer allows another stream.
    func begin(_ request: OutgoingRequest) {
        guard !request.isOver else { return }
        guard waiting.isEmpty, let stream = connection?.openStream() else {
            guard waiting.count < Limits.Call.maximumRequestsWaiting else {
                return request.end(.failure(TransportError(.unreachable, "too many requests wait for \(peerNode)")))
            }
            return waiting.append(request)
        }
        request.send(on: stream, of: self)
    }

    private func beginWaiting() {
        waiting.removeAll { $0.isOver }
        while let next = waiting.first, let stream = connection?.openStream() {
            waiting.removeFirst()
            next.send(on: stream, of: self)
        }
    }

    // MARK: Hello

    private func greet(_ frames: FrameStream) {
        control = frames
        frames.stream.handler = self
        frames.write(.hello, core.hello.wireBytes)
        if let deadline = greeting.nextDeadline { core.loop.schedule(timer, at: deadline) }
    }

    private func received(_ frame: Frame, _ frames: FrameStream) throws(WireError) {
        guard frame.type != .hello else {
            return act(on: greeting.helloReceived(try frame.decode()), frames)
        }
        switch greeting.frameReceived() {
        case .accept: try receivedControl(frame, frames)
        case .refuse(let code): refuse(WireError(code, "a \(frame.type) before the hello"), on: frames)
        case .ignore: break
        }
    }

    private func act(on action: HelloStateMachine.HelloReceivedAction, _ frames: FrameStream) {
        switch action {
        case .begin(let agreement): open(agreement, frames)
        case .refuse(let code): refuse(WireError(code, "the hello is refused: \(code.rawValue)"), on: frames)
        case .ignore: break
        }
    }

    private func open(_ agreement: Agreement, _ frames: FrameStream) {
        guard agreement.peer.node == peerNode, agreement.peer.role == peer?.identity.role else {
            let claim = "the hello says \(agreement.peer.node), the certificate \(peerNode)"
            return refuse(WireError(.helloViolation, claim), on: frames)
        }
        self.agreement = agreement
        core.loop.cancel(timer)
        core.add(self)
        tell(.success(()))
        let streams = held
        held = []
        for stream in streams { serve(stream) }
    }

    private func receivedControl(_ frame: Frame, _ frames: FrameStream) throws(WireError) {
        guard frame.type.mayBeSent(by: agreement?.peer.role) else {
            throw WireError(.helloViolation, "a \(frame.type) from the wrong side")
        }
        switch core.control(frame, from: peerNode) {
        case .answer(let answer): frames.write(answer.type, answer.payload)
        case .nothing: break
        case .notKnown: frames.refuse(.unknownFrameType, "a \(frame.type) is of no use on the control stream")
        }
    }

    private func tell(_ result: Result<Void, QUICError>) {
        let opened = opened.take()
        opened?(result)
    }

    // MARK: Streams of the peer

    /// Whether a request may be read and begun; if not it is told by ``ServedRequest/roomHasCome()``, or has no place.
    func wantsRoom(for request: ServedRequest) -> RoomAnswer {
        if waitingForRoom.isEmpty, hasRoom { return .now }
        return waitingForRoom.append(request) ? .later : .never
    }

    enum RoomAnswer { case now, later, never }

    private var hasRoom: Bool { budget.mayBegin(unreadBytes: connection?.unreadBytes ?? 0) }

    func requestBegan() { budget.began() }

    func requestEnded(answerBytes: Int) { budget.ended(bytes: answerBytes) }

    /// Something has been read or will never be: those that wait may have their turn.
    func roomMayHaveCome() {
        while !waitingForRoom.isEmpty, hasRoom, let next = waitingForRoom.popFirst() { next.roomHasCome() }
    }

    private func serve(_ stream: QUICStream) {
        let request = ServedRequest(stream, of: self)
        request.streamReceived(stream)
    }

    /// Says what was wrong, and closes what docs/protocol.md says is to be closed.
    func refuse(_ error: WireError, on frames: FrameStream) {
        let code = PeerErrorCode(refusing: error.code)
        frames.refuse(code, error.message)
        switch error.code {
        case .frameTooLarge, .unknownFrameType, .incompatibleVersion, .helloViolation:
            connection?.close(code: UInt64(code.rawValue), error.message)
        default: break
        }
    }

    func close(code: UInt64, _ message: String) { connection?.close(code: code, message) }
}

extension PeerLink: QUICConnectionHandler {
    func connectionEstablished(_ connection: QUICConnection) {
        self.connection = connection
        guard let node = connection.peer?.identity.node else {
            return connection.close(code: UInt64(PeerErrorCode.protocolViolation.rawValue), "no identity")
        }
        peerNode = node
        if !connection.isServer, let stream = connection.openStream() { greet(FrameStream(stream)) }
    }

    func connection(_ connection: QUICConnection, opened stream: QUICStream) {
        self.connection = connection
        if connection.isServer, control == nil {
            return greet(FrameStream(stream))
        }
        if agreement == nil { held.append(stream) } else { serve(stream) }
    }

    func connection(_ connection: QUICConnection, received datagram: [UInt8]) {
        core.received(datagram: datagram, from: peerNode)
    }

    func connectionHasStreamCredit(_ connection: QUICConnection) { beginWaiting() }

    func connection(_ connection: QUICConnection, received ticket: ResumptionTicket) {
        core.keep(ticket, for: connection.remoteAddress)
    }

    func connectionClosed(_ connection: QUICConnection, reason: CloseReason) {
        core.loop.cancel(timer)
        core.remove(self, reason)
        self.connection = nil
        held = []
        while waitingForRoom.popFirst() != nil {}
        let requests = waiting
        waiting = []
        for request in requests {
            request.end(.failure(TransportError(.unreachable, "the connection has ended: \(reason)")))
        }
        tell(.failure(QUICError(.connectionClosed, reason.description)))
    }
}

extension PeerLink: QUICStreamHandler {
    func streamReceived(_ stream: QUICStream) {
        guard let control else { return }
        do throws(WireError) {
            while let frame = try control.next() { try received(frame, control) }
            if control.isOver, connection != nil {
                let code = UInt64(PeerErrorCode.protocolViolation.rawValue)
                connection?.close(code: code, "the control stream has ended")
            }
        } catch {
            refuse(error, on: control)
        }
    }

    func streamHasRoom(_ stream: QUICStream) {}

    func streamClosed(_ stream: QUICStream, code: UInt64?) {
        connection?.close(code: UInt64(PeerErrorCode.protocolViolation.rawValue), "the control stream has ended")
    }
}

extension PeerLink: TimerHandler {
    func timerFired(_ timer: LoopTimer) {
        guard case .refuse(let code) = greeting.deadlineReached(now: core.loop.now), let control else { return }
        refuse(WireError(code, "no hello in time"), on: control)
    }
}

extension FrameType {
    /// Whether the registry names `role` as a sender of this type.
    fileprivate func mayBeSent(by role: NodeRole?) -> Bool {
        switch registration?.sender {
        case .either?, nil: true
        case .edge?: role == .edge
        case .hub?: role == .hub
        }
    }
}
