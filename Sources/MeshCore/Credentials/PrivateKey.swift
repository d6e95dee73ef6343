/// The secret half of a node's or an authority's key, in memory of its own that is wiped when the last holder lets go.
///
/// Its description says nothing of its content, and no reflection reaches it. The bytes are PKCS #8 (RFC 5208) in DER,
/// unencrypted: what TLS libraries read.
package final class PrivateKey: Sendable {
    private let bytes: SecretBytes

    /// A copy of `bytes`, which the caller then wipes.
    package init(copying bytes: UnsafeRawBufferPointer) {
        self.bytes = SecretBytes(copying: bytes)
    }

    /// Lends the bytes for the time of `body`; no copy may stay behind.
    package func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try bytes.withBytes(body)
    }
}

extension PrivateKey: CustomStringConvertible, CustomReflectable {
    package var description: String { "a private key" }

    /// Empty, so that no dump shows where the bytes are.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
