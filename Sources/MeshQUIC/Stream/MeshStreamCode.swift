/// Why a stream was cut short: the codes of docs/protocol.md, and above them those that never travel.
package struct MeshStreamCode: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Nobody wants the answer any more.
    package static let cancelled = MeshStreamCode(rawValue: 0)
    /// The other side has broken a rule; an error frame may have said which.
    package static let refused = MeshStreamCode(rawValue: 1)
    /// There is nobody to answer.
    package static let notServed = MeshStreamCode(rawValue: 2)
    /// There is no room now.
    package static let overloaded = MeshStreamCode(rawValue: 3)

    /// Who was to answer has stopped, and may have begun.
    package static let stopped = MeshStreamCode(rawValue: 4)

    /// The connection ended first.
    ///
    /// Never sent: a varint cannot hold it.
    package static let connectionLost = MeshStreamCode(rawValue: 1 << 63)
    /// It was opened as early data, which the server did not take.
    ///
    /// Never sent.
    package static let earlyDataRejected = MeshStreamCode(rawValue: 1 << 63 | 1)
}
