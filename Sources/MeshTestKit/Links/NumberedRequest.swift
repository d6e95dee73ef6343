internal import MeshCore

/// A request that can be told from every other: its number, how large an answer it wants, and filling.
///
///     8 bytes number │ 4 bytes wanted │ filling          answered by   8 bytes number │ `wanted` bytes made of it
package struct NumberedRequest: Hashable, Sendable {
    /// Which one of its sender.
    package let number: UInt64

    /// Bytes of the answer behind the number.
    package let wantedBytes: Int

    /// The request `number`.
    package init(number: UInt64, wantedBytes: Int) {
        self.number = number
        self.wantedBytes = wantedBytes
    }

    /// Reads a payload; nil where it is none.
    package init?(payload: [UInt8]) {
        guard payload.count >= 12 else { return nil }
        number = payload[0..<8].reduce(0) { $0 << 8 | UInt64($1) }
        wantedBytes = payload[8..<12].reduce(0) { $0 << 8 | Int($1) }
    }

    /// What is sent, with filling up to `byteCount`.
    package func payload(byteCount: Int) -> [UInt8] {
        var bytes = Self.bytes(of: number)
        bytes += (0..<4).map { UInt8(truncatingIfNeeded: wantedBytes >> (24 - 8 * $0)) }
        return bytes + [UInt8](repeating: filling, count: max(0, byteCount - bytes.count))
    }

    /// The one right answer.
    package var answer: [UInt8] { Self.bytes(of: number) + [UInt8](repeating: filling, count: wantedBytes) }

    private var filling: UInt8 { UInt8(truncatingIfNeeded: number &* 31 &+ 7) }

    private static func bytes(of number: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
    }
}

/// Which numbers have been seen: those in order as one number, those ahead of them by themselves.
package struct SeenNumbers: Sendable {
    private var next: UInt64 = 0
    private var ahead: Set<UInt64> = []

    /// None.
    package init() {}

    /// How many.
    package var count: Int { Int(clamping: next) + ahead.count }

    /// Notes `number`; false where it was seen before.
    package mutating func insert(_ number: UInt64) -> Bool {
        guard number >= next, ahead.insert(number).inserted else { return false }
        while ahead.remove(next) != nil { next += 1 }
        return true
    }
}
