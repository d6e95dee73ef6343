internal import Glibc
internal import MeshCore
internal import MeshJSON
package import MeshLedger

/// Writes usage into a file, a line of JSON for each event, each once: who bills where there is no key of Stripe's.
///
/// An event is told when its line is on the disk. After a crash the file is read, so that an event that comes again is
/// known; a line that was cut off is taken away, for nobody was told of it.
package final class FileSink: MeterSink {
    private let path: String
    private let lane = FileLane()
    private let state: Lock<State>

    private struct State: Sendable {
        var known = KnownLines(capacity: Limits.Stripe.knownIdentifiers)
        var length = 0
    }

    /// The file at `path`, made where it is missing; reads all of it, here and now.
    package init(path: String) throws(StripeError) {
        self.path = path
        var state = State()
        let file = try Self.open(path)
        defer { close(file) }
        try Self.read(file, path) { line, end in
            if let identifier = (try? JSONReader.read(line))?["identifier"]?.text { state.known.note(identifier) }
            state.length = end
        }
        guard ftruncate(file, off_t(state.length)) == 0, fsync(file) == 0 else {
            throw StripeError(.unusable, "the file '\(path)' cannot be written")
        }
        try Self.keepName(of: path)
        self.state = Lock(state)
    }

    /// How many events it knows; the newest ones.
    package var count: Int { state.withLock { $0.known.count } }

    /// Writes it down, whosever it is.
    package func tell(_ event: MeterEvent) async throws -> MeterOutcome { try await tell(event, of: nil) }

    /// Writes it down, and whose it is.
    package func tell(_ event: MeterEvent, of account: String) async throws -> MeterOutcome {
        try await tell(event, of: Optional(account))
    }

    private func tell(_ event: MeterEvent, of account: String?) async throws -> MeterOutcome {
        try await lane.run { [self] () throws(StripeError) in
            // The lane has one thread: nobody writes between these two.
            let (isKnown, length) = state.withLock { ($0.known.contains(event.identifier), $0.length) }
            if isKnown { return }
            let line = Self.line(event, of: account)
            try write(line, at: length)
            state.withLock { state in
                state.known.note(event.identifier)
                state.length = length + line.count
            }
        }
        return .delivered
    }

    private static func line(_ event: MeterEvent, of account: String?) -> [UInt8] {
        let value: JSONValue = [
            "identifier": .string(event.identifier),
            "account": account.map { .string($0) } ?? .null,
            "microdollars": .integer(event.microdollars),
            "time": .string(event.time.description),
        ]
        return JSONWriter.bytes(of: value) + [0x0A]
    }

    // MARK: The disk

    private static func open(_ path: String) throws(StripeError) -> Int32 {
        let file = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw StripeError(.unusable, "the file '\(path)' cannot be opened") }
        return file
    }

    /// Makes the folder remember that the file is there.
    private static func keepName(of path: String) throws(StripeError) {
        let parent = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let folder = Glibc.open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw StripeError(.unusable, "the folder '\(parent)' cannot be opened") }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw StripeError(.unusable, "the folder '\(parent)' cannot be made safe") }
    }

    /// Behind what is there; what was written of a line before an error is written over by the next one.
    private func write(_ line: [UInt8], at length: Int) throws(StripeError) {
        let file = try Self.open(path)
        defer { close(file) }
        var done = 0
        while done < line.count {
            let count = line[done...].withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, off_t(length + done)) }
            guard count > 0 else {
                ftruncate(file, off_t(length))
                throw StripeError(.unusable, "the file '\(path)' cannot be written: errno \(errno)")
            }
            done += count
        }
        guard fsync(file) == 0 else { throw StripeError(.unusable, "the file '\(path)' cannot be made safe") }
    }

    /// Calls `body` with each line that has an end, and where that is.
    private static func read(
        _ file: Int32,
        _ path: String,
        _ body: ([UInt8], Int) -> Void
    ) throws(StripeError) {
        var line: [UInt8] = []
        var offset = 0
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = pread(file, &piece, piece.count, off_t(offset))
            guard count >= 0 else { throw StripeError(.unusable, "the file '\(path)' cannot be read") }
            if count == 0 { return }
            for byte in piece[..<count] {
                offset += 1
                if byte == 0x0A {
                    body(line, offset)
                    line.removeAll(keepingCapacity: true)
                } else if line.count < Limits.JSON.maximumBytes {
                    line.append(byte)
                }
            }
        }
    }
}

/// The newest identifiers, so many; the oldest is forgotten.
private struct KnownLines: Sendable {
    private var names: Set<String> = []
    private var order: BoundedQueue<String>

    init(capacity: Int) { order = BoundedQueue(capacity: capacity) }

    var count: Int { names.count }

    func contains(_ identifier: String) -> Bool { names.contains(identifier) }

    mutating func note(_ identifier: String) {
        guard names.insert(identifier).inserted else { return }
        if order.isFull, let oldest = order.popFirst() { names.remove(oldest) }
        _ = order.append(identifier)
    }
}
