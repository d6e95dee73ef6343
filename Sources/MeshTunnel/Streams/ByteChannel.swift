package import MeshActors
package import MeshCore

/// The port to one stream of bytes between two nodes: what may break, and is then begun again elsewhere in the content.
///
/// Bytes of a direction come in order and without gaps from ``offset`` on. One task may read and one may write at a
/// time. Cancelling a task that waits ends the stream, and so does letting go of it before both directions have ended.
/// Where the peer refuses it, the error's cause is the `ErrorFrame` that says why.
package protocol ByteChannel: Sendable {
    /// Who is at the other end, as the transport has authenticated it.
    var node: NodeID { get }

    /// What it is for.
    var purpose: String { get }

    /// Where both directions begin.
    var offset: UInt64 { get }

    /// The next bytes; nil once the peer has said all.
    func read() async throws(TransportError) -> [UInt8]?

    /// Hands `bytes` over, and returns once there is room for more.
    func write(_ bytes: [UInt8]) async throws(TransportError)

    /// Says that nothing more is written.
    func finish() async throws(TransportError)

    /// Ends both directions; what has arrived can still be read, and then reading throws.
    func seal()

    /// Ends both directions at once; the peer learns that nobody wants it any more: ``PeerCancelled``.
    func cancel()

    /// Ends both directions at once; to the peer it is a cut, so that it goes on with what it does.
    func letGo()
}

/// The port to the other end of a tunnel: opens streams of bytes to it.
package protocol ByteChannelOpener: Sendable {
    /// Opens a stream for `purpose`; whether it is taken there may show only when it is read or written.
    func open(_ purpose: String, offset: UInt64) async throws(TransportError) -> any ByteChannel
}

/// The port to the hub that answers questions: opens the streams on which its answers come.
package protocol AnswerChannelOpener: Sendable {
    /// Whether there is a hub to ask now.
    var isConnected: Bool { get }

    /// Opens a stream with an escalation frame of that payload; whether it is taken may show only when it is read.
    func open(asking payload: [UInt8]) async throws(TransportError) -> any ByteChannel
}
