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
    let id: PeerLinkID
    /// Whether an older link to the same node stays until whoever has dialled this one retires it.
    let keepsOlder: Bool
    /// The race that it runs in, until it is open or over; nil where the peer has dialled.
    private var race: ConnectionRace?
    private(set) var connection: QUICConnection?
    private var control: FrameStream?
    private var greeting: HelloStateMachine
    private var held: [QUICStream] = []
    private var waiting: [any StreamUser] = []
    private var waitingBytes = 0
    /// How many of those that wait do not any more.
    private var gaveUp = 0
    var budget = AnswerBudget()
    var waitingForRoom: [ServedRequest] = []
    /// Requests of which a part is kept, by their streams.
    var unfinished: [Int64: ServedRequest] = [:]
    var unfinishedBytes = 0
    /// Whether it stands in the queue of links for which there is no room.
    var waitsForTurn = false
    /// Streams of bytes of the peer that are served.
    var servedStreams: [StreamBeginning.Service: Int] = [:]
    /// Whether the peer has read an answer to its end.
    var hasReadAnswers = false
    private lazy var timer = LoopTimer(handler: relay)
    private lazy var relay = TimerRelay(self)

    /// What both have agreed on; nil before the peer's hello.
    private(set) var agreement: Agreement?
    /// The largest payload that the peer reads.
    var maximumPayloadBytes: Int { agreement?.maximumPayloadBytes ?? Limits.Frame.minimumStatedPayloadBytes }
    /// Whom the peer's certificate names.
    ///
    /// Only read once the link is open.
    private(set) var peerNode: NodeID
    /// What the peer's certificate says; known once both hellos agree with it.
    ///
    /// It stays when the connection is gone: what was asked on the link is still judged by it.
    private(set) var identity: NodeIdentity?
    /// Who is at its other end; known once the link is open, and when it is over.
    private(set) var peer: LinkPeer?
    /// Whether requests may be made and are served.
    private(set) var isOpen = false
    /// What of it has been added to the totals of all links.
    var tallied = LinkSummary.Totals()
    /// Who has said that it begins nothing more on the link.
    var farewells = Farewells()
    /// Told when nothing is under way any more.
    private var idled: [() -> Void] = []
    /// Told when besides that the peer begins nothing more.
    private var peerIsDone: [() -> Void] = []

    init(core: TransportCore, race: ConnectionRace? = nil, keepsOlder: Bool = false) {
        self.core = core
        self.race = race
        self.keepsOlder = keepsOlder
        id = core.nextLinkID()
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
            let hasPlace = waiting.count - gaveUp < Limits.Call.maximumRequestsWaiting
            guard hasPlace, waitingBytes + user.waitingBytes <= Limits.Link.maximumWaitingBytes else {
                return user.fail(TransportError(.unreachable, "too many requests wait for \(peerNode)"))
            }
            waitingBytes += user.waitingBytes
            user.wait(for: self)
            return waiting.append(user)
        }
        user.use(stream, of: self)
    }

    /// How many wait for a stream.
    var requestsWaiting: Int { waiting.count - gaveUp }

    /// `user` does not want the stream any more for which it waited, and still knows what it weighed.
    func gaveUp(_ user: any StreamUser) {
        waitingBytes -= user.waitingBytes
        gaveUp += 1
        // Not each by itself: thousands may run out of time at once.
        if gaveUp * 2 > waiting.count { forgetThoseWhoGaveUp() }
    }

    private func forgetThoseWhoGaveUp() {
        waiting.removeAll { $0.isOver }
        gaveUp = 0
    }

    private func beginWaiting() {
        forgetThoseWhoGaveUp()
        while let next = waiting.first, let stream = connection?.openStream() {
            waiting.removeFirst()
            waitingBytes -= next.waitingBytes
            next.use(stream, of: self)
        }
    }

    // MARK: Hello

    /// Packets are on their way to the peer that was dialled.
    func began(_ connection: QUICConnection) { self.connection = connection }

    /// A client with a ticket says hello before the server has answered at all.
    func greetEarly() {
        if let stream = connection?.openStream() { greet(FrameStream(stream)) }
    }

    /// The peer has a newer link: it is given time to retire this one, and what is under way on it to end.
    ///
    /// Somebody else with the same identity would never retire it, and take itself for connected.
    func isReplaced() {
        guard isOpen, !farewells.contains(.heard) else { return }
        core.loop.schedule(timer, at: core.loop.now + Limits.Link.replacedPatience)
    }

    /// Ends the link if its peer is not believed any more.
    func recheckPeer() {
        if let connection, let certificate = connection.peer { _ = connection.recheck(certificate) }
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
        // Between the handshake and now the peer may have been revoked.
        if let certificate = connection.peer, !connection.recheck(certificate) { return }
        if let control, let objection = core.objection(to: identity) {
            return refuse(WireError(.helloViolation, objection), on: control)
        }
        isOpen = true
        peer = LinkPeer(self, connection)
        core.loop.cancel(timer)
        core.add(self)
        let race = race.take()
        race?.opened(self)
        let streams = held
        held = []
        // What has ended meanwhile nobody wants any more, and nobody would say so a second time.
        for stream in streams where stream.handler == nil && !stream.progress.isClosed { serve(stream) }
        streamReceivedControl()
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
        // What has arrived behind a frame that ended the link nobody wants any more.
        guard let peer, let connection else { return }
        switch core.control(frame, from: peer) {
        case .answer(let answer): frames.write(answer.type, answer.payload)
        case .nothing: break
        case .refuse(let code, let message):
            frames.refuse(code, message)
            connection.close(code: UInt64(code.rawValue), message)
        case .notKnown: frames.refuse(.unknownFrameType, "a \(frame.type) is of no use on the control stream")
        }
    }

    /// Sends `frame` on the control stream.
    func send(_ frame: Frame) { control?.write(frame.type, frame.payload) }

    // MARK: Streams of the peer

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

    /// Calls `done` once the peer has said farewell and no stream but the control stream is open.
    func whenPeerIsDone(_ done: @escaping () -> Void) {
        peerIsDone.append(done)
        if farewells.contains(.heard) || connection == nil { farewellWasHeard() }
    }

    /// The peer begins nothing more.
    func farewellWasHeard() {
        core.loop.cancel(timer)
        let told = peerIsDone
        peerIsDone = []
        for tell in told { whenIdle(tell) }
    }

    private func idleIfDone() {
        guard !idled.isEmpty, waiting.isEmpty, connection.map({ $0.streamCount <= 1 }) ?? true else { return }
        let told = idled
        idled = []
        for tell in told { tell() }
    }

    /// The client's first.
    private static let controlStream = Int64(0)
}

extension PeerLink: QUICConnectionHandler {
    func connectionEstablished(_ connection: QUICConnection) {
        self.connection = connection
        guard connection.peer != nil else {
            return connection.close(code: UInt64(PeerErrorCode.protocolViolation.rawValue), "no identity")
        }
        core.loop.schedule(timer, at: core.loop.now + core.helloTimeout)
        guard race?.established(self) ?? true else { return }
        if !connection.isServer, control == nil, let stream = connection.openStream() { greet(FrameStream(stream)) }
        openIfReady()
    }

    func connection(_ connection: QUICConnection, opened stream: QUICStream) {
        self.connection = connection
        // By its number: streams may arrive in another order than they were opened in.
        if connection.isServer, stream.id == Self.controlStream { return greet(FrameStream(stream)) }
        if isOpen { serve(stream) } else { held.append(stream) }
    }

    func connection(_ connection: QUICConnection, received datagram: [UInt8]) {
        // Before the link is open nobody knows whose it is, or it may be a repetition.
        if isOpen { core.received(datagram: datagram, from: peerNode) }
    }

    func connection(_ connection: QUICConnection, closed stream: QUICStream) {
        if !isOpen { held.removeAll { $0 === stream } }
        roomMayHaveCome()
        idleIfDone()
    }

    func connectionPeerHasRead(_ connection: QUICConnection) { roomMayHaveCome() }

    func connectionHasStreamCredit(_ connection: QUICConnection) { beginWaiting() }

    func connection(_ connection: QUICConnection, received ticket: ResumptionTicket) {
        core.keep(ticket, of: connection)
    }

    func connectionClosed(_ connection: QUICConnection, reason: CloseReason) {
        core.loop.cancel(timer)
        core.remove(self, reason)
        // Streams of which the news is still to come find no connection to give it back to.
        connection.keeps(-connection.unfinishedBytes)
        self.connection = nil
        held = []
        waitingForRoom = []
        core.answers.leaves(self)
        let users = waiting
        waiting = []
        for user in users { user.fail(TransportError(.unreachable, "the connection has ended: \(reason)")) }
        let race = race.take()
        race?.closed(self, QUICError(.connectionClosed, reason.description, cause: reason))
        farewellWasHeard()
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
        if isOpen { return close(code: 0, "replaced by a newer connection of the same node") }
        guard case .refuse = greeting.deadlineReached(now: core.loop.now) else { return }
        let error = WireError(.helloViolation, "no hello in time")
        if let control { return refuse(error, on: control) }
        connection?.close(code: UInt64(PeerErrorCode.protocolViolation.rawValue), error.message)
    }
}

extension FrameType {
    /// Whether the registry names `role` as a sender of this type.
    func mayBeSent(by role: NodeRole?) -> Bool {
        switch registration?.sender {
        case .either?, nil: true
        case .edge?: role == .edge
        case .hub?: role == .hub
        }
    }
}

extension LinkPeer {
    /// The other end of `link`, whose hello and certificate are known.
    fileprivate init?(_ link: PeerLink, _ connection: QUICConnection) {
        guard let certificate = connection.peer, let agreement = link.agreement else { return nil }
        self.init(
            link: link.id,
            certificate: certificate,
            software: agreement.peer.software,
            labels: agreement.peer.labels,
            remote: connection.remoteAddress,
            isDialled: !connection.isServer,
            isResumed: connection.isResumed
        )
    }
}
