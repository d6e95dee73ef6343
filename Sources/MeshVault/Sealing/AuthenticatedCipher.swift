internal import CMeshVault
internal import MeshCore

/// ChaCha20-Poly1305 (RFC 8439): in constant time also on boards without instructions for AES.
enum AuthenticatedCipher {
    static let keyBytes = 32
    static let nonceBytes = 12
    static let tagBytes = 16

    /// The text encrypted, and behind it the tag over it and `context`.
    static func seal(
        _ text: UnsafeRawBufferPointer,
        key: UnsafeRawBufferPointer,
        nonce: [UInt8],
        context: [UInt8]
    ) throws(VaultError) -> [UInt8] {
        let cipher = try Cipher(key: key)
        var output = [UInt8](repeating: 0, count: text.count + tagBytes)
        var count = output.count
        let status = gnutls_aead_cipher_encrypt(
            cipher.handle,
            nonce,
            nonce.count,
            context,
            context.count,
            tagBytes,
            text.baseAddress,
            text.count,
            &output,
            &count
        )
        guard status == 0, count == output.count else { throw failure(status) }
        return output
    }

    /// The text in memory that is wiped, if nothing of it and of `context` was changed.
    static func open(
        _ sealed: ArraySlice<UInt8>,
        key: UnsafeRawBufferPointer,
        nonce: [UInt8],
        context: [UInt8]
    ) throws(VaultError) -> SecretBytes {
        guard sealed.count >= tagBytes else { throw VaultError(.damaged, "it is cut short") }
        let cipher = try Cipher(key: key)
        var status = Int32(0)
        let expected = sealed.count - tagBytes
        var count = expected
        let text = SecretBytes(count: max(1, expected)) { text in
            status = sealed.withUnsafeBytes { sealed in
                gnutls_aead_cipher_decrypt(
                    cipher.handle,
                    nonce,
                    nonce.count,
                    context,
                    context.count,
                    tagBytes,
                    sealed.baseAddress,
                    sealed.count,
                    text.baseAddress,
                    &count
                )
            }
        }
        guard status == 0, count == expected else {
            guard status == GNUTLS_E_DECRYPTION_FAILED else { throw failure(status) }
            throw VaultError(.damaged, "it was changed, or is sealed by another key or for something else")
        }
        return text
    }

    /// Bytes that nobody can guess, also years later.
    static func chance(_ count: Int) throws(VaultError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let status = gnutls_rnd(GNUTLS_RND_KEY, &bytes, count)
        guard status == 0 else { throw failure(status) }
        return bytes
    }

    private static func failure(_ status: Int32) -> VaultError {
        VaultError(.libraryFailed, "the cipher failed: \(String(cString: gnutls_strerror(status)))")
    }

    private struct Cipher: ~Copyable {
        let handle: gnutls_aead_cipher_hd_t

        init(key: UnsafeRawBufferPointer) throws(VaultError) {
            let start = UnsafeMutableRawPointer(mutating: key.baseAddress)?.assumingMemoryBound(to: UInt8.self)
            var datum = gnutls_datum_t(data: start, size: UInt32(clamping: key.count))
            var handle: gnutls_aead_cipher_hd_t?
            let status = gnutls_aead_cipher_init(&handle, GNUTLS_CIPHER_CHACHA20_POLY1305, &datum)
            guard status == 0, let handle else { throw AuthenticatedCipher.failure(status) }
            self.handle = handle
        }

        deinit { gnutls_aead_cipher_deinit(handle) }
    }
}
