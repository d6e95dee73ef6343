/// A word that operators give a node, and what it says: `site=berlin`.
package struct NodeLabel: Hashable, Sendable {
    /// What is told.
    package let name: String

    /// What it is here.
    package let value: String

    /// The label `name=value`, or an error that says which rule it breaks.
    package init(name: String, value: String) throws(CoreError) {
        guard Self.isName(name) else {
            let limit = Limits.Label.maximumNameBytes
            throw CoreError(
                .malformedLabel,
                "the name of a label is 1 to \(limit) of lowercase letters, digits, '-', '_' and '.', "
                    + "the first and the last of them a letter or a digit"
            )
        }
        guard (1...Limits.Label.maximumValueBytes).contains(value.utf8.count), value.utf8.allSatisfy(Self.isValueByte)
        else {
            let limit = Limits.Label.maximumValueBytes
            let rule = "1 to \(limit) of letters, digits, '-', '_' and '.'"
            throw CoreError(.malformedLabel, "the value of a label is \(rule)")
        }
        self.name = name
        self.value = value
    }

    /// The label that `text` spells: `site=berlin`.
    package init(_ text: String) throws(CoreError) {
        guard let mark = text.utf8.firstIndex(of: UInt8(ascii: "=")) else {
            throw CoreError(.malformedLabel, "a label is a name, '=' and a value, such as site=berlin")
        }
        try self.init(name: String(text[..<mark]), value: String(text[text.utf8.index(after: mark)...]))
    }

    private static func isName(_ name: String) -> Bool {
        // The rules of identifiers, in fewer bytes.
        name.utf8.count <= Limits.Label.maximumNameBytes && (try? NodeID(name)) != nil
    }

    private static func isValueByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
        default: false
        }
    }
}

extension NodeLabel: CustomStringConvertible {
    /// `site=berlin`.
    package var description: String { "\(name)=\(value)" }
}

/// The labels of a node, each name once: by them people find nodes and say where work may go.
package struct NodeLabels: Hashable, Sendable {
    /// In the order of their names.
    package let all: [NodeLabel]

    /// These labels, or an error where a name comes twice or they are too many.
    package init(_ labels: [NodeLabel]) throws(CoreError) {
        guard labels.count <= Limits.Label.maximumPerNode else {
            let limit = Limits.Label.maximumPerNode
            throw CoreError(.malformedLabel, "a node has at most \(limit) labels, not \(labels.count)")
        }
        let sorted = labels.sorted { $0.name < $1.name }
        for (label, next) in zip(sorted, sorted.dropFirst()) where label.name == next.name {
            throw CoreError(.malformedLabel, "a node has the label '\(label.name)' once, not as \(label) and \(next)")
        }
        all = sorted
    }

    private init() { all = [] }

    /// A node without labels.
    package static let none = NodeLabels()

    /// Whether it has none.
    package var isEmpty: Bool { all.isEmpty }

    /// What the label `name` says; nil where there is none.
    package subscript(name: String) -> String? { all.first { $0.name == name }?.value }

    /// Whether every one of `wanted` is among them.
    package func contains(_ wanted: [NodeLabel]) -> Bool { wanted.allSatisfy { self[$0.name] == $0.value } }
}

extension NodeLabels: CustomStringConvertible {
    /// `gpu=yes,site=berlin`.
    package var description: String { all.map(\.description).joined(separator: ",") }
}
