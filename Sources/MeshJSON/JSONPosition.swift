/// A place in a text file, as editors count: from 1, a column for each character.
package struct JSONPosition: Hashable, Sendable, CustomStringConvertible {
    /// The line.
    package let line: Int

    /// The character in the line.
    package let column: Int

    /// The place of the byte at `offset` of `bytes`.
    init(of offset: Int, in bytes: UnsafeRawBufferPointer) {
        var line = 1
        var column = 1
        for byte in bytes[..<min(offset, bytes.count)] {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        self.line = line
        self.column = column
    }

    /// `line 3, column 7`.
    package var description: String { "line \(line), column \(column)" }
}

/// A step from a value into a part of it.
package enum JSONStep: Hashable, Sendable {
    /// Into the member of this name.
    case key(String)
    /// Into the element at this index.
    case index(Int)

    /// Whether both lead to the same part: names are compared as they are spelled.
    func isSame(as other: JSONStep) -> Bool {
        switch (self, other) {
        case (.key(let key), .key(let other)): JSONKey(key) == JSONKey(other)
        case (.index(let index), .index(let other)): index == other
        default: false
        }
    }
}
