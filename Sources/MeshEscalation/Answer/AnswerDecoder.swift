internal import MeshCore
internal import MeshWire

/// Cuts the bytes of an answer into items, however they arrive.
///
/// It holds at most one item within its bound, and never a byte behind the last.
package struct AnswerDecoder: ~Copyable {
    private var pending: [UInt8] = []
    private var hasEnded = false

    /// A decoder at the beginning of an answer.
    package init() {}

    /// Bytes of an item that is not there as a whole.
    package var pendingBytes: Int { pending.count }

    /// The items that `bytes` complete; throws `answerMalformed` where they are none, and means nothing after that.
    package mutating func take(_ bytes: [UInt8]) throws(EscalationFailure) -> [AnswerItem] {
        guard !bytes.isEmpty else { return [] }
        guard !hasEnded else { throw Self.malformed("something follows the end of an answer") }
        pending += bytes
        var items: [AnswerItem] = []
        var offset = 0
        while let range = try Self.item(in: pending, from: offset) {
            offset = range.upperBound
            do throws(WireError) {
                items.append(try AnswerItem(wireBytes: Array(pending[range])))
            } catch {
                throw Self.malformed("an item of an answer cannot be read")
            }
            if items.last?.isLast == true {
                hasEnded = true
                guard offset == pending.count else { throw Self.malformed("something follows the end of an answer") }
            }
        }
        pending.removeFirst(offset)
        return items
    }

    /// Where the next item's record stands; nil where it is not there as a whole.
    ///
    /// The head of a byte string, of which every length is taken: RFC 8949 §3.
    private static func item(in bytes: [UInt8], from start: Int) throws(EscalationFailure) -> Range<Int>? {
        guard start < bytes.count else { return nil }
        let first = bytes[start]
        guard first >> 5 == 2 else { throw malformed("an item of an answer is no byte string") }
        let (headBytes, length): (Int, Int)
        switch first & 31 {
        case let short where short < 24: (headBytes, length) = (1, Int(short))
        case let width where width < 28:
            headBytes = 1 + 1 << (Int(width) - 24)
            guard bytes.count - start >= headBytes else { return nil }
            let argument = bytes[start + 1..<start + headBytes].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            length = Int(clamping: argument)
        default: throw malformed("an item of an answer has no definite length")
        }
        guard length <= Limits.Escalation.maximumItemBytes else {
            throw malformed("an item of an answer has more than \(Limits.Escalation.maximumItemBytes) bytes")
        }
        guard bytes.count - start - headBytes >= length else { return nil }
        return start + headBytes..<start + headBytes + length
    }

    private static func malformed(_ message: String) -> EscalationFailure {
        EscalationFailure(.answerMalformed, message)
    }
}
