internal import MeshCore
package import MeshWire

/// A sort of actor, by the word that stands in the journal and on the wire: `ledger`.
///
/// The word is part of stored data: it never changes, and it is not derived from the name of a Swift type.
package struct ActorKind: Hashable, Sendable {
    /// The word: lowercase letters, digits and `-`, at most ``Limits/Address/maximumKindBytes``.
    package let name: String

    /// The kind called `name`, which our own source spells: a bad word is our own bug.
    package init(_ name: StaticString) {
        let text = name.description
        precondition(ActorKind.isValid(text), "'\(text)' is no word for a kind of actor")
        self.name = text
    }

    /// The kind that a peer or a record calls `name`.
    package init(checking name: String) throws(WireError) {
        guard ActorKind.isValid(name) else { throw WireError(.invalidValue, "no kind of actor is spelled like that") }
        self.name = name
    }

    private static func isValid(_ name: String) -> Bool {
        var name = name
        return name.withUTF8 { bytes in
            guard (1...Limits.Address.maximumKindBytes).contains(bytes.count) else { return false }
            for byte in bytes {
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                    continue
                default: return false
                }
            }
            return true
        }
    }
}

/// Which actor: a kind and a key, and nothing about where it lives.
package struct ActorAddress: Hashable, Sendable {
    /// What sort.
    package let kind: ActorKind

    /// Which one: any text of at most ``Limits/Address/maximumKeyBytes``, as the domain spells it.
    package let key: String

    /// The actor `key` of `kind`, or an error that says what is wrong with the key.
    package init(_ kind: ActorKind, _ key: String) throws(WireError) {
        guard (1...Limits.Address.maximumKeyBytes).contains(key.utf8.count) else {
            let limit = Limits.Address.maximumKeyBytes
            throw WireError(.invalidValue, "a key of \(key.utf8.count) bytes, where 1 to \(limit) are allowed")
        }
        self.kind = kind
        self.key = key
    }
}

extension ActorAddress: Comparable {
    /// The order of the bytes of kind, then key: the same on every machine, whatever its language.
    package static func < (left: ActorAddress, right: ActorAddress) -> Bool {
        left.kind == right.kind
            ? left.key.utf8.lexicographicallyPrecedes(right.key.utf8)
            : left.kind.name.utf8.lexicographicallyPrecedes(right.kind.name.utf8)
    }
}

extension ActorAddress: WireCodable {
    package func encode(into writer: inout WireWriter) {
        writer.writeArrayHead(count: 2)
        writer.write(kind.name)
        writer.write(key)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let tail = try reader.beginRecord(fields: 2)
        let kind = try ActorKind(checking: reader.readText())
        let key = try reader.readText()
        try reader.endRecord(tail)
        try self.init(kind, key)
    }
}

extension ActorAddress: CustomStringConvertible {
    /// `ledger/acct-1`.
    package var description: String { "\(kind.name)/\(key)" }
}
