internal import CMeshSockets
internal import Glibc
internal import MeshCore

/// A TCP connection on a loop, accepted by a ``StreamListener``; encrypted where that has an identity.
///
/// Confined to that loop, which keeps it while it is open. It has no buffers: what is read goes into the caller's
/// memory, what is written into the kernel's. The loop watches it once for everything and tells changes, so that a
/// request costs no call but reading and writing. Whoever is its owner closes it; a socket whose owner is gone closes
/// itself when something happens to it.
package final class StreamSocket {
    private let loop: EventLoop
    private let descriptor: Int32
    private var registration: LoopRegistration?
    private let session: TLSSession?

    /// Who is told; not kept.
    package weak var owner: (any StreamSocketOwner)?

    /// The peer's address.
    package let remoteAddress: SocketAddress

    /// The address that the peer has reached.
    package let localAddress: SocketAddress

    /// Whether there may be something to read; false where it is known that there is nothing.
    private var mayHaveBytes = false
    private var isWriteBlocked = false
    private var hasPeerEnded = false
    private var isEndTold = false
    private var hasFinishedWriting = false
    private var isFarewellBlocked = false
    private var isStepQueued = false

    /// Takes over `descriptor`, which is closed where this throws.
    init(
        loop: EventLoop,
        descriptor: Int32,
        remoteAddress: SocketAddress,
        localAddress: SocketAddress,
        desk: TLSDesk?
    ) throws(IOError) {
        self.loop = loop
        self.descriptor = descriptor
        self.remoteAddress = remoteAddress
        self.localAddress = localAddress
        do throws(IOError) {
            session = if let desk { try TLSSession(over: descriptor, at: desk, now: loop.now) } else { nil }
        } catch {
            Glibc.close(descriptor)
            throw error
        }
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
    package var isSecure: Bool { session != nil }

    /// Whether TLS is still being agreed on: nothing can be read or written yet.
    ///
    /// The owner bounds how long this may take.
    package var isHandshaking: Bool { session?.isHandshaking ?? false }

    /// The protocol that both sides chose by TLS; nil where the peer names none.
    package var applicationProtocol: String? { session?.applicationProtocol }

    /// Tells the owner that the stream can be used, as soon as it can.
    func begin() {
        guard isOpen else { return }
        guard let owner else { return close() }
        if !isHandshaking { owner.streamOpened() }
    }
}

// MARK: - Bytes

extension StreamSocket {
    /// Reads what is there, as far as it fits in `buffer`, which is not empty.
    ///
    /// On the loop alone.
    ///
    /// With TLS it is `ended` where the peer says so; one that leaves without a word has `failed` with `peerLost`, as
    /// what it sent may have been cut short.
    package func read(into buffer: UnsafeMutableRawBufferPointer) -> StreamRead {
        loop.preconditionOnLoop()
        guard let start = buffer.baseAddress, !buffer.isEmpty else { preconditionFailure("nowhere to read to") }
        guard isOpen else { return .failed(Self.closedError) }
        guard mayHaveBytes, !isHandshaking else { return .blocked }
        let outcome = session?.read(into: start, count: buffer.count) ?? readPlain(start, buffer.count)
        switch outcome {
        case .blocked: mayHaveBytes = false
        case .failed: close()
        case .bytes, .ended: break
        }
        return outcome
    }

    private func readPlain(_ start: UnsafeMutableRawPointer, _ capacity: Int) -> StreamRead {
        let count = cmesh_stream_read(descriptor, start, capacity)
        if count > 0 {
            // It gave all it had; what comes later is told again. Behind the last byte of a peer that has ended
            // nothing is told any more.
            if count < capacity, !hasPeerEnded { mayHaveBytes = false }
            return .bytes(count)
        }
        if count == 0 { return .ended }
        return count == -Int(EAGAIN) ? .blocked : .failed(.system(Int32(count), "reading from a stream"))
    }

    /// Writes as many of `bytes`, which are not empty, as there is room for.
    ///
    /// On the loop alone.
    ///
    /// After `blocked` write the same bytes again, alone or with more behind them, once the owner is told that there
    /// is room; before this it is `blocked` again. With TLS each call makes one record, of `Limits.TLS` bytes at most.
    package func write(_ bytes: UnsafeRawBufferPointer) -> StreamWrite {
        loop.preconditionOnLoop()
        guard let start = bytes.baseAddress, !bytes.isEmpty else { preconditionFailure("nothing to write") }
        precondition(!hasFinishedWriting, "writing after the end")
        guard isOpen else { return .failed(Self.closedError) }
        guard !isWriteBlocked, !isHandshaking else { return .blocked }
        let outcome = session?.write(start, count: bytes.count) ?? writePlain(start, bytes.count)
        switch outcome {
        case .blocked: isWriteBlocked = true
        case .failed: close()
        case .wrote: break
        }
        return outcome
    }

    private func writePlain(_ start: UnsafeRawPointer, _ count: Int) -> StreamWrite {
        let taken = cmesh_stream_write(descriptor, start, count)
        if taken > 0 { return .wrote(taken) }
        return taken == -Int(EAGAIN) ? .blocked : .failed(.system(Int32(taken), "writing to a stream"))
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
        sayFarewell()
    }

    private func sayFarewell() {
        isFarewellBlocked = session?.finishWriting() == false
        // Fails where the peer has left, which is told by itself.
        if !isFarewellBlocked { _ = shutdown(descriptor, Int32(SHUT_WR)) }
    }

    /// Ends the use of it: nothing more is told.
    ///
    /// On the loop alone. What was written still leaves.
    package func close() {
        guard deregister() else { return }
        // Where there is no room for it the peer has not read what came before either.
        if !hasFinishedWriting { _ = session?.finishWriting() }
        Glibc.close(descriptor)
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

    private func fail(_ error: IOError) {
        let owner = owner
        close()
        owner?.streamFailed(error)
    }

    private static var closedError: IOError { IOError(.peerLost, "the stream is closed") }
}

// MARK: - Events

extension StreamSocket: LoopHandler {
    /// Tells the owner; for the loop.
    package func ready(_ readiness: Readiness) {
        guard owner != nil else { return close() }
        if readiness.contains(.failed) {
            let number = cmesh_stream_error(descriptor)
            guard number == 0 else { return fail(.system(number, "a stream has broken")) }
        }
        // Both directions have ended where it `failed` without an error.
        if !readiness.isDisjoint(with: [.readClosed, .failed]) { hasPeerEnded = true }
        let isReadable = hasPeerEnded && !isEndTold || readiness.contains(.readable)
        if isReadable {
            mayHaveBytes = true
            session?.noteReadable(hasPeerEnded: hasPeerEnded)
        }
        if let session, session.isHandshaking {
            if isReadable || session.waitsToWrite { queueStep(session) }
            return
        }
        if readiness.contains(.writable) { makeRoomKnown() }
        tell(isReadable: isReadable)
    }

    private func makeRoomKnown() {
        if isFarewellBlocked { sayFarewell() }
        guard isWriteBlocked else { return }
        isWriteBlocked = false
        if !hasFinishedWriting { owner?.streamWritable() }
    }

    private func tell(isReadable: Bool) {
        if isOpen, isReadable { owner?.streamReadable() }
        guard isOpen, hasPeerEnded, !isEndTold else { return }
        isEndTold = true
        owner?.streamPeerEnded()
    }
}

// MARK: - Handshakes

extension StreamSocket {
    private func queueStep(_ session: TLSSession) {
        guard !isStepQueued else { return }
        isStepQueued = true
        session.queue(self)
    }

    /// Goes on with the handshake.
    func takeHandshakeStep() {
        isStepQueued = false
        guard isOpen, let session, session.isHandshaking else { return }
        guard let owner else { return close() }
        switch session.shakeHands() {
        case .blocked: break
        case .again: queueStep(session)
        case .failed(let error): fail(error)
        case .finished:
            owner.streamOpened()
            // What the peer sent behind its last message of the handshake was fetched with that.
            mayHaveBytes = true
            tell(isReadable: true)
        }
    }
}
