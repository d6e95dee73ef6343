internal import MeshCore
internal import MeshWire

/// Cuts the bytes of an answer into items, however they arrive.
///
/// It holds at most one item within its bound, and never a byte behind the last.
package struct AnswerDecoder: ~Copyable {
    private var cutter = ItemCutter(maximumItemBytes: Limits.Escalation.maximumItemBytes)
    private var hasEnded = false

    /// A decoder at the beginning of an answer.
    package init() {}

    /// Bytes of an item that is not there as a whole.
    package var pendingBytes: Int { cutter.pendingBytes }

    /// The items that `bytes` complete; throws `answerMalformed` where they are none, and means nothing after that.
    package mutating func take(_ bytes: [UInt8]) throws(EscalationFailure) -> [AnswerItem] {
        guard !bytes.isEmpty else { return [] }
        guard !hasEnded else { throw Self.malformed("something follows the end of an answer") }
        var items: [AnswerItem] = []
        for content in try cutter.take(bytes) {
            guard !hasEnded else { throw Self.malformed("something follows the end of an answer") }
            do throws(WireError) {
                items.append(try AnswerItem(wireBytes: content))
            } catch {
                throw Self.malformed("an item of an answer cannot be read")
            }
            hasEnded = items.last?.isLast == true
        }
        guard !hasEnded || cutter.pendingBytes == 0 else {
            throw Self.malformed("something follows the end of an answer")
        }
        return items
    }

    private static func malformed(_ message: String) -> EscalationFailure {
        EscalationFailure(.answerMalformed, message)
    }
}
