internal import CMeshQUIC
internal import MeshCore

/// What a stream tells the one who uses it.
///
/// Called on the loop, never from inside ngtcp2.
package protocol QUICStreamHandler: AnyObject {
    /// Bytes have arrived, or the peer has said its last: take them with ``QUICStream/takeReceived()``.
    func streamReceived(_ stream: QUICStream)

    /// What was written has been taken so far that there is room for more.
    func streamHasRoom(_ stream: QUICStream)

    /// The peer reads nothing more of what is written; it may go on sending.
    ///
    /// Without a stream of its own end, this may come up to 10 ms late.
    func streamStopped(_ stream: QUICStream)

    /// The stream is over, with the code of whoever cut it short, or nil when both sides had said their last.
    ///
    /// The last call.
    func streamClosed(_ stream: QUICStream, code: UInt64?)
}

extension QUICStreamHandler {
    /// Who still has something to read, or nothing to write, need not know.
    package func streamStopped(_ stream: QUICStream) {}
}

/// One bidirectional stream of a connection.
///
/// Confined to the connection's loop. It outlives the connection only as a shell that takes nothing and has nothing.
package final class QUICStream {
    /// Its number in the connection.
    package let id: Int64
    /// Whether a writer waits as soon as a quarter of a congestion window is to be sent.
    ///
    /// More waiting makes no link faster, and after a cut all of it is handed over again.
    var keepsLittle = false
    /// The one who uses it.
    package var handler: (any QUICStreamHandler)?

    // Until it is over, as the connection's table holds it.
    var connection: QUICConnection?
    var toSend = SendBuffer()
    var received = ReceiveBuffer()
    var progress = Progress()
    /// What has passed through it.
    package internal(set) var counts = Counts()

    /// Packets with its bytes that were taken for lost.
    var packetsLost: UInt64 { connection.map { UInt64(ngtcp2_conn_get_stream_loss_count($0.raw, id)) } ?? 0 }

    /// What has passed through a stream.
    package struct Counts: Hashable, Sendable {
        /// Bytes that arrived.
        package var bytesReceived: UInt64 = 0
        /// Bytes that left, without those sent again.
        package var bytesSent: UInt64 = 0
    }

    /// Where the stream stands.
    struct Progress {
        /// Our last byte has been written.
        var isFinishQueued = false
        /// Our last byte has left.
        var isFinishSent = false
        /// The peer's window is full, or the stream takes nothing any more.
        var isBlocked = false
        /// The peer reads no more, or we have cut it short.
        var isStopped = false
        /// It is asked about whether the peer still reads.
        var isWatched = false
        /// It stands in the connection's queue of those that want to send.
        var isQueued = false
        /// The peer has said its last byte.
        var isPeerFinished = false
        /// The user is to be told that something has arrived.
        var isReceivePending = false
        /// A writer was told that there is no room.
        var isWriterWaiting = false
        /// What is written answers a request of the peer.
        var isAnswer = false
        /// What came is early data, which somebody may have replayed.
        var isEarly = false
        /// Why the peer has cut its side short.
        var resetCode: UInt64?
        /// It is over, or its connection is.
        var isClosed = false
        /// Bytes that the user has and the peer was not yet told of.
        var uncreditedBytes = 0
    }

    init(_ id: Int64, of connection: QUICConnection) {
        self.id = id
        self.connection = connection
    }

    /// Whether the peer has said its last, and all of it was taken.
    package var isAtEnd: Bool { progress.isPeerFinished && received.isEmpty }

    /// Whether what arrived first came as early data, which an attacker can send again.
    package var isEarlyData: Bool { progress.isEarly }

    /// Whether there is room: a writer that goes on without makes the stream hold more than it should.
    ///
    /// What waits counts, and what the peer has not acknowledged: on a long path the second may be much more.
    package var hasRoom: Bool {
        toSend.unsentBytes < unsentRoom && toSend.heldBytes < Limits.Stream.maximumHeldBytes
    }

    /// Whether a writer that was told to wait is called again.
    var hasRoomAgain: Bool {
        guard toSend.heldBytes < Limits.Stream.maximumHeldBytes else { return false }
        return toSend.unsentBytes <= (keepsLittle ? unsentRoom / 2 : Limits.Stream.lowWaterBytes)
    }

    /// Has the handler told when there is room again, for a writer who has found none.
    ///
    /// There may have been room when it wrote last: a congestion window becomes smaller by losses.
    func waitForRoom() { progress.isWriterWaiting = true }

    /// How much may wait to be sent for the first time.
    private var unsentRoom: Int {
        guard keepsLittle, let connection else { return Limits.Stream.highWaterBytes }
        let share = connection.pathStatistics.congestionWindowBytes / 4
        return min(Limits.Stream.highWaterBytes, max(Limits.Stream.leastUnsentBytes, share))
    }

    /// How much a writer of chunks that has room adds at once.
    var chunkRoom: Int { max(Limits.Stream.leastUnsentBytes, unsentRoom - toSend.unsentBytes) }

    /// Bytes that wait to be sent.
    package var unsentBytes: Int { toSend.unsentBytes }

    /// Bytes that are kept, sent or not, until the peer acknowledges them.
    package var heldBytes: Int { toSend.heldBytes }

    /// Bytes that have arrived and nobody has taken.
    package var untakenBytes: Int { received.count + progress.uncreditedBytes }

    var hasWork: Bool { toSend.unsentBytes > 0 || (progress.isFinishQueued && !progress.isFinishSent) }

    /// Copies `bytes` to what is sent at the end of the loop's turn; with `isLast`, nothing may follow.
    ///
    /// Returns whether there is still room; if not, ``QUICStreamHandler/streamHasRoom(_:)`` says when.
    @discardableResult
    package func write(_ bytes: UnsafeRawBufferPointer, isLast: Bool = false) -> Bool {
        write(UnsafeRawBufferPointer(start: nil, count: 0), bytes, isLast: isLast)
    }

    /// As ``write(_:isLast:)``, `header` before `bytes`.
    @discardableResult
    package func write(
        _ header: UnsafeRawBufferPointer,
        _ bytes: UnsafeRawBufferPointer,
        isLast: Bool = false
    ) -> Bool {
        guard !progress.isClosed, !progress.isFinishQueued, !progress.isStopped else { return true }
        toSend.append(header, bytes)
        connection?.wrote(header.count + bytes.count, to: self)
        progress.isFinishQueued = isLast
        connection?.wantsToSend(self)
        if !hasRoom { progress.isWriterWaiting = true }
        return hasRoom
    }

    /// As ``write(_:isLast:)``.
    @discardableResult
    package func write(_ bytes: [UInt8], isLast: Bool = false) -> Bool {
        bytes.withUnsafeBytes { write($0, isLast: isLast) }
    }

    /// What has arrived since the last call; the peer may send as much again.
    package func takeReceived() -> [UInt8] {
        let taken = received.takeAll()
        if !taken.isEmpty { connection?.consumed(taken.count, of: self) }
        return taken
    }

    /// What has arrived since the last call; the peer may send more only as ``credit(_:)`` says so.
    package func takeUncredited() -> [UInt8] {
        let taken = received.takeAll()
        if !progress.isClosed { progress.uncreditedBytes += taken.count }
        return taken
    }

    /// `count` of the bytes that were taken are done with.
    package func credit(_ count: Int) {
        guard count > 0, !progress.isClosed else { return }
        progress.uncreditedBytes -= count
        connection?.consumed(count, of: self)
    }

    /// From now on what is written counts as the answer to a request of the peer.
    ///
    /// Not where something else is still held, which was not counted when it was written.
    func countAsAnswer() { if toSend.heldBytes == 0 { progress.isAnswer = true } }

    /// Ends both directions at once: the peer learns `code`, and what was written and not sent is forgotten.
    package func reset(code: UInt64) {
        guard !progress.isClosed else { return }
        connection?.reset(self, code: code)
    }

    /// Has the handler told when the peer reads no more, also while nothing is written.
    func watch() { connection?.watch(self) }

    /// Says to the peer that nothing more is read; what we write still goes.
    package func stopReading(code: UInt64) {
        guard !progress.isClosed else { return }
        connection?.stopReading(self, code: code)
    }
}
