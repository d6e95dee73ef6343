internal import CMeshTLS
internal import MeshCore

/// The server's side of TLS on one stream.
///
/// Confined to the stream's loop. It keeps only what a record or a piece of one needs while it is under way.
final class TLSSession {
    private let handle: OpaquePointer
    /// Keeps the credentials, whatever the listener's identity has become.
    private let context: TLSServerContext
    private let desk: TLSDesk
    /// Bytes of the record that waits for room; they are the first of what is written next.
    private var bytesWaiting = 0

    private(set) var isHandshaking = true
    private var recordsPassedOver = 0

    init(over descriptor: Int32, at desk: TLSDesk, now: Instant) throws(IOError) {
        let (context, ticketKey) = desk.identity.current(at: now)
        handle = try context.makeSession(over: descriptor, ticketKey: ticketKey)
        self.context = context
        self.desk = desk
    }

    deinit { cmesh_tls_free(handle) }

    /// What came of a step of the handshake.
    enum Step {
        case finished
        case blocked
        /// Something was passed over, and more waits.
        case again
        case failed(IOError)
    }

    /// The protocol that both sides chose.
    var applicationProtocol: String? {
        let name = cmesh_tls_protocol(handle)
        guard let start = name.data else { return nil }
        return String(decoding: UnsafeBufferPointer(start: start, count: Int(name.size)), as: UTF8.self)
    }

    /// The kernel may have something to read.
    func noteReadable(hasPeerEnded: Bool) { cmesh_tls_readable(handle, hasPeerEnded) }

    /// Whether the handshake waits for room to write.
    var waitsToWrite: Bool { cmesh_tls_waits_to_write(handle) }

    /// Asks for a turn of this handshake.
    func queue(_ socket: StreamSocket) { desk.queue(socket, wasAnswered: cmesh_tls_has_answered(handle)) }

    func shakeHands() -> Step {
        let status = cmesh_tls_handshake(handle, desk.room)
        switch status {
        case 0:
            isHandshaking = false
            return .finished
        // It says so too where a record holds a piece of a message, while the next one waits.
        case GNUTLS_E_AGAIN where waitsToWrite || cmesh_tls_is_drained(handle): return .blocked
        case let status where status == GNUTLS_E_AGAIN || gnutls_error_is_fatal(status) == 0:
            recordsPassedOver += 1
            guard recordsPassedOver <= Limits.TLS.maximumEmptyRecords else {
                return .failed(IOError(.tlsRefused, "shaking hands: too many records that lead nowhere"))
            }
            return .again
        default: return .failed(error(status, "shaking hands"))
        }
    }

    func read(into start: UnsafeMutableRawPointer, count: Int) -> StreamRead {
        for _ in 0...Limits.TLS.maximumEmptyRecords {
            let status = cmesh_tls_read(handle, start, count, desk.room)
            if status > 0 { return .bytes(status) }
            if status == 0 { return .ended }
            switch Int32(truncatingIfNeeded: status) {
            // It says so for a record without content too.
            case GNUTLS_E_AGAIN: if cmesh_tls_is_drained(handle) { return .blocked }
            case GNUTLS_E_INTERRUPTED, GNUTLS_E_WARNING_ALERT_RECEIVED: break
            // A peer that wants to shake hands again is refused: it costs a signature.
            case let status: return .failed(error(status, "reading from a stream"))
            }
        }
        return .failed(IOError(.tlsRefused, "reading from a stream: too many records without content"))
    }

    func write(_ start: UnsafeRawPointer, count: Int) -> StreamWrite {
        let status: Int
        if bytesWaiting > 0 {
            precondition(count >= bytesWaiting, "after `blocked` other bytes are written than before")
            status = cmesh_tls_write(handle, nil, 0)
        } else {
            let record = min(count, Limits.TLS.maximumRecordBytes)
            status = cmesh_tls_write(handle, start, record)
            bytesWaiting = record
        }
        switch Int32(truncatingIfNeeded: status) {
        case GNUTLS_E_AGAIN, GNUTLS_E_INTERRUPTED: return .blocked
        case let status where status < 0: return .failed(error(status, "writing to a stream"))
        default:
            bytesWaiting = 0
            return .wrote(status)
        }
    }

    /// Tells the peer that nothing more will come; false where there is no room to say so.
    func finishWriting() -> Bool { isHandshaking || cmesh_tls_finish(handle) != GNUTLS_E_AGAIN }

    private func error(_ status: Int32, _ doing: String) -> IOError {
        guard !cmesh_tls_is_at_end(handle) else { return IOError(.peerLost, "\(doing): the peer has left") }
        let isOfSystem = status == GNUTLS_E_PULL_ERROR || status == GNUTLS_E_PUSH_ERROR
        return isOfSystem ? .system(cmesh_tls_system_error(handle), doing) : .tls(status, doing)
    }
}
