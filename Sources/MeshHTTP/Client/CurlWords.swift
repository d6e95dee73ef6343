/// What libcurl says only in words for people, and what is needed to know whether a server has looked at a request.
///
/// A server that retires a connection of HTTP/2 names the last stream that it takes (GOAWAY, RFC 9113 §6.8): those
/// behind it were not looked at, and may be sent again. The library sends again whatever had no answer, and has no
/// other way to say which of these it was. Words that change are not understood; ``CurlStreams`` says what follows.
package enum CurlWords: Hashable, Sendable {
    /// The request has this number on its connection.
    case stream(UInt32)

    /// The server takes nothing behind this number on the connection.
    case goAway(last: UInt32)

    /// What `words` say; nil where it is anything else.
    package init?(_ words: UnsafeRawBufferPointer) {
        if let number = Self.number(in: words, behind: "Using Stream ID: ") {
            self = .stream(number)
        } else if let rest = Self.rest(of: words, behind: "recveived GOAWAY, error="),
            let comma = rest.firstIndex(of: UInt8(ascii: ",")),
            let last = Self.number(in: UnsafeRawBufferPointer(rebasing: rest[comma...]), behind: ", last_stream=")
        {
            self = .goAway(last: last)
        } else {
            return nil
        }
    }

    private static func rest(of words: UnsafeRawBufferPointer, behind start: StaticString) -> UnsafeRawBufferPointer? {
        guard words.count > start.utf8CodeUnitCount,
            words.starts(with: UnsafeBufferPointer(start: start.utf8Start, count: start.utf8CodeUnitCount))
        else { return nil }
        return UnsafeRawBufferPointer(rebasing: words[start.utf8CodeUnitCount...])
    }

    private static func number(in words: UnsafeRawBufferPointer, behind start: StaticString) -> UInt32? {
        guard let rest = rest(of: words, behind: start) else { return nil }
        let digits = rest.prefix { (0x30...0x39).contains($0) }
        return UInt32(String(decoding: digits, as: UTF8.self))
    }
}
