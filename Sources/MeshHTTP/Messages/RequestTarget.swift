internal import MeshCore

/// What a request is about: a path of decoded segments and a query (RFC 9112 §3.2).
package struct RequestTarget: Hashable, Sendable {
    /// The path and the query as they came, without scheme and authority; `*` for all of the server.
    package let text: String

    /// The part before the question mark, still encoded.
    package var path: Substring { text[..<(text.firstIndex(of: "?") ?? text.endIndex)] }

    /// The part behind the question mark, still encoded.
    package var query: Substring? {
        text.firstIndex(of: "?").map { text[text.index(after: $0)...] }
    }

    /// The target of a path with or without a query, which begins with `/`, or `*`.
    ///
    /// Nil for anything else: a fragment, a control or a byte beyond ASCII, a `%` without two digits.
    package init?(_ text: String) {
        guard text == "*" || text.utf8.first == UInt8(ascii: "/") else { return nil }
        guard Self.isWellFormed(text.utf8) else { return nil }
        self.text = text
    }

    /// The segments of the path, decoded; nil where one is `.` or `..`, has a slash or a NUL inside, or is no UTF-8.
    ///
    /// Whoever compares paths compares these: an encoded dot or slash cannot lead past a check.
    package var segments: [String]? {
        guard let segments = segmentsWithSlashes, !segments.contains(where: { $0.utf8.contains(UInt8(ascii: "/")) })
        else { return nil }
        return segments
    }

    /// The same, where a segment may have slashes inside; nil where a part between any two slashes is `.` or `..`.
    var segmentsWithSlashes: [String]? {
        var segments: [String] = []
        for part in path.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            guard let segment = Self.decode(part, isForm: false) else { return nil }
            guard !Self.hasDots(segment) else { return nil }
            segments.append(segment)
        }
        return segments == [""] ? [] : segments
    }

    private static func hasDots(_ segment: String) -> Bool {
        guard segment.utf8.contains(UInt8(ascii: "/")) else { return segment == "." || segment == ".." }
        return segment.split(separator: "/").contains { $0 == "." || $0 == ".." }
    }

    /// The first value of the parameter `name` in the query, decoded; nil where there is none or it is no UTF-8.
    package func parameter(_ name: String) -> String? {
        parameters.first { $0.name == name }?.value
    }

    /// All parameters of the query in their order, decoded as forms are: a `+` is a space.
    ///
    /// What is no UTF-8 is left out, and so are parameters beyond ``Limits/HTTP/maximumParameters``.
    package var parameters: [(name: String, value: String)] {
        guard let query else { return [] }
        var parameters: [(name: String, value: String)] = []
        for part in query.utf8.split(separator: UInt8(ascii: "&")).prefix(Limits.HTTP.maximumParameters) {
            let cut = part.firstIndex(of: UInt8(ascii: "="))
            let value = cut.map { part[part.index(after: $0)...] } ?? part[part.endIndex...]
            guard let name = Self.decode(part[..<(cut ?? part.endIndex)], isForm: true),
                let value = Self.decode(value, isForm: true)
            else { continue }
            parameters.append((name, value))
        }
        return parameters
    }

    private static func isWellFormed(_ text: String.UTF8View) -> Bool {
        var digits = 0
        for byte in text {
            guard byte > 0x20, byte < 0x7F, byte != UInt8(ascii: "#") else { return false }
            if digits > 0 {
                guard hexadecimal(byte) != nil else { return false }
                digits -= 1
            } else if byte == UInt8(ascii: "%") {
                digits = 2
            }
        }
        return digits == 0
    }

    private static func decode(_ text: Substring.UTF8View, isForm: Bool) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var rest = text[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                guard let high = rest.popFirst().flatMap(hexadecimal), let low = rest.popFirst().flatMap(hexadecimal)
                else { return nil }
                bytes.append(high << 4 | low)
            } else {
                bytes.append(isForm && byte == UInt8(ascii: "+") ? 0x20 : byte)
            }
        }
        guard !bytes.contains(0) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
