package import MeshCore

/// What names a request in logs, answers and traces: our own, or the client's where it says a decent one.
package struct RequestID: Hashable, Sendable, CustomStringConvertible {
    /// Up to ``Limits/HTTP/maximumRequestIDBytes`` letters, digits, `-`, `_`, `.` and `:`.
    package let text: String

    /// A fresh one.
    package init(_ id: UniqueID) { text = "\(id)" }

    /// What a client calls its request; nil where it could not stand in a log as it is.
    package init?(said text: String) {
        guard (1...Limits.HTTP.maximumRequestIDBytes).contains(text.utf8.count) else { return nil }
        let isDecent = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
            case UInt8(ascii: "."), UInt8(ascii: ":"): true
            default: false
            }
        }
        guard isDecent else { return nil }
        self.text = text
    }

    /// As it is written.
    package var description: String { text }
}
