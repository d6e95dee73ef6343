internal import MeshCore

extension WireReader {
    /// Reads past one item and returns it as people write CBOR (RFC 8949 §8): `[3, "memo", h'00ff', {"a": null}]`.
    @_lifetime(self: copy self)
    package mutating func describeItem() throws(WireError) -> String {
        let byte = try peek()
        switch CBORKind(of: byte) {
        case .unsigned: return String(try readUInt64())
        case .negative: return String(try readInt64())
        case .bytes: return "h'\(Hexadecimal.encode(try readBytes()))'"
        case .text: return try readText().debugDescription
        case .array:
            let items = try describeItems(count: try beginArray())
            return "[\(items.joined(separator: ", "))]"
        case .map:
            let items = try describeItems(count: 2 * (try beginMap()))
            let pairs = stride(from: 0, to: items.count, by: 2).map { "\(items[$0]): \(items[$0 + 1])" }
            return "{\(pairs.joined(separator: ", "))}"
        case .tag, .simple: return try describeSimple(byte)
        }
    }

    @_lifetime(self: copy self)
    private mutating func describeItems(count: Int) throws(WireError) -> [String] {
        var items: [String] = []
        for _ in 0..<count { items.append(try describeItem()) }
        endNesting()
        return items
    }

    @_lifetime(self: copy self)
    private mutating func describeSimple(_ byte: UInt8) throws(WireError) -> String {
        switch byte {
        case CBORByte.false, CBORByte.true: return String(try readBool())
        case CBORByte.half, CBORByte.single, CBORByte.double: return String(try readDouble())
        default:
            try skipItem()  // refuses all but null
            return "null"
        }
    }
}

/// Bytes that came from a store or a peer, for people.
package enum WireDescription {
    /// `bytes` as people write CBOR where they are one item, and in hexadecimal digits otherwise.
    package static func text(of bytes: [UInt8]) -> String {
        var reader = WireReader(bytes.span.bytes)
        do throws(WireError) {
            let text = try reader.describeItem()
            try reader.finish()
            return text
        } catch {
            return "h'\(Hexadecimal.encode(bytes))'"
        }
    }
}
