package import MeshCore

/// Which API key it is: the part of its text that is no secret, and by which it is found.
package struct KeyID: Hashable, Sendable {
    /// Of 40 bits.
    let number: UInt64

    init(number: UInt64) { self.number = number & Self.mask }

    /// An id that nobody has yet, as far as chance goes; whoever makes keys looks.
    package init(using generator: inout some RandomNumberGenerator) { self.init(number: generator.next()) }

    /// The id that `text` spells, eight characters; nil where it spells none.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count == Self.characters, let number = Base32.decode(text.utf8) else { return nil }
        self.number = number
    }

    /// Eight characters.
    package var text: String { Base32.encode(number, characters: Self.characters) }

    static let characters = 8
    private static let mask: UInt64 = 0xFF_FFFF_FFFF
}

extension KeyID: Comparable {
    package static func < (left: KeyID, right: KeyID) -> Bool { left.number < right.number }
}

extension KeyID: CustomStringConvertible {
    package var description: String { text }
}

/// The subject of a ``KeyName``.
package enum KeySubject: IdentifierSubject {
    package static let noun = "key"
}

/// What people call an API key, unique within its tenant as long as the key counts.
package typealias KeyName = Identifier<KeySubject>
