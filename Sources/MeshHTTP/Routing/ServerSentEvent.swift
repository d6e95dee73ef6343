/// An event as `EventSource` reads it (WHATWG HTML §9.2).
package struct ServerSentEvent: Hashable, Sendable {
    /// What kind of event it is; nil for `message`.
    package var event: String?
    /// By which a browser that comes back says where it was.
    package var id: String?
    /// The content, which may have several lines.
    package var data: String
    /// After how long a browser shall come back where the stream breaks off.
    package var retry: Duration?

    /// An event of these parts; a line end in `event` or `id` is left out, for it would end the field.
    package init(_ data: String, event: String? = nil, id: String? = nil, retry: Duration? = nil) {
        self.data = data
        self.event = event
        self.id = id
        self.retry = retry
    }

    /// What is written.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(data.utf8.count + 32)
        if let event { Self.append("event: ", Self.oneLine(event), to: &bytes) }
        // An id with a NUL would be ignored as a whole.
        if let id { Self.append("id: ", Self.oneLine(id), to: &bytes) }
        if let retry { Self.append("retry: ", Array("\(max(0, retry.wholeMilliseconds))".utf8), to: &bytes) }
        Self.appendLines("data: ", data, to: &bytes)
        bytes.append(Self.lineFeed)
        return bytes
    }

    /// Lines that clients leave out, to show that somebody is there.
    package static func comment(_ text: String = "") -> [UInt8] {
        var bytes: [UInt8] = []
        appendLines(": ", text, to: &bytes)
        bytes.append(lineFeed)
        return bytes
    }

    /// CR LF, CR and LF each end a line, and each line of `text` becomes a field of its own.
    private static func appendLines(_ field: StaticString, _ text: String, to bytes: inout [UInt8]) {
        field.withUTF8Buffer { bytes.append(contentsOf: $0) }
        var wasReturn = false
        for byte in text.utf8 {
            if byte == lineFeed && wasReturn {
                wasReturn = false
                continue
            }
            wasReturn = byte == carriageReturn
            if byte == lineFeed || byte == carriageReturn {
                bytes.append(lineFeed)
                field.withUTF8Buffer { bytes.append(contentsOf: $0) }
            } else {
                bytes.append(byte)
            }
        }
        bytes.append(lineFeed)
    }

    private static func append(_ field: StaticString, _ value: [UInt8], to bytes: inout [UInt8]) {
        field.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: value)
        bytes.append(lineFeed)
    }

    private static func oneLine(_ text: String) -> [UInt8] {
        text.utf8.filter { $0 != lineFeed && $0 != carriageReturn && $0 != 0 }
    }

    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")
}

extension Duration {
    fileprivate var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
        return overflow ? .max : scaled + attoseconds / 1_000_000_000_000_000
    }
}
