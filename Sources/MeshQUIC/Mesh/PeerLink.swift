internal import MeshActors
internal import MeshCore
internal import MeshIO
internal import MeshWire

/// A connection that speaks the mesh protocol: the hello, then requests in both directions.
///
///     connecting ──established, and both have said hello──▶ open ──go-away──▶ leaving ──▶ closed
///          └──refused, no hello in time────────────────────────────────────────────────────▲
///
/// The client opens the first stream, the control stream, and both say hello on it. A resumed client says it as early
/// data, which somebody may have recorded: until the handshake is complete nothing else is acted upon. Streams that
/// arrive before the link is open are kept until it is.
final class PeerLink {
    let core: TransportCore
    /// Told once: the link is open, or why it is not.
    private var opened: ((Result<Void, QUICError>) -> Void)?
    private(set) var connection: QUICConnection?
    private var control: FrameStream?
    private var greeting: HelloStateMachine
    private var held: [QUICStream] = []
    private var waiting: [any StreamUser] = []
    private var budget = AnswerBudget()
    private var waitingForRoom = BoundedQueue<ServedRequest>(capacity: Limits.Link.maximumWaiting)
    private lazy var timer = LoopTimer(handler: relay)
    private lazy var relay = TimerRelay(self)

    /// What both have agreed on; nil before the peer's hello.
    private(set) var agreement: Agreement?
    /// Whom the peer's certificate names.
    ///
    /// Only read once the link is open.
    private(set) var peerNode: NodeID
    /// What the peer's certificate says; known once both hellos agree with it.
    ///
    /// It stays when the connection is gone: what was asked on the link is still judged by it.
    private(set) var identity: NodeIdentity?
    /// Whether requests may be made and are served.
    private(set) var isOpen = false
    /// Who has said that it begins nothing more on the link.
    var farewells = Farewells()
    /// Told when nothing is under way any more.
    private var idled: [() -> Void] = []

    init(core: TransportCore, opened: ((Result<Void, QUICError>) -> Void)? = nil) {
        self.core = core
        self.opened = opened
        peerNode = core.hello.node
        greeting = Self.greeting(core)
    }

    private static func greeting(_ core: TransportCore) -> HelloStateMachine {
        HelloStateMachine(local: core.hello, deadline: core.loop.now + core.helloTimeout)
    }

    // MARK: Requests

    /// Gives `user` a stream now, or as soon as the peer allows another.
    func begin(_ user: any StreamUser) {
        guard !user.isOver else { return }
        guard waiting.isEmpty, let stream = connection?.openStream() else {
            guard waiting.count < Limits.Call.maximumRequestsWaiting else {
                return user.fail(TransportError(.unreachable, "too many requests wait for \(peerNode)"))
            }
            return waiting.append(user)
        }
        user.use(stream, of: self)
    }

    private func beginWaiting() {
        waiting.removeAll { $0.isOver }
        while let next = waiting.first, let stream = connection?.openStream() {
            waiting.removeFirst()
            next.use(stream, of: self)
        }
    }

    // MARK: Hello

    /// A client with a ticket says hello before the server has answered at all.
    func greetEarly(_ connection: QUICConnection) {
        self.connection = connection
        if let stream = connection.openStream() { greet(FrameStream(stream)) }
    }

    private func greet(_ frames: FrameStream) {
        control = frames
        frames.stream.handler = self
        frames.write(.hello, core.hello.wireBytes)
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
        case .begin(let agreement): agree(agreement, frames)
        case .refuse(let code): refuse(WireError(code, "the hello is refused: \(code.rawValue)"), on: frames)
        case .ignore: break
        }
    }

    private func agree(_ agreement: Agreement, _ frames: FrameStream) {
        guard let identity = connection?.peer?.identity else {
            return refuse(WireError(.helloViolation, "no certificate says who this is"), on: frames)
        }
        guard agreement.peer.node == identity.node, agreement.peer.role == identity.role else {
            let claim = "the hello says \(agreement.peer.node), a \(agreement.peer.role), the certificate \(identity)"
            return refuse(WireError(.helloViolation, claim), on: frames)
        }
        self.agreement = agreement
        self.identity = identity
        peerNode = identity.node
        openIfReady()
    }

    /// Open is a link on which both have said hello and nothing can be a repetition of early data any more.
    private func openIfReady() {
        guard !isOpen, let identity, let connection, connection.isEstablished else { return }
        if let control, let objection = core.objection(to: identity) {
            return refuse(WireError(.helloViolation, objection), on: control)
        }
        isOpen = true
        core.loop.cancel(timer)
        core.add(self)
        tell(.success(()))
        let streams = held
        held = []
        // What has ended meanwhile nobody wants any more, and nobody would say so a second time.
        for stream in streams where stream.handler == nil && !stream.progress.isClosed { serve(stream) }
        streamReceivedControl()
    }

    private func tell(_ result: Result<Void, QUICError>) {
        let opened = opened.take()
        opened?(result)
    }

    // MARK: Control

    private func receivedControl(_ frame: Frame, _ frames: FrameStream) throws(WireError) {
        guard frame.type.mayBeSent(by: agreement?.peer.role) else {
            throw WireError(.helloViolation, "a \(frame.type) from the wrong side")
        }
        switch frame.type {
        case .error:
            let error: ErrorFrame = try frame.decode()
            let reason = CloseReason(.peer, .application(UInt64(error.code.rawValue)), error.message)
            connection?.close(.application, 0, reason)
        case .goAway: core.linkIsLeaving(self, try frame.decode(as: GoAway.self))
        default: answer(frame, frames)
        }
    }

    private func answer(_ frame: Frame, _ frames: FrameStream) {
        switch core.control(frame, from: peerNode) {
        case .answer(let answer): frames.write(answer.type, answer.payload)
        case .nothing: break
        case .notKnown: frames.refuse(.unknownFrameType, "a \(frame.type) is of no use on the control stream")
        }
    }

    /// Sends `frame` on the control stream.
    func send(_ frame: Frame) { control?.write(frame.type, frame.payload) }

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

    // MARK: The end

    func close(code: UInt64, _ message: String) { connection?.close(code: code, message) }

    /// Whether we have made the connection.
    var isDialled: Bool { connection?.isServer == false }

    /// Which sides have said farewell.
    struct Farewells: OptionSet {
        let rawValue: UInt8

        /// We have.
        static let said = Farewells(rawValue: 1)
        /// The peer has.
        static let heard = Farewells(rawValue: 2)
    }

    /// Tells the peer that we begin nothing more.
    func say(_ farewell: GoAway) {
        farewells.insert(.said)
        send(Frame(type: .goAway, payload: farewell.wireBytes))
    }

    /// Calls `idled` once no stream but the control stream is open.
    func whenIdle(_ idled: @escaping () -> Void) {
        self.idled.append(idled)
        idleIfDone()
    }

    private func idleIfDone() {
        guard !idled.isEmpty, waiting.isEmpty, connection.map({ $0.streamCount <= 1 }) ?? true else { return }
        let told = idled
        idled = []
        for tell in told { tell() }
    }
}

extension PeerLink: QUICConnectionHandler {
    func connectionEstablished(_ connection: QUICConnection) {
        self.connection = connection
        guard connection.peer != nil else {
            return connection.close(code: UInt64(PeerErrorCode.protocolViolation.rawValue), "no identity")
        }
        core.loop.schedule(timer, at: core.loop.now + core.helloTimeout)
        if !connection.isServer, control == nil, let stream = connection.openStream() { greet(FrameStream(stream)) }
        openIfReady()
    }

    func connection(_ connection: QUICConnection, opened stream: QUICStream) {
        self.connection = connection
        if connection.isServer, control == nil { return greet(FrameStream(stream)) }
        if isOpen { serve(stream) } else { held.append(stream) }
    }

    func connection(_ connection: QUICConnection, received datagram: [UInt8]) {
        // Before the link is open nobody knows whose it is, or it may be a repetition.
        if isOpen { core.received(datagram: datagram, from: peerNode) }
    }

    func connection(_ connection: QUICConnection, closed stream: QUICStream) { idleIfDone() }

    func connectionHasStreamCredit(_ connection: QUICConnection) { beginWaiting() }

    func connection(_ connection: QUICConnection, received ticket: ResumptionTicket) {
        core.keep(ticket, of: connection)
    }

    func connectionClosed(_ connection: QUICConnection, reason: CloseReason) {
        core.loop.cancel(timer)
        core.remove(self, reason)
        self.connection = nil
        held = []
        while waitingForRoom.popFirst() != nil {}
        let users = waiting
        waiting = []
        for user in users { user.fail(TransportError(.unreachable, "the connection has ended: \(reason)")) }
        tell(.failure(QUICError(.connectionClosed, reason.description)))
        idleIfDone()
    }
}

extension PeerLink: QUICStreamHandler {
    func streamReceived(_ stream: QUICStream) { streamReceivedControl() }

    /// Before the link is open the hello alone is read; what is behind it waits.
    private func streamReceivedControl() {
        guard let control, agreement == nil || isOpen else { return }
        do throws(WireError) {
            // A peer that asks and takes no answer is not read any further.
            while agreement == nil || isOpen, control.stream.hasRoom, let frame = try control.next() {
                try received(frame, control)
            }
            if control.isOver, connection != nil {
                let code = UInt64(PeerErrorCode.protocolViolation.rawValue)
                connection?.close(code: code, "the control stream has ended")
            }
        } catch {
            refuse(error, on: control)
        }
    }

    func streamHasRoom(_ stream: QUICStream) { streamReceivedControl() }

    func streamClosed(_ stream: QUICStream, code: UInt64?) {
        guard code != MeshStreamCode.earlyDataRejected.rawValue else {
            // The server has not seen it: it is said again once the connection is established.
            control = nil
            greeting = Self.greeting(core)
            return
        }
        connection?.close(code: UInt64(PeerErrorCode.protocolViolation.rawValue), "the control stream has ended")
    }
}

extension PeerLink: TimerHandler {
    func timerFired(_ timer: LoopTimer) {
        guard case .refuse = greeting.deadlineReached(now: core.loop.now) else { return }
        let error = WireError(.helloViolation, "no hello in time")
        if let control { return refuse(error, on: control) }
        connection?.close(code: UInt64(PeerErrorCode.protocolViolation.rawValue), error.message)
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
