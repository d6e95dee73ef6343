/// The secret with which enrolment tokens are made and recognised, in memory that is wiped when the last holder lets
/// go.
///
/// Its description says nothing of its content, and no reflection reaches it.
package final class TokenKey: Sendable {
    private let bytes: SecretBytes

    /// How many bytes it has: as many as the hash that it is used with.
    package static let byteCount = SHA256Digest.byteCount

    /// A copy of `bytes`, which the caller then wipes; nil where they are not ``byteCount``.
    package init?(copying bytes: UnsafeRawBufferPointer) {
        guard bytes.count == TokenKey.byteCount else { return nil }
        self.bytes = SecretBytes(copying: bytes)
    }

    /// Lends the bytes for the time of `body`; no copy may stay behind.
    package func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try bytes.withBytes(body)
    }
}

extension TokenKey: CustomStringConvertible, CustomReflectable {
    package var description: String { "a token key" }

    /// Empty, so that no dump shows where the bytes are.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
