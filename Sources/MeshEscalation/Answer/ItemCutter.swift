/// Cuts a stream of byte strings into the bytes of each, however they arrive; it holds at most one within its bound.
///
/// Every spelling of a length is taken: RFC 8949 §3.
struct ItemCutter: ~Copyable {
    private var pending: [UInt8] = []
    private let maximumItemBytes: Int

    init(maximumItemBytes: Int) { self.maximumItemBytes = maximumItemBytes }

    /// Bytes of an item that is not there as a whole.
    var pendingBytes: Int { pending.count }

    /// The items that `bytes` complete.
    mutating func take(_ bytes: [UInt8]) throws(EscalationFailure) -> [[UInt8]] {
        pending += bytes
        var (items, offset): ([[UInt8]], Int) = ([], 0)
        while let range = try item(from: offset) {
            offset = range.upperBound
            items.append(Array(pending[range]))
        }
        pending.removeFirst(offset)
        return items
    }

    /// Where the next item's content stands; nil where it is not there as a whole.
    private func item(from start: Int) throws(EscalationFailure) -> Range<Int>? {
        guard start < pending.count else { return nil }
        let first = pending[start]
        guard first >> 5 == 2 else { throw EscalationFailure(.answerMalformed, "an item is no byte string") }
        let (headBytes, length): (Int, Int)
        switch first & 31 {
        case let short where short < 24: (headBytes, length) = (1, Int(short))
        case let width where width < 28:
            headBytes = 1 + (1 << (Int(width) - 24))
            guard pending.count - start >= headBytes else { return nil }
            let argument = pending[start + 1..<start + headBytes].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            length = Int(clamping: argument)
        default: throw EscalationFailure(.answerMalformed, "an item has no definite length")
        }
        guard length <= maximumItemBytes else {
            throw EscalationFailure(.answerMalformed, "an item has more than \(maximumItemBytes) bytes")
        }
        guard pending.count - start - headBytes >= length else { return nil }
        return start + headBytes..<start + headBytes + length
    }
}
