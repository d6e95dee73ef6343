internal import MeshWire

extension CloseReason {
    /// One word for who has ended the connection and why, for counting: there are few, whatever a peer says.
    package var word: String { "\(side.rawValue)_\(kind.word)" }
}

extension CloseReason.Kind {
    fileprivate var word: String {
        switch self {
        case .application(let code): Self.applicationWords[code] ?? "application_other"
        case .alert(let number):
            TLSAlert.words[number].map { "alert_" + $0.replacing(" ", with: "_") } ?? "alert_other"
        case .transport(let code): code == UInt64(0x02) ? "refused" : "transport"
        case .idle: "idle"
        case .handshakeTimeout: "handshake_timeout"
        case .statelessReset: "stateless_reset"
        case .abandoned: "abandoned"
        }
    }

    /// The codes of docs/protocol.md; a peer may send any other.
    private static let applicationWords: [UInt64: String] = [
        0: "closed",
        UInt64(PeerErrorCode.protocolViolation.rawValue): "protocol_violation",
        UInt64(PeerErrorCode.incompatibleVersion.rawValue): "incompatible_version",
        UInt64(PeerErrorCode.frameTooLarge.rawValue): "frame_too_large",
        UInt64(PeerErrorCode.unknownFrameType.rawValue): "unknown_frame_type",
        UInt64(PeerErrorCode.overloaded.rawValue): "overloaded",
        UInt64(PeerErrorCode.internalError.rawValue): "internal_error",
    ]
}
