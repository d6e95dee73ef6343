internal import CMeshQUIC
internal import MeshCore

/// Why a connection ended.
package struct CloseReason: Error, Hashable, Sendable, CustomStringConvertible {
    /// Who has ended it.
    package enum Side: String, Sendable {
        case us
        case peer
    }

    /// What has ended it.
    package enum Kind: Hashable, Sendable {
        /// The application, with its code of docs/protocol.md.
        case application(UInt64)
        /// A TLS alert: a handshake that failed.
        case alert(UInt8)
        /// A transport error of RFC 9000 §20.1.
        case transport(UInt64)
        /// Nothing came for the idle timeout.
        case idle
        /// The handshake took too long.
        case handshakeTimeout
        /// The peer does not know the connection any more.
        case statelessReset
        /// The endpoint has no room, or ends.
        case abandoned
    }

    /// Who has ended it.
    package let side: Side
    /// What has ended it.
    package let kind: Kind
    /// For people; a peer's words, where they came from there.
    package let message: String
    /// Whether the side that has ended it had proved who it is.
    ///
    /// Before that anybody who sees the first packets can make one that ends the connection (RFC 9000 §21.1).
    package let isProven: Bool

    /// `message` is cut to ``Limits/Connection/maximumReasonBytes``.
    package init(_ side: Side, _ kind: Kind, _ message: String = "", isProven: Bool = true) {
        self.isProven = isProven
        self.side = side
        self.kind = kind
        self.message = message.cut(toBytes: Limits.Connection.maximumReasonBytes)
    }

    /// How long the peer asks to be left alone; nil where it said nothing of it.
    ///
    /// It is said before anybody has proved who they are, so it is bounded.
    package var retryAfter: Duration? {
        guard side == .peer, case .transport(Self.refused) = kind, message.hasPrefix(Self.retryWords) else {
            return nil
        }
        guard let milliseconds = UInt32(message.dropFirst(Self.retryWords.count).prefix { $0 != " " }) else {
            return nil
        }
        return min(.milliseconds(Int64(milliseconds)), Limits.Endpoint.longestRetryAfter)
    }

    /// The words by which a server says when to come again.
    static func retryAfter(_ pause: Duration) -> String {
        "\(retryWords)\(max(1, pause.wholeNanoseconds / 1_000_000)) ms"
    }

    private static let retryWords = "retry after "
    private static let refused = UInt64(NGTCP2_CONNECTION_REFUSED)

    /// `peer: TLS alert 48 (unknown authority): issued by another CA`.
    package var description: String {
        let words = message.isEmpty ? "" : ": \(message)"
        return "\(side): \(kind.description)\(words)"
    }
}

extension CloseReason.Kind: CustomStringConvertible {
    /// `TLS alert 45 (expired certificate)`.
    package var description: String {
        switch self {
        case .application(let code): "closed with code \(code)"
        case .alert(let number): "TLS alert \(number)\(TLSAlert.words[number].map { " (\($0))" } ?? "")"
        case .transport(let code): "transport error \(code)"
        case .idle: "nothing came for the idle timeout"
        case .handshakeTimeout: "the handshake took too long"
        case .statelessReset: "the peer does not know this connection any more"
        case .abandoned: "abandoned"
        }
    }
}

/// The alerts of RFC 8446 §6.2 that a certificate or a protocol can lead to.
enum TLSAlert {
    static let badCertificate = UInt8(42)
    static let unsupportedCertificate = UInt8(43)
    static let revokedCertificate = UInt8(44)
    static let expiredCertificate = UInt8(45)
    static let unknownAuthority = UInt8(48)
    static let certificateRequired = UInt8(116)

    /// What was the matter where GnuTLS has refused the handshake by itself.
    static let sentences: [UInt8: String] = [
        decryptError: "the key of the one who signed the handshake is not that of its certificate",
        protocolVersion: "the other side offers no TLS version that is spoken here; QUIC has 1.3 alone (RFC 9001 §4.2)",
        certificateRequired: "the client shows no certificate",
        noApplicationProtocol: "none of the application protocols that the client offers is spoken here",
    ]

    static let decryptError = UInt8(51)
    static let protocolVersion = UInt8(70)
    static let noApplicationProtocol = UInt8(120)

    static let words: [UInt8: String] = [
        40: "handshake failure", badCertificate: "bad certificate", unsupportedCertificate: "unsupported certificate",
        revokedCertificate: "revoked certificate", expiredCertificate: "expired certificate",
        46: "unknown certificate", 47: "illegal parameter", unknownAuthority: "unknown authority",
        50: "decode error", decryptError: "decrypt error", protocolVersion: "unsupported version", 80: "internal error",
        109: "missing extension", 112: "unrecognised name", certificateRequired: "certificate required",
        noApplicationProtocol: "no common protocol",
    ]
}
