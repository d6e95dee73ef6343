internal import Glibc
internal import MeshActors
internal import MeshCommandLine
internal import MeshCore
internal import MeshStore

/// Checks damaged copies of an index one after the other, for Tests/ProcessTests/test_damaged_index.py.
///
/// Reads lines of a place, a mask and `verify` or `open` from standard input. A crash is an answer: whoever asked
/// starts another process for what is left. Does in one process what `meshnode store` does in one for each copy.
enum IndexFlipsCommand {
    private static let folder = Option<String>("folder", "The store whose index is replaced again and again.")
    private static let sound = Option<String>("sound", "Where the index to be damaged is, perhaps with its seal.")

    static let command = Command(
        "index-flips",
        summary: "Flip bytes of an index as standard input says, and check, open and read the store.",
        parameters: [folder, sound]
    ) { invocation in
        let flips = try IndexFlips(folder: invocation[folder], sound: invocation[sound])
        while let line = readLine() {
            let words = line.split(separator: " ")
            guard words.count == 3, let place = Int(words[0]), let mask = UInt8(words[1]) else { break }
            try flips.put(place, mask)
            if words[2] == "verify" {
                try invocation.terminal.writeLine(flips.verify() ? "sound" : "damaged")
            } else if try flips.check() {
                // What comes behind this line must not fail, let alone crash.
                try invocation.terminal.writeLine("checked")
                try invocation.terminal.writeLine(await flips.served() == flips.truth() ? "true" : "WRONG")
            } else {
                try invocation.terminal.writeLine("damaged")
            }
        }
        return .success
    }
}

/// A store whose index is damaged again and again.
struct IndexFlips {
    private let folder: String
    private let index: [UInt8]
    private let seal: [UInt8]?
    private let wanted: Lock<[PlacedEntry]?> = Lock(nil)

    init(folder: String, sound: String) throws {
        self.folder = folder
        index = try Self.contents("index.mdb", in: sound)
        seal = try? Self.contents("index.mdb-seal", in: sound)
    }

    private var file: IndexFile { IndexFile(path: "\(folder)/index.mdb") }

    private func openLog() throws -> POSIXDisk { try POSIXDisk(path: "\(folder)/log", creating: false) }

    func put(_ place: Int, _ mask: UInt8) throws {
        try file.remove()
        var damaged = index
        damaged[place] ^= mask
        try write(damaged, to: "index.mdb")
        if let seal { try write(seal, to: "index.mdb-seal") }
        guard !file.isSealed else { throw JournalError(.corrupt, "a flip at \(place) passes for sealed") }
    }

    /// What `meshnode store verify` does in its child.
    func verify() throws -> Bool {
        let disk = try openLog()
        defer { disk.close() }
        do throws(JournalError) {
            let index = try LMDBIndex(path: "\(folder)/index.mdb", isReadOnly: true)
            try index.check()
            try StoreVerification.compare(index, with: disk)
        } catch {
            return false
        }
        return true
    }

    /// What a node does in its child before it opens an index without a seal that fits.
    func check() throws -> Bool {
        do throws(JournalError) { try file.makeCheckedCopy() } catch { return false }
        try file.adoptCheckedCopy()
        return true
    }

    /// Everything that a node reads through the index.
    func served() async throws -> [PlacedEntry] {
        try await contents(BackgroundIndex(before: try file.openOrMakeAgain()))
    }

    /// The same by the log alone.
    func truth() async throws -> [PlacedEntry] {
        if let known = wanted.withLock({ $0 }) { return known }
        let found = try await contents(VolatileIndex())
        wanted.withLock { $0 = found }
        return found
    }

    private func contents(_ index: any LogIndex) async throws -> [PlacedEntry] {
        let store = try await LogStore.open(on: openLog(), index: index)
        var found: [PlacedEntry] = []
        for actor in try await store.actors(after: nil) {
            var head = Head.none
            while let last = try await store.entries(of: actor.address, after: head).last {
                found += try await store.entries(of: actor.address, after: head)
                head = last.head
            }
            guard head == actor.head else { throw JournalError(.corrupt, "a row and its entries disagree") }
        }
        for actor in try await store.actorsToWake(until: WallTime(millisecondsSince1970: .max)) {
            guard let wake = actor.wake else { throw JournalError(.corrupt, "a wake without a time") }
            found += try await store.entries(of: actor.address, after: .none).map { entry in
                PlacedEntry(head: entry.head, epoch: actor.epoch, wallTime: wake, entry: entry.entry)
            }
        }
        try await store.close()
        return found
    }

    static func contents(_ name: String, in folder: String) throws -> [UInt8] {
        let file = open("\(folder)/\(name)", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw JournalError(.unknownOutcome, "'\(name)' cannot be read") }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 22)
        let count = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
        return Array(bytes.prefix(max(0, count)))
    }

    private func write(_ bytes: [UInt8], to name: String) throws {
        let file = open("\(folder)/\(name)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw JournalError(.unknownOutcome, "'\(name)' cannot be written") }
        defer { close(file) }
        let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
        guard count == bytes.count else { throw JournalError(.unknownOutcome, "'\(name)' is cut short") }
    }
}
