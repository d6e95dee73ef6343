internal import MeshActors
internal import MeshCore
internal import MeshWire

/// A request of the peer, from its first byte to our answer.
///
///     waiting for room ──▶ reading ──frame──▶ handled in a task of its own ──▶ answered
///                             └──refused        └──peer cancels or resets, connection ends: the task is cancelled
///
/// A stream of bytes begins here too and goes on as a ``ByteStreamCore``.
final class ServedRequest {
    private let link: PeerLink
    private let frames: FrameStream
    private var task: Task<Void, Never>?
    private var hasBegun = false
    private var room = PeerLink.RoomAnswer.never

    init(_ stream: QUICStream, of link: PeerLink) {
        self.link = link
        frames = FrameStream(stream)
        stream.handler = self
        room = link.wantsRoom(for: self)
        if room == .never { refuseForRoom() }
    }

    /// The answers before it have been read so far that it may be read.
    func roomHasCome() {
        room = .now
        streamReceived(frames.stream)
    }

    private func refuseForRoom() {
        hasBegun = true
        let pause = UInt32(Limits.Hosting.retryAfter.wholeNanoseconds / 1_000_000)
        frames.refuse(.overloaded, "too many requests at a time", retryAfterMilliseconds: pause)
    }

    private func read() throws(WireError) {
        while let frame = try frames.next() {
            if hasBegun { try receivedLater(frame) } else { try begin(frame) }
            guard frames.stream.handler === self else { return }
        }
        if !hasBegun, frames.isOver { frames.stream.reset(code: MeshStreamCode.refused.rawValue) }
    }

    /// Behind a request only its end may come.
    private func receivedLater(_ frame: Frame) throws(WireError) {
        guard frame.type == .cancel else {
            throw WireError(.invalidValue, "a \(frame.type) behind a request")
        }
        _ = try frame.decode(as: Cancel.self)
        task?.cancel()
        frames.stream.reset(code: MeshStreamCode.cancelled.rawValue)
    }

    private func begin(_ frame: Frame) throws(WireError) {
        hasBegun = true
        switch frame.type {
        case .actorCall: begin(frame.payload, wantsReply: true)
        case .actorMessage: begin(frame.payload, wantsReply: false)
        case .streamOpen: serve(try frame.decode(as: StreamOpen.self))
        default: frames.refuse(.unknownFrameType, "a \(frame.type) opens no stream here")
        }
    }

    private func begin(_ payload: [UInt8], wantsReply: Bool) {
        guard let service = link.core.service, !link.core.isLeaving else {
            return frames.refuse(.notServed, "no request is served here")
        }
        guard service.pool.hasRoom else { return refuseForRoom() }
        guard let identity = link.identity else { return frames.refuse(.notServed, "nobody knows who asks") }
        if !wantsReply { frames.stream.write([], isLast: true) }
        let request = IncomingRequest(sender: identity.node, caller: .node(identity), payload: payload)
        // Whoever has said its last can leave only by what ends the stream.
        if !frames.stream.progress.isPeerFinished { frames.stream.watch() }
        let answer = LoopConfined(self, on: link.core.loop)
        let handler = service.handler
        link.requestBegan()
        task = service.pool.run(on: link.core.loop) {
            await handler(request)
        } finished: { response in
            answer.value.respond(wantsReply ? response : nil)
        } abandoned: {
            answer.value.abandon()
        }
    }

    private func serve(_ open: StreamOpen) {
        guard let service = link.core.streamServices[open.purpose], !link.core.isLeaving else {
            return frames.refuse(.notServed, "no stream is taken here for that purpose")
        }
        guard service.pool.hasRoom else { return refuseForRoom() }
        let loop = link.core.loop
        let core = ByteStreamCore(open, with: link.peerNode, frames: frames)
        let stream = ByteStream(core, on: loop)
        let handler = service.handler
        let confined = LoopConfined(core, on: loop)
        _ = service.pool.run(on: loop) {
            do {
                try await handler(stream)
                try await stream.finish()
                return true
            } catch {
                return false
            }
        } finished: { isDone in
            if !isDone { confined.value.refuse(.internalError, "the one who took the stream has failed") }
        } abandoned: {
            confined.value.refuse(.notServed, "the one who took the stream has stopped")
        }
    }

    /// Who was to answer stops: the peer learns it at once, not when the task has heeded its cancellation.
    private func abandon() {
        task = nil
        link.requestEnded(answerBytes: 0)
        frames.stream.reset(code: MeshStreamCode.stopped.rawValue)
    }

    private func respond(_ response: [UInt8]?) {
        task = nil
        defer { link.roomMayHaveCome() }
        link.requestEnded(answerBytes: response?.count ?? 0)
        guard let response else { return }
        if response.count <= Limits.Call.maximumMessageBytes {
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
        stream.reset(code: MeshStreamCode.cancelled.rawValue)
    }

    func streamClosed(_ stream: QUICStream, code: UInt64?) {
        // A message is handled on, whoever leaves; a request's answer has nobody left to read it.
        if code != nil { task?.cancel() }
        task = nil
        link.roomMayHaveCome()
    }
}
