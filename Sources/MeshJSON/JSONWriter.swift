internal import MeshCore

/// Writes documents as JSON.
package struct JSONWriter {
    private var bytes: [UInt8] = []
    private let isIndented: Bool

    private init(isIndented: Bool) { self.isIndented = isIndented }

    /// `value` in as few bytes as possible.
    package static func bytes(of value: JSONValue) -> [UInt8] {
        var writer = JSONWriter(isIndented: false)
        writer.write(value, depth: 0)
        return writer.bytes
    }

    /// `value` as text; for people each member stands on a line of its own.
    package static func text(of value: JSONValue, isIndented: Bool = false) -> String {
        var writer = JSONWriter(isIndented: isIndented)
        writer.write(value, depth: 0)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private mutating func write(_ value: JSONValue, depth: Int) {
        switch value {
        case .null: write("null")
        case .bool(let bool): write(bool ? "true" : "false")
        case .integer(let integer): bytes.append(contentsOf: String(integer).utf8)
        // JSON has no words for what is not finite.
        case .number(let number): bytes.append(contentsOf: (number.isFinite ? "\(number)" : "null").utf8)
        case .string(let text): write(text: text)
        case .array(let elements):
            write("[")
            for (index, element) in elements.enumerated() {
                separate(index, depth)
                write(element, depth: depth + 1)
            }
            end("]", elements.count, depth)
        case .object(let object):
            write("{")
            for (index, member) in object.members.enumerated() {
                separate(index, depth)
                write(text: member.key)
                write(isIndented ? ": " : ":")
                write(member.value, depth: depth + 1)
            }
            end("}", object.count, depth)
        }
    }

    private mutating func separate(_ index: Int, _ depth: Int) {
        if index > 0 { write(",") }
        breakLine(depth + 1)
    }

    private mutating func end(_ mark: StaticString, _ count: Int, _ depth: Int) {
        if count > 0 { breakLine(depth) }
        write(mark)
    }

    private mutating func breakLine(_ depth: Int) {
        guard isIndented else { return }
        bytes.append(0x0A)
        bytes.append(contentsOf: repeatElement(0x20, count: 2 * depth))
    }

    private mutating func write(_ text: StaticString) { text.withUTF8Buffer { bytes.append(contentsOf: $0) } }

    /// Text without escapes, which nearly all is, is copied at once.
    private mutating func write(text: String) {
        let isPlain = text.utf8.allSatisfy { byte in
            byte >= 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
        }
        guard isPlain else { return bytes.append(contentsOf: JSONText.quoted(text).utf8) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: text.utf8)
        bytes.append(UInt8(ascii: "\""))
    }
}
