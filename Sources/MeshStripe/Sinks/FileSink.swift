internal import Glibc
package import MeshCore
internal import MeshIO
internal import MeshJSON
package import MeshLedger

/// Writes usage into a file, a line of JSON for each event, each once: who bills where there is no key of Stripe's.
///
/// An event is told when its line is on the disk. After a crash the file is read, so that an event that comes again is
/// known; a line that was cut off is taken away, for nobody was told of it.
///
/// The file may be moved away at any time: the next event makes a new one. What was in the old one stays known until
/// the process ends, so whoever reads several files counts each identifier once.
package final class FileSink: MeterSink {
    private let path: String
    private let logger: Logger?
    private let makesSafe: @Sendable (Int32) -> Bool
    private let lane = WorkLane(capacity: Limits.Stripe.maximumWaiting)
    private let state = Lock(State())

    private struct State: Sendable {
        var known = KnownLines(capacity: Limits.Stripe.knownIdentifiers)
        var end = FileEnd()
        /// Accounts of which somebody was told that Stripe would bill them.
        var named: Set<String> = []
    }

    /// The file at `path`, made where it is missing; reads all of it, here and now.
    ///
    /// `logger` is told of accounts that somebody believes to be billed by Stripe. `makesSafe` has what was written of
    /// a file or a folder be on the disk; tests have another one, which fails.
    package init(
        path: String,
        logger: Logger? = nil,
        makesSafe: @escaping @Sendable (Int32) -> Bool = { fsync($0) == 0 }
    ) throws(StripeError) {
        self.path = path
        self.logger = logger
        self.makesSafe = makesSafe
        let file = try Self.open(path)
        defer { close(file) }
        try catchUp(with: file)
    }

    /// How many events it knows; the newest ones.
    package var count: Int { state.withLock { $0.known.count } }

    /// Writes it down, whosever it is.
    package func tell(_ event: MeterEvent) async throws -> MeterOutcome { try await tell(event, of: nil) }

    /// Writes it down, and whose it is.
    package func tell(_ event: MeterEvent, of account: String) async throws -> MeterOutcome {
        if event.customer != nil { warn(of: account) }
        return try await tell(event, of: Optional(account))
    }

    private static func error(_ refusal: WorkLane.Refusal) -> StripeError {
        StripeError(.unusable, refusal.message)
    }

    private func tell(_ event: MeterEvent, of account: String?) async throws -> MeterOutcome {
        try await lane.run(refusing: Self.error) { [self] () throws(StripeError) in
            // The lane has one thread: nobody else looks or writes meanwhile.
            if isKnown(event) { return }
            let file = try Self.open(path)
            defer { close(file) }
            try catchUp(with: file)
            // It may stand in a file that was put back.
            if isKnown(event) { return }
            try write(Self.line(event, of: account), into: file)
            state.withLock { $0.known.note(event.identifier) }
        }
        return .delivered
    }

    private func isKnown(_ event: MeterEvent) -> Bool { state.withLock { $0.known.contains(event.identifier) } }

    /// Says once that `account` has a customer at Stripe: whoever made it one meant Stripe to bill it.
    private func warn(of account: String) {
        guard let logger else { return }
        let isNew = state.withLock { state in
            state.named.count < Limits.Stripe.maximumNamed && state.named.insert(account).inserted
        }
        guard isNew else { return }
        let words =
            "it has a customer at Stripe, and without stripe.keyFile its usage goes into a file: nobody bills it"
        logger.log(
            .warning,
            .customerNotBilled,
            [LogField(.account, .text(account)), LogField(.reason, .text(words))]
        )
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

    /// Looks at what `file` is now, and brings it to the end of its last line that counts.
    ///
    /// It is another one where somebody has moved the old one away, and a shorter one where somebody has cut it: then
    /// all of it is read, and what it has is known beside what was known before. What was begun in vain behind its end
    /// counts for nothing, even where it is a whole line, for it may never have come to the disk.
    private func catchUp(with file: Int32) throws(StripeError) {
        var found = stat()
        guard fstat(file, &found) == 0 else { throw StripeError(.unusable, "the file '\(path)' cannot be looked at") }
        let (device, inode, size) = (UInt64(found.st_dev), UInt64(found.st_ino), Int(found.st_size))
        var end = state.withLock { $0.end }
        let isSame = end.device == device && end.inode == inode && size >= end.length
        if isSame, size == end.length, !end.isTorn { return }
        var fresh = KnownLines(capacity: Limits.Stripe.knownIdentifiers)
        if !isSame { end = FileEnd(device: device, inode: inode) }
        if !end.isTorn {
            try Self.read(file, path, from: end.length) { line, offset in
                if let identifier = (try? JSONReader.read(line))?["identifier"]?.text { fresh.note(identifier) }
                end.length = offset
            }
        }
        guard ftruncate(file, off_t(end.length)) == 0, makesSafe(file) else {
            throw StripeError(.unusable, "the file '\(path)' cannot be written")
        }
        if !isSame { try keepName() }
        end.isTorn = false
        state.withLock { state in
            state.known.noteAll(of: fresh)
            state.end = end
        }
    }

    /// Makes the folder remember that the file is there.
    private func keepName() throws(StripeError) {
        let parent = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let folder = Glibc.open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw StripeError(.unusable, "the folder '\(parent)' cannot be opened") }
        defer { close(folder) }
        guard makesSafe(folder) else { throw StripeError(.unusable, "the folder '\(parent)' cannot be made safe") }
    }

    /// Behind what counts; what was written of a line before an error is cut off, at the latest before the next one.
    private func write(_ line: [UInt8], into file: Int32) throws(StripeError) {
        let start = state.withLock { state in
            state.end.isTorn = true
            return state.end.length
        }
        var done = 0
        while done < line.count {
            let count = line[done...].withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, off_t(start + done)) }
            guard count > 0 else {
                let reason = errno
                ftruncate(file, off_t(start))
                throw StripeError(.unusable, "the file '\(path)' cannot be written: errno \(reason)")
            }
            done += count
        }
        guard makesSafe(file) else {
            ftruncate(file, off_t(start))
            throw StripeError(.unusable, "the file '\(path)' cannot be made safe")
        }
        state.withLock { $0.end.finish(at: start + line.count) }
    }

    /// Calls `body` with each line behind `start` that has an end, and where that is.
    private static func read(
        _ file: Int32,
        _ path: String,
        from start: Int,
        _ body: ([UInt8], Int) -> Void
    ) throws(StripeError) {
        var line: [UInt8] = []
        var offset = start
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

/// Which file was last written, and how much of it counts.
private struct FileEnd: Sendable {
    var device: UInt64?
    var inode: UInt64?
    var length = 0
    /// Whether something was begun behind that of which nobody knows how much there is.
    var isTorn = false

    mutating func finish(at length: Int) { (self.length, isTorn) = (length, false) }
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

    /// What `others` knows, in its order.
    mutating func noteAll(of others: KnownLines) {
        var others = others
        while let identifier = others.order.popFirst() { note(identifier) }
    }
}

extension LogEvent {
    static let customerNotBilled = LogEvent("stripe.customer-not-billed")
}

extension LogKey {
    static let account = LogKey("account")
}
