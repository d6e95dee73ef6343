package import MeshCore

/// The payload of ``FrameType/streamOpen``: a stream of bytes begins, in both directions at one offset.
package struct StreamOpen: WireCodable, Hashable {
    /// What it is for: a word that the other side knows.
    package let purpose: String

    /// Where both directions begin; more than 0 where an earlier stream is gone on with.
    package let offset: UInt64

    /// The trace that the stream belongs to, if the opener knows of one.
    package let trace: TraceContext?

    /// A stream for `purpose`, which our own source spells.
    package init(purpose: String, offset: UInt64, trace: TraceContext? = nil) {
        precondition(Self.isValid(purpose), "a purpose is a short word")
        self.purpose = purpose
        self.offset = offset
        self.trace = trace
    }

    private static func isValid(_ purpose: String) -> Bool {
        (1...Limits.ByteStream.maximumPurposeBytes).contains(purpose.utf8.count)
    }

    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: trace == nil ? 2 : 3)
        purpose.encode(into: &writer)
        offset.encode(into: &writer)
        trace?.encode(into: &writer)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        var tail = try reader.beginRecord(fields: 2)
        purpose = try reader.readText()
        offset = try reader.readUInt64()
        trace = try reader.readTrace(&tail)
        try reader.endRecord(tail)
        guard Self.isValid(purpose) else {
            let limit = Limits.ByteStream.maximumPurposeBytes
            throw WireError(.invalidValue, "a purpose of \(purpose.utf8.count) bytes, where 1 to \(limit) are allowed")
        }
        guard offset <= Limits.ByteStream.maximumLength else {
            throw WireError(.invalidValue, "a stream that begins behind the end of every stream")
        }
    }
}

/// The payload of ``FrameType/streamChunk``: a piece of a stream of bytes.
package struct StreamChunk: WireCodable, Hashable {
    /// Where its first byte stands in the stream.
    package let offset: UInt64

    /// The bytes, at least one.
    package let bytes: [UInt8]

    /// `bytes` at `offset`.
    package init(offset: UInt64, bytes: [UInt8]) {
        self.offset = offset
        self.bytes = bytes
    }

    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 2)
        offset.encode(into: &writer)
        writer.write(bytes: bytes)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 2)
        offset = try reader.readUInt64()
        bytes = try reader.readBytes()
        try reader.endRecord(tail)
        guard !bytes.isEmpty else { throw WireError(.invalidValue, "a chunk without bytes") }
        guard offset <= Limits.ByteStream.maximumLength else {
            throw WireError(.invalidValue, "a chunk behind the end of every stream")
        }
    }
}

/// The payload of ``FrameType/streamEnd``: the sender has said all, and this is how much it was.
package struct StreamEnd: WireCodable, Hashable {
    /// The offset behind the last byte.
    package let length: UInt64

    /// The end behind `length` bytes.
    package init(length: UInt64) { self.length = length }

    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 1)
        length.encode(into: &writer)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 1)
        length = try reader.readUInt64()
        try reader.endRecord(tail)
    }
}

/// The payload of ``FrameType/cancel``: the asker has gone.
package struct Cancel: WireCodable, Hashable {
    /// Why, for programs: the codes of streams.
    package let code: UInt32

    /// A cancellation with `code`.
    package init(code: UInt32) { self.code = code }

    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 1)
        code.encode(into: &writer)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 1)
        code = try reader.readInteger()
        try reader.endRecord(tail)
    }
}

/// The payload of ``FrameType/goAway``: the sender closes soon; what is under way may still end.
package struct GoAway: WireCodable, Hashable {
    /// How long the sender still waits for what is under way.
    package let patienceMilliseconds: UInt32

    /// Why, for people.
    package let message: String

    /// Where to connect instead, each as `host:port` and the preferred first, with a space between them; nil where the
    /// sender does not know.
    package let elsewhere: String?

    /// Over how long those who are told shall spread their coming back, there or elsewhere.
    package let windowMilliseconds: UInt32

    /// A farewell with its message cut to ``Limits/ErrorFrame/maximumMessageBytes``.
    package init(
        patienceMilliseconds: UInt32,
        message: String,
        elsewhere: String? = nil,
        windowMilliseconds: UInt32 = 0
    ) {
        self.windowMilliseconds = windowMilliseconds
        self.patienceMilliseconds = patienceMilliseconds
        self.message = message.cut(toBytes: Limits.ErrorFrame.maximumMessageBytes)
        self.elsewhere = elsewhere
    }

    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 4)
        patienceMilliseconds.encode(into: &writer)
        message.encode(into: &writer)
        elsewhere.encode(into: &writer)
        windowMilliseconds.encode(into: &writer)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 4)
        patienceMilliseconds = try reader.readInteger()
        message = try reader.readText()
        elsewhere = try String?(from: &reader)
        windowMilliseconds = try reader.readInteger()
        try reader.endRecord(tail)
        let limit = Limits.ErrorFrame.maximumMessageBytes
        guard message.utf8.count <= limit, (elsewhere?.utf8.count ?? 0) <= limit else {
            throw WireError(.invalidValue, "a farewell of more than \(limit) bytes")
        }
    }
}
