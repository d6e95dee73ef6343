internal import MeshActors
internal import MeshCore
internal import MeshWire

/// A request of the peer, from its first byte to our answer.
///
///     waiting for room ──▶ reading ──frame──▶ handled in a task of its own ──▶ answered
///                             └──refused        └──peer resets, connection ends: the task is cancelled
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
        guard !hasBegun, let frame = try frames.next() else {
            if !hasBegun, frames.isOver { frames.stream.reset(code: MeshStreamCode.refused.rawValue) }
            return
        }
        hasBegun = true
        switch frame.type {
        case .actorCall: begin(frame.payload, wantsReply: true)
        case .actorMessage: begin(frame.payload, wantsReply: false)
        default: frames.refuse(.unknownFrameType, "a \(frame.type) opens no stream here")
        }
    }

    private func begin(_ payload: [UInt8], wantsReply: Bool) {
        guard let service = link.core.service else {
            return frames.stream.reset(code: MeshStreamCode.notServed.rawValue)
        }
        guard service.hasRoom else { return refuseForRoom() }
        if !wantsReply { frames.stream.write([], isLast: true) }
        let request = IncomingRequest(sender: link.peerNode, payload: payload)
        let answer = LoopConfined(self, on: link.core.loop)
        link.requestBegan()
        task = service.run(request, on: link.core.loop) { response in
            answer.value.respond(wantsReply ? response : nil)
        }
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

    func streamClosed(_ stream: QUICStream, code: UInt64?) {
        // A message is handled on, whoever leaves; a request's answer has nobody left to read it.
        if code != nil { task?.cancel() }
        task = nil
        link.roomMayHaveCome()
    }
}
