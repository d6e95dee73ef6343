internal import MeshCore
package import MeshWire

/// The bytes of an answer that a hub keeps: from the last that was acknowledged to the last that was said.
///
/// Offsets count from the beginning of the answer.
package struct AnswerWindow: Hashable, Sendable {
    private var kept: [UInt8] = []
    private var gone = 0

    /// Up to where the answer has been acknowledged: nothing before it is kept.
    package private(set) var start: UInt64 = 0

    /// Up to where it has been said.
    package var end: UInt64 { start + UInt64(count) }

    /// How many bytes are kept.
    package var count: Int { kept.count - gone }

    /// Nothing has been said.
    package init() {}

    /// Says more.
    package mutating func append(_ bytes: [UInt8]) { kept += bytes }

    /// Forgets what comes before `offset`, which lies within the window.
    package mutating func drop(before offset: UInt64) {
        precondition(offset >= start && offset <= end, "only what is kept can be forgotten")
        gone += Int(offset - start)
        start = offset
        // Bytes are moved seldom: no more in all than have been said.
        guard gone >= max(kept.count / 2, 1) else { return }
        kept.removeFirst(gone)
        gone = 0
    }

    /// At most `maximum` bytes from `offset` on, which lies within the window; nil at its end.
    package func chunk(from offset: UInt64, maximum: Int) -> StreamChunk? {
        precondition(offset >= start && offset <= end, "only what is kept can be said again")
        let first = gone + Int(offset - start)
        let last = min(kept.count, first + maximum)
        return first < last ? StreamChunk(offset: offset, bytes: Array(kept[first..<last])) : nil
    }
}
