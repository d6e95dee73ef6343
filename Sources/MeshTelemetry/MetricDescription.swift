internal import MeshCore

/// What a metric is called and what it is about.
package struct MetricDescription: Hashable, Sendable {
    /// Its kind, as Prometheus names it.
    package enum Kind: String, Hashable, Sendable {
        /// Only grows.
        case counter
        /// Goes up and down.
        case gauge
        /// How values are spread.
        case histogram
    }

    /// The whole name: what was given, the unit, and `total` where it only grows.
    package let name: String

    /// A sentence for people.
    package let help: String

    /// What it counts.
    package let unit: MetricUnit

    /// Its kind.
    package let kind: Kind

    /// The names of its labels, in their order.
    package let labels: [String]

    /// The description of these parts; a malformed name or too many labels are our own mistake and trap.
    package init(_ kind: Kind, _ name: String, unit: MetricUnit, help: String, labels: [String]) {
        precondition(Self.isName(name), "\(name) is no name of a metric")
        precondition(labels.count <= Limits.Telemetry.maximumLabels, "\(name) has too many labels")
        precondition(Set(labels).count == labels.count, "\(name) has a label twice")
        for label in labels {
            let isLabel = Self.isName(label) && !label.contains(":") && !label.hasPrefix("__") && label != "le"
            precondition(isLabel, "\(label) is no label of \(name)")
        }
        let suffix = (unit == .count ? "" : "_" + unit.rawValue) + (kind == .counter ? "_total" : "")
        self.name = name + suffix
        self.help = help
        self.unit = unit
        self.kind = kind
        self.labels = labels
    }

    /// The names under which its samples appear.
    var sampleNames: [String] {
        kind == .histogram ? [name, name + "_bucket", name + "_sum", name + "_count"] : [name]
    }

    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !isDigit(first) else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "_"), UInt8(ascii: ":"): true
            default: isDigit(byte)
            }
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
