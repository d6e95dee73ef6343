package import MeshCore

/// A key as its owner has it: `mesh_<id>_<secret>`, in memory that is wiped when the last holder lets go.
///
/// The secret has 200 bits of chance, so one pass of SHA-256 hides it as well as any slow hash. Behind it stand seven
/// characters of CRC-32C over all before them: whoever types a key wrong is told so, and not that nobody knows it.
///
///     mesh_5pz04c8t_7q2v…40 characters…k9·1xm40qd
///
/// Its description says nothing of its content, and no reflection reaches it; ``text`` is for its owner, once.
package struct APIKey: Sendable {
    private let secret: SecretBytes

    /// Which key it is; no secret.
    package let id: KeyID

    /// How each key begins.
    package static let prefix = "mesh_"

    /// Bytes of a secret.
    package static let secretBytes = 25

    /// Characters of each key: prefix, id, a line between, secret, check.
    package static let characters = prefix.utf8.count + KeyID.characters + 1 + secretCharacters + checkCharacters

    private static let secretCharacters = secretBytes / 5 * 8
    private static let checkCharacters = 7

    /// The key `id`, with a secret that `generator` draws; for one that counts, of the machine's own chance.
    package init(_ id: KeyID, using generator: inout some RandomNumberGenerator) {
        self.id = id
        var drawn: [UInt64] = []
        for _ in 0..<(Self.secretBytes + 7) / 8 { drawn.append(generator.next()) }
        secret = SecretBytes(count: Self.secretBytes) { bytes in
            for index in bytes.indices {
                bytes[index] = UInt8(truncatingIfNeeded: drawn[index / 8] >> (8 * (index % 8)))
            }
        }
    }

    /// The key that `text` spells; the error says what is wrong with the text and nothing of its content.
    package init(_ text: String) throws(APIKeyError) {
        let bytes = Array(text.utf8)
        guard bytes.starts(with: Self.prefix.utf8) else {
            throw APIKeyError(.malformed, "a key of a mesh begins with '\(Self.prefix)'")
        }
        guard bytes.count == Self.characters else {
            throw APIKeyError(
                .malformed,
                "a key has \(Self.characters) characters, not \(bytes.count): it is cut, or something stands behind it"
            )
        }
        let (body, check) = (bytes.dropLast(Self.checkCharacters), bytes.suffix(Self.checkCharacters))
        let rest = body.dropFirst(Self.prefix.utf8.count)
        let line = rest.startIndex + KeyID.characters
        guard rest[line] == UInt8(ascii: "_"), let id = Base32.decode(rest[..<line]) else { throw Self.mistyped }
        // The first 32 of 35 bits are the sum; one key, one spelling.
        guard Base32.decode(check) == UInt64(CRC32C.checksum(Array(body))) else { throw Self.mistyped }
        let groups = rest[(line + 1)...]
        let numbers = stride(from: groups.startIndex, to: groups.endIndex, by: 8).map { start in
            Base32.decode(groups[start..<start + 8])
        }
        guard !numbers.contains(nil) else { throw Self.mistyped }
        self.id = KeyID(number: id)
        secret = SecretBytes(count: Self.secretBytes) { bytes in
            for (group, number) in numbers.enumerated() {
                for index in 0..<5 {
                    bytes[5 * group + index] = UInt8(truncatingIfNeeded: (number ?? 0) >> UInt64(32 - 8 * index))
                }
            }
        }
    }

    /// How its owner writes it.
    package var text: String {
        let body = "\(Self.prefix)\(id.text)_\(secret.withBytes { Base32.encode($0) })"
        let sum = UInt64(CRC32C.checksum(Array(body.utf8)))
        return body + Base32.encode(sum, characters: Self.checkCharacters)
    }

    /// SHA-256 of the secret: all that others keep of it.
    package var digest: SHA256Digest {
        secret.withBytes { bytes in
            var hash = SHA256()
            hash.update(bytes)
            return hash.finish()
        }
    }

    private static let mistyped = APIKeyError(
        .mistyped,
        "the key is not spelled right: a character is wrong, missing or in another's place"
    )
}

extension APIKey: CustomStringConvertible, CustomReflectable {
    package var description: String { "an API key" }

    /// Empty, so that no dump shows where the bytes are.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// What can be wrong with the text of an API key.
package enum APIKeyErrorCode: String, ErrorCode {
    package static let domain = "api-key"

    /// It is no key at all.
    case malformed
    /// It looks like one, and its check does not fit: somebody has mistyped it.
    case mistyped
}

/// An error about the text of an API key.
package typealias APIKeyError = MeshError<APIKeyErrorCode>
