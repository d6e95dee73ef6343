// Reading what must not be longer than a bound that the caller names.

extension WireReader {
    /// At most `maximum` elements.
    @_lifetime(self: copy self)
    package mutating func readList<Element: WireCodable>(
        of element: Element.Type,
        atMost maximum: Int
    ) throws(WireError) -> [Element] {
        let count = try beginArray()
        guard count <= maximum else { throw WireError(.tooManyElements, "\(count) elements, limit \(maximum)") }
        var list: [Element] = []
        for _ in 0..<count { list.append(try Element(from: &self)) }
        endNesting()
        return list
    }

    /// Text of at most `maximum` bytes.
    @_lifetime(self: copy self)
    package mutating func readText(atMost maximum: Int) throws(WireError) -> String {
        let text = try readText()
        guard text.utf8.count <= maximum else {
            throw WireError(.invalidValue, "\(text.utf8.count) bytes of text where at most \(maximum) belong")
        }
        return text
    }
}
