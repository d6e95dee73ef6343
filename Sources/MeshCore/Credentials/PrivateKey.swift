internal import Glibc

/// The secret half of a node's or an authority's key, in memory of its own that is wiped when the last holder lets go.
///
/// Its description says nothing of its content, and no reflection reaches it. The bytes are PKCS #8 (RFC 5208) in DER,
/// unencrypted: what TLS libraries read.
package final class PrivateKey: @unchecked Sendable {
    // Safe to share: the memory is written before `init` returns and not again before `deinit`.
    private let memory: UnsafeMutableRawBufferPointer

    /// A copy of `bytes`, which the caller then wipes.
    package init(copying bytes: UnsafeRawBufferPointer) {
        memory = .allocate(byteCount: bytes.count, alignment: 1)
        memory.copyMemory(from: bytes)
    }

    deinit {
        if let start = memory.baseAddress { explicit_bzero(start, memory.count) }
        memory.deallocate()
    }

    /// Lends the bytes for the time of `body`; no copy may stay behind.
    package func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(memory))
    }
}

extension PrivateKey: CustomStringConvertible, CustomReflectable {
    package var description: String { "a private key" }

    /// Empty, so that no dump shows where the bytes are.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
