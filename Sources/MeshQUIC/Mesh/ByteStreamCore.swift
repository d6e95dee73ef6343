internal import MeshActors
internal import MeshCore
internal import MeshIO
internal import MeshWire

/// A stream of bytes on its loop.
///
///     opening ──the link has a stream──▶ open ──stream-end from both──▶ over
///        └──no link────────────────────────┴──cancel, refusal, connection lost──▲
///
/// Frames are taken off the stream only when somebody reads; when the stream is over, what is left is kept for them:
/// what has arrived once need not be sent again by who goes on.
final class ByteStreamCore {
    typealias Reader = UnsafeContinuation<Result<[UInt8]?, TransportError>, Never>
    typealias Writer = UnsafeContinuation<Result<Void, TransportError>, Never>

    let beginning: StreamBeginning
    let node: NodeID
    /// Whom its certificate names, where it has opened the stream.
    let opener: NodeIdentity?
    private var frames: FrameStream?
    private var waitingFor: PeerLink?
    private var reader: Reader?
    private var writer: (bytes: [UInt8], taken: Int, continuation: Writer)?
    /// What arrived before the stream was over and nobody has read yet.
    private var left: [[UInt8]] = []
    private var nextToSend: UInt64
    private var nextToReceive: UInt64
    private var hasPeerEnded = false
    private var hasEnded = false
    private var isClosed = false
    private var failure: TransportError?
    /// Why nothing more is written, where what was received may still be read.
    private var writeFailure: TransportError?

    /// A stream that is to be opened to `node`.
    init(_ beginning: StreamBeginning, to node: NodeID) {
        self.beginning = beginning
        self.node = node
        opener = nil
        (nextToSend, nextToReceive) = (beginning.offset, beginning.offset)
    }

    /// A stream that `opener` has opened in `frames`.
    init(_ beginning: StreamBeginning, by opener: NodeIdentity, frames: FrameStream) {
        self.beginning = beginning
        node = opener.node
        self.opener = opener
        self.frames = frames
        (nextToSend, nextToReceive) = (beginning.offset, beginning.offset)
        frames.stream.handler = self
        frames.stream.keepsLittle = true
    }

    // MARK: Reading

    func read(_ continuation: Reader) {
        precondition(reader == nil, "two tasks read one stream")
        if !left.isEmpty { return continuation.resume(returning: .success(left.removeFirst())) }
        reader = continuation
        answerReader()
    }

    private func answerReader() {
        // Taken first, because what is found may end the stream, and with it whoever waits.
        guard let continuation = reader.take() else { return }
        if let bytes = isClosed ? nil : nextChunk() {
            continuation.resume(returning: .success(bytes))
        } else if let failure {
            continuation.resume(returning: .failure(failure))
        } else if hasPeerEnded {
            continuation.resume(returning: .success(nil))
        } else {
            reader = continuation
        }
    }

    private func nextChunk() -> [UInt8]? {
        guard let frames, failure == nil, !hasPeerEnded else { return nil }
        do throws(WireError) {
            if let frame = try frames.next() { return try content(of: frame) }
            if frames.isOver { end(TransportError(.lost, "the stream ended without saying so"), .refused) }
        } catch {
            frames.refuse(PeerErrorCode(refusing: error.code), error.message)
            end(TransportError(.lost, "what the peer sent cannot be read", cause: error), nil)
        }
        return nil
    }

    private func content(of frame: Frame) throws(WireError) -> [UInt8]? {
        switch frame.type {
        case .streamChunk:
            let chunk: StreamChunk = try frame.decode()
            guard chunk.offset == nextToReceive else {
                throw WireError(.invalidValue, "a chunk at \(chunk.offset), expected at \(nextToReceive)")
            }
            nextToReceive += UInt64(chunk.bytes.count)
            return chunk.bytes
        case .streamEnd:
            let length = try frame.decode(as: StreamEnd.self).length
            guard length == nextToReceive else {
                throw WireError(.invalidValue, "an end at \(length), expected at \(nextToReceive)")
            }
            hasPeerEnded = true
        case .cancel:
            _ = try frame.decode(as: Cancel.self)
            end(cancelledByPeer, .cancelled)
        case .error: end(Self.failure(try frame.decode()), .cancelled)
        default: throw WireError(.invalidValue, "a \(frame.type) in a stream of bytes")
        }
        return nil
    }

    /// What an error frame means: whether the other side has begun anything.
    private static func failure(_ error: ErrorFrame) -> TransportError {
        switch error.code {
        case .overloaded, .notServed: TransportError(.unreachable, error.message, cause: error)
        default: TransportError(.lost, "refused: \(error.message)", cause: error)
        }
    }

    private var cancelledByPeer: TransportError {
        TransportError(.lost, "\(node) has cancelled the stream", cause: PeerCancelled())
    }

    // MARK: Writing

    func write(_ bytes: [UInt8], _ continuation: Writer) {
        precondition(writer == nil, "two tasks write to one stream")
        precondition(!hasEnded, "written to behind its end")
        if let error = failure ?? writeFailure { return continuation.resume(returning: .failure(error)) }
        writer = (bytes, 0, continuation)
        writeOn()
    }

    private func writeOn() {
        guard let frames, var work = writer.take() else { return }
        while work.taken < work.bytes.count {
            guard frames.stream.hasRoom else {
                writer = work
                return frames.stream.waitForRoom()
            }
            let count = min(Limits.ByteStream.chunkBytes, frames.stream.chunkRoom, work.bytes.count - work.taken)
            let range = work.taken..<work.taken + count
            work.bytes.withUnsafeBytes {
                frames.writeChunk(offset: nextToSend, UnsafeRawBufferPointer(rebasing: $0[range]))
            }
            nextToSend += UInt64(count)
            work.taken += count
        }
        work.continuation.resume(returning: .success(()))
    }

    func finish(_ continuation: Writer) {
        if let error = failure ?? writeFailure { return continuation.resume(returning: .failure(error)) }
        if !hasEnded {
            hasEnded = true
            writeEnd()
        }
        continuation.resume(returning: .success(()))
    }

    private func writeEnd() { frames?.write(.streamEnd, StreamEnd(length: nextToSend).wireBytes, isLast: true) }

    // MARK: The end

    /// Nobody wants it any more.
    func cancel(_ error: TransportError) {
        guard !(hasEnded && hasPeerEnded) else { return }
        end(error, .cancelled)
    }

    /// The other side may go on with what it does: this is the end of the stream alone.
    func letGo() {
        guard !(hasEnded && hasPeerEnded) else { return }
        end(TransportError(.lost, "the stream was let go"), .stopped)
    }

    /// The last holder has let go.
    func abandon() { cancel(TransportError(.lost, "the stream was let go")) }

    /// Our handler does not take it, or has failed: the peer is told why.
    func refuse(_ why: ErrorFrame) {
        guard failure == nil, !isClosed else { return }
        if !hasEnded {
            frames?.refuse(why.code, why.message, retryAfterMilliseconds: why.retryAfterMilliseconds)
        }
        end(TransportError(.lost, why.message), hasEnded ? .refused : nil)
    }

    /// Nothing more is taken from the peer; what has arrived can still be read.
    func seal() {
        guard failure == nil, !isClosed else { return }
        while let bytes = nextChunk() { left.append(bytes) }
        // Where the peer has said all, there is nothing to be kept out.
        if failure == nil, !hasPeerEnded {
            end(TransportError(.lost, "the stream was sealed"), .cancelled, keeps: true)
        }
    }

    /// Our handler stops, and has begun: the peer must not take it for nothing.
    func stop() {
        guard failure == nil, !isClosed else { return }
        end(TransportError(.lost, "the one who took the stream has stopped"), .stopped)
    }

    /// Ends both directions; what has arrived is kept for a reader only where nobody has asked for the end.
    private func end(_ error: TransportError, _ code: MeshStreamCode?, keeps: Bool = false) {
        guard failure == nil else { return }
        failure = error
        if !keeps { left = [] }
        waitingFor.take()?.gaveUp(self)
        if let code, !isClosed { frames?.stream.reset(code: code.rawValue) }
        if let writer = writer.take() { writer.continuation.resume(returning: .failure(error)) }
        guard let continuation = reader.take() else { return }
        continuation.resume(returning: left.isEmpty ? .failure(error) : .success(left.removeFirst()))
    }
}

extension ByteStreamCore: StreamUser {
    var isOver: Bool { failure != nil }

    /// What a writer waits with is its own.
    var waitingBytes: Int { 0 }

    func wait(for link: PeerLink) { waitingFor = link }

    func use(_ stream: QUICStream, of link: PeerLink) {
        waitingFor = nil
        guard !isOver else { return stream.reset(code: MeshStreamCode.cancelled.rawValue) }
        let frames = FrameStream(stream)
        self.frames = frames
        stream.handler = self
        stream.keepsLittle = true
        let frame = beginning.frame
        guard frame.payload.count <= link.maximumPayloadBytes else {
            return end(TransportError(.tooLarge, "\(node) reads no \(frame.type) of this length"), .cancelled)
        }
        frames.write(frame.type, frame.payload)
        writeOn()
        if hasEnded { writeEnd() }
    }

    func fail(_ error: TransportError) { end(error, nil) }
}

extension ByteStreamCore: QUICStreamHandler {
    func streamReceived(_ stream: QUICStream) { answerReader() }

    func streamHasRoom(_ stream: QUICStream) { writeOn() }

    func streamStopped(_ stream: QUICStream) {
        guard failure == nil, !hasEnded else { return }
        let why = TransportError(.lost, "\(node) reads no more of the stream")
        writeFailure = why
        if let writer = writer.take() { writer.continuation.resume(returning: .failure(why)) }
    }

    func streamClosed(_ stream: QUICStream, code: UInt64?) {
        while let bytes = nextChunk() { left.append(bytes) }
        isClosed = true
        let read = left
        if hasPeerEnded, hasEnded { return deliver(read) }
        let why =
            switch code.map(MeshStreamCode.init(rawValue:)) {
            case .notServed?: TransportError(.unreachable, "\(node) does not serve '\(beginning.purpose)'")
            case .overloaded?: TransportError(.unreachable, "\(node) has no room")
            case .cancelled?: cancelledByPeer
            default: TransportError(.lost, "the stream to \(node) ended first")
            }
        if hasPeerEnded {
            // All that there was is read; only a writer learns that nobody takes what it writes.
            writeFailure = why
            if let writer = writer.take() { writer.continuation.resume(returning: .failure(why)) }
            return deliver(read)
        }
        end(failure ?? why, nil, keeps: true)
    }

    private func deliver(_ read: [[UInt8]]) {
        left = read
        guard let continuation = reader.take() else { return }
        self.read(continuation)
    }
}
