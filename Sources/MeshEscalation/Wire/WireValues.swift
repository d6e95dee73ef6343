internal import MeshChat
internal import MeshCore
internal import MeshSessions
internal import MeshWire

// How values of lower modules stand in this module's records.

extension WireReader {
    @_lifetime(self: copy self)
    mutating func readUsage() throws(WireError) -> ChatUsage {
        let tail = try beginRecord(fields: 7)
        let usage = ChatUsage(
            inputTokens: try readCount(),
            cacheReadTokens: try readCount(),
            cacheWriteTokens: try readCount(),
            longCacheWriteTokens: try readCount(),
            outputTokens: try readCount(),
            reasoningTokens: try readCount(),
            isEstimated: try readBool()
        )
        try endRecord(tail)
        return usage
    }

    @_lifetime(self: copy self)
    private mutating func readCount() throws(WireError) -> Int { Int(clamping: try readUInt64()) }
}

extension WireWriter {
    mutating func write(_ usage: ChatUsage) {
        writeArrayHead(count: 7)
        let counts = [
            usage.inputTokens, usage.cacheReadTokens, usage.cacheWriteTokens, usage.longCacheWriteTokens,
            usage.outputTokens, usage.reasoningTokens,
        ]
        for count in counts { write(UInt64(clamping: count)) }
        write(usage.isEstimated)
    }
}

/// Why an answer is over, by numbers that never change.
enum StopReasonNumber {
    static func encode(_ reason: StopReason, into writer: inout WireWriter) {
        writer.writeArrayHead(count: 2)
        writer.write(reason.number)
        let sequence: String? = if case .stopSequence(let sequence) = reason { sequence } else { nil }
        sequence.encode(into: &writer)
    }

    static func decode(_ reader: inout WireReader) throws(WireError) -> StopReason {
        let tail = try reader.beginRecord(fields: 2)
        let number = try reader.readUInt64()
        let sequence = try reader.readNil() ? nil : try reader.readText(atMost: Limits.Escalation.wordBytes)
        try reader.endRecord(tail)
        guard let reason = StopReason(number: number) else {
            throw WireError(.invalidValue, "no answer ends by the number \(number)")
        }
        if case .stopSequence = reason { return .stopSequence(sequence) }
        return reason
    }
}

/// What went wrong with a chat, by numbers that never change; one that is not known counts as a failure upstream.
enum ChatErrorNumber {
    private static let codes: [ChatErrorCode] = [
        .malformed, .unsupported, .contextExceeded, .unauthenticated, .forbidden, .unknownModel, .unknownAdapter,
        .conflict, .tooLarge, .paymentRequired, .rateLimited, .overloaded, .unavailable, .timedOut, .cancelled,
        .upstreamCredentials, .upstreamBilling, .upstreamFailed, .upstreamMalformed, .engineFailed,
    ]

    static func number(of code: ChatErrorCode) -> UInt64 {
        codes.firstIndex(of: code).map { UInt64($0) } ?? number(of: .upstreamFailed)
    }

    static func code(of number: UInt64) -> ChatErrorCode {
        number < UInt64(codes.count) ? codes[Int(number)] : .upstreamFailed
    }
}

extension WireReader {
    /// The next item as a hash.
    @_lifetime(self: copy self)
    mutating func readDigest() throws(WireError) -> SHA256Digest {
        let hash = try readBytes()
        guard hash.count == SHA256Digest.byteCount else { throw WireError(.invalidValue, "no SHA-256") }
        return hash.withUnsafeBytes { SHA256Digest($0) }
    }

    /// The next item as the name of a session, or as nothing.
    @_lifetime(self: copy self)
    mutating func readOptionalSession() throws(WireError) -> SessionID? {
        try readNil() ? nil : try readSessionID()
    }
}
