internal import Glibc
internal import MeshCore

/// Bytes that may be a secret: in one place, never copied by assignment, wiped when they go.
package struct WipedBytes: ~Copyable {
    private let memory: UnsafeMutableRawBufferPointer

    /// How many bytes of the memory are in use.
    package private(set) var count = 0

    /// Room for `capacity` bytes.
    package init(capacity: Int) { memory = .allocate(byteCount: capacity, alignment: 1) }

    deinit {
        if let start = memory.baseAddress { explicit_bzero(start, memory.count) }
        memory.deallocate()
    }

    /// Adds a byte, for which the caller has asked room.
    mutating func append(_ byte: UInt8) {
        memory[count] = byte
        count += 1
    }

    /// Fills up to the capacity with what `read` puts into the rest, until it puts nothing.
    mutating func fill<Failure: Error>(
        _ read: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) {
        while count < memory.count {
            let taken = try read(UnsafeMutableRawBufferPointer(rebasing: memory[count...]))
            guard taken > 0 else { return }
            count += taken
        }
    }

    /// Lends the bytes for the time of `body`.
    package func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(rebasing: memory[..<count]))
    }

    /// A copy, for what is no secret.
    package var array: [UInt8] { withBytes { Array($0) } }
}
