internal import Glibc

/// Bytes that nobody else shall see, in memory that is wiped when the last holder lets go.
///
/// Its description says nothing of its content, and no reflection reaches it.
package final class SecretBytes: @unchecked Sendable {
    // Safe to share: the memory is written before `init` returns and not again before `deinit`.
    private let memory: UnsafeMutableRawBufferPointer

    /// So many bytes, zeros at first, as `fill` leaves them.
    package init(count: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void) {
        memory = .allocate(byteCount: count, alignment: 1)
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        fill(memory)
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

extension SecretBytes: CustomStringConvertible, CustomReflectable {
    package var description: String { "secret bytes" }

    /// Empty, so that no dump shows where the bytes are.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
