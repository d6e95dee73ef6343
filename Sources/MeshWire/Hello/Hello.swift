package import MeshCore

/// Something that a node can do beyond its version.
///
/// A struct, so that a newer peer's number survives.
package struct Feature: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }
}

extension Feature: Comparable {
    package static func < (left: Feature, right: Feature) -> Bool { left.rawValue < right.rawValue }
}

/// The first frame in each direction: who speaks, and what it can take.
///
/// What it says of `node` and `role` is a claim; the certificate decides.
package struct Hello: WireCodable, Hashable {
    /// The versions that the sender speaks.
    package let versions: VersionRange

    /// What the sender does.
    package let role: NodeRole

    /// The sender's name.
    package let node: NodeID

    /// The sender's program and its version, for people: `meshnode/0.1.0`.
    package let software: String

    /// The largest payload that the sender will read.
    package let maximumPayloadBytes: UInt32

    /// What the sender can do beyond its version.
    package let features: Set<Feature>

    /// Words that its operators have given the sender, for people and filters.
    package let labels: NodeLabels

    /// The hello of a node.
    package init(
        versions: VersionRange = .supported,
        role: NodeRole,
        node: NodeID,
        software: String,
        maximumPayloadBytes: UInt32 = UInt32(Limits.Frame.maximumPayloadBytes),
        features: Set<Feature> = [],
        labels: NodeLabels = .none
    ) {
        precondition(features.count <= Limits.Hello.maximumFeatures, "a hello lists a few features")
        precondition(maximumPayloadBytes >= Limits.Frame.minimumStatedPayloadBytes, "too small for our own frames")
        self.versions = versions
        self.role = role
        self.node = node
        self.software = software.cut(toBytes: Limits.Hello.maximumSoftwareBytes)
        self.maximumPayloadBytes = maximumPayloadBytes
        self.features = features
        self.labels = labels
    }

    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: labels.isEmpty ? 6 : 7)
        versions.encode(into: &writer)
        role.wireNumber.encode(into: &writer)
        node.text.encode(into: &writer)
        software.encode(into: &writer)
        maximumPayloadBytes.encode(into: &writer)
        features.map(\.rawValue).sorted().encode(into: &writer)
        // Without labels it is what it was before there were any.
        guard !labels.isEmpty else { return }
        Dictionary(uniqueKeysWithValues: labels.all.map { ($0.name, $0.value) }).encode(into: &writer)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        var tail = try reader.beginRecord(fields: 6)
        versions = try VersionRange(from: &reader)
        role = try NodeRole(checking: reader.readUInt64())
        node = try NodeID(checking: reader.readText())
        software = try reader.readText()
        maximumPayloadBytes = try reader.readInteger()
        let features = try [UInt32](from: &reader)
        self.features = Set(features.map(Feature.init(rawValue:)))
        labels = try NodeLabels(checking: reader.readAppended([String: String].self, in: &tail) ?? [:])
        try reader.endRecord(tail)
        try checkBounds(featureCount: features.count)
    }

    private func checkBounds(featureCount: Int) throws(WireError) {
        guard software.utf8.count <= Limits.Hello.maximumSoftwareBytes else {
            throw WireError(.invalidValue, "a software name of \(software.utf8.count) bytes")
        }
        guard maximumPayloadBytes >= Limits.Frame.minimumStatedPayloadBytes else {
            throw WireError(.invalidValue, "a payload bound of \(maximumPayloadBytes) bytes is too small to work with")
        }
        guard featureCount <= Limits.Hello.maximumFeatures, featureCount == features.count else {
            throw WireError(.invalidValue, "\(featureCount) features: too many, or one twice")
        }
    }
}

extension NodeRole {
    /// The number that stands for a role in frames.
    fileprivate var wireNumber: UInt64 {
        switch self {
        case .edge: 1
        case .hub: 2
        }
    }

    fileprivate init(checking number: UInt64) throws(WireError) {
        guard let role = NodeRole.allCases.first(where: { $0.wireNumber == number }) else {
            throw WireError(.invalidValue, "no role has the number \(number)")
        }
        self = role
    }
}

extension NodeLabels {
    fileprivate init(checking labels: [String: String]) throws(WireError) {
        do {
            try self.init(labels.map { label throws(CoreError) in try NodeLabel(name: label.key, value: label.value) })
        } catch {
            throw WireError(.invalidValue, "the hello's labels are none: \(error.message)", cause: error)
        }
    }
}

extension NodeID {
    fileprivate init(checking text: String) throws(WireError) {
        do {
            try self.init(text)
        } catch {
            throw WireError(.invalidValue, "the hello's node has no valid id", cause: error)
        }
    }
}
