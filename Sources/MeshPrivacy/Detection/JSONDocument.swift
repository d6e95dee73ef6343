internal import MeshJSON

/// The strings and numbers of a text that is one object or array of JSON, where they stand in it.
struct JSONDocument {
    /// A string, without its quotation marks, or a number.
    struct Token {
        enum Sort { case key, string, number }

        let range: Range<Int>
        let sort: Sort
        /// Which token says what it is: the key it stands behind.
        let label: Int?
    }

    let tokens: [Token]

    /// Nil for text that is none, or that no reader would take.
    init?(_ text: ScannedText) {
        guard let first = text.bytes.first(where: { !$0.isSpace }), let last = text.bytes.last(where: { !$0.isSpace }),
            first == UInt8(ascii: "{") && last == UInt8(ascii: "}")
                || first == UInt8(ascii: "[") && last == UInt8(ascii: "]"),
            (try? JSONReader.read(text.bytes)) != nil
        else { return nil }
        tokens = Self.tokens(of: text)
    }

    /// The tokens of what a reader has found to be right.
    private static func tokens(of text: ScannedText) -> [Token] {
        var tokens: [Token] = []
        // Objects and arrays around an index, each with the label of what stands in it.
        var around: [(isObject: Bool, label: Int?)] = []
        var (label, isKey): (Int?, Bool) = (nil, false)
        var index = 0
        while index < text.count {
            switch text[index] {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                let isObject = text[index] == UInt8(ascii: "{")
                around.append((isObject, label))
                isKey = isObject
            case UInt8(ascii: "}"), UInt8(ascii: "]"): label = around.popLast()?.label
            case UInt8(ascii: ","):
                isKey = around.last?.isObject == true
                if !isKey { label = around.last?.label }
            case UInt8(ascii: "\""):
                let start = index + 1
                index = end(of: text, from: start)
                tokens.append(Token(range: start..<index, sort: isKey ? .key : .string, label: isKey ? nil : label))
                if isKey { label = tokens.count - 1 }
                isKey = false
            case UInt8(ascii: "-"), 0x30...0x39:
                let start = index
                while index < text.count, isNumber(text[index]) { index += 1 }
                tokens.append(Token(range: start..<index, sort: .number, label: label))
                continue
            default: break
            }
            index += 1
        }
        return tokens
    }

    private static func end(of text: ScannedText, from start: Int) -> Int {
        var index = start
        while index < text.count, text[index] != UInt8(ascii: "\"") {
            index += text[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(index, text.count)
    }

    private static func isNumber(_ byte: UInt8) -> Bool {
        byte.isDigit || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".")
            || byte.lowercased == UInt8(ascii: "e")
    }

    // MARK: What is found

    /// What was found in the whole text, as far as it stands inside of strings and numbers: a number is found as a
    /// whole or not at all, and a key only if nothing beside it was found with it.
    func clipped(_ found: Findings) -> Findings {
        var clipped = Findings()
        for piece in found.pieces {
            var index = firstToken(endingBehind: piece.range.lowerBound)
            while index < tokens.count, tokens[index].range.lowerBound < piece.range.upperBound {
                let token = tokens[index]
                index += 1
                switch token.sort {
                case .key where token.range.clamped(to: piece.range) != piece.range: continue
                case .number:
                    clipped.numbers[token.range.lowerBound] = "\""
                    clipped.add(.init(kind: piece.kind, range: token.range, isLookalike: piece.isLookalike))
                case .key, .string:
                    let range = token.range.clamped(to: piece.range)
                    clipped.add(.init(kind: piece.kind, range: range, isLookalike: piece.isLookalike))
                }
            }
        }
        return clipped
    }

    private func firstToken(endingBehind offset: Int) -> Int {
        var (low, high) = (0, tokens.count)
        while low < high {
            let middle = (low + high) / 2
            if tokens[middle].range.upperBound <= offset { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
