internal import MeshActors
internal import MeshCore
internal import MeshWire

/// A request of the peer, from its first byte to our answer.
///
///     waiting ──room──▶ reading ──frame──▶ parked ──room──▶ handled in a task of its own ──▶ answered
///                          └──refused                         └──peer cancels or resets, connection ends: cancelled
///
/// Room is looked for twice, since a stream may be opened long before its frame is there as a whole.
///
/// A stream of bytes begins here too and goes on as a ``ByteStreamCore``.
final class ServedRequest {
    private let link: PeerLink
    private let frames: FrameStream
    private var task: Task<Void, Never>?
    private var hasBegun = false
    /// A request that is there as a whole, and waits for room.
    private var parked: Frame?
    private var isItsTurn = false
    private var isRefused = false
    /// Bytes that are kept of a request that has not begun.
    private(set) var unfinishedBytes = 0
    /// What the answer is expected to weigh that is being made.
    private var expectedBytes = 0
    /// The stream is over: nobody would read an answer.
    private var isClosed = false
    private var room = PeerLink.RoomAnswer.never

    init(_ stream: QUICStream, of link: PeerLink) {
        self.link = link
        frames = FrameStream(stream)
        stream.handler = self
        room = link.wantsToRead(self)
        if room == .never { refuseForRoom() }
    }

    /// The number of its stream.
    var id: Int64 { frames.stream.id }

    /// Whether it waits to be begun, not to be read.
    var isWhole: Bool { parked != nil }

    /// The answers before it have been read so far that it may go on.
    func roomHasCome() {
        guard !isClosed else { return }
        if let frame = parked.take() {
            countUnfinished()
            return handle(frame)
        }
        room = .now
        isItsTurn = true
        streamReceived(frames.stream)
        isItsTurn = false
    }

    /// There is no room for it: nothing of it is kept or done.
    func refuseForRoom() {
        hasBegun = true
        isRefused = true
        giveUpPlace()
        frames.discard()
        countUnfinished()
        let pause = UInt32(Limits.Hosting.retryAfter.wholeNanoseconds / 1_000_000)
        frames.refuse(.overloaded, "too many requests at a time", retryAfterMilliseconds: pause)
    }

    private func read() throws(WireError) {
        defer { countUnfinished() }
        while !isRefused, let frame = try frames.next() {
            if hasBegun { try receivedLater(frame) } else { try begin(frame) }
            guard frames.stream.handler === self else { return }
        }
        guard !isRefused else { return frames.discard() }
        if !hasBegun, frames.isOver { frames.stream.reset(code: MeshStreamCode.refused.rawValue) }
    }

    private func countUnfinished() {
        // What stands behind a request that is handled is none.
        let isOurs = !isClosed && task == nil && frames.stream.handler === self
        let bytes = isOurs ? frames.unfinishedBytes + (parked?.payload.count ?? 0) : 0
        let change = bytes - unfinishedBytes
        unfinishedBytes = bytes
        link.keeps(change, for: self)
    }

    /// Behind a request only its end may come.
    private func receivedLater(_ frame: Frame) throws(WireError) {
        guard frame.type == .cancel else {
            throw WireError(.invalidValue, "a \(frame.type) behind a request")
        }
        _ = try frame.decode(as: Cancel.self)
        task?.cancel()
        giveUpPlace()
        frames.stream.reset(code: MeshStreamCode.cancelled.rawValue)
    }

    private func giveUpPlace() {
        if room == .later || isWhole { link.stopsWaiting(self) }
        parked = nil
        room = .now
    }

    private func begin(_ frame: Frame) throws(WireError) {
        hasBegun = true
        switch frame.type {
        case .actorCall, .actorMessage: beginWhenThereIsRoom(frame)
        case .streamOpen: serve(.purpose(try frame.decode(as: StreamOpen.self)))
        case .escalation:
            guard frame.type.mayBeSent(by: link.identity?.role) else {
                throw WireError(.helloViolation, "an escalation from the wrong side")
            }
            serve(try StreamBeginning(escalation: frame.payload))
        default: frames.refuse(.unknownFrameType, "a \(frame.type) opens no stream here")
        }
    }

    private func beginWhenThereIsRoom(_ frame: Frame) {
        switch link.wantsToBegin(self, isItsTurn: isItsTurn) {
        case .now: handle(frame)
        case .later: parked = frame
        case .never: refuseForRoom()
        }
    }

    private func handle(_ frame: Frame) {
        let wantsReply = frame.type == .actorCall
        guard let service = link.core.service, !link.core.isLeaving else {
            return frames.refuse(.notServed, "no request is served here")
        }
        guard service.pool.hasRoom(forOneWith: link.runningRequests) else { return refuseForRoom() }
        guard let identity = link.identity else { return frames.refuse(.notServed, "nobody knows who asks") }
        if !wantsReply { frames.stream.write([], isLast: true) }
        let request = IncomingRequest(sender: identity.node, caller: .node(identity), payload: frame.payload)
        // Whoever has said its last can leave only by what ends the stream.
        if !frames.stream.progress.isPeerFinished { frames.stream.watch() }
        let answer = LoopConfined(self, on: link.core.loop)
        let handler = service.handler
        expectedBytes = link.requestBegan()
        task = service.pool.run(on: link.core.loop) {
            await handler(request)
        } finished: { response in
            answer.value.respond(wantsReply ? response : nil)
        } abandoned: {
            answer.value.abandon()
        }
    }

    private func serve(_ beginning: StreamBeginning) {
        let kind = beginning.service
        guard let service = link.core.streamServices[kind], !link.core.isLeaving else {
            return frames.refuse(.notServed, "no stream is taken here for that purpose")
        }
        guard service.pool.hasRoom(forOneWith: link.servedStreams[kind, default: 0]) else {
            return refuseForRoom()
        }
        guard let opener = link.identity else { return frames.refuse(.notServed, "nobody knows who asks") }
        link.servedStreams[kind, default: 0] += 1
        let loop = link.core.loop
        let core = ByteStreamCore(beginning, by: opener, frames: frames)
        let stream = ByteStream(core, on: loop)
        let handler = service.handler
        let (confined, served) = (LoopConfined(core, on: loop), LoopConfined(link, on: loop))
        _ = service.pool.run(on: loop) { () -> ErrorFrame? in
            do {
                try await TraceContext.$current.withValue(beginning.trace) { try await handler(stream) }
                try await stream.finish()
                return nil
            } catch let refusal as ErrorFrame {
                return refusal
            } catch {
                return ErrorFrame(code: .internalError, message: "the one who took the stream has failed")
            }
        } finished: { refusal in
            served.value.servedStreams[kind, default: 0] -= 1
            if let refusal { confined.value.refuse(refusal) }
        } abandoned: {
            served.value.servedStreams[kind, default: 0] -= 1
            confined.value.stop()
        }
    }

    /// Who was to answer stops: the peer learns it at once, not when the task has heeded its cancellation.
    private func abandon() {
        task = nil
        defer { link.roomMayHaveCome() }
        link.requestEnded(expectedBytes: expectedBytes, answerBytes: 0)
        frames.stream.reset(code: MeshStreamCode.stopped.rawValue)
    }

    private func respond(_ response: [UInt8]?) {
        task = nil
        defer { link.roomMayHaveCome() }
        link.requestEnded(expectedBytes: expectedBytes, answerBytes: response?.count ?? 0)
        guard let response else { return }
        if response.count <= min(Limits.Call.maximumMessageBytes, link.maximumPayloadBytes) {
            frames.stream.countAsAnswer()
            frames.write(.actorReply, response, isLast: true)
            // Not only at the end of the turn, in which a thousand answers may be made.
            link.core.quic?.closeWhoDoesNotRead()
        } else {
            frames.refuse(.frameTooLarge, "a response of \(response.count) bytes")
        }
    }
}

extension ServedRequest: QUICStreamHandler {
    func streamReceived(_ stream: QUICStream) {
        // Not taken, so that the peer's window fills and it sends no more.
        guard room == .now else { return }
        do throws(WireError) {
            try read()
        } catch {
            link.refuse(error, on: frames)
        }
    }

    func streamHasRoom(_ stream: QUICStream) {}

    func streamStopped(_ stream: QUICStream) {
        task?.cancel()
        giveUpPlace()
        stream.reset(code: MeshStreamCode.cancelled.rawValue)
    }

    func streamClosed(_ stream: QUICStream, code: UInt64?) {
        isClosed = true
        giveUpPlace()
        countUnfinished()
        if code == nil { link.answerWasRead() }
        // A message is handled on, whoever leaves; a request's answer has nobody left to read it.
        if code != nil { task?.cancel() }
        task = nil
    }
}
