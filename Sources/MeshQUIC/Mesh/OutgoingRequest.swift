internal import MeshActors
internal import MeshCore
internal import MeshIO
internal import MeshWire

/// A request of ours, from the call to its answer.
///
/// One stream, one frame each way.
///
///     waiting ──link has a stream──▶ sent ──reply──▶ over
///        └──────no link, cancelled, deadline, connection lost──────▲
final class OutgoingRequest: @unchecked Sendable {
    // Sendable: whoever makes it fills it in and hands it to the loop, which alone touches it from then on.
    typealias Continuation = UnsafeContinuation<Result<[UInt8], TransportError>, Never>

    let node: NodeID
    let type: FrameType
    let deadline: Instant?
    private var payload: [UInt8]
    private var continuation: Continuation?
    private var frames: FrameStream?
    private var link: PeerLink?
    private var waitingFor: PeerLink?
    private var alarm: (timer: LoopTimer, loop: EventLoop)?
    private var hasBegun = false
    private var isUnwanted = false
    private(set) var isOver = false

    init(_ payload: [UInt8], type: FrameType, to node: NodeID, deadline: Instant?) {
        self.payload = payload
        self.type = type
        self.node = node
        self.deadline = deadline
    }

    /// Whom to tell; before the loop has it.
    func answer(to continuation: Continuation) { self.continuation = continuation }

    /// The loop has it now, and whom to tell with it; false where nobody wants it any more.
    func begin() -> Bool {
        hasBegun = true
        if isUnwanted { cancel() }
        return !isOver
    }

    /// Ends the wait at `deadline`.
    func arm(on loop: EventLoop) {
        guard let deadline, !isOver else { return }
        let timer = LoopTimer(handler: self)
        alarm = (timer, loop)
        loop.schedule(timer, at: deadline)
    }

    var waitingBytes: Int { payload.count }

    func wait(for link: PeerLink) { waitingFor = link }

    /// Sends it on `stream`.
    func use(_ stream: QUICStream, of link: PeerLink) {
        waitingFor = nil
        guard !isOver else { return stream.reset(code: MeshStreamCode.cancelled.rawValue) }
        guard payload.count <= link.maximumPayloadBytes else {
            stream.reset(code: MeshStreamCode.cancelled.rawValue)
            return end(.failure(TransportError(.tooLarge, "\(node) reads no request of \(payload.count) bytes")))
        }
        stream.handler = self
        let frames = FrameStream(stream)
        self.frames = frames
        self.link = link
        frames.write(type, payload, isLast: true)
    }

    /// Nobody wants the answer any more.
    ///
    /// The news may come before the request itself: then nobody to tell is known yet.
    func cancel() {
        isUnwanted = true
        if hasBegun { end(.failure(TransportError(.lost, "the caller was cancelled"))) }
    }

    /// It was never sent, or nobody knows how it ended.
    func fail(_ error: TransportError) { end(.failure(error)) }

    func end(_ result: Result<[UInt8], TransportError>) {
        guard !isOver else { return }
        isOver = true
        if let alarm = alarm.take() { alarm.loop.cancel(alarm.timer) }
        if let stream = frames?.stream, !stream.isAtEnd { stream.reset(code: MeshStreamCode.cancelled.rawValue) }
        frames = nil
        link = nil
        waitingFor.take()?.gaveUp(self)
        payload = []
        continuation.take()?.resume(returning: result)
    }
}

extension OutgoingRequest: StreamUser {}

extension OutgoingRequest: TimerHandler {
    func timerFired(_ timer: LoopTimer) { end(.failure(TransportError(.timedOut, "no response in time"))) }
}

extension OutgoingRequest: QUICStreamHandler {
    func streamReceived(_ stream: QUICStream) {
        guard let frames else { return }
        do throws(WireError) {
            if let frame = try frames.next() { return received(frame) }
            guard frames.isOver else { return }
            if type == .actorMessage, frames.isAtEnd { return end(.success([])) }
            end(.failure(TransportError(.lost, "the stream ended without a response")))
        } catch {
            end(.failure(TransportError(.lost, "a response that cannot be read", cause: error)))
        }
    }

    private func received(_ frame: Frame) {
        switch frame.type {
        case .actorReply: end(.success(frame.payload))
        case .error: end(.failure(Self.failure(of: frame)))
        default: end(.failure(TransportError(.lost, "a \(frame.type) in place of a response")))
        }
    }

    /// What an error frame means to the caller: whether the request may have been handled.
    private static func failure(of frame: Frame) -> TransportError {
        guard let error = try? frame.decode(as: ErrorFrame.self) else {
            return TransportError(.lost, "an error that cannot be read")
        }
        return switch error.code {
        case .overloaded, .notServed: TransportError(.unreachable, error.message)
        case .frameTooLarge: TransportError(.tooLarge, error.message)
        default: TransportError(.lost, "refused: \(error.message)")
        }
    }

    func streamHasRoom(_ stream: QUICStream) {}

    func streamClosed(_ stream: QUICStream, code: UInt64?) {
        guard !isOver else { return }
        frames = nil
        switch code.map(MeshStreamCode.init(rawValue:)) {
        case .earlyDataRejected?: link?.begin(self)
        case .notServed?: end(.failure(TransportError(.unreachable, "\(node) does not serve")))
        case .overloaded?: end(.failure(TransportError(.unreachable, "\(node) has no room")))
        case nil where type == .actorMessage: end(.success([]))
        default: end(.failure(TransportError(.lost, "the stream to \(node) ended first")))
        }
    }
}
