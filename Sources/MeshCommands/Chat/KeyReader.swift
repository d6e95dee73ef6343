internal import MeshCore

/// What a person has typed.
package enum Key: Hashable, Sendable {
    /// A sign, or a line end that was typed with Alt.
    case text(String)
    /// A text that was pasted; its lines end in `\n`.
    case pasted(String)
    case left, right, wordLeft, wordRight, home, end, up, down
    case backspace, delete, eraseWord, deleteWord, eraseToStart, eraseToEnd, putBack
    /// Ctrl-C.
    case interrupt
    /// Ctrl-D.
    case endOfInput
    /// Ctrl-Z.
    case suspend
    /// Ctrl-L.
    case clear
    case enter
}

/// Makes keys of the bytes that a terminal sends, however they are cut; what it does not know is passed over.
package struct KeyReader: Sendable {
    private enum State {
        case plain
        /// Bytes of one sign that is not whole yet, and how many it will have.
        case sign([UInt8], of: Int)
        case escape
        /// Behind `ESC [`, and what came since.
        case sequence([UInt8])
        /// Behind `ESC O`.
        case single
        /// Between the marks of bracketed paste.
        case paste([UInt8])
    }

    private var state = State.plain

    /// A reader that waits for a key.
    package init() {}

    /// The key that this byte completes; nil where it completes none.
    package mutating func take(_ byte: UInt8) -> Key? {
        switch state {
        case .plain: return plain(byte)
        case .sign(var bytes, let count):
            // A sign that is cut off by something else is dropped.
            guard byte & 0xC0 == 0x80 else {
                state = .plain
                return plain(byte)
            }
            bytes.append(byte)
            guard bytes.count == count else {
                state = .sign(bytes, of: count)
                return nil
            }
            state = .plain
            return String(validating: bytes, as: UTF8.self).map { .text($0) }
        case .escape: return escaped(byte)
        case .sequence(let bytes): return sequence(bytes, byte)
        case .single:
            state = .plain
            return Self.letter(byte)
        case .paste: return paste(byte)
        }
    }

    private mutating func plain(_ byte: UInt8) -> Key? {
        switch byte {
        case 0x01: return .home
        case 0x02: return .left
        case 0x03: return .interrupt
        case 0x04: return .endOfInput
        case 0x05: return .end
        case 0x06: return .right
        case 0x08, 0x7F: return .backspace
        case 0x0A, 0x0D: return .enter
        case 0x0B: return .eraseToEnd
        case 0x0C: return .clear
        case 0x0E: return .down
        case 0x10: return .up
        case 0x15: return .eraseToStart
        case 0x17: return .eraseWord
        case 0x19: return .putBack
        case 0x1A: return .suspend
        case 0x1B:
            state = .escape
            return nil
        case 0x20..<0x7F: return .text(String(Unicode.Scalar(byte)))
        case 0xC2...0xDF: state = .sign([byte], of: 2)
        case 0xE0...0xEF: state = .sign([byte], of: 3)
        case 0xF0...0xF4: state = .sign([byte], of: 4)
        default: break
        }
        return nil
    }

    private mutating func escaped(_ byte: UInt8) -> Key? {
        state = .plain
        switch byte {
        case UInt8(ascii: "["): state = .sequence([])
        case UInt8(ascii: "O"): state = .single
        case 0x1B: state = .escape
        case UInt8(ascii: "b"): return .wordLeft
        case UInt8(ascii: "f"): return .wordRight
        case UInt8(ascii: "d"): return .deleteWord
        case 0x08, 0x7F: return .eraseWord
        case 0x0A, 0x0D: return .text("\n")
        default: break
        }
        return nil
    }

    private mutating func sequence(_ bytes: [UInt8], _ byte: UInt8) -> Key? {
        guard (0x40...0x7E).contains(byte) else {
            // One without an end is dropped, and a key that begins anew counts.
            let isOver = bytes.count >= Limits.Commands.maximumKeyBytes || !(0x20..<0x40).contains(byte)
            state = isOver ? .plain : .sequence(bytes + [byte])
            return isOver && byte == 0x1B ? plain(byte) : nil
        }
        state = .plain
        let numbers = bytes.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
            .map { Int(String(decoding: $0, as: UTF8.self)) }
        let isModified = numbers.count > 1
        guard byte == UInt8(ascii: "~") else {
            switch Self.letter(byte) {
            case .left? where isModified: return .wordLeft
            case .right? where isModified: return .wordRight
            case let key: return key
            }
        }
        switch numbers.first ?? nil {
        case 1, 7: return .home
        case 4, 8: return .end
        case 3: return isModified ? .deleteWord : .delete
        case 200:
            state = .paste([])
            return nil
        default: return nil
        }
    }

    private static func letter(_ byte: UInt8) -> Key? {
        switch byte {
        case UInt8(ascii: "A"): .up
        case UInt8(ascii: "B"): .down
        case UInt8(ascii: "C"): .right
        case UInt8(ascii: "D"): .left
        case UInt8(ascii: "H"): .home
        case UInt8(ascii: "F"): .end
        default: nil
        }
    }

    private mutating func paste(_ byte: UInt8) -> Key? {
        guard case .paste(var bytes) = state else { return nil }
        // Nobody else holds the bytes then: what is appended copies nothing.
        state = .plain
        // One more than a line takes is kept, by which the editor knows that it was too much, and the mark behind it.
        let most = Limits.Commands.maximumLineBytes + 1 + Self.pasteEnd.count
        if bytes.count == most { bytes.remove(at: most - Self.pasteEnd.count) }
        bytes.append(byte)
        guard bytes.suffix(Self.pasteEnd.count).elementsEqual(Self.pasteEnd) else {
            state = .paste(bytes)
            return nil
        }
        return .pasted(Self.plainText(bytes.dropLast(Self.pasteEnd.count)))
    }

    /// Lines that end in `\n`, with tabs and no other signs that move a cursor.
    private static func plainText(_ bytes: ArraySlice<UInt8>) -> String {
        var text = ""
        var isBehindReturn = false
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            defer { isBehindReturn = scalar == "\r" }
            switch scalar {
            case "\r": text.unicodeScalars.append("\n")
            case "\n" where isBehindReturn: continue
            case "\n", "\t": text.unicodeScalars.append(scalar)
            default: if scalar.properties.generalCategory != .control { text.unicodeScalars.append(scalar) }
            }
        }
        return text
    }

    private static let pasteEnd = Array("\u{1B}[201~".utf8)
}
