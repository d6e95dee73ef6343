internal import MeshCore

/// A reason that travels.
///
/// A struct and not an enum, so that a newer peer's number survives.
package struct PeerErrorCode: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The peer's bytes break the rules of docs/protocol.md.
    package static let protocolViolation = PeerErrorCode(rawValue: 1)
    /// No protocol version that both sides speak.
    package static let incompatibleVersion = PeerErrorCode(rawValue: 2)
    /// A frame beyond a bound.
    package static let frameTooLarge = PeerErrorCode(rawValue: 3)
    /// A critical frame type that the sender of the error does not know.
    package static let unknownFrameType = PeerErrorCode(rawValue: 4)
    /// No room now; try again after the time given.
    package static let overloaded = PeerErrorCode(rawValue: 5)
    /// A fault of the sender of the error.
    package static let internalError = PeerErrorCode(rawValue: 6)
    /// Nobody here answers.
    package static let notServed = PeerErrorCode(rawValue: 7)
    /// There is nothing here of the name that a stream asks for.
    package static let notFound = PeerErrorCode(rawValue: 8)
    /// A stream cannot go on from its offset.
    package static let offsetRefused = PeerErrorCode(rawValue: 9)
    /// The number by which something is known was used for something else.
    package static let conflict = PeerErrorCode(rawValue: 10)
}

extension PeerErrorCode {
    /// What the other side is told when its bytes led to `code`.
    package init(refusing code: WireErrorCode) {
        switch code {
        case .incompatibleVersion: self = .incompatibleVersion
        case .frameTooLarge: self = .frameTooLarge
        case .unknownFrameType: self = .unknownFrameType
        case .truncated, .trailingBytes, .typeMismatch, .unsupportedItem, .integerOutOfRange, .invalidText, .tooDeep,
            .tooManyElements, .missingFields, .duplicateKey, .invalidValue, .helloViolation:
            self = .protocolViolation
        }
    }
}

/// The payload of ``FrameType/error``: why something was not done.
///
/// Thrown by who takes a stream, it is what the peer is told; the peer finds it as the cause of its own error.
package struct ErrorFrame: WireCodable, Hashable, Error {
    /// The reason for programs.
    package let code: PeerErrorCode

    /// The reason for people; never user text.
    package let message: String

    /// When asking again may help, in milliseconds from now; nil where it will not.
    package let retryAfterMilliseconds: UInt32?

    /// An error with its message cut to ``Limits/ErrorFrame/maximumMessageBytes``.
    package init(code: PeerErrorCode, message: String, retryAfterMilliseconds: UInt32? = nil) {
        self.code = code
        self.message = message.cut(toBytes: Limits.ErrorFrame.maximumMessageBytes)
        self.retryAfterMilliseconds = retryAfterMilliseconds
    }

    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 3)
        code.rawValue.encode(into: &writer)
        message.encode(into: &writer)
        retryAfterMilliseconds.encode(into: &writer)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 3)
        code = PeerErrorCode(rawValue: try reader.readInteger())
        message = try reader.readText()
        retryAfterMilliseconds = try UInt32?(from: &reader)
        try reader.endRecord(tail)
        let limit = Limits.ErrorFrame.maximumMessageBytes
        guard message.utf8.count <= limit else {
            throw WireError(.invalidValue, "an error message of \(message.utf8.count) bytes, limit \(limit)")
        }
    }
}
