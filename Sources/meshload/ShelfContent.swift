internal import Glibc
internal import MeshCore
internal import MeshTunnel

/// Content that its length alone decides, and that is never in memory as a whole.
struct ShelfContent: ByteSource {
    let length: UInt64
    /// Told how many bytes were read.
    private let taken: @Sendable (Int) -> Void

    init(length: UInt64, taken: @escaping @Sendable (Int) -> Void = { _ in }) {
        self.length = length
        self.taken = taken
    }

    /// What content of that length is called.
    static func name(length: UInt64) throws(StreamError) -> StreamName { try StreamName("content-\(length)") }

    /// The length of the content of that name; nil where the name is of none.
    static func length(of name: StreamName) -> UInt64? {
        guard name.text.hasPrefix("content-") else { return nil }
        return UInt64(name.text.dropFirst("content-".count))
    }

    func read(at offset: UInt64, count: Int) async throws -> [UInt8] {
        taken(count)
        return bytes(at: offset, count: count)
    }

    private func bytes(at offset: UInt64, count: Int) -> [UInt8] {
        let (first, skipped) = (offset / 8, Int(offset % 8))
        let words = (skipped + count + 7) / 8
        let whole = [UInt8](unsafeUninitializedCapacity: words * 8) { memory, initialized in
            let raw = UnsafeMutableRawBufferPointer(memory)
            for index in 0..<words {
                raw.storeBytes(of: word(first + UInt64(index)), toByteOffset: index * 8, as: UInt64.self)
            }
            initialized = words * 8
        }
        return whole.count == count ? whole : Array(whole[skipped..<skipped + count])
    }

    /// Eight bytes, by the last step of SplitMix64.
    private func word(_ index: UInt64) -> UInt64 {
        var word = (index &+ length) &* 0x9E37_79B9_7F4A_7C15
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    /// The hash of all of it.
    var digest: SHA256Digest {
        var hash = SHA256()
        for offset in stride(from: 0, to: length, by: 65_536) {
            bytes(at: offset, count: Int(min(65_536, length - offset))).withUnsafeBytes { hash.update($0) }
        }
        return hash.finish()
    }
}

/// What a hub gives away, with an account that outlives it where it has a file: a hub is killed in the midst of a test.
final class ShelfTally: ByteSources {
    /// Bytes and streams so far.
    struct Counts {
        var handedOver = UInt64(0)
        var streams = UInt64(0)
    }

    private let counts: Lock<Counts>
    private let file: Int32?

    /// Goes on with the account in the file at `path`.
    init(path: String?) {
        var found = Counts()
        file = path.map { open($0, O_RDWR | O_CREAT, 0o600) }
        if let file { withUnsafeMutableBytes(of: &found) { _ = pread(file, $0.baseAddress, $0.count, 0) } }
        counts = Lock(found)
    }

    var now: Counts { counts.withLock { $0 } }

    func source(named name: StreamName, for node: NodeID) async throws -> (any ByteSource)? {
        guard let length = ShelfContent.length(of: name) else { return nil }
        note { $0.streams += 1 }
        return ShelfContent(length: length) { [self] count in note { $0.handedOver += UInt64(count) } }
    }

    private func note(_ change: (inout Counts) -> Void) {
        counts.withLock { counts in
            change(&counts)
            // What the kernel has been given survives the end of the process.
            if let file { withUnsafeBytes(of: &counts) { _ = pwrite(file, $0.baseAddress, $0.count, 0) } }
        }
    }
}

/// Hashes what it is given; one upload, whatever it is called.
final class ShelfSink: ByteSink, ByteSinks {
    private struct State {
        var hash = SHA256()
        var received = UInt64(0)
        var isComplete = false
    }

    private let state = Lock(State())

    var received: UInt64 { state.withLock { $0.received } }

    var isComplete: Bool { state.withLock { $0.isComplete } }

    var digest: SHA256Digest { state.withLock { $0.hash }.finish() }

    func progress() async throws -> UploadProgress {
        state.withLock { UploadProgress(received: $0.received, isComplete: $0.isComplete) }
    }

    func append(_ bytes: [UInt8]) async throws {
        state.withLock { state in
            bytes.withUnsafeBytes { state.hash.update($0) }
            state.received += UInt64(bytes.count)
        }
    }

    func complete() async throws { state.withLock { $0.isComplete = true } }

    func sink(named name: StreamName, from node: NodeID) async throws -> (any ByteSink)? { self }
}
