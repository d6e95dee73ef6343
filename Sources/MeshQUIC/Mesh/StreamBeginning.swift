internal import MeshActors
internal import MeshCore
internal import MeshWire

/// What a stream of bytes begins with: the frame that says what it is for.
enum StreamBeginning: Sendable {
    /// A purpose in words, served by its first.
    case purpose(StreamOpen)
    /// A question, or an answer that is gone on with; only whoever serves these reads the payload.
    case escalation(payload: [UInt8], offset: UInt64)

    /// What a stream of questions is called in logs and errors.
    static let escalation = "escalation"

    /// Whom a stream is for.
    enum Service: Hashable, Sendable {
        /// Whoever serves purposes that begin with this word.
        case word(String)
        /// Whoever answers questions.
        case escalation
    }

    /// The beginning that an escalation frame with this payload makes.
    ///
    /// Of the payload only run and offset are looked at, without which there are no bytes to count from.
    init(escalation payload: [UInt8]) throws(WireError) {
        var reader = WireReader(payload.span.bytes)
        guard try reader.beginArray() >= 2 else { throw WireError(.missingFields, "an escalation without an offset") }
        _ = try UniqueID(from: &reader)
        let offset = try reader.readUInt64()
        guard offset <= Limits.ByteStream.maximumLength else {
            throw WireError(.invalidValue, "an answer that begins behind the end of every stream")
        }
        self = .escalation(payload: payload, offset: offset)
    }

    /// Whom it is for.
    var service: Service {
        switch self {
        case .purpose(let open): .word(ByteStream.word(of: open.purpose))
        case .escalation: .escalation
        }
    }

    /// What it is for, in words.
    var purpose: String {
        switch self {
        case .purpose(let open): open.purpose
        case .escalation: Self.escalation
        }
    }

    /// Where both directions begin.
    var offset: UInt64 {
        switch self {
        case .purpose(let open): open.offset
        case .escalation(_, let offset): offset
        }
    }

    /// The trace of a purpose; a question says its own.
    var trace: TraceContext? {
        switch self {
        case .purpose(let open): open.trace
        case .escalation: nil
        }
    }

    /// The frame.
    var frame: Frame {
        switch self {
        case .purpose(let open): Frame(type: .streamOpen, payload: open.wireBytes)
        case .escalation(let payload, _): Frame(type: .escalation, payload: payload)
        }
    }
}
