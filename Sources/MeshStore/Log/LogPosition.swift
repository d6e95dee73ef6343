package import MeshCore

/// A place in the log: how many bytes of batches stand before it since the store was made.
package struct LogPosition: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Where the first batch stands.
    package static let start = LogPosition(rawValue: 0)

    /// The place `count` bytes later.
    package func advanced(by count: Int) -> LogPosition { LogPosition(rawValue: rawValue &+ UInt64(count)) }
}

extension LogPosition: Comparable {
    package static func < (left: LogPosition, right: LogPosition) -> Bool { left.rawValue < right.rawValue }
}

extension LogPosition: CustomStringConvertible {
    /// `@4711`.
    package var description: String { "@\(rawValue)" }
}

/// A place between two batches together with the hash over everything before it.
///
/// Two logs that agree on a cursor agree on all that precedes it.
package struct LogCursor: Hashable, Sendable {
    /// Where.
    package let position: LogPosition

    /// The hash of all batches before it, each chained to the one before.
    package let hash: SHA256Digest

    /// The place `position`, reached with `hash`.
    package init(position: LogPosition, hash: SHA256Digest) {
        self.position = position
        self.hash = hash
    }

    /// The place before the first batch.
    package static let start = LogCursor(position: .start, hash: .zero)
}
