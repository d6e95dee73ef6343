/// The first byte of a frame.
///
/// A struct and not an enum, so that a newer peer's number survives. Numbers below 0x80 are critical: a node that does
/// not know one closes the connection. Those from 0x80 are optional: a node that does not know one skips the frame.
package struct FrameType: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Whether a node that does not know this type must refuse it.
    package var isCritical: Bool { rawValue < 0x80 }
}

extension FrameType {
    /// A beat with the edge's vitals.
    package static let heartbeat = FrameType(rawValue: 0x01)
    /// The hub has seen a beat.
    package static let heartbeatAcknowledgement = FrameType(rawValue: 0x02)
    /// The edge will soon need a model and an adapter.
    package static let preWarm = FrameType(rawValue: 0x03)
    /// A question that the edge's hub shall answer.
    package static let escalation = FrameType(rawValue: 0x04)
    /// A piece of a stream of bytes, with its offset.
    package static let streamChunk = FrameType(rawValue: 0x05)
    /// The end of a stream of bytes, with its length.
    package static let streamEnd = FrameType(rawValue: 0x06)
    /// Something asked for on this stream was not done, or the connection is about to close.
    package static let error = FrameType(rawValue: 0x07)
    /// A command for an actor.
    package static let actorCall = FrameType(rawValue: 0x08)
    /// An actor's answer.
    package static let actorReply = FrameType(rawValue: 0x09)
    /// The asker no longer wants the answer.
    package static let cancel = FrameType(rawValue: 0x0A)
    /// A piece of a content-addressed blob.
    package static let blob = FrameType(rawValue: 0x0B)
    /// The sender is about to go: finish here, reconnect there.
    package static let goAway = FrameType(rawValue: 0x0C)
    /// The first frame in each direction.
    package static let hello = FrameType(rawValue: 0x0D)
    /// A command for an actor that nobody waits for.
    package static let actorMessage = FrameType(rawValue: 0x0E)
    /// A stream of bytes begins, in chunks with offsets.
    package static let streamOpen = FrameType(rawValue: 0x0F)
    /// Somebody without a certificate that counts asks for one; on the listener for enrolment alone.
    package static let enrolmentRequest = FrameType(rawValue: 0x10)
    /// The certificate, or why there is none.
    package static let enrolmentAnswer = FrameType(rawValue: 0x11)
}

/// What the registry says about one type of frame.
package struct FrameRegistration: Hashable, Sendable {
    /// How a payload is spelled.
    package enum Encoding: String, Sendable {
        case json = "JSON"
        case cbor = "CBOR"
    }

    /// Who may send it.
    package enum Sender: String, Sendable {
        case edge
        case hub
        case either
    }

    /// The number.
    package let type: FrameType
    /// The name in docs, logs and errors.
    package let name: String
    /// The largest payload; a longer one is refused at its header.
    package let maximumPayloadBytes: Int
    /// How the payload is spelled.
    package let encoding: Encoding
    /// Who may send it.
    package let sender: Sender
}

extension FrameRegistration {
    /// Every type of frame that this version knows.
    ///
    /// docs/protocol.md shows this table, and a test compares them.
    package static let all: [FrameRegistration] = [
        row(.heartbeat, "heartbeat", 64 * kibibyte, .json, .edge),
        row(.heartbeatAcknowledgement, "heartbeat-acknowledgement", kibibyte, .cbor, .hub),
        row(.preWarm, "pre-warm", 4 * kibibyte, .cbor, .edge),
        row(.escalation, "escalation", 4_096 * kibibyte, .cbor, .edge),
        row(.streamChunk, "stream-chunk", 64 * kibibyte, .cbor, .either),
        row(.streamEnd, "stream-end", 64 * kibibyte, .cbor, .either),
        row(.error, "error", 4 * kibibyte, .cbor, .either),
        row(.actorCall, "actor-call", 1_024 * kibibyte, .cbor, .either),
        row(.actorReply, "actor-reply", 1_024 * kibibyte, .cbor, .either),
        row(.cancel, "cancel", kibibyte, .cbor, .either),
        row(.blob, "blob", 1_024 * kibibyte, .cbor, .either),
        row(.goAway, "go-away", 4 * kibibyte, .cbor, .either),
        row(.hello, "hello", 4 * kibibyte, .cbor, .either),
        row(.actorMessage, "actor-message", 1_024 * kibibyte, .cbor, .either),
        row(.streamOpen, "stream-open", kibibyte, .cbor, .either),
        row(.enrolmentRequest, "enrolment-request", 64 * kibibyte, .cbor, .either),
        row(.enrolmentAnswer, "enrolment-answer", 64 * kibibyte, .cbor, .hub),
    ]

    private static let kibibyte = 1_024

    private static func row(
        _ type: FrameType,
        _ name: String,
        _ maximumPayloadBytes: Int,
        _ encoding: Encoding,
        _ sender: Sender
    ) -> FrameRegistration {
        FrameRegistration(
            type: type,
            name: name,
            maximumPayloadBytes: maximumPayloadBytes,
            encoding: encoding,
            sender: sender
        )
    }

    /// Rows by number, so that the lookup for each frame is one indexed load.
    fileprivate static let byNumber: [FrameRegistration?] = (UInt8.min...UInt8.max).map { number in
        all.first { $0.type.rawValue == number }
    }
}

extension FrameType {
    /// The registry's row for this type; nil for a number that this version does not know.
    package var registration: FrameRegistration? { FrameRegistration.byNumber[Int(rawValue)] }
}

extension FrameType: CustomStringConvertible {
    /// The registered name, or the number.
    package var description: String { registration?.name ?? "frame type \(rawValue)" }
}
