internal import MeshCore

/// A name in a DNS message: its labels, small letters for large ones, since DNS makes no difference.
package struct DNSName: Hashable, Sendable {
    /// The labels, the topmost last.
    package let labels: [[UInt8]]

    init(labels: [[UInt8]]) { self.labels = labels }

    /// The name that `text` spells, with or without the dot at its end; nil where it is none.
    package init?(_ text: String) {
        var text = text[...]
        if text.hasSuffix(".") { text = text.dropLast() }
        let labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map { label in
            label.map(Self.lowercased)
        }
        let byteCount = labels.reduce(1) { $0 + $1.count + 1 }
        guard byteCount <= Limits.Names.maximumNameBytes else { return nil }
        guard labels.allSatisfy({ (1...Self.maximumLabelBytes).contains($0.count) }) else { return nil }
        self.labels = labels
    }

    /// As people write it; nil where a label holds what no host's name has, or there is no label.
    package var hostText: String? {
        guard !labels.isEmpty, labels.allSatisfy({ $0.allSatisfy(Self.isOfHosts) }) else { return nil }
        return labels.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ".")
    }

    static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    private static func isOfHosts(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }

    static let maximumLabelBytes = 63
}
