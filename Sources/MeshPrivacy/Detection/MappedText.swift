/// Text that was made of another one, and where each byte of it comes from.
struct MappedText {
    let text: ScannedText

    /// For each byte, where what it was made of begins and ends.
    private let starts: [UInt32]
    private let ends: [UInt32]

    /// The bytes of another text from an offset on, as they are there.
    init(_ bytes: ArraySlice<UInt8>) {
        text = ScannedText(bytes: Array(bytes))
        starts = (bytes.startIndex..<bytes.endIndex).map(UInt32.init)
        ends = starts.map { $0 + 1 }
    }

    fileprivate init(_ maker: consuming MappedTextMaker) {
        text = ScannedText(bytes: maker.bytes)
        starts = maker.starts
        ends = maker.ends
    }

    /// What a piece of this text was made of.
    func origin(of range: Range<Int>) -> Range<Int> {
        // A character that is cut off at the end of an escape is as long as it would have been.
        let range = range.clamped(to: 0..<starts.count)
        guard !range.isEmpty else { return 0..<0 }
        return Int(starts[range.lowerBound])..<Int(ends[range.upperBound - 1])
    }

    /// A piece of the other text, so that it neither begins nor ends inside of what one character was made of: behind
    /// the `\n` that stands before a word, not between its two bytes.
    func whole(_ range: Range<Int>) -> Range<Int> {
        let start = unit(around: range.lowerBound)?.upperBound ?? range.lowerBound
        let end = unit(around: range.upperBound)?.upperBound ?? range.upperBound
        return start < end ? start..<end : end..<end
    }

    /// What stands on both sides of an offset of the other text, and is one character here.
    private func unit(around offset: Int) -> Range<Int>? {
        var (low, high) = (0, starts.count)
        while low < high {
            let middle = (low + high) / 2
            if starts[middle] < offset { low = middle + 1 } else { high = middle }
        }
        guard low > 0, ends[low - 1] > offset else { return nil }
        return Int(starts[low - 1])..<Int(ends[low - 1])
    }
}

// MARK: - As a reader takes it

extension MappedText {
    /// Text as its reader takes it: an escape of JSON, of a URL or of HTML is its character, a blank or a hyphen is one
    /// whatever its width, and what cannot be seen is not there.
    ///
    /// Rules search it beside the text as it stands. Nil where the two are the same, as they nearly always are.
    init?(unfolding text: ScannedText) {
        let bytes = text.bytes
        var index = 0
        while index < bytes.count {
            if Self.beginsUnit[Int(bytes[index])], TextUnit(text, at: index) != nil { break }
            index += 1
        }
        guard index < bytes.count else { return nil }
        var maker = MappedTextMaker(bytes[..<index])
        while index < bytes.count {
            guard Self.beginsUnit[Int(bytes[index])], let unit = TextUnit(text, at: index) else {
                maker.append(bytes[index], from: index..<index + 1)
                index += 1
                continue
            }
            let origin = index..<index + unit.length
            switch unit.meaning {
            case .nothing: break
            case .byte(let byte): maker.append(byte, from: origin)
            case .mark(let mark): maker.compose(with: mark, origin)
            case .scalar(let scalar): maker.append(scalar: scalar, from: origin)
            }
            index = origin.upperBound
        }
        self.init(maker)
    }

    /// What stands between the quotation marks of a string of JSON that has been read before.
    init(unescaping bytes: ArraySlice<UInt8>) {
        guard bytes.contains(UInt8(ascii: "\\")) else {
            self.init(bytes)
            return
        }
        var maker = MappedTextMaker([])
        var index = bytes.startIndex
        while index < bytes.endIndex {
            guard bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.endIndex else {
                maker.append(bytes[index], from: index..<index + 1)
                index += 1
                continue
            }
            var length = 2
            let scalar: UInt32
            switch bytes[index + 1] {
            case UInt8(ascii: "n"): scalar = 0x0A
            case UInt8(ascii: "r"): scalar = 0x0D
            case UInt8(ascii: "t"): scalar = 0x09
            case UInt8(ascii: "b"): scalar = 0x08
            case UInt8(ascii: "f"): scalar = 0x0C
            case UInt8(ascii: "u"): (scalar, length) = Self.hexadecimal(bytes, index)
            case let other: scalar = UInt32(other)
            }
            let end = min(index + length, bytes.endIndex)
            maker.append(scalar: scalar, from: index..<end)
            index = end
        }
        self.init(maker)
    }

    /// The character of `\u` and four digits, or of two such that are one character.
    private static func hexadecimal(_ bytes: ArraySlice<UInt8>, _ index: Int) -> (UInt32, length: Int) {
        func value(_ start: Int) -> UInt32? {
            guard start + 6 <= bytes.endIndex, bytes[start] == UInt8(ascii: "\\"),
                bytes[start + 1] == UInt8(ascii: "u")
            else { return nil }
            return bytes[start + 2..<start + 6].reduce(0 as UInt32?) { sum, byte in
                guard let sum, byte.isHexadecimal else { return nil }
                return sum << 4 | UInt32(byte.hexadecimalDigit)
            }
        }
        guard let first = value(index) else { return (0xFFFD, 2) }
        guard (0xD800..<0xDC00).contains(first), let second = value(index + 6), (0xDC00..<0xE000).contains(second)
        else { return (first, 6) }
        return (0x10000 + (first - 0xD800) << 10 + (second - 0xDC00), 12)
    }

    /// Which bytes may begin something that a reader takes otherwise than it stands.
    private static let beginsUnit: [Bool] = {
        let first: Set<UInt8> = [0x5C, 0x25, 0x26, 0xC2, 0xCC, 0xCD, 0xE2, 0xE3, 0xEF]
        return (0...255 as ClosedRange<UInt8>).map { first.contains($0) }
    }()
}

/// Collects the bytes of a text with their origins.
private struct MappedTextMaker {
    var bytes: [UInt8]
    var starts: [UInt32]
    var ends: [UInt32]

    /// The beginning is the same in both texts.
    init(_ same: ArraySlice<UInt8>) {
        bytes = Array(same)
        starts = (0..<UInt32(same.count)).map { $0 }
        ends = starts.map { $0 + 1 }
    }

    mutating func append(_ byte: UInt8, from origin: Range<Int>) {
        bytes.append(byte)
        starts.append(UInt32(origin.lowerBound))
        ends.append(UInt32(origin.upperBound))
    }

    mutating func append(scalar: UInt32, from origin: Range<Int>) {
        for byte in Self.utf8(scalar) { append(byte, from: origin) }
    }

    /// Puts a mark on the last letter; one that no letter has is left out, and belongs to it all the same.
    mutating func compose(with mark: UInt32, _ origin: Range<Int>) {
        guard let first = bytes.lastIndex(where: { $0 & 0xC0 != 0x80 }), bytes.count - first <= 4 else { return }
        let base = String(decoding: bytes[first...], as: UTF8.self).unicodeScalars.first?.value ?? 0
        guard let letter = ComposedLetters.letter(base, mark) else {
            for index in first..<ends.count { ends[index] = UInt32(origin.upperBound) }
            return
        }
        let start = Int(starts[first])
        bytes.removeSubrange(first...)
        starts.removeSubrange(first...)
        ends.removeSubrange(first...)
        append(scalar: letter, from: start..<origin.upperBound)
    }

    /// Halves of characters, which no text has, are the sign for what cannot be read.
    private static func utf8(_ scalar: UInt32) -> Unicode.UTF8.EncodedScalar {
        let known = Unicode.Scalar(scalar).flatMap(Unicode.UTF8.encode)
        return known ?? Unicode.UTF8.encodedReplacementCharacter
    }
}
