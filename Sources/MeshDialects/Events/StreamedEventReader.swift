package import MeshChat
internal import MeshCore

/// Takes a stream of events apart, however its bytes are cut (WHATWG HTML §9.2.6).
///
/// Feed it a piece, then ask for events until there is none: nothing is read ahead.
package struct StreamedEventReader: Sendable {
    private var buffer: [UInt8] = []
    /// Where the next line begins.
    private var start = 0
    /// Up to where no line end was found.
    private var searched = 0
    private var skipsLineFeed = false
    private var isFirstLine = true

    private var name: String?
    private var data: [UInt8] = []
    private var hasData = false

    /// A reader at the beginning of a stream.
    package init() {}

    /// Takes the next piece.
    package mutating func feed(_ piece: [UInt8]) {
        if start == buffer.count {
            buffer = piece
            (start, searched) = (0, 0)
            return
        }
        if start > 0 {
            buffer.removeFirst(start)
            (start, searched) = (0, searched - start)
        }
        buffer.append(contentsOf: piece)
    }

    /// The next event that is complete; nil where more bytes are needed.
    ///
    /// Throws `upstreamMalformed` where an event has more than ``Limits/Dialects/maximumEventBytes``.
    package mutating func next() throws(ChatError) -> StreamedEvent? {
        while let line = takeLine() {
            if let event = try take(line) { return event }
        }
        guard buffer.count - start + data.count <= Limits.Dialects.maximumEventBytes else { throw Self.tooLong }
        return nil
    }

    /// The event that lacks only the empty line behind it, at the end of a stream: some servers forget that.
    package mutating func atEnd() throws(ChatError) -> StreamedEvent? {
        if start < buffer.count {
            let line = start..<buffer.count
            start = buffer.count
            if let event = try take(line) { return event }
        }
        return dispatch()
    }

    private mutating func takeLine() -> Range<Int>? {
        if skipsLineFeed, start < buffer.count {
            skipsLineFeed = false
            if buffer[start] == Self.lineFeed {
                start += 1
                searched = max(searched, start)
            }
        }
        let from = max(start, searched)
        let end = buffer.withUnsafeBytes { bytes in
            var index = from
            while index < bytes.count {
                if bytes[index] == Self.lineFeed || bytes[index] == Self.carriageReturn { return index }
                index += 1
            }
            return -1
        }
        guard end >= 0 else {
            searched = buffer.count
            return nil
        }
        let line = start..<end
        skipsLineFeed = buffer[end] == Self.carriageReturn
        start = end + 1
        searched = start
        return line
    }

    private mutating func take(_ range: Range<Int>) throws(ChatError) -> StreamedEvent? {
        var line = buffer[range]
        if isFirstLine {
            isFirstLine = false
            if line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
        }
        guard !line.isEmpty else { return dispatch() }
        let field = line.prefix { $0 != Self.colon }
        var value = line[field.endIndex...].dropFirst()
        if value.first == 0x20 { value = value.dropFirst() }
        if field.elementsEqual("data".utf8) {
            guard data.count + value.count < Limits.Dialects.maximumEventBytes else { throw Self.tooLong }
            if hasData { data.append(Self.lineFeed) }
            data.append(contentsOf: value)
            hasData = true
        } else if field.elementsEqual("event".utf8) {
            name = value.isEmpty ? nil : String(decoding: value, as: UTF8.self)
        }
        return nil  // all other fields, and comments, mean nothing here
    }

    private mutating func dispatch() -> StreamedEvent? {
        defer { (name, data, hasData) = (nil, [], false) }
        return hasData ? StreamedEvent(name: name, data: data) : nil
    }

    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")
    private static let colon = UInt8(ascii: ":")
    private static var tooLong: ChatError {
        ChatError(.upstreamMalformed, "an event has more than \(Limits.Dialects.maximumEventBytes) bytes")
    }
}
