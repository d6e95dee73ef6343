/// Whom a stream serves, on the loop's thread.
///
/// Told of changes, once each: an owner that stops reading before `blocked` comes back to it by itself.
package protocol StreamSocketOwner: AnyObject {
    /// The stream can be used. With TLS the handshake is over; before this nothing can be read or written.
    func streamOpened()

    /// There is something to read: read until `blocked`, `ended` or `failed`, or remember that more may wait.
    func streamReadable()

    /// There is room again, after a write was `blocked`.
    func streamWritable()

    /// The peer will send nothing more, and has perhaps left for good; what it sent before may still wait unread.
    ///
    /// Told once, after ``streamReadable()`` for what came with it.
    func streamPeerEnded()

    /// The stream has failed and is closed; nothing more is told.
    func streamFailed(_ error: IOError)
}

/// What came of reading.
package enum StreamRead {
    /// So many bytes came, at least one.
    case bytes(Int)

    /// Nothing waits; the owner is told when something does.
    case blocked

    /// The peer sends nothing more, and everything before has been read.
    case ended

    /// The stream has failed and is closed.
    case failed(IOError)
}

/// What came of writing.
package enum StreamWrite {
    /// The kernel took so many bytes, at least one.
    case wrote(Int)

    /// There is no room; the owner is told when there is, and then writes the same bytes first.
    case blocked

    /// The stream has failed and is closed.
    case failed(IOError)
}
