/// A 128-bit id that nobody has to hand out: commands, requests, events.
///
/// The layout is UUID version 7 (RFC 9562 §5.7): milliseconds first, so that ids sort by time and sit together in an
/// index, then 74 random bits. Time and randomness are arguments: a simulation draws the same ids for the same seed.
package struct UniqueID: Hashable, Sendable {
    /// The first eight bytes, the most significant first.
    package let high: UInt64

    /// The last eight bytes.
    package let low: UInt64

    /// The id of these sixteen bytes.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A fresh id at `wallTime`.
    package init(at wallTime: WallTime, using generator: inout some RandomNumberGenerator) {
        let first = generator.next()
        self.init(at: wallTime, first, generator.next())
    }

    /// The same, without generic code on the way of every call.
    package init(at wallTime: WallTime, using generator: inout SeededGenerator) {
        let first = generator.next()
        self.init(at: wallTime, first, generator.next())
    }

    private init(at wallTime: WallTime, _ first: UInt64, _ second: UInt64) {
        let milliseconds = UInt64(clamping: wallTime.millisecondsSince1970) & 0xFFFF_FFFF_FFFF
        high = milliseconds << 16 | 0x7000 | first & 0x0FFF
        low = 0x8000_0000_0000_0000 | second & 0x3FFF_FFFF_FFFF_FFFF
    }

    /// The id that the hash of `content` gives: the same for the same, laid out as RFC 9562 §5.8 (version 8) has it.
    package init(hashOf content: [UInt8]) {
        let digest = SHA256.digest(content).bytes
        high = Self.half(digest, from: 0) & 0xFFFF_FFFF_FFFF_0FFF | 0x8000
        low = Self.half(digest, from: 8) & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    }

    /// The id in 16 bytes of a frame or a record; nil for any other length.
    ///
    /// Foreign ids are opaque: no version is asked of them, only equality counts.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        high = Self.half(bytes, from: 0)
        low = Self.half(bytes, from: 8)
    }

    private static func half(_ bytes: [UInt8], from start: Int) -> UInt64 {
        var half: UInt64 = 0
        for index in start..<start + 8 { half = half << 8 | UInt64(bytes[index]) }
        return half
    }

    /// The id that `text` spells in the form of ``description``, in either case.
    package init?(_ text: some StringProtocol) {
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        guard groups.map(\.utf8.count) == Self.groupLengths, let bytes = Hexadecimal.decode(groups.joined()) else {
            return nil
        }
        self.init(bytes: bytes)
    }

    /// The 16 bytes, most significant first.
    package var bytes: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 16)
        for index in 0..<8 {
            bytes[index] = UInt8(truncatingIfNeeded: high >> UInt64(56 - 8 * index))
            bytes[index + 8] = UInt8(truncatingIfNeeded: low >> UInt64(56 - 8 * index))
        }
        return bytes
    }

    private static let groupLengths = [8, 4, 4, 4, 12]
}

extension UniqueID: Comparable {
    package static func < (left: UniqueID, right: UniqueID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

extension UniqueID: CustomStringConvertible {
    /// The usual text of a UUID, lowercase.
    package var description: String {
        String(unsafeUninitializedCapacity: 36) { text in
            var position = 0
            for index in 0..<16 {
                if index == 4 || index == 6 || index == 8 || index == 10 {
                    text.initializeElement(at: position, to: UInt8(ascii: "-"))
                    position += 1
                }
                let byte = UInt8(truncatingIfNeeded: (index < 8 ? high : low) >> UInt64(56 - 8 * (index & 7)))
                text.initializeElement(at: position, to: Self.digit(byte >> 4))
                text.initializeElement(at: position + 1, to: Self.digit(byte & 15))
                position += 2
            }
            return position
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
