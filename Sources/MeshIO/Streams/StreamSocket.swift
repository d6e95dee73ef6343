internal import CMeshSockets
internal import Glibc
internal import MeshCore

/// A TCP connection on a loop, accepted by a ``StreamListener``.
///
/// Confined to that loop, which keeps it while it is open. It has no buffers: what is read goes into the caller's
/// memory, what is written into the kernel's. The loop watches it once for everything and tells changes, so that a
/// request costs no call but reading and writing. Whoever is its owner closes it; a socket whose owner is gone closes
/// itself when something happens to it.
package final class StreamSocket {
    private let loop: EventLoop
    private let descriptor: Int32
    private var registration: LoopRegistration?

    /// Who is told; not kept.
    package weak var owner: (any StreamSocketOwner)?

    /// The peer's address.
    package let remoteAddress: SocketAddress

    /// The address that the peer has reached.
    package let localAddress: SocketAddress

    /// Whether the kernel may have something to read; false where it is known to have nothing.
    private var mayHaveBytes = false
    private var isWriteBlocked = false
    private var hasPeerEnded = false
    private var hasFinishedWriting = false

    /// Takes over `descriptor`, which is closed where this throws.
    init(
        loop: EventLoop,
        descriptor: Int32,
        remoteAddress: SocketAddress,
        localAddress: SocketAddress
    ) throws(IOError) {
        self.loop = loop
        self.descriptor = descriptor
        self.remoteAddress = remoteAddress
        self.localAddress = localAddress
        do throws(IOError) {
            registration = try loop.register(
                descriptor,
                for: [.readable, .writable, .readClosed, .changesOnly],
                handler: self
            )
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    deinit {
        // Not closed, but its loop has ended: nobody watches it any more.
        if registration != nil { Glibc.close(descriptor) }
    }

    /// Whether it has been neither closed nor has it failed.
    package var isOpen: Bool { registration != nil }

    /// Whether it is encrypted.
    package var isSecure: Bool { false }

    /// Tells the owner that the stream can be used, as soon as it can.
    func begin() {
        guard isOpen else { return }
        guard let owner else { return close() }
        owner.streamOpened()
    }
}

// MARK: - Bytes

extension StreamSocket {
    /// Reads what is there, as far as it fits in `buffer`, which is not empty.
    ///
    /// On the loop alone.
    package func read(into buffer: UnsafeMutableRawBufferPointer) -> StreamRead {
        loop.preconditionOnLoop()
        guard let start = buffer.baseAddress, !buffer.isEmpty else { preconditionFailure("nowhere to read to") }
        guard isOpen else { return .failed(Self.closedError) }
        guard mayHaveBytes else { return .blocked }
        let count = cmesh_stream_read(descriptor, start, buffer.count)
        if count > 0 {
            // It gave all it had; what comes later is told again. Behind the last byte of a peer that has ended
            // nothing is told any more.
            if count < buffer.count, !hasPeerEnded { mayHaveBytes = false }
            return .bytes(count)
        }
        if count == 0 { return .ended }
        guard count == -Int(EAGAIN) else { return .failed(fail(.system(Int32(count), "reading from a stream"))) }
        mayHaveBytes = false
        return .blocked
    }

    /// Writes as many of `bytes`, which are not empty, as there is room for.
    ///
    /// On the loop alone.
    ///
    /// After `blocked` write the same bytes again, alone or with more behind them, once the owner is told that there
    /// is room; before this it is `blocked` again.
    package func write(_ bytes: UnsafeRawBufferPointer) -> StreamWrite {
        loop.preconditionOnLoop()
        guard let start = bytes.baseAddress, !bytes.isEmpty else { preconditionFailure("nothing to write") }
        precondition(!hasFinishedWriting, "writing after the end")
        guard isOpen else { return .failed(Self.closedError) }
        guard !isWriteBlocked else { return .blocked }
        let count = cmesh_stream_write(descriptor, start, bytes.count)
        if count > 0 { return .wrote(count) }
        guard count == -Int(EAGAIN) else { return .failed(fail(.system(Int32(count), "writing to a stream"))) }
        isWriteBlocked = true
        return .blocked
    }

    /// Tells the peer that nothing more will come; reading goes on.
    ///
    /// On the loop alone.
    ///
    /// Closing with bytes unread tells the peer of an error, which may overtake what was written last. So an answer to
    /// a peer that may still be sending is ended with this, what comes is read away, and then the socket is closed.
    package func finishWriting() {
        loop.preconditionOnLoop()
        guard isOpen, !hasFinishedWriting else { return }
        hasFinishedWriting = true
        // Fails where the peer has left, which is told by itself.
        _ = shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Ends the use of it: nothing more is told.
    ///
    /// On the loop alone. What was written still leaves.
    package func close() {
        if deregister() { Glibc.close(descriptor) }
    }

    /// Ends the use of it, drops what has not left yet, and has the peer told of an error.
    ///
    /// On the loop alone.
    package func abort() {
        if deregister() { cmesh_stream_abort(descriptor) }
    }

    private func deregister() -> Bool {
        loop.preconditionOnLoop()
        guard let registration = registration.take() else { return false }
        loop.deregister(registration)
        return true
    }

    private func fail(_ error: IOError) -> IOError {
        close()
        return error
    }

    private static var closedError: IOError { IOError(.peerLost, "the stream is closed") }
}

// MARK: - Events

extension StreamSocket: LoopHandler {
    /// Tells the owner; for the loop.
    package func ready(_ readiness: Readiness) {
        guard let owner else { return close() }
        if readiness.contains(.failed) {
            let number = cmesh_stream_error(descriptor)
            guard number == 0 else { return owner.streamFailed(fail(.system(number, "a stream has broken"))) }
        }
        // Both directions have ended where it `failed` without an error.
        let isEndNews = !hasPeerEnded && !readiness.isDisjoint(with: [.readClosed, .failed])
        if isEndNews { hasPeerEnded = true }
        if isWriteBlocked, readiness.contains(.writable) {
            isWriteBlocked = false
            owner.streamWritable()
        }
        if isOpen, isEndNews || readiness.contains(.readable) {
            mayHaveBytes = true
            owner.streamReadable()
        }
        if isOpen, isEndNews { owner.streamPeerEnded() }
    }
}
