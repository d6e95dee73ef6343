/// An event of a stream as it came in (WHATWG HTML §9.2).
package struct StreamedEvent: Hashable, Sendable {
    /// Its kind; nil where none was said.
    package var name: String?

    /// Its content.
    package var data: [UInt8]

    /// An event with this content.
    package init(name: String? = nil, data: [UInt8]) {
        self.name = name
        self.data = data
    }

    /// The content as text; what is no UTF-8 becomes U+FFFD.
    package var text: String { String(decoding: data, as: UTF8.self) }

    /// What is written, on one line each: the content must hold no line end, which JSON of ours never does.
    static func bytes(name: StaticString?, _ write: (inout [UInt8]) -> Void) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256)
        if let name {
            append("event: ", to: &bytes)
            append(name, to: &bytes)
            bytes.append(UInt8(ascii: "\n"))
        }
        append("data: ", to: &bytes)
        write(&bytes)
        append("\n\n", to: &bytes)
        return bytes
    }

    private static func append(_ text: StaticString, to bytes: inout [UInt8]) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }
}
