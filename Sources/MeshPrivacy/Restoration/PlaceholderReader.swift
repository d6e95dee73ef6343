internal import MeshCore

/// Recognises a placeholder in text that a model may have changed: other case, other marks, markdown, an ending.
///
/// Three things must hold before anything is restored: the word, the check character, and that the conversation has
/// given it out. So one wrong character, or two that changed places, never give another original.
struct PlaceholderReader {
    /// What stands at an index.
    enum Match: Equatable {
        /// No placeholder begins here.
        case none
        /// That cannot be said before more has come.
        case undecided
        /// A placeholder, up to this index.
        case placeholder(Placeholder, end: Int)
        /// What is written like a placeholder and is none.
        case broken(end: Int)
    }

    let text: ScannedText
    /// Whether nothing follows the text.
    let isWhole: Bool
    /// What stood before the text.
    var before: UInt8 = 0
    /// Whether a placeholder has been given out whose code begins so; nil where every one counts.
    var isKnown: ((PlaceholderWord, UInt64, Int) -> Bool)?

    /// What begins at an index.
    func match(at start: Int) -> Match {
        let candidates = PlaceholderWord.beginning(with: text[start] & 0xDF)
        guard !candidates.isEmpty, text[start].isLetter else { return .none }
        var isUndecided = false
        for word in candidates {
            switch match(word, at: start) {
            case .none: continue
            case .undecided: isUndecided = true
            case let found: return found
            }
        }
        return isUndecided ? .undecided : .none
    }

    private func match(_ word: PlaceholderWord, at start: Int) -> Match {
        let length = word.text.utf8CodeUnitCount
        let available = min(length, text.count - start)
        let isThere = word.text.withUTF8Buffer { letters in
            (0..<available).allSatisfy { text[start + $0] & 0xDF == letters[$0] && text[start + $0].isLetter }
        }
        guard isThere else { return .none }
        let isStrict = (0..<available).allSatisfy { text[start + $0].isCapital }
        let previous = start > 0 ? text[start - 1] : before
        // In small letters it must be a word of its own, or every "paid " would be looked at twice.
        guard isStrict || !previous.isAlphanumeric, isStrict || isKnown?(word, 0, 0) != false else { return .none }
        guard available == length else { return isWhole ? .none : .undecided }
        return code(word, at: start, marksFrom: start + length, isStrict)
    }

    /// The marks behind the word, then the code.
    private func code(_ word: PlaceholderWord, at start: Int, marksFrom first: Int, _ isStrict: Bool) -> Match {
        var index = first
        var (marks, hasLine) = (0, false)
        while index < text.count, marks < 6, let length = mark(at: index) {
            if text[index] == UInt8(ascii: "_") { hasLine = true }
            index += length
            marks += 1
        }
        if index >= text.count || isCut(at: index) { return isWhole ? .none : .undecided }
        guard marks > 0 else { return .none }
        var (digits, count): (UInt64, Int) = (0, 0)
        var (capitals, small, numbers, skipped) = (0, 0, 0, 0)
        var isOdd = false
        while count < Placeholder.length {
            guard index < text.count, !isCut(at: index) else {
                let isPossible = isKnown?(word, digits, count) != false && !isOdd
                return isWhole || !(isPossible || isStrict && hasLine) ? .none : .undecided
            }
            if let length = invisible(at: index), count > 0, skipped < 4 {
                index += length
                skipped += 1
                continue
            }
            let byte = text[index]
            guard byte.isAlphanumeric else { return .none }
            if byte.isCapital { capitals += 1 } else if byte.isSmall { small += 1 } else { numbers += 1 }
            if let digit = Placeholder.digit(byte) { digits = digits << 5 | digit } else { isOdd = true }
            count += 1
            index += 1
            guard isStrict && hasLine || !isOdd && isKnown?(word, digits, count) != false else { return .none }
        }
        switch isEnded(at: index, hasCapitals: capitals > 0, hasSmall: small > 0) {
        case nil: return .undecided
        case false?: return .none
        case true?: break
        }
        if !isOdd, let placeholder = Placeholder(word, digits: digits), isKnown?(word, digits, count) != false {
            return .placeholder(placeholder, end: index)
        }
        return isStrict && hasLine && small == 0 && numbers > 0 ? .broken(end: index) : .none
    }

    /// Whether a code may end here: nil where that is not known yet.
    ///
    /// An ending in small letters may follow capitals; behind small letters only an `s` that ends the word.
    private func isEnded(at index: Int, hasCapitals: Bool, hasSmall: Bool) -> Bool? {
        guard index < text.count else { return isWhole ? true : nil }
        let next = text[index]
        guard next.isAlphanumeric else { return true }
        guard next.isSmall else { return false }
        if hasCapitals, !hasSmall { return true }
        guard next == UInt8(ascii: "s") else { return false }
        guard index + 1 < text.count else { return isWhole ? true : nil }
        return !text[index + 1].isAlphanumeric
    }

    /// How long the mark is that stands here in place of `_`, or around it.
    private func mark(at index: Int) -> Int? {
        switch text[index] {
        case UInt8(ascii: "_"), UInt8(ascii: "\\"), UInt8(ascii: "-"), UInt8(ascii: "*"), 0x20, 0x0A, 0x0D: 1
        case 0xC2 where text[index + 1] == 0xA0: 2
        // Hyphens and dashes of all sorts, and the space that does not break.
        case 0xE2 where text[index + 1] == 0x80 && ((0x90...0x95).contains(text[index + 2]) || text[index + 2] == 0xAF):
            3
        default: invisible(at: index)
        }
    }

    /// Soft hyphens and characters without width, which some writers strew into long words.
    private func invisible(at index: Int) -> Int? {
        switch text[index] {
        case 0xC2 where text[index + 1] == 0xAD: 2
        case 0xE2 where text[index + 1] == 0x80 && (0x8B...0x8D).contains(text[index + 2]): 3
        case 0xE2 where text[index + 1] == 0x81 && text[index + 2] == 0xA0: 3
        case 0xEF where text[index + 1] == 0xBB && text[index + 2] == 0xBF: 3
        default: nil
        }
    }

    /// Whether the text ends inside a character that begins here.
    private func isCut(at index: Int) -> Bool {
        switch text[index] {
        case 0xC2: index + 1 >= text.count
        case 0xE2, 0xEF: index + 2 >= text.count
        default: false
        }
    }

    /// What looks like a placeholder before anything was redacted, and would be taken for one when answers are
    /// restored: it gets a placeholder of its own.
    ///
    /// In another spelling than ours it counts only if the conversation has it.
    static func lookalikes(in text: ScannedText, of map: PlaceholderMap?, _ findings: inout Findings) {
        let reader = PlaceholderReader(text: text, isWhole: true)
        var index = 0
        while index < text.count {
            guard text[index].isLetter, case .placeholder(let placeholder, let end) = reader.match(at: index) else {
                index += 1
                continue
            }
            let isOurs = text.bytes[index..<end].elementsEqual(placeholder.text.utf8)
            let hasDigit = text.bytes[index..<end].contains { $0.isDigit }
            if map?.original(of: placeholder) != nil || (isOurs && hasDigit) {
                findings.addLookalike(index..<end)
                index = end
            } else {
                index += 1
            }
        }
    }
}
