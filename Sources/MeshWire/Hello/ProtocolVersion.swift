internal import MeshCore

/// A version of the protocol as a whole: one number, because its parts change together.
package struct ProtocolVersion: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) { self.rawValue = rawValue }

    /// The first, and the one that this source speaks.
    package static let one = ProtocolVersion(rawValue: 1)
}

extension ProtocolVersion: Comparable {
    package static func < (left: ProtocolVersion, right: ProtocolVersion) -> Bool { left.rawValue < right.rawValue }
}

/// The versions that a node speaks, all from the lowest to the highest.
package struct VersionRange: WireCodable, Hashable {
    /// The oldest that it speaks.
    package let lowest: ProtocolVersion

    /// The newest that it speaks.
    package let highest: ProtocolVersion

    /// The range `lowest...highest`.
    package init(lowest: ProtocolVersion, highest: ProtocolVersion) {
        precondition(lowest <= highest, "a node speaks at least one version")
        self.lowest = lowest
        self.highest = highest
    }

    /// What this source speaks.
    package static let supported = VersionRange(lowest: .one, highest: .one)

    /// The newest version in both ranges, or nil where they do not meet.
    package func newestCommon(with other: VersionRange) -> ProtocolVersion? {
        let newest = min(highest, other.highest)
        return newest >= max(lowest, other.lowest) ? newest : nil
    }

    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 2)
        lowest.rawValue.encode(into: &writer)
        highest.rawValue.encode(into: &writer)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 2)
        lowest = ProtocolVersion(rawValue: try reader.readInteger())
        highest = ProtocolVersion(rawValue: try reader.readInteger())
        try reader.endRecord(tail)
        guard lowest <= highest else {
            throw WireError(.invalidValue, "versions from \(lowest.rawValue) to \(highest.rawValue) are none")
        }
    }
}
