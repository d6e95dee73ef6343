/// What an ``Identifier`` names; the type keeps a node's name from being passed where a tenant's is meant.
package protocol IdentifierSubject: SendableMetatype {
    /// The word for error messages: "node".
    static var noun: String { get }
}

/// A short name that people choose and that is safe in URLs, file names, DNS labels and certificates.
///
/// Lowercase letters, digits, `-`, `_` and `.`; the first and the last character are a letter or a digit. One spelling
/// per name: upper case is refused, not folded.
package struct Identifier<Subject: IdentifierSubject>: Hashable, Sendable {
    /// The name as written.
    package let text: String

    /// The identifier that `text` spells, or an error that says which rule it breaks.
    package init(_ text: String) throws(CoreError) {
        let bytes = text.utf8
        guard let first = bytes.first, let last = bytes.last else {
            throw CoreError(.malformedIdentifier, "a \(Subject.noun) id needs at least one character")
        }
        guard bytes.count <= Limits.Identifier.maximumBytes else {
            let limit = Limits.Identifier.maximumBytes
            throw CoreError(.malformedIdentifier, "a \(Subject.noun) id has at most \(limit) bytes, not \(bytes.count)")
        }
        guard bytes.allSatisfy({ Self.isAlphanumeric($0) || Self.punctuation.contains($0) }) else {
            throw CoreError(
                .malformedIdentifier,
                "a \(Subject.noun) id is made of lowercase letters, digits, '-', '_' and '.'"
            )
        }
        guard Self.isAlphanumeric(first), Self.isAlphanumeric(last) else {
            throw CoreError(.malformedIdentifier, "a \(Subject.noun) id begins and ends with a letter or a digit")
        }
        self.text = text
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: false
        }
    }

    private static var punctuation: [UInt8] { Array("-_.".utf8) }
}

extension Identifier: Comparable {
    package static func < (left: Identifier, right: Identifier) -> Bool { left.text < right.text }
}

extension Identifier: CustomStringConvertible {
    package var description: String { text }
}

/// The subject of a ``NodeID``.
package enum NodeSubject: IdentifierSubject {
    package static let noun = "node"
}

/// The subject of a ``TenantID``.
package enum TenantSubject: IdentifierSubject {
    package static let noun = "tenant"
}

/// The name of a hub or an edge, unique within its mesh.
package typealias NodeID = Identifier<NodeSubject>

/// The name of a tenant, the boundary that nothing crosses.
package typealias TenantID = Identifier<TenantSubject>
