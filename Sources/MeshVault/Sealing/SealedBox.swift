package import MeshCore

/// Bytes that only who has the secret can read, and that nobody else can change, cut or put elsewhere.
///
///     salt (32)   ChaCha20-Poly1305 of the text, under HMAC(secret, label, subkey, salt)   tag (16)
///
/// Each box has a key of its own, so that its nonce is always zero. The salt is a hash over chance and text under the
/// secret: where chance fails, as on a machine that was copied while it ran, two texts still never share a key.
package enum SealedBox {
    /// `text` sealed: `subkey` is needed to open it beside `secret`, and `context` is what it is about.
    package static func seal(
        _ text: UnsafeRawBufferPointer,
        by secret: TokenKey,
        subkey: [UInt8],
        context: [UInt8]
    ) throws(VaultError) -> [UInt8] {
        let chance = try AuthenticatedCipher.chance(saltBytes)
        return try seal(text, by: secret, subkey: subkey, context: context, chance: chance)
    }

    /// The same with chance that is known; for tests.
    package static func seal(
        _ text: UnsafeRawBufferPointer,
        by secret: TokenKey,
        subkey: [UInt8],
        context: [UInt8],
        chance: [UInt8]
    ) throws(VaultError) -> [UInt8] {
        let salt = code(secret, saltLabel, [chance, subkey, context, Array(text)])
        let key = code(secret, keyLabel, [subkey, salt])
        return salt
            + (try key.span.withUnsafeBytes { key throws(VaultError) in
                try AuthenticatedCipher.seal(text, key: key, nonce: nonce, context: context)
            })
    }

    /// What was sealed by the same secret and subkey for the same context.
    package static func open(
        _ box: [UInt8],
        by secret: TokenKey,
        subkey: [UInt8],
        context: [UInt8]
    ) throws(VaultError) -> SecretBytes {
        guard box.count >= overhead else { throw VaultError(.damaged, "it is cut short") }
        let key = code(secret, keyLabel, [subkey, Array(box[..<saltBytes])])
        return try key.span.withUnsafeBytes { key throws(VaultError) in
            try AuthenticatedCipher.open(box[saltBytes...], key: key, nonce: nonce, context: context)
        }
    }

    /// By how many bytes a box is longer than its text.
    package static let overhead = saltBytes + AuthenticatedCipher.tagBytes

    /// A hash of `parts` under the secret; no two lists of parts have the same bytes.
    static func code(_ secret: TokenKey, _ label: String, _ parts: [[UInt8]]) -> [UInt8] {
        var message = Array(label.utf8) + [0]
        for part in parts {
            withUnsafeBytes(of: UInt64(part.count).bigEndian) { message += $0 }
            message += part
        }
        return secret.withBytes { HMACSHA256.code(for: message, key: $0).bytes }
    }

    private static let saltBytes = SHA256Digest.byteCount
    private static let nonce = [UInt8](repeating: 0, count: AuthenticatedCipher.nonceBytes)
    private static let saltLabel = "meshnode sealed salt 1"
    private static let keyLabel = "meshnode sealed key 1"
}
