/// Bytes on their way to a client, in their order.
///
/// Small ones are gathered; a large run behind them is kept as it is, without a copy.
struct OutputBuffer {
    private var bytes: [UInt8] = []
    private var offset = 0
    private var tail: [UInt8] = []
    private var tailOffset = 0

    /// How many wait.
    var count: Int { bytes.count - offset + tail.count - tailOffset }

    var isEmpty: Bool { count == 0 }

    /// Takes over memory to gather in, where there is none.
    mutating func adopt(_ memory: consuming [UInt8]) {
        guard bytes.capacity == 0 else { return }
        bytes = memory
    }

    /// Gives the memory away once nothing waits.
    mutating func release() -> [UInt8] {
        precondition(isEmpty, "bytes would be lost")
        var memory: [UInt8] = []
        swap(&memory, &bytes)
        memory.removeAll(keepingCapacity: true)
        offset = 0
        return memory
    }

    mutating func append(_ text: StaticString) {
        fold()
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ text: String) {
        fold()
        bytes.append(contentsOf: text.utf8)
    }

    mutating func append(_ more: UnsafeRawBufferPointer) {
        fold()
        bytes.append(contentsOf: more)
    }

    mutating func append(_ more: [UInt8]) {
        fold()
        if more.count >= Self.largeBytes {
            tail = more
            tailOffset = 0
        } else {
            bytes.append(contentsOf: more)
        }
    }

    /// Appends `number` in digits of `radix`, which is at most 16.
    mutating func append(number: UInt64, radix: UInt64 = 10) {
        fold()
        var rest = number
        let start = bytes.count
        repeat {
            let digit = UInt8(rest % radix)
            bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            rest /= radix
        } while rest > 0
        bytes[start...].reverse()
    }

    /// Calls `body` with the bytes to be written next.
    func withNext<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        if offset < bytes.count {
            return bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[offset...])) }
        }
        return tail.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[tailOffset...])) }
    }

    /// Forgets `count` bytes that were written.
    mutating func remove(_ count: Int) {
        if offset < bytes.count {
            offset += count
            guard offset == bytes.count else { return compact() }
            bytes.removeAll(keepingCapacity: true)
            offset = 0
        } else {
            tailOffset += count
            guard tailOffset == tail.count else { return }
            tail = []
            tailOffset = 0
        }
    }

    /// Forgets all of it.
    mutating func removeAll() { self = OutputBuffer() }

    private mutating func compact() {
        guard offset >= Self.compactingAt else { return }
        bytes.removeFirst(offset)
        offset = 0
    }

    /// What comes behind the tail must wait behind it.
    private mutating func fold() {
        guard !tail.isEmpty else { return }
        bytes.append(contentsOf: tail[tailOffset...])
        tail = []
        tailOffset = 0
    }

    private static let largeBytes = 16 * 1_024
    private static let compactingAt = 128 * 1_024
}
