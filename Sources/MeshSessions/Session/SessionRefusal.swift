package import MeshWire

/// Why a session stays as it is.
package enum SessionRefusal: UInt64, Error, CaseIterable, WireCodable {
    /// Nobody has made it.
    case notFound = 1
    /// It has been deleted, and its name is not used again.
    case deleted = 2
    /// The run has asked, or answered, something else already.
    case conflict = 3
    /// The run's question is not here: it was cleared, or never asked.
    case noQuestion = 4
    /// The message, the context or the model's name has too many bytes.
    case tooLarge = 5
    /// The message says nothing.
    case empty = 6

    package func encode(into writer: inout WireWriter) { writer.write(rawValue) }

    package init(from reader: inout WireReader) throws(WireError) {
        guard let refusal = SessionRefusal(rawValue: try reader.readUInt64()) else {
            throw WireError(.invalidValue, "no such refusal")
        }
        self = refusal
    }
}
