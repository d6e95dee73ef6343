internal import MeshCore

/// A form as Stripe reads it: `payload[value]=12&identifier=a%7Cb`.
package struct FormBody: Hashable, Sendable {
    /// As it is sent.
    package private(set) var text = ""

    /// A form without fields.
    package init() {}

    /// These fields, in their order.
    package init(_ fields: KeyValuePairs<String, String>) {
        for (name, value) in fields { add(name, value) }
    }

    /// Adds a field behind the others; brackets in a name stay as they are.
    package mutating func add(_ name: String, _ value: String) {
        if !text.isEmpty { text += "&" }
        text += Self.encoded(name, sparingBrackets: true) + "=" + Self.encoded(value, sparingBrackets: false)
    }

    /// `text` for a form or a query.
    private static func encoded(_ text: String, sparingBrackets: Bool) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            let isBracket = byte == UInt8(ascii: "[") || byte == UInt8(ascii: "]")
            if isPlain(byte) || (sparingBrackets && isBracket) {
                bytes.append(byte)
            } else {
                bytes.append(UInt8(ascii: "%"))
                bytes.append(contentsOf: Hexadecimal.encode(CollectionOfOne(byte)).uppercased().utf8)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Unreserved by RFC 3986 §2.3.
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
        default: false
        }
    }
}
