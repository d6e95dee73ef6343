/// What has arrived on a stream in order and was not yet taken.
///
/// The peer is told that it may send more only when bytes are taken, so it never holds more than the stream's window.
struct ReceiveBuffer: ~Copyable {
    private var bytes: [UInt8] = []

    var isEmpty: Bool { bytes.isEmpty }

    /// How many bytes wait.
    var count: Int { bytes.count }

    init() {}

    mutating func append(_ more: UnsafeRawBufferPointer) { bytes.append(contentsOf: more) }

    /// All that waits; the buffer is empty then.
    mutating func takeAll() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &bytes)
        return taken
    }
}
