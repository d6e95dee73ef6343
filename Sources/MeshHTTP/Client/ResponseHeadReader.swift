internal import MeshCore

/// Reads the head of an answer, a line at a time as libcurl hands them over, within bounds.
///
/// Heads of 1xx are read and forgotten, and so is what comes behind the head (trailers).
package struct ResponseHeadReader {
    /// The head, once it is whole.
    package struct Head: Sendable {
        /// How it went.
        package let status: HTTPStatus
        /// The version that was spoken.
        package let version: HTTPVersion
        /// The fields.
        package let fields: HTTPFields
        /// The length of the body, where it was said.
        package let declaredLength: UInt64?
    }

    /// Nothing read yet.
    package init() {}

    private var status: HTTPStatus?
    private var version = HTTPVersion.http11
    private var fields = HTTPFields()
    private var length: UInt64?
    private var bytesTaken = 0
    private var fieldsTaken = 0
    /// The head, once it is there.
    package private(set) var head: Head?

    /// Whether a head has begun and not ended.
    package var isUnderWay: Bool { status != nil }

    /// Takes a line with its end; ``head`` is there after the empty one that ends it.
    package mutating func take(_ line: UnsafeRawBufferPointer) throws(HTTPError) {
        bytesTaken += line.count
        guard bytesTaken <= Limits.HTTPClient.maximumHeadBytes else {
            throw HTTPError(.tooLarge, "the head has more than \(Limits.HTTPClient.maximumHeadBytes) bytes")
        }
        guard head == nil else { return }
        let content = Self.withoutEnd(line)
        if content.isEmpty {
            try end()
        } else if status == nil {
            try takeStatus(content)
        } else {
            try takeField(content)
        }
    }

    private mutating func end() throws(HTTPError) {
        guard let status else { throw HTTPError(.malformed, "a head without a status") }
        if status.code >= 200 {
            head = Head(status: status, version: version, fields: fields, declaredLength: length)
        } else if status == .switchingProtocols {
            throw HTTPError(.malformed, "the server changes to a protocol that nobody asked for")
        }
        self.status = nil
        fields = HTTPFields()
        length = nil
    }

    private mutating func takeStatus(_ line: UnsafeRawBufferPointer) throws(HTTPError) {
        let words = line.split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count >= 2, let version = Self.version(words[0]), let code = Self.number(words[1]),
            words[1].count == 3, (100...599).contains(code)
        else { throw HTTPError(.malformed, "the status line is none") }
        self.version = version
        status = HTTPStatus(UInt16(code))
    }

    private mutating func takeField(_ line: UnsafeRawBufferPointer) throws(HTTPError) {
        fieldsTaken += 1
        guard fieldsTaken <= Limits.HTTPClient.maximumFields else {
            throw HTTPError(.tooLarge, "the head has more than \(Limits.HTTPClient.maximumFields) fields")
        }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0,
            line[..<colon].allSatisfy(HTTPFieldName.isTokenByte)
        else { throw HTTPError(.malformed, "a line of the head is no field") }
        let value = Self.trimmed(line[(colon + 1)...])
        guard value.allSatisfy(HTTPFields.isValueByte) else {
            throw HTTPError(.malformed, "a field of the head holds a control")
        }
        let name = line[..<colon].map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        fields.appendParsed(name: name, value: value)
        guard name.elementsEqual(HTTPFieldName.contentLength.text.utf8) else { return }
        guard let said = Self.number(value), length == nil || length == said else {
            throw HTTPError(.malformed, "the length of the body is not clear")
        }
        length = said
    }

    private static func withoutEnd(_ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var count = line.count
        if count > 0, line[count - 1] == 0x0A { count -= 1 }
        if count > 0, line[count - 1] == 0x0D { count -= 1 }
        return UnsafeRawBufferPointer(rebasing: line[..<count])
    }

    private static func trimmed(_ text: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
        var text = text
        while let first = text.first, first == 0x20 || first == 0x09 { text = text.dropFirst() }
        while let last = text.last, last == 0x20 || last == 0x09 { text = text.dropLast() }
        return text
    }

    private static func version(_ word: Slice<UnsafeRawBufferPointer>) -> HTTPVersion? {
        if word.elementsEqual("HTTP/1.1".utf8) { return .http11 }
        if word.elementsEqual("HTTP/2".utf8) { return .http2 }
        return word.elementsEqual("HTTP/1.0".utf8) ? .http10 : nil
    }

    /// A number of digits alone; nil for anything else, also for one that is too large.
    private static func number(_ text: Slice<UnsafeRawBufferPointer>) -> UInt64? {
        guard (1...19).contains(text.count) else { return nil }
        var number: UInt64 = 0
        for byte in text {
            guard (0x30...0x39).contains(byte) else { return nil }
            number = number * 10 + UInt64(byte - 0x30)
        }
        return number
    }
}
