/// A run of letters, with marks that stand inside words: `O'Brien`, `Müller`, `tel2`.
struct Word {
    let start: Int
    let end: Int

    /// Of its letters in small, so that words are compared without their case.
    let hash: UInt64

    /// Whether its first letter is a capital.
    let isCapitalised: Bool

    /// Whether all of its letters are.
    let isAllCapitals: Bool

    /// Whether it holds digits.
    let hasDigits: Bool

    var count: Int { end - start }

    var range: Range<Int> { start..<end }
}

extension ScannedText {
    /// All words, in order.
    ///
    /// A digit is a letter here; an apostrophe between letters is one, too.
    func words() -> [Word] {
        var words: [Word] = []
        words.reserveCapacity(bytes.count / 6)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte.isAlphanumeric || (byte >= 0x80 && letter(at: index).isLetter) {
                let word = word(at: index)
                words.append(word)
                index = word.end
            } else {
                index += byte < 0x80 ? 1 : letter(at: index).length
            }
        }
        return words
    }

    private func word(at start: Int) -> Word {
        var hash = WordHash()
        var index = start
        var (isCapitalised, isAllCapitals, hasDigits) = (false, true, false)
        while index < bytes.count {
            let byte = bytes[index]
            if byte < 0x80 {
                if byte.isCapital {
                    if index == start { isCapitalised = true }
                } else if byte.isDigit {
                    hasDigits = true
                } else if byte.isSmall {
                    isAllCapitals = false
                } else if byte == UInt8(ascii: "'"), self[index - 1].isLetter, self[index + 1].isLetter {
                    if self[index + 1] == UInt8(ascii: "s"), !self[index + 2].isAlphanumeric { break }
                } else {
                    break
                }
                hash.add(byte.lowercased)
                index += 1
            } else {
                let letter = letter(at: index)
                guard letter.isLetter else { break }
                if letter.isCapital { if index == start { isCapitalised = true } } else { isAllCapitals = false }
                hash.add(letter.small)
                index += letter.length
            }
        }
        return Word(
            start: start,
            end: min(index, bytes.count),
            hash: hash.value,
            isCapitalised: isCapitalised,
            isAllCapitals: isAllCapitals,
            hasDigits: hasDigits
        )
    }

    private struct Letter {
        var length: Int
        var isLetter: Bool
        var isCapital: Bool
        var small: UInt32
    }

    /// The letter beyond ASCII that begins at an index; the cases of Latin, Greek and Cyrillic are known.
    private func letter(at index: Int) -> Letter {
        let first = UInt32(self[index])
        if first >= 0xC2, first < 0xE0 {
            let scalar = (first & 0x1F) << 6 | UInt32(self[index + 1]) & 0x3F
            let isLetter = scalar >= 0xC0 && scalar != 0xD7 && scalar != 0xF7
            let small = Self.small(scalar)
            return Letter(length: 2, isLetter: isLetter, isCapital: small != scalar, small: small)
        }
        if first >= 0xE0, first < 0xF0 {
            let scalar = (first & 0x0F) << 12 | (UInt32(self[index + 1]) & 0x3F) << 6 | UInt32(self[index + 2]) & 0x3F
            // Punctuation, signs, arrows, boxes and dingbats; those of East Asia; private and special ones.
            let isMark = (0x2000...0x2BFF).contains(scalar) || (0x3000...0x303F).contains(scalar) || scalar >= 0xE000
            let isCapital = (0x1E00...0x1EFF).contains(scalar) && scalar.isMultiple(of: 2)
            return Letter(length: 3, isLetter: !isMark, isCapital: isCapital, small: isCapital ? scalar + 1 : scalar)
        }
        return Letter(length: first >= 0xF0 ? 4 : 1, isLetter: false, isCapital: false, small: first)
    }

    private static func small(_ scalar: UInt32) -> UInt32 {
        switch scalar {
        case 0xC0...0xDE: scalar == 0xD7 ? scalar : scalar + 0x20
        case 0x100...0x137, 0x14A...0x177: scalar | 1
        case 0x139...0x148, 0x179...0x17E: scalar.isMultiple(of: 2) ? scalar : scalar + 1
        case 0x178: 0xFF
        case 0x391...0x3A9: scalar + 0x20
        case 0x400...0x40F: scalar + 0x50
        case 0x410...0x42F: scalar + 0x20
        default: scalar
        }
    }
}

/// FNV-1a over small letters: the same on every machine, and good enough for a few thousand known words.
struct WordHash {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }

    mutating func add(_ scalar: UInt32) {
        add(UInt8(truncatingIfNeeded: scalar >> 8) | 0x80)
        add(UInt8(truncatingIfNeeded: scalar))
    }
}
