package import MeshActors
package import MeshCore
internal import MeshIO
internal import MeshWire

/// A stream of bytes between two nodes, in both directions, with offsets: what was cut short can be gone on with.
///
/// One task may read and one may write at a time. A writer waits while the peer, or the network, does not take what it
/// has written; the peer may send more only as bytes are read. So neither side holds more than a window, and of what
/// was never sent no more than a quarter of a congestion window. Where the connection is lost, what has arrived is read
/// before that is told. Cancelling a task that waits resets the stream; so does letting go of it before both directions
/// have ended.
package final class ByteStream: Sendable {
    private let loop: EventLoop
    private let core: LoopConfined<ByteStreamCore>

    /// The peer.
    package let node: NodeID
    /// What it is for.
    package let purpose: String
    /// Where both directions begin.
    package let offset: UInt64
    /// Whom the certificate of the peer names, where it has opened the stream.
    package let opener: NodeIdentity?
    /// The payload of the escalation frame that it began with; nil where it began with a purpose.
    package let question: [UInt8]?

    init(_ core: ByteStreamCore, on loop: EventLoop) {
        self.loop = loop
        self.core = LoopConfined(core, on: loop)
        node = core.node
        purpose = core.beginning.purpose
        offset = core.beginning.offset
        opener = core.opener
        question = if case .escalation(let payload, _) = core.beginning { payload } else { nil }
    }

    deinit {
        let core = core
        if loop.isOnLoop { core.value.abandon() } else { loop.executeAlways { core.value.abandon() } }
    }

    /// The next bytes, as they arrived; nil once the peer has said all.
    package func read() async throws(TransportError) -> [UInt8]? {
        try await waiting { (core, continuation: ByteStreamCore.Reader) in core.read(continuation) }
    }

    /// Sends `bytes`, and returns once there is room for more.
    package func write(_ bytes: [UInt8]) async throws(TransportError) {
        guard !bytes.isEmpty else { return }
        try await waiting { (core, continuation: ByteStreamCore.Writer) in core.write(bytes, continuation) }
    }

    /// Says that nothing more is written; what was is still sent.
    package func finish() async throws(TransportError) {
        try await waiting { (core, continuation: ByteStreamCore.Writer) in core.finish(continuation) }
    }

    /// What of the purpose stands behind its first slash; nil where there is none.
    package var name: String? {
        purpose.utf8.firstIndex(of: UInt8(ascii: "/")).map { String(purpose[purpose.utf8.index(after: $0)...]) }
    }

    /// The word of a purpose, by which it is served: what stands before its first slash.
    static func word(of purpose: String) -> String {
        String(purpose.utf8.prefix { $0 != UInt8(ascii: "/") }) ?? purpose
    }

    /// Ends both directions; what has arrived can still be read, and then reading throws.
    package func seal() {
        let core = core
        loop.executeAlways { core.value.seal() }
    }

    /// Ends both directions at once; the peer learns that nobody wants it any more.
    package func cancel() { cancel("cancelled") }

    /// Ends both directions at once; the peer may go on with what it does, for another stream to fetch.
    package func letGo() {
        let core = core
        loop.executeAlways { core.value.letGo() }
    }

    private func cancel(_ why: String) {
        let core = core
        loop.executeAlways { core.value.cancel(TransportError(.lost, why)) }
    }

    private func waiting<Value: Sendable>(
        _ begin: @escaping @Sendable (ByteStreamCore, UnsafeContinuation<Result<Value, TransportError>, Never>) -> Void
    ) async throws(TransportError) -> Value {
        let result = await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let core = core
                if loop.isOnLoop { return begin(core.value, continuation) }
                if !loop.execute({ begin(core.value, continuation) }) {
                    continuation.resume(returning: .failure(loop.transportRefusal))
                }
            }
        } onCancel: {
            cancel("the caller was cancelled")
        }
        return try result.get()
    }
}
